import { type Framework } from "./framework.ts";

export const onnxruntime: Framework = {
  program: "onnxruntime",
  peers: [{ id: "onnxruntime", mode: "" }],
  runtime: "node",
  // Its install script only fetches CUDA; the CPU's libraries are in the package.
  packages: ["onnxruntime-node"],
  install: "npm ci --prefix benchmarks",
  async start() {
    await import("onnxruntime-node");
  },
};
