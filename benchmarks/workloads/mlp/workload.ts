import { linear, type Variant, type Workload } from "../../harness/case.ts";

/** Batches of the data; steps take them in turn. */
const BATCHES = 8;

export function mlpVariant(batch: number): Variant {
  return {
    name: `batch ${batch}`,
    settings: { batch, batches: BATCHES, lr: 0.001 },
    arrays: {
      ...linear("fc1", 784, 128),
      ...linear("fc2", 128, 64),
      ...linear("fc3", 64, 10),
      data: { shape: [BATCHES, batch, 784], low: -1, high: 1 },
      target: { shape: [BATCHES, batch], dtype: "i32", low: 0, high: 10 },
    },
    work: { amount: 1, unit: "steps/s" },
  };
}

export const mlp: Workload = {
  name: "mlp",
  title: "training step of 784-128-64-10 with ReLU, cross entropy, Adam",
  kind: "training",
  variants: [mlpVariant(64), mlpVariant(1024)],
};
