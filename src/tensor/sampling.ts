import { isFloat } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { type Generator, keepMask, rand } from "./random.ts";
import { Tensor } from "./tensor.ts";

/** Options of functions that draw from the numbers of a tensor. */
export interface SampleOptions {
  /** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
  generator?: Generator;
}

/**
 * 1 with the probability that x holds, else 0; in x's dtype.
 *
 * @example
 * full([4], 0.5).bernoulli(); // (4)
 */
export function bernoulli(x: Tensor, options: SampleOptions = {}): Tensor {
  if (!isFloat(x.dtype))
    throw new TypeError(
      `bernoulli: expected probabilities of a floating-point dtype, got ${x.dtype}`,
    );
  const u = rand(x.shape, { dtype: x.dtype, ...options }).node;
  return new Tensor(ops.cast(ops.lt(u, ops.stopGradient(x.node)), x.dtype));
}

/** Options of `dropout`. */
export interface DropoutOptions extends SampleOptions {
  /** Whether anything is dropped. Default true. */
  training?: boolean;
}

/**
 * Sets elements to 0 with probability `p` and divides the others by `1 - p`, so that the expected value
 * stays (Srivastava et al. 2014).
 *
 * @example
 * ones([4]).dropout(0.5); // each 0 or 2
 */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`dropout: p must be from 0 to 1, got ${p}`);
  if (!isFloat(x.dtype))
    throw new TypeError(`dropout: expected a floating-point tensor, got ${x.dtype}`);
  if (options.training === false || p === 0) return x;
  const { node } = x;
  const zero = ops.zerosLike(node);
  if (p === 1) return new Tensor(ops.mul(node, zero));
  const kept = ops.mul(node, ops.fullLike(node, 1 / (1 - p)));
  return new Tensor(ops.select(keepMask(x.shape, p, options.generator), kept, zero));
}

/** Noise of 0 would give positions of weight 0 their turn: 0 / 0 is no number. */
const LEAST_NOISE = 2 ** -60;

/**
 * `count` positions (i32) drawn with probabilities in proportion to the weights x, a vector (C) or rows
 * (N, C). Without replacement (the default) positions differ.
 *
 * @example
 * tensor([0, 10, 30]).multinomial(2); // positions 1 and 2, in either order
 */
export function multinomial(
  x: Tensor,
  count: number,
  options: SampleOptions & { replacement?: boolean } = {},
): Tensor {
  const { replacement = false, generator } = options;
  if (!isFloat(x.dtype))
    throw new TypeError(`multinomial: expected weights of a floating-point dtype, got ${x.dtype}`);
  if (x.ndim !== 1 && x.ndim !== 2)
    throw new RangeError(`multinomial: expected weights (C) or (N, C), got ${showShape(x.shape)}`);
  const size = x.shape[x.ndim - 1];
  if (!Number.isInteger(count) || count < 1 || (!replacement && count > size))
    throw new RangeError(
      `multinomial: cannot draw ${count} of ${size} positions ${replacement ? "with" : "without"} replacement`,
    );
  // The largest of log(weight) + Gumbel noise, i.e. of log(weight / exponential noise), falls on each
  // position with its probability; the k largest are k draws without replacement.
  const weights = x.detach();
  const noise = (shape: readonly number[]): Tensor =>
    rand(shape, { dtype: x.dtype, generator }).neg().add(1).log().neg().clamp(LEAST_NOISE);
  if (!replacement)
    return weights.div(noise(x.shape)).argsort(-1, { descending: true }).narrow(-1, 0, count);
  const lead = x.shape.slice(0, -1);
  const wide = [...lead, count, size];
  return weights.unsqueeze(-2).expand(wide).div(noise(wide)).argmax(-1);
}
