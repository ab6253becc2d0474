// What layers compute, as functions: PyTorch's torch.nn.functional. All but the losses are exported by
// `nabla` itself too.
export * from "../tensor/activation.ts";
export * from "../tensor/adaptive-pooling.ts";
export { type AttentionOptions, scaledDotProductAttention } from "../tensor/attention.ts";
export {
  conv1d,
  conv2d,
  conv3d,
  type ConvOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeOptions,
} from "../tensor/conv.ts";
export { embedding, oneHot } from "../tensor/indexing.ts";
export { interpolate, type InterpolateOptions } from "../tensor/interpolate.ts";
export { linear } from "../tensor/matmul.ts";
export * from "../tensor/normalization.ts";
export { pad, type PadOptions } from "../tensor/padding.ts";
export * from "../tensor/pooling.ts";
export { cosineSimilarity } from "../tensor/reduce.ts";
export { dropout, type DropoutOptions } from "../tensor/sampling.ts";
export {
  binaryCrossEntropyWithLogits,
  type BinaryOptions,
  type ClassLossOptions,
  crossEntropy,
  type CrossEntropyOptions,
  huberLoss,
  l1Loss,
  type LossOptions,
  mseLoss,
  nllLoss,
  type Reduction,
  smoothL1Loss,
} from "./loss-functions.ts";
