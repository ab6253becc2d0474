import { createRequire } from "node:module";
import path from "node:path";
import { type Framework } from "./framework.ts";

export const tfjs: Framework = {
  program: "tfjs",
  peers: [{ id: "tfjs-wasm", mode: "" }],
  runtime: "node",
  packages: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"],
  install: "npm ci --prefix benchmarks",
  note: "tfjs-wasm runs on one thread: its backend has no threads in Node.",
  async start() {
    const tf = await import("@tensorflow/tfjs-core");
    await import("@tensorflow/tfjs-core/dist/register_all_gradients");
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(`${path.dirname(main)}${path.sep}`);
    if (!(await tf.setBackend("wasm"))) throw new Error("tfjs: the wasm backend did not start");
  },
};
