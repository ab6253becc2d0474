import { type ArraySpec, linear, uniform } from "../../harness/case.ts";

const conv = (name: string, inputs: number, outputs: number): Record<string, ArraySpec> => ({
  [`${name}.weight`]: uniform([outputs, inputs, 5, 5], 1 / Math.sqrt(inputs * 25)),
  [`${name}.bias`]: uniform([outputs], 1 / Math.sqrt(inputs * 25)),
});

/**
 * Weights of LeNet-5 (LeCun et al. 1998) for 1 × 28 × 28, with ReLU and the largest of each window as it
 * is built today; names and shapes are those of PyTorch.
 */
export const lenetArrays = (): Record<string, ArraySpec> => ({
  ...conv("conv1", 1, 6),
  ...conv("conv2", 6, 16),
  ...linear("fc1", 400, 120),
  ...linear("fc2", 120, 84),
  ...linear("fc3", 84, 10),
});
