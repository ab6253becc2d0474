export * from "./activation.ts";
export * from "./adaptive-softmax.ts";
export * from "./attention.ts";
export * from "./batch-norm.ts";
export * from "./containers.ts";
export {
  ContrastiveLoss,
  type ContrastiveOptions,
  InfoNCELoss,
  type InfoNCEOptions,
} from "./contrastive-losses.ts";
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, type PaddingMode } from "./conv.ts";
export * from "./conv-transpose.ts";
export * from "./distance.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * from "./embedding-bag.ts";
export * from "./encoder-decoder.ts";
export * as functional from "./functional.ts";
export {
  type BackwardHook,
  type ForwardHook,
  type ForwardPreHook,
  type Gradients,
} from "./hooks.ts";
export * as init from "./init.ts";
export * from "./key-value-cache.ts";
export * from "./lazy.ts";
export * from "./likelihood-losses.ts";
export * from "./linear.ts";
export {
  LinearCrossEntropyLoss,
  type LinearCrossEntropyLossOptions,
} from "./linear-cross-entropy.ts";
export * from "./loss.ts";
export {
  type BinaryOptions,
  type ClassLossOptions,
  type CrossEntropyOptions,
  type LossOptions,
  type Reduction,
} from "./loss-functions.ts";
export * from "./margin-losses.ts";
export { Layer, Module, type Named } from "./module.ts";
export * from "./norm.ts";
export * from "./padding.ts";
export { Buffer, type BufferOptions, Parameter, type ParameterOptions } from "./parameter.ts";
export * from "./parameter-containers.ts";
export * from "./pool.ts";
export * from "./positions.ts";
export * from "./rearrange.ts";
export * from "./rectifiers.ts";
export * from "./recurrent.ts";
export * from "./recurrent-cells.ts";
export { type Nonlinearity as RecurrentNonlinearity } from "./recurrent-steps.ts";
export {
  DiceLoss,
  FocalLoss,
  type FocalOptions,
  JaccardLoss,
  LovaszHingeLoss,
  LovaszSoftmaxLoss,
  type OverlapOptions,
} from "./region-losses.ts";
export * from "./shape.ts";
export * from "./softmax.ts";
export * from "./special-pools.ts";
export { type LoadOptions, type LoadResult, type StateDict } from "./state.ts";
export { type SummaryInput } from "./summary.ts";
export * from "./transformer.ts";
export * from "./uninitialized.ts";
export * from "./unpool.ts";
export * from "./upsample.ts";
export * as utils from "./utils.ts";
