import { linear, uniform, type Workload } from "../../harness/case.ts";

const SIZE = 256;
const LENGTH = 128;
const BATCH = 32;
const BATCHES = 4;

const layer = (index: number): Record<string, ReturnType<typeof uniform>> =>
  Object.fromEntries(
    [
      ["weight_ih", [4 * SIZE, SIZE]] as const,
      ["weight_hh", [4 * SIZE, SIZE]] as const,
      ["bias_ih", [4 * SIZE]] as const,
      ["bias_hh", [4 * SIZE]] as const,
    ].map(([name, shape]) => [`lstm.${name}_l${index}`, uniform(shape, 1 / Math.sqrt(SIZE))]),
  );

export const lstm: Workload = {
  name: "lstm",
  title:
    "training step of 2 LSTM layers of 256 over sequences of 128 vectors of 256 at batch 32, a linear layer " +
    "of the last state, cross entropy, Adam",
  kind: "training",
  variants: [
    {
      name: "2 × 256, length 128, batch 32",
      settings: { size: SIZE, lr: 0.001 },
      arrays: {
        ...layer(0),
        ...layer(1),
        ...linear("fc", SIZE, 10),
        data: { shape: [BATCHES, LENGTH, BATCH, SIZE], low: -1, high: 1 },
        target: { shape: [BATCHES, BATCH], dtype: "i32", low: 0, high: 10 },
      },
      work: { amount: BATCH, unit: "sequences/s" },
    },
  ],
};
