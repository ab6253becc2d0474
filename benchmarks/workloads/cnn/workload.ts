import { type ArraySpec, type Variant, type Workload } from "../../harness/case.ts";
import { lenetArrays } from "../../nets/lenet/arrays.ts";
import { resnet18Arrays } from "../../nets/resnet18/arrays.ts";

const BATCH = 64;

function variant(
  name: string,
  net: string,
  weights: Record<string, ArraySpec>,
  image: readonly number[],
  batches: number,
  lr: number,
): Variant {
  return {
    name,
    settings: { net, lr },
    arrays: {
      ...weights,
      data: { shape: [batches, BATCH, ...image], low: -1, high: 1 },
      target: { shape: [batches, BATCH], dtype: "i32", low: 0, high: 10 },
    },
    work: { amount: BATCH, unit: "images/s" },
  };
}

export const cnn: Workload = {
  name: "cnn",
  title:
    "training step with cross entropy at batch 64: LeNet-5 on 28 × 28 with Adam, ResNet-18 (CIFAR form) on " +
    "32 × 32 with SGD and momentum",
  kind: "training",
  variants: [
    variant("LeNet-5", "lenet", lenetArrays(), [1, 28, 28], 8, 0.001),
    variant("ResNet-18", "resnet18", resnet18Arrays({ moments: false }), [3, 32, 32], 2, 0.001),
  ],
};
