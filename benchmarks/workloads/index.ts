import { type Workload } from "../harness/case.ts";
import { cnn } from "./cnn/workload.ts";
import { elementwise } from "./elementwise/workload.ts";
import { gpt } from "./gpt/workload.ts";
import { infer } from "./infer/workload.ts";
import { lstm } from "./lstm/workload.ts";
import { matmul } from "./matmul/workload.ts";
import { memory } from "./memory/workload.ts";
import { mlp } from "./mlp/workload.ts";

/** All workloads, in the order in which they run. */
export const WORKLOADS: readonly Workload[] = [
  mlp,
  matmul,
  elementwise,
  cnn,
  lstm,
  gpt,
  infer,
  memory,
];
