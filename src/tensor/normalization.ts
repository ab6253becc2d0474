import { type DType, isFloat, isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { callInSingle, countOf, reducedShape } from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { CellTensor, Tensor } from "./tensor.ts";

/** Options that all normalisations have. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Options of normalisations with a factor and a summand. */
export interface AffineNormOptions extends NormOptions {
  /** Factors of what is normalised. */
  readonly weight?: Tensor;
  /** Summands after that. */
  readonly bias?: Tensor;
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** A value that lacks `axes`, repeated along them. */
const along = (reduced: Node, axes: readonly number[], shape: Shape): Node =>
  ops.expand(ops.reshape(reduced, reducedShape(shape, axes, true)), shape);

function mean(x: Node, axes: readonly number[]): Node {
  const total = ops.reduceSum(x, axes);
  return ops.mul(total, ops.fullLike(total, 1 / countOf(x.shape, axes)));
}

/** `1 / √(variance + eps)`. */
function inverseDeviation(variance: Node, eps: number): Node {
  const root = ops.sqrt(ops.add(variance, ops.fullLike(variance, eps)));
  return ops.div(ops.fullLike(root, 1), root);
}

interface Moments {
  readonly mean: Node;
  /** Biased: divided by the number of entries. */
  readonly variance: Node;
}

function momentsOf(x: Node, axes: readonly number[]): Moments {
  if (isHalf(x.dtype)) {
    const { mean, variance } = momentsOf(ops.cast(x, "f32"), axes);
    return { mean: ops.cast(mean, x.dtype), variance: ops.cast(variance, x.dtype) };
  }
  const center = mean(x, axes);
  const apart = ops.sub(x, along(center, axes, x.shape));
  return { mean: center, variance: mean(ops.mul(apart, apart), axes) };
}

/** `(x - mean) · inverse`. */
const standardized = (x: Node, center: Node, inverse: Node, axes: readonly number[]): Node =>
  ops.mul(ops.sub(x, along(center, axes, x.shape)), along(inverse, axes, x.shape));

// By hand, because the gradient through mean and variance is then two sums and not five.
const standardizedRule: CustomRule = (g, [, , inverse], value, attrs) => {
  const axes = attrs.axes as readonly number[];
  const spread = (reduced: Node): Node => along(reduced, axes, g.shape);
  const plain = ops.sub(g, spread(mean(g, axes)));
  const tilted = ops.mul(value, spread(mean(ops.mul(g, value), axes)));
  return [ops.mul(spread(inverse), ops.sub(plain, tilted)), undefined, undefined];
};

/** x with mean 0 and variance 1 over `axes`, and what was taken for it. */
function standardize(
  x: Node,
  axes: readonly number[],
  eps: number,
): Moments & { readonly node: Node } {
  const moments = momentsOf(x, axes);
  const inverse = inverseDeviation(moments.variance, eps);
  const plain = standardized(x, moments.mean, inverse, axes);
  const node = ops.customVjp(plain, [x, moments.mean, inverse], standardizedRule, { axes });
  return { ...moments, node };
}

const batchRule: CustomRule = (g, [x, weight, , center, inverse], _, attrs) => {
  const axes = attrs.axes as readonly number[];
  const spread = (reduced: Node): Node => along(reduced, axes, g.shape);
  const normal = standardized(x, center, inverse, axes);
  const toBias = ops.reduceSum(g, axes);
  const toWeight = ops.reduceSum(ops.mul(g, normal), axes);
  const share = ops.fullLike(toBias, 1 / countOf(g.shape, axes));
  const tilted = ops.mul(normal, spread(ops.mul(toWeight, share)));
  const plain = ops.sub(g, spread(ops.mul(toBias, share)));
  const toInput = ops.mul(spread(ops.mul(weight, inverse)), ops.sub(plain, tilted));
  return [toInput, toWeight, toBias, undefined, undefined];
};

function needFloat(x: Tensor, what: string): Node {
  if (!isFloat(x.dtype))
    throw new TypeError(`${what}: expected a floating-point tensor, got ${x.dtype}`);
  return x.node;
}

/** Checks a vector with one number for each channel, or for each entry of `shape`. */
function fitting(
  vector: Tensor | undefined,
  x: Node,
  shape: Shape,
  name: string,
  what: string,
): Node | undefined {
  if (vector === undefined) return undefined;
  if (!sameShape(vector.shape, shape) || vector.dtype !== x.dtype)
    throw new TypeError(
      `${what}: expected ${name} ${x.dtype}${showShape(shape)}, got ` +
        `${vector.dtype}${showShape(vector.shape)}`,
    );
  return vector.node;
}

function scaled(x: Node, weight: Node | undefined, bias: Node | undefined, axes: number[]): Node {
  if (weight) x = ops.mul(x, along(weight, axes, x.shape));
  return bias ? ops.add(x, along(bias, axes, x.shape)) : x;
}

/** Options of `batchNorm`. */
export interface BatchNormOptions extends AffineNormOptions {
  /** Whether to normalise by the moments of x, and to update the running ones. Default false. */
  readonly training?: boolean;
  /** Share of the new moments in the running ones. Default 0.1. */
  readonly momentum?: number | Tensor;
}

function blend(old: CellTensor, fresh: Node, momentum: number | Tensor): void {
  const share = typeof momentum === "number" ? momentum : momentum.to(old.dtype);
  const kept = typeof share === "number" ? old.mul(1 - share) : old.mul(share.neg().add(1));
  old.rebind(kept.add(new Tensor(ops.stopGradient(fresh)).mul(share)));
}

/** The variance of a sample, which divides by one less. */
const unbiased = (variance: Node, count: number): Node =>
  ops.mul(variance, ops.fullLike(variance, count / (count - 1)));

/** Normalises by moments that are known, one for each channel (axis 1). */
function byRunning(
  x: Node,
  center: Node,
  variance: Node,
  weight: Node | undefined,
  bias: Node | undefined,
  eps: number,
): Node {
  const axes = upTo(0, x.shape.length).filter((axis) => axis !== 1);
  let scale = inverseDeviation(variance, eps);
  if (weight) scale = ops.mul(scale, weight);
  const offset = ops.mul(center, scale);
  return scaled(x, scale, bias ? ops.sub(bias, offset) : ops.neg(offset), axes);
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015): each channel of x (N, C, …) with mean 0 and variance 1, then
 * times `weight` (C) plus `bias` (C). In training by the moments of the batch; running moments that are
 * buffers are updated, the variance by its unbiased estimate. Otherwise by the running moments.
 *
 * @throws RangeError when there is one value a channel to train with, or there are no running moments to
 * go by; TypeError for shapes and dtypes that do not fit.
 *
 * @example
 * batchNorm(tensor([[1, 10], [3, 30]]), undefined, undefined, { training: true }); // [[-1.0000, -1.0000], [1.0000, 1.0000]]
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | undefined,
  runningVar: Tensor | undefined,
  options: BatchNormOptions = {},
): Tensor {
  // Halves may come with moments and factors of f32.
  if (isHalf(x.dtype) && [runningMean, options.weight].some((v) => v?.dtype === "f32"))
    return callInSingle(batchNorm, x, runningMean, runningVar, options);
  const what = "batchNorm";
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  const node = needFloat(x, what);
  const { shape } = node;
  if (shape.length < 2)
    throw new RangeError(`${what}: expected an input (N, C, …), got ${showShape(shape)}`);
  const channels = [shape[1]];
  const weight = fitting(options.weight, node, channels, "weight", what);
  const bias = fitting(options.bias, node, channels, "bias", what);
  if (!training) {
    const center = fitting(runningMean, node, channels, "runningMean", what);
    const variance = fitting(runningVar, node, channels, "runningVar", what);
    if (!center || !variance)
      throw new RangeError(`${what}: without training it needs running moments`);
    return new Tensor(byRunning(node, center, variance, weight, bias, eps));
  }
  const axes = upTo(0, shape.length).filter((axis) => axis !== 1);
  const count = countOf(shape, axes);
  if (count <= 1)
    throw new RangeError(
      `${what}: expected more than one value a channel to train with, got ${showShape(shape)}`,
    );
  const moments = momentsOf(node, axes);
  if (runningMean instanceof CellTensor) blend(runningMean, moments.mean, momentum);
  if (runningVar instanceof CellTensor)
    blend(runningVar, unbiased(moments.variance, count), momentum);
  if (!weight || !bias)
    return new Tensor(scaled(standardize(node, axes, eps).node, weight, bias, axes));
  const inverse = inverseDeviation(moments.variance, eps);
  const plain = scaled(standardized(node, moments.mean, inverse, axes), weight, bias, axes);
  const operands = [node, weight, bias, moments.mean, inverse];
  return new Tensor(ops.customVjp(plain, operands, batchRule, { axes }));
}

/** Options of `instanceNorm`. */
export interface InstanceNormOptions extends AffineNormOptions {
  readonly runningMean?: Tensor;
  readonly runningVar?: Tensor;
  /** Whether to normalise by the moments of x, and to update the running ones. Default true. */
  readonly useInputStats?: boolean;
  /** Share of the new moments in the running ones. Default 0.1. */
  readonly momentum?: number | Tensor;
}

/**
 * Instance normalisation (Ulyanov et al. 2016): each channel of each sample of x (N, C, …) with mean 0 and
 * variance 1 over its spatial axes, then times `weight` (C) plus `bias` (C).
 *
 * @throws As `batchNorm`.
 *
 * @example
 * instanceNorm(tensor([[[1, 3]]])); // [[[-1.0000, 1.0000]]]
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  if (isHalf(x.dtype) && [options.runningMean, options.weight].some((v) => v?.dtype === "f32"))
    return callInSingle(instanceNorm, x, options);
  const what = "instanceNorm";
  const { runningMean, runningVar, useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  const node = needFloat(x, what);
  const { shape } = node;
  if (shape.length < 3)
    throw new RangeError(`${what}: expected an input (N, C, …spatial), got ${showShape(shape)}`);
  const channels = [shape[1]];
  const weight = fitting(options.weight, node, channels, "weight", what);
  const bias = fitting(options.bias, node, channels, "bias", what);
  if (!useInputStats) {
    const center = fitting(runningMean, node, channels, "runningMean", what);
    const variance = fitting(runningVar, node, channels, "runningVar", what);
    if (!center || !variance)
      throw new RangeError(`${what}: without useInputStats it needs running moments`);
    return new Tensor(byRunning(node, center, variance, weight, bias, eps));
  }
  const axes = upTo(2, shape.length);
  const count = countOf(shape, axes);
  if (count <= 1)
    throw new RangeError(
      `${what}: expected more than one spatial element to train with, got ${showShape(shape)}`,
    );
  const standard = standardize(node, axes, eps);
  if (runningMean instanceof CellTensor) blend(runningMean, mean(standard.mean, [0]), momentum);
  if (runningVar instanceof CellTensor)
    blend(runningVar, mean(unbiased(standard.variance, count), [0]), momentum);
  return new Tensor(scaled(standard.node, weight, bias, [0, ...axes]));
}

/** The axes at the end that have the sizes of `normalizedShape`, and those before them. */
function trailing(
  x: Node,
  normalizedShape: number | Shape,
  what: string,
): { own: Shape; inner: number[]; outer: number[] } {
  const own = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  const first = x.shape.length - own.length;
  if (own.length === 0 || first < 0 || !sameShape(x.shape.slice(first), own))
    throw new Error(
      `${what}: expected an input that ends in the shape ${showShape(own)}, got ${showShape(x.shape)}`,
    );
  return { own, inner: upTo(first, x.shape.length), outer: upTo(0, first) };
}

/**
 * Layer normalisation (Ba et al. 2016): x with mean 0 and variance 1 over its last axes, which have the
 * sizes of `normalizedShape`, then times `weight` plus `bias`, of that shape.
 *
 * @throws Error when x does not end in that shape, TypeError for shapes and dtypes that do not fit.
 *
 * @example
 * layerNorm(rand([8, 16, 384]), 384);
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  options: AffineNormOptions = {},
): Tensor {
  [x, options] = atPrecision("single", x, options);
  if (isHalf(x.dtype)) return callInSingle(layerNorm, x, normalizedShape, options);
  const what = "layerNorm";
  const node = needFloat(x, what);
  const { own, inner, outer } = trailing(node, normalizedShape, what);
  const weight = fitting(options.weight, node, own, "weight", what);
  const bias = fitting(options.bias, node, own, "bias", what);
  const standard = standardize(node, inner, options.eps ?? 1e-5).node;
  return new Tensor(scaled(standard, weight, bias, outer));
}

const SMALLEST: Partial<Record<DType, number>> = {
  f16: 2 ** -10,
  bf16: 2 ** -7,
  f32: 2 ** -23,
  f64: Number.EPSILON,
};

/** Options of `rmsNorm`. */
export interface RMSNormOptions {
  /** Factors of what is normalised. */
  readonly weight?: Tensor;
  /** Added to the mean square. Default: the distance from 1 to the next number of x's dtype. */
  readonly eps?: number;
}

/**
 * Root mean square normalisation (Zhang & Sennrich 2019): x divided by `√(mean(x²) + eps)` over its last
 * axes, which have the sizes of `normalizedShape`, then times `weight`, of that shape.
 *
 * @throws As `layerNorm`.
 *
 * @example
 * rmsNorm(tensor([[3, 4]]), 2); // [[0.8485, 1.1314]]
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  options: RMSNormOptions = {},
): Tensor {
  [x, options] = atPrecision("single", x, options);
  const what = "rmsNorm";
  const node = needFloat(x, what);
  const { own, inner, outer } = trailing(node, normalizedShape, what);
  const weight = fitting(options.weight, node, own, "weight", what);
  const eps = options.eps ?? SMALLEST[node.dtype]!;
  if (isHalf(x.dtype)) return callInSingle(rmsNorm, x, normalizedShape, { ...options, eps });
  const inverse = inverseDeviation(mean(ops.mul(node, node), inner), eps);
  return new Tensor(
    scaled(ops.mul(node, along(inverse, inner, node.shape)), weight, undefined, outer),
  );
}

/**
 * Group normalisation (Wu & He 2018): the channels of x (N, C, …) in `numGroups` groups, each group of each
 * sample with mean 0 and variance 1, then times `weight` (C) plus `bias` (C).
 *
 * @throws RangeError when `numGroups` does not divide C, TypeError for shapes and dtypes that do not fit.
 *
 * @example
 * groupNorm(rand([4, 8, 16, 16]), 2); // (4, 8, 16, 16)
 */
export function groupNorm(x: Tensor, numGroups: number, options: AffineNormOptions = {}): Tensor {
  [x, options] = atPrecision("single", x, options);
  if (isHalf(x.dtype)) return callInSingle(groupNorm, x, numGroups, options);
  const what = "groupNorm";
  const node = needFloat(x, what);
  const { shape } = node;
  if (shape.length < 2)
    throw new RangeError(`${what}: expected an input (N, C, …), got ${showShape(shape)}`);
  const [samples, channels, ...rest] = shape;
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0)
    throw new RangeError(
      `${what}: numGroups must divide the ${channels} channels of ${showShape(shape)}, got ${numGroups}`,
    );
  const weight = fitting(options.weight, node, [channels], "weight", what);
  const bias = fitting(options.bias, node, [channels], "bias", what);
  const grouped = ops.reshape(node, [samples, numGroups, channels / numGroups, ...rest]);
  const standard = standardize(grouped, upTo(2, grouped.shape.length), options.eps ?? 1e-5).node;
  const axes = [0, ...upTo(2, shape.length)];
  return new Tensor(scaled(ops.reshape(standard, shape), weight, bias, axes));
}
