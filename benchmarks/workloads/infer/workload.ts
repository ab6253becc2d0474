import { type Variant, type Workload } from "../../harness/case.ts";
import { GPT, gptArrays } from "../../nets/gpt/arrays.ts";
import { resnet18Arrays } from "../../nets/resnet18/arrays.ts";

const resnet18 = (batch: number): Variant => ({
  name: `ResNet-18, batch ${batch}`,
  settings: { net: "resnet18" },
  arrays: {
    ...resnet18Arrays({ moments: true }),
    data: { shape: [batch, 3, 32, 32], low: -1, high: 1 },
  },
  work: { amount: batch, unit: "images/s" },
});

const gpt: Variant = {
  name: `gpt, ${GPT.context} tokens`,
  settings: { net: "gpt", tokens: GPT.context },
  arrays: gptArrays(),
  // Its model is a fixed graph, and this is a loop.
  without: ["onnxruntime"],
  work: { amount: GPT.context, unit: "tokens/s" },
};

export const infer: Workload = {
  name: "infer",
  title:
    "inference: ResNet-18 (CIFAR form) on 32 × 32; the model of gpt choosing 256 tokens one after the other, " +
    "the likeliest each time, with a cache of keys and values",
  kind: "operator",
  variants: [resnet18(1), resnet18(32), gpt],
};
