import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PerAxis,
  type Tensor,
  where,
} from "../tensor/index.ts";
import { perAxis } from "../tensor/spatial.ts";
import { checkFloat } from "../tensor/checks.ts";

/** Options of `lpPool1d` and its like. */
export interface LPPoolOptions {
  /** Distance of windows. Default: their size. */
  readonly stride?: PerAxis;
  /** Whether windows may start inside and end outside. Default false. */
  readonly ceilMode?: boolean;
}

const AVERAGES = [avgPool1d, avgPool2d, avgPool3d];
const MAXIMA = [maxPool1d, maxPool2d, maxPool3d];

function lpPool(
  spatial: number,
  x: Tensor,
  p: number,
  kernelSize: PerAxis,
  options: LPPoolOptions,
): Tensor {
  const what = `lpPool${spatial}d`;
  checkFloat(x, what);
  if (Number.isNaN(p) || p === 0)
    throw new RangeError(`${what}: the order must be a number other than 0, got ${p}`);
  const maxima = MAXIMA[spatial - 1];
  if (p === Infinity) return maxima(x.abs(), kernelSize, options);
  if (p === -Infinity) return maxima(x.abs().neg(), kernelSize, options).neg();
  const size = perAxis(kernelSize, spatial, "kernelSize", what, 1).reduce((a, b) => a * b, 1);
  // A window that ends outside counts as if its mean were that of a whole one, as in PyTorch.
  const sums = AVERAGES[spatial - 1](x.pow(p), kernelSize, options).mul(size);
  if (p === 1) return sums;
  // The slope of a root at 0 is infinite: PyTorch defines it as 0.
  const none = sums.eq(0);
  return where(none, 0, where(none, 1, sums).pow(1 / p));
}

/**
 * `(Σ xᵖ)^(1/p)` of each window along the last axis of (N, C, L) or (C, L); of order Infinity the largest
 * magnitude.
 *
 * @example
 * lpPool1d(tensor([[[3, 4, 0, 5]]]), 2, 2); // [[[5, 5]]]
 */
export const lpPool1d = (
  x: Tensor,
  p: number,
  kernelSize: PerAxis,
  options: LPPoolOptions = {},
): Tensor => lpPool(1, x, p, kernelSize, options);

/**
 * `lpPool1d` along the last two axes of (N, C, H, W) or (C, H, W).
 *
 * @example
 * lpPool2d(ones([1, 1, 2, 2]), 2, 2); // [[[[2]]]]
 */
export const lpPool2d = (
  x: Tensor,
  p: number,
  kernelSize: PerAxis,
  options: LPPoolOptions = {},
): Tensor => lpPool(2, x, p, kernelSize, options);

/**
 * `lpPool1d` along the last three axes of (N, C, D, H, W) or (C, D, H, W).
 *
 * @example
 * lpPool3d(ones([1, 1, 2, 2, 2]), 3, 2); // [[[[[2]]]]]
 */
export const lpPool3d = (
  x: Tensor,
  p: number,
  kernelSize: PerAxis,
  options: LPPoolOptions = {},
): Tensor => lpPool(3, x, p, kernelSize, options);
