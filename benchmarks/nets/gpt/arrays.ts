import { type ArraySpec, constant, uniform } from "../../harness/case.ts";

/** Sizes of the model: those of a small model of characters. */
export const GPT = { layers: 6, heads: 6, width: 384, context: 256, vocabulary: 65 } as const;

/** Bounds of a uniform distribution with the usual standard deviation, 0.02. */
const BOUND = 0.02 * Math.sqrt(3);

const linear = (name: string, inputs: number, outputs: number): Record<string, ArraySpec> => ({
  [`${name}.weight`]: uniform([outputs, inputs], BOUND),
  [`${name}.bias`]: constant([outputs], 0),
});

const norm = (name: string): Record<string, ArraySpec> => ({
  [`${name}.weight`]: constant([GPT.width], 1),
  [`${name}.bias`]: constant([GPT.width], 0),
});

/**
 * Weights of a decoder like GPT-2 (Radford et al. 2019): norms before attention and net, GELU (erf),
 * learned positions; the head has weights of its own, and there is no dropout.
 */
export function gptArrays(): Record<string, ArraySpec> {
  const { layers, width, context, vocabulary } = GPT;
  const arrays: Record<string, ArraySpec> = {
    "wte.weight": uniform([vocabulary, width], BOUND),
    "wpe.weight": uniform([context, width], BOUND),
  };
  for (let i = 0; i < layers; i++)
    Object.assign(
      arrays,
      norm(`blocks.${i}.ln1`),
      linear(`blocks.${i}.qkv`, width, 3 * width),
      linear(`blocks.${i}.proj`, width, width),
      norm(`blocks.${i}.ln2`),
      linear(`blocks.${i}.fc1`, width, 4 * width),
      linear(`blocks.${i}.fc2`, 4 * width, width),
    );
  return Object.assign(arrays, norm("ln"), {
    "head.weight": uniform([vocabulary, width], BOUND),
  });
}
