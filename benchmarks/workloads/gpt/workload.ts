import { type Workload } from "../../harness/case.ts";
import { GPT, gptArrays } from "../../nets/gpt/arrays.ts";

const BATCH = 8;
const BATCHES = 4;
const tokens = {
  shape: [BATCHES, BATCH, GPT.context],
  dtype: "i32",
  low: 0,
  high: GPT.vocabulary,
} as const;

export const gpt: Workload = {
  name: "gpt",
  title:
    "training step of a model of characters (6 layers, 6 heads, width 384, context 256) at batch 8, cross " +
    "entropy, AdamW",
  kind: "training",
  variants: [
    {
      name: "6 × 384, context 256, batch 8",
      settings: { lr: 0.001, weightDecay: 0.01 },
      arrays: { ...gptArrays(), data: tokens, target: tokens },
      work: { amount: BATCH * GPT.context, unit: "tokens/s" },
    },
  ],
};
