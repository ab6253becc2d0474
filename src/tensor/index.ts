export { CellTensor } from "./tensor.ts";
export { Tensor } from "./methods.ts";
export { type Methods } from "./methods.ts";
export { type Nested } from "./nested.ts";
export { type Dim, type Operand, type Sizes } from "./operand.ts";
export { type Index, type Slice } from "./at.ts";
export * from "./activation.ts";
export * from "./arithmetic.ts";
export * from "./autograd.ts";
export * from "./backward.ts";
export * from "./combine.ts";
export * from "./compare.ts";
export { compile } from "./compile.ts";
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
export * from "./diagonal.ts";
export * from "./extremes.ts";
export * from "./indexing.ts";
export * from "./like.ts";
export * from "./matmul.ts";
export * from "./padding.ts";
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
export * from "./shape.ts";
export * from "./sorting.ts";
export * from "./unary.ts";
