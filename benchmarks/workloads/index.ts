import { type Workload } from "../harness/case.ts";
import { elementwise } from "./elementwise/workload.ts";
import { matmul } from "./matmul/workload.ts";
import { memory } from "./memory/workload.ts";
import { mlp } from "./mlp/workload.ts";

/** All workloads, in the order in which they run. */
export const WORKLOADS: readonly Workload[] = [mlp, matmul, elementwise, memory];
