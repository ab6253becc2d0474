import { type DType } from "../ir/dtype.ts";
import {
  type Generator,
  rand,
  type ShapeLike,
  randn,
  type Tensor,
  where,
} from "../tensor/index.ts";
import { checkAtLeast, checkFloat } from "../tensor/checks.ts";

// Random numbers of other distributions, and dropout of whole channels.

/** Options of random tensors. */
export interface DrawOptions {
  /** Default `"f32"`. */
  readonly dtype?: DType;
  /** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const checkPositive = (value: number, name: string, what: string): void => {
  if (!(value > 0)) throw new RangeError(`${what}: ${name} must be > 0, got ${value}`);
};

/** Uniform numbers in (0, 1]: their logarithm is finite. */
const positive = (shape: ShapeLike, options: DrawOptions): Tensor =>
  rand(shape, options).neg().add(1);

/**
 * Random numbers with density `lambda · e^(-lambda · x)`.
 *
 * @example
 * exponential([2, 3]); // (2, 3)
 */
export function exponential(
  shape: ShapeLike,
  options: DrawOptions & { readonly lambda?: number } = {},
): Tensor {
  const { lambda = 1, ...rest } = options;
  checkPositive(lambda, "lambda", "exponential");
  return positive(shape, rest).log().div(-lambda);
}

/**
 * Random counts of trials until the first success, of probability `p` each: 1, 2, ….
 *
 * @example
 * geometric([2, 3], 0.5); // (2, 3)
 */
export function geometric(shape: ShapeLike, p: number, options: DrawOptions = {}): Tensor {
  if (!(p > 0 && p < 1)) throw new RangeError(`geometric: p must be between 0 and 1, got ${p}`);
  const { dtype = "f32", generator } = options;
  const u = positive(shape, { dtype: dtype === "f64" ? dtype : "f32", generator });
  return u.log().div(Math.log1p(-p)).ceil().clamp(1).to(dtype);
}

/**
 * Random numbers of Cauchy's distribution.
 *
 * @example
 * cauchy([2, 3]); // (2, 3)
 */
export function cauchy(
  shape: ShapeLike,
  options: DrawOptions & { readonly median?: number; readonly sigma?: number } = {},
): Tensor {
  const { median = 0, sigma = 1, ...rest } = options;
  checkPositive(sigma, "sigma", "cauchy");
  return rand(shape, rest).sub(0.5).mul(Math.PI).tan().mul(sigma).add(median);
}

/**
 * Random numbers whose logarithm is normal, with that mean and standard deviation.
 *
 * @example
 * logNormal([2, 3]); // (2, 3)
 */
export function logNormal(
  shape: ShapeLike,
  options: DrawOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  const { mean = 1, std = 2, ...rest } = options;
  checkPositive(std, "std", "logNormal");
  return randn(shape, rest).mul(std).add(mean).exp();
}

/** Options of dropout. */
export interface ChannelDropoutOptions {
  /** Whether anything is dropped. Default true, of the two kinds of alpha dropout false. */
  readonly training?: boolean;
  readonly generator?: Generator;
}

function checkShare(p: number, what: string): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${what}: p must be from 0 to 1, got ${p}`);
}

/** Whether each channel (or element) is kept. */
function kept(x: Tensor, p: number, channels: boolean, generator: Generator | undefined): Tensor {
  const shape = channels ? x.shape.map((n, i) => (i < 2 ? n : 1)) : x.shape;
  return rand(shape, { dtype: x.dtype, generator }).ge(p);
}

/**
 * Sets whole channels of x (N, C, …) to 0 with probability `p`, and divides the others by `1 - p`.
 *
 * @example
 * featureDropout(ones([2, 3, 4]), 0.5); // (2, 3, 4)
 */
export function featureDropout(x: Tensor, p = 0.5, options: ChannelDropoutOptions = {}): Tensor {
  checkFloat(x, "featureDropout");
  checkAtLeast(x, 2, "featureDropout");
  checkShare(p, "featureDropout");
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  if (p === 1) return x.mul(0);
  return where(kept(x, p, true, generator), x.mul(1 / (1 - p)), 0);
}

/** What selu tends to below: -scale · alpha. */
const SATURATION = -1.7580993408473766;

/**
 * Dropout that keeps mean and variance of what `selu` gives: dropped elements become selu's lowest value,
 * and all are scaled and moved (Klambauer et al. 2017). As in PyTorch, without `training` nothing is dropped.
 *
 * @example
 * alphaDropout(ones([4]), 0.5, { training: true }); // (4)
 */
export const alphaDropout = (x: Tensor, p = 0.5, options: ChannelDropoutOptions = {}): Tensor =>
  alpha(x, p, options, false, "alphaDropout");

/**
 * `alphaDropout` of whole channels of x (N, C, …).
 *
 * @example
 * featureAlphaDropout(ones([2, 3, 4]), 0.5, { training: true }); // (2, 3, 4)
 */
export function featureAlphaDropout(
  x: Tensor,
  p = 0.5,
  options: ChannelDropoutOptions = {},
): Tensor {
  if (options.training) checkAtLeast(x, 2, "featureAlphaDropout");
  return alpha(x, p, options, true, "featureAlphaDropout");
}

function alpha(
  x: Tensor,
  p: number,
  { training = false, generator }: ChannelDropoutOptions,
  channels: boolean,
  what: string,
): Tensor {
  checkShare(p, what);
  if (!training || p === 0) return x;
  checkFloat(x, what);
  if (p === 1) return x.mul(0);
  const a = 1 / Math.sqrt((1 - p) * (1 + p * SATURATION ** 2));
  return where(kept(x, p, channels, generator), x, SATURATION)
    .mul(a)
    .sub(a * p * SATURATION);
}
