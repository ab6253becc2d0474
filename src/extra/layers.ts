import { isFloat } from "../ir/dtype.ts";
import { clamp, rand, type Tensor, where } from "../tensor/index.ts";
import { checkAtLeast, checkFloat } from "../tensor/checks.ts";

// Functions of torch.nn.functional that few networks use.

/**
 * x where positive, else `alpha · (e^(x/alpha) - 1)`: an elu without a bend (Barron 2017).
 *
 * @example
 * celu(tensor([-1, 1])); // [-0.6321, 1]
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  if (alpha === 0) throw new RangeError("celu: alpha must not be 0");
  const positive = x.gt(0);
  return where(positive, x, where(positive, 0, x).div(alpha).expm1().mul(alpha));
}

/**
 * x where |x| > lambda, else 0.
 *
 * @example
 * hardshrink(tensor([-1, 0.3, 1])); // [-1, 0, 1]
 */
export const hardshrink = (x: Tensor, lambda = 0.5): Tensor =>
  // Asking for what is inside keeps NaN.
  where(x.ge(-lambda).logicalAnd(x.le(lambda)), 0, x);

/**
 * x moved towards 0 by lambda, 0 where |x| ≤ lambda.
 *
 * @example
 * softshrink(tensor([-1, 0.3, 1])); // [-0.5, 0, 0.5]
 */
export function softshrink(x: Tensor, lambda = 0.5): Tensor {
  if (!(lambda >= 0)) throw new RangeError(`softshrink: lambda must be >= 0, got ${lambda}`);
  return where(x.gt(lambda), x.sub(lambda), where(x.lt(-lambda), x.add(lambda), x.mul(0)));
}

/**
 * `x - tanh(x)`.
 *
 * @example
 * tanhshrink(tensor([0, 1])); // [0, 0.2384]
 */
export const tanhshrink = (x: Tensor): Tensor => x.sub(x.tanh());

/**
 * x where it is above `threshold`, else `value`.
 *
 * @example
 * threshold(tensor([-1, 0.5, 2]), 1, 20); // [20, 20, 2]
 */
export const threshold = (x: Tensor, limit: number, value: number): Tensor =>
  where(x.le(limit), x.fullLike(value), x);

/**
 * x where positive, else x times a random slope from `lower` to `upper`; without training their mean.
 *
 * @example
 * rrelu(tensor([-1, 1]), { lower: 0.25, upper: 0.25 }); // [-0.25, 1]
 */
export function rrelu(
  x: Tensor,
  options: { readonly lower?: number; readonly upper?: number; readonly training?: boolean } = {},
): Tensor {
  checkFloat(x, "rrelu");
  const { lower = 1 / 8, upper = 1 / 3, training = false } = options;
  if (!(lower <= upper))
    throw new RangeError(`rrelu: the bounds must be in order, got ${lower} and ${upper}`);
  const slope = training
    ? rand(x.shape, { dtype: x.dtype })
        .mul(upper - lower)
        .add(lower)
    : (lower + upper) / 2;
  return where(x.le(0), x.mul(slope), x);
}

/**
 * x divided by its `p`-norm along axis `dim`, which counts as at least `eps`.
 *
 * @example
 * normalize(tensor([[3, 4]])); // [[0.6000, 0.8000]]
 */
export function normalize(
  x: Tensor,
  options: { readonly p?: number; readonly dim?: number; readonly eps?: number } = {},
): Tensor {
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  return x.div(clamp(x.norm(p, dim, { keepdim: true }), eps));
}

function checkFactor(factor: number, size: number, what: string, divides: string): void {
  if (!Number.isInteger(factor) || factor < 1 || size % factor !== 0)
    throw new RangeError(
      `${what}: expected a factor whose ${divides} divides ${size}, got ${factor}`,
    );
}

/**
 * Channels as pixels: (…, C·r², H, W) becomes (…, C, H·r, W·r) (Shi et al. 2016).
 *
 * @example
 * pixelShuffle(zeros([1, 4, 2, 2]), 2); // (1, 1, 4, 4)
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const what = "pixelShuffle";
  checkAtLeast(x, 3, what);
  const [channels, h, w] = x.shape.slice(-3);
  const lead = x.shape.slice(0, -3);
  if (!Number.isInteger(factor) || factor < 1 || channels % (factor * factor) !== 0)
    throw new RangeError(
      `${what}: expected a factor whose square divides ${channels} channels, got ${factor}`,
    );
  const c = channels / factor ** 2;
  return x
    .reshape(...lead, c, factor, factor, h, w)
    .movedim([-5, -2, -4, -1, -3], [-5, -4, -3, -2, -1])
    .reshape(...lead, c, h * factor, w * factor);
}

/**
 * Pixels as channels: (…, C, H·r, W·r) becomes (…, C·r², H, W).
 *
 * @example
 * pixelUnshuffle(zeros([1, 1, 4, 4]), 2); // (1, 4, 2, 2)
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const what = "pixelUnshuffle";
  checkAtLeast(x, 3, what);
  const [c, height, width] = x.shape.slice(-3);
  const lead = x.shape.slice(0, -3);
  for (const size of [height, width]) checkFactor(factor, size, what, "value");
  const [h, w] = [height / factor, width / factor];
  return x
    .reshape(...lead, c, h, factor, w, factor)
    .movedim([-5, -3, -1, -4, -2], [-5, -4, -3, -2, -1])
    .reshape(...lead, c * factor ** 2, h, w);
}

/**
 * Channels (axis 1) laid out in `groups` rows and read by columns (Zhang et al. 2018).
 *
 * @example
 * channelShuffle(arange(4).reshape(1, 4, 1), 2).flatten(); // [0, 2, 1, 3]
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  checkAtLeast(x, 3, "channelShuffle");
  checkFactor(groups, x.shape[1], "channelShuffle", "value");
  const [n, c, ...rest] = x.shape;
  return x
    .reshape(n, groups, c / groups, ...rest)
    .transpose(1, 2)
    .reshape(x.shape);
}

/**
 * x divided by `(k + alpha · mean of squares)^beta` over `size` neighbouring channels (axis 1).
 *
 * @example
 * localResponseNorm(ones([1, 4, 2, 2]), 2); // (1, 4, 2, 2)
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  options: { readonly alpha?: number; readonly beta?: number; readonly k?: number } = {},
): Tensor {
  const what = "localResponseNorm";
  checkAtLeast(x, 3, what);
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`${what}: the size must be a positive integer, got ${size}`);
  if (x.size === 0) return x;
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  const before = Math.floor(size / 2);
  const around = new Array<number>(2 * (x.ndim - 2)).fill(0);
  const padded = x.square().pad([...around, before, size - 1 - before]);
  let sum = padded.narrow(1, 0, x.shape[1]);
  for (let i = 1; i < size; i++) sum = sum.add(padded.narrow(1, i, x.shape[1]));
  // The mean of integers is one, as in an average pool of them.
  const mean = isFloat(x.dtype) ? sum.div(size) : sum.div(size, { rounding: "trunc" });
  return x.div(mean.mul(alpha).add(k).pow(beta));
}
