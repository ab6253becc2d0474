export { CellTensor, evalAll } from "./tensor.ts";
export { Tensor } from "./methods.ts";
export { type Methods } from "./methods.ts";
export { type Nested, type NestedInput } from "./nested.ts";
export { type Dim, type Operand, type Scalar, type Sizes } from "./operand.ts";
export { type Index, type Slice } from "./at.ts";
export * from "./activation.ts";
export * from "./adaptive-pooling.ts";
export * from "./arithmetic.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./attention.ts";
export * from "./autograd.ts";
export * from "./backward.ts";
export * from "./combine.ts";
export * from "./compare.ts";
export { compile } from "./compile.ts";
export {
  conv1d,
  conv2d,
  conv3d,
  type ConvOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeOptions,
} from "./conv.ts";
export * from "./convert.ts";
export {
  arange,
  eye,
  fromTypedArray,
  full,
  linspace,
  logspace,
  type NumberArray,
  ones,
  type ShapeLike,
  tensor,
  type TensorOptions,
  zeros,
} from "./create.ts";
export { type ArgumentGradients, customVjp } from "./custom-vjp.ts";
export * from "./diagonal.ts";
export * from "./extremes.ts";
export {
  type GradientHook,
  type HookHandle,
  registerHook,
  registerPostAccumulateGradHook,
  retainGrad,
} from "./hooks.ts";
export * from "./indexing.ts";
export * from "./interpolate.ts";
export * from "./like.ts";
export * from "./matmul.ts";
export * from "./normalization.ts";
export * from "./padding.ts";
export * from "./pooling.ts";
export {
  defaultGenerator,
  Generator,
  manualSeed,
  normal,
  rand,
  randint,
  randn,
  type RandomOptions,
  randperm,
  uniform,
} from "./random.ts";
export * from "./reduce.ts";
export * from "./sampling.ts";
export * from "./scan.ts";
export * from "./shape.ts";
export * from "./sorting.ts";
export { type PerAxis } from "./spatial.ts";
export * from "./unary.ts";
