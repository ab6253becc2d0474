export * from "./activation.ts";
export * from "./attention.ts";
export * from "./batch-norm.ts";
export * from "./containers.ts";
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, type PaddingMode } from "./conv.ts";
export * from "./conv-transpose.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";
export {
  type BackwardHook,
  type ForwardHook,
  type ForwardPreHook,
  type Gradients,
} from "./hooks.ts";
export * from "./linear.ts";
export * from "./loss.ts";
export {
  type BinaryOptions,
  type ClassLossOptions,
  type CrossEntropyOptions,
  type LossOptions,
  type Reduction,
} from "./loss-functions.ts";
export { Layer, Module, type Named } from "./module.ts";
export * from "./norm.ts";
export { Buffer, Parameter, type ParameterOptions } from "./parameter.ts";
export * from "./pool.ts";
export * from "./recurrent.ts";
export * from "./recurrent-cells.ts";
export { type Nonlinearity as RecurrentNonlinearity } from "./recurrent-steps.ts";
export * from "./shape.ts";
export { type LoadOptions, type LoadResult, type StateDict } from "./state.ts";
export { type SummaryInput } from "./summary.ts";
export * from "./transformer.ts";
