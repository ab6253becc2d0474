import { type Framework } from "./framework.ts";

/** Nabla as a user has it: the public API, with the plain loop and with `compile`. */
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
    setDevice(device, { threads });
  },
};
