import { type Framework } from "./framework.ts";

export const jaxJs: Framework = {
  program: "jax-js",
  peers: [{ id: "jax-js-wasm", mode: "" }],
  runtime: "node",
  packages: ["@jax-js/jax"],
  install: "npm ci --prefix benchmarks",
  note: "jax-js-wasm runs on one thread: its backend has no threads in Node.",
  async start() {
    const { defaultDevice, init } = await import("@jax-js/jax");
    const devices = await init("wasm");
    if (!devices.includes("wasm")) throw new Error("jax-js: the wasm backend did not start");
    defaultDevice("wasm");
  },
};
