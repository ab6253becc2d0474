import { type Framework } from "./framework.ts";

/**
 * Nabla as a user has it: the public API, with the plain loop and with `compile`. The device's name is
 * added to those of the peers.
 */
export const nabla: Framework = {
  program: "nabla",
  peers: [
    { id: "nabla", mode: "loop" },
    { id: "nabla-compile", mode: "compile" },
  ],
  runtime: "node",
  packages: [],
  install: "",
  async start({ threads, device }) {
    const { setDevice } = await import("nabla");
    const chosen = setDevice(device, { threads });
    if (chosen.name !== device)
      throw new Error(`the device "${device}" cannot be used: "${chosen.name}" takes its place`);
  },
};
