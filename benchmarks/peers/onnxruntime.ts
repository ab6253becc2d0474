import { type Framework } from "./framework.ts";

let intraOpNumThreads = 1;

/** How sessions are to run. */
export const sessionOptions = () =>
  ({
    intraOpNumThreads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  }) as const;

export const onnxruntime: Framework = {
  program: "onnxruntime",
  peers: [{ id: "onnxruntime", mode: "" }],
  runtime: "node",
  // Its install script only fetches CUDA; the CPU's libraries are in the package.
  packages: ["onnxruntime-node"],
  install: "npm ci --prefix benchmarks",
  async start({ threads }) {
    intraOpNumThreads = threads;
    await import("onnxruntime-node");
  },
};
