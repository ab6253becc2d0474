/**
 * Less used functions of tensors, which the core leaves out so that a browser loads them only where they
 * are wanted.
 *
 * @module
 */
// PyTorch has these both in `torch` and in `torch.linalg`.
export { matrixNorm, type MatrixOrder } from "../linalg/norms.ts";
export { matrixPower, multiDot } from "../linalg/powers.ts";
export { cross, vecdot } from "../linalg/vectors.ts";
export { detectAnomaly, setDetectAnomaly } from "./anomaly.ts";
export * from "./checkpoint.ts";
export * from "./derivatives.ts";
export * from "./draws.ts";
export * from "./einsum.ts";
export {
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type FractionalPoolOptions,
} from "./fractional-pooling.ts";
export * from "./grid-sample.ts";
export * from "./integrals.ts";
export * from "./interpolate.ts";
export * from "./layers.ts";
export * from "./losses.ts";
export * from "./lp-pooling.ts";
export * as masked from "./masked.ts";
export * from "./max-pooling.ts";
export * from "./numbers.ts";
export * from "./pairs.ts";
export * from "./patches.ts";
export * from "./products.ts";
export * from "./running.ts";
export * from "./scatter-reduce.ts";
export * from "./segment-reduce.ts";
export * from "./sequences.ts";
export * from "./sets.ts";
export * from "./shapes.ts";
export * from "./statistics.ts";
export {
  acosh,
  asinh,
  atanh,
  deg2rad,
  isneginf,
  isposinf,
  logit,
  nanToNum,
  rad2deg,
  signbit,
  sinc,
} from "./unary.ts";
export * as windows from "./windows.ts";
