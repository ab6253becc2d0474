import { type Workload } from "../../harness/case.ts";
import { mlpVariant } from "../mlp/workload.ts";

export const memory: Workload = {
  name: "memory",
  folder: "mlp",
  title: "resident memory over 10,000 training steps of the net of mlp",
  kind: "memory",
  variants: [mlpVariant(64)],
};
