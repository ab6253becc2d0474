// What layers compute, as functions: PyTorch's torch.nn.functional, and losses beyond it. Most are exported
// by `nabla` or `nabla/extra` too.
export {
  alphaDropout,
  type ChannelDropoutOptions,
  featureAlphaDropout,
  featureDropout,
} from "../extra/draws.ts";
export {
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type FractionalPoolOptions,
} from "../extra/fractional-pooling.ts";
export { gridSample, type GridSampleOptions } from "../extra/grid-sample.ts";
export { interpolate, type InterpolationMode, type ResizeOptions } from "../extra/interpolate.ts";
export * from "../extra/layers.ts";
export * from "../extra/losses.ts";
export * from "../extra/lp-pooling.ts";
export * from "../extra/max-pooling.ts";
export { fold, type Pair, type PatchOptions, unfold } from "../extra/patches.ts";
export { bilinear, pairwiseDistance, pdist } from "../extra/products.ts";
export {
  type CTCOptions,
  ctcLoss,
  embeddingBag,
  type EmbeddingBagOptions,
  type Lengths,
} from "../extra/sequences.ts";
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
export { linear } from "../tensor/matmul.ts";
export * from "../tensor/normalization.ts";
export { pad, type PadOptions } from "../tensor/padding.ts";
export * from "../tensor/pooling.ts";
export { cosineSimilarity } from "../tensor/reduce.ts";
export { dropout, type DropoutOptions } from "../tensor/sampling.ts";
export { type AttentionForwardOptions, multiHeadAttentionForward } from "./attention-forward.ts";
export {
  contrastiveLoss,
  type ContrastiveOptions,
  infoNCELoss,
  type InfoNCEOptions,
} from "./contrastive-losses.ts";
export {
  gaussianKLLoss,
  type GaussianKLOptions,
  generatorLoss,
  gradientPenalty,
  type GradientPenaltyOptions,
  hingeDiscriminatorLoss,
  reparameterize,
  wassersteinCriticLoss,
} from "./generative-losses.ts";
export { linearCrossEntropy, type LinearScoreOptions } from "./linear-cross-entropy.ts";
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
export {
  diceLoss,
  type FocalOptions,
  jaccardLoss,
  lovaszHingeLoss,
  lovaszSoftmaxLoss,
  type OverlapOptions,
  sigmoidFocalLoss,
} from "./region-losses.ts";
