import { isFloat, isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { callInSingle, checkTensor, reducedShape, toFloat } from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { Tensor } from "./tensor.ts";

const positive = (x: Node): Node => ops.lt(ops.zerosLike(x), x);
const times = (x: Node, factor: number): Node => ops.mul(x, ops.fullLike(x, factor));

/**
 * `max(x, 0)`; NaN stays NaN. The gradient at 0 is 0.
 *
 * @example
 * tensor([-1, 0, 2]).relu(); // [0, 0, 2]
 */
export function relu(x: Tensor): Tensor {
  const { node } = x;
  const zero = ops.zerosLike(node);
  // Asking for x ≤ 0 keeps NaN, which compares with nothing.
  return new Tensor(ops.select(ops.le(node, zero), zero, node));
}

/** x within bounds, with gradient 0 at and beyond them; NaN stays NaN. */
function between(x: Node, low: number, high: number): Node {
  const [lo, hi] = [ops.fullLike(x, low), ops.fullLike(x, high)];
  return ops.select(ops.le(x, lo), lo, ops.select(ops.ge(x, hi), hi, x));
}

/**
 * `min(max(x, 0), 6)`.
 *
 * @example
 * tensor([-1, 3, 8]).relu6(); // [0, 3, 6]
 */
export function relu6(x: Tensor): Tensor {
  return hardtanh(x, 0, 6);
}

/**
 * x where positive, else `negativeSlope · x` (0.01 by default).
 *
 * @example
 * tensor([-2, 3]).leakyRelu(0.1); // [-0.2, 3]
 */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  if (isHalf(x.dtype)) return callInSingle(leakyRelu, x, negativeSlope);
  const node = toFloat(x.node);
  return new Tensor(ops.select(positive(node), node, times(node, negativeSlope)));
}

/**
 * x where positive, else `weight · x`; `weight` has one element, or one for each entry of axis 1.
 *
 * @example
 * tensor([-2, 3]).prelu(tensor([0.25])); // [-0.5, 3]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  [x, weight] = atPrecision("low", x, weight);
  checkTensor(weight, "prelu");
  const { node } = x;
  if (!isFloat(x.dtype) || weight.dtype !== x.dtype)
    throw new TypeError(
      `prelu: expected tensors of one floating-point dtype, got ${x.dtype} and ${weight.dtype}`,
    );
  let w = weight.node;
  if (weight.size !== 1) {
    if (weight.ndim !== 1 || x.ndim < 2 || x.shape[1] !== weight.size)
      throw new Error(
        `prelu: weight must have 1 element or one for each channel (axis 1), got ` +
          `[${weight.shape.join(", ")}] for [${x.shape.join(", ")}]`,
      );
    w = ops.reshape(
      w,
      x.shape.map((size, i) => (i === 1 ? size : 1)),
    );
  } else {
    w = ops.reshape(w, []);
  }
  const slope = ops.broadcastTo(w, x.shape);
  return new Tensor(ops.select(positive(node), node, ops.mul(slope, node)));
}

/**
 * `1 / (1 + e⁻ˣ)`, without overflow.
 *
 * @example
 * tensor([0, 2]).sigmoid(); // [0.5, 0.8808]
 */
export function sigmoid(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(sigmoid, x);
  return new Tensor(sigmoidNode(toFloat(x.node)));
}

/** -|x| with derivative -1 at 0 (abs has 0 there, which would spoil what is smooth at 0). */
const negAbs = (x: Node): Node => ops.select(ops.lt(x, ops.zerosLike(x)), x, ops.neg(x));

// From the value itself, which is there already: y (1 - y).
const sigmoidRule: CustomRule = (g, _, y) => [
  ops.mul(g, ops.mul(y, ops.sub(ops.fullLike(y, 1), y))),
];

// With e = e^-|x| nothing overflows, and small results keep their digits: 1 / (1 + e) for x ≥ 0, else
// e / (1 + e).
function sigmoidNode(x: Node): Node {
  const one = ops.fullLike(x, 1);
  const e = ops.exp(negAbs(x));
  const y = ops.div(ops.select(ops.lt(x, ops.zerosLike(x)), e, one), ops.add(one, e));
  return ops.customVjp(y, [x], sigmoidRule);
}

/**
 * `log(sigmoid(x))`, accurate for large negative x.
 *
 * @example
 * tensor([0, -100]).logsigmoid(); // [-0.6931, -100.0000]
 */
export function logsigmoid(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(logsigmoid, x);
  const node = toFloat(x.node);
  return new Tensor(ops.neg(softplusNode(ops.neg(node))));
}

// log(1 + eˣ) = max(x, 0) + log1p(e^-|x|)
function softplusNode(x: Node): Node {
  const zero = ops.zerosLike(x);
  return ops.add(ops.select(ops.lt(x, zero), zero, x), ops.log1p(ops.exp(negAbs(x))));
}

/** Options of `softplus`. */
export interface SoftplusOptions {
  /** Steepness. Default 1. */
  beta?: number;
  /** From `beta · x` above this the function is x itself. Default 20. */
  threshold?: number;
}

/**
 * `log(1 + e^(beta·x)) / beta`, a smooth relu.
 *
 * @example
 * tensor([0, 100]).softplus(); // [0.6931, 100.0000]
 */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  [x] = atPrecision("single", x);
  if (isHalf(x.dtype)) return callInSingle(softplus, x, options);
  const { beta = 1, threshold = 20 } = options;
  const node = toFloat(x.node);
  const scaled = times(node, beta);
  // log1p(eˣ) as it stands has the right gradient at 0, and up to the threshold nothing overflows.
  const linear = ops.lt(ops.fullLike(node, threshold), scaled);
  const inside = ops.select(linear, ops.zerosLike(node), scaled);
  const soft = ops.log1p(ops.exp(inside));
  return new Tensor(ops.select(linear, node, ops.div(soft, ops.fullLike(node, beta))));
}

/**
 * Hyperbolic tangent.
 *
 * @example
 * tensor([0, 1]).tanh(); // [0, 0.7616]
 */
export function tanh(x: Tensor): Tensor {
  return new Tensor(ops.tanh(toFloat(x.node)));
}

/** Options of `gelu`. */
export interface GeluOptions {
  /** `"none"` (default): by erf, exact; `"tanh"`: the approximation of the paper. */
  approximate?: "none" | "tanh";
}

/**
 * `x · Φ(x)` with Φ the normal distribution (Hendrycks & Gimpel 2016), or its tanh approximation
 * `x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
 *
 * @example
 * tensor([-1, 1]).gelu(); // [-0.1587, 0.8413]
 * tensor([-1, 1]).gelu({ approximate: "tanh" }); // [-0.1588, 0.8412]
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  if (isHalf(x.dtype)) return callInSingle(gelu, x, options);
  const { approximate = "none" } = options;
  const node = toFloat(x.node);
  let inner: Node;
  if (approximate === "none") inner = ops.erf(times(node, Math.SQRT1_2));
  else if (approximate === "tanh") {
    const cube = ops.mul(ops.mul(node, node), node);
    inner = ops.tanh(times(ops.add(node, times(cube, 0.044715)), Math.sqrt(2 / Math.PI)));
  } else {
    throw new RangeError(
      `gelu: approximate must be "none" or "tanh", got ${JSON.stringify(approximate)}`,
    );
  }
  return new Tensor(ops.mul(times(node, 0.5), ops.add(inner, ops.fullLike(node, 1))));
}

/**
 * `x · sigmoid(x)`, also called swish.
 *
 * @example
 * tensor([-1, 1]).silu(); // [-0.2689, 0.7311]
 */
export function silu(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(silu, x);
  const node = toFloat(x.node);
  return new Tensor(ops.mul(node, sigmoidNode(node)));
}

/**
 * `x · tanh(softplus(x))` (Misra 2019).
 *
 * @example
 * tensor([-1, 1]).mish(); // [-0.3034, 0.8651]
 */
export function mish(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(mish, x);
  const node = toFloat(x.node);
  return new Tensor(ops.mul(node, ops.tanh(softplus(new Tensor(node)).node)));
}

const eluNode = (x: Node, alpha: number): Node => {
  const isPositive = positive(x);
  // The branch that is not taken must not overflow: its gradient would be ∞ · 0.
  const low = ops.select(isPositive, ops.zerosLike(x), x);
  return ops.select(isPositive, x, times(ops.expm1(low), alpha));
};

/**
 * x where positive, else `alpha · (eˣ - 1)` (alpha 1 by default).
 *
 * @example
 * tensor([-1, 1]).elu(); // [-0.6321, 1]
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  if (isHalf(x.dtype)) return callInSingle(elu, x, alpha);
  return new Tensor(eluNode(toFloat(x.node), alpha));
}

/**
 * The self-normalising elu of Klambauer et al. 2017.
 *
 * @example
 * tensor([-1, 1]).selu(); // [-1.1113, 1.0507]
 */
export function selu(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(selu, x);
  const node = toFloat(x.node);
  return new Tensor(times(eluNode(node, 1.6732632423543772), 1.0507009873554805));
}

/**
 * `min(max(x, low), high)`; by default from -1 to 1.
 *
 * @example
 * tensor([-3, 0.5, 3]).hardtanh(); // [-1, 0.5, 1]
 */
export function hardtanh(x: Tensor, low = -1, high = 1): Tensor {
  if (!(low <= high))
    throw new RangeError(`hardtanh: the bounds must be in order, got ${low} and ${high}`);
  // Unlike that of clamp, the gradient at the bounds is 0.
  return new Tensor(between(x.node, low, high));
}

/**
 * `clamp(x / 6 + 1/2, 0, 1)`.
 *
 * @example
 * tensor([-3, 0, 1.5]).hardsigmoid(); // [0, 0.5, 0.75]
 */
export function hardsigmoid(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(hardsigmoid, x);
  const node = toFloat(x.node);
  return new Tensor(between(ops.add(times(node, 1 / 6), ops.fullLike(node, 0.5)), 0, 1));
}

/**
 * `x · hardsigmoid(x)` (Howard et al. 2019).
 *
 * @example
 * tensor([-3, 0, 1.5]).hardswish(); // [0, 0, 1.125]
 */
export function hardswish(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(hardswish, x);
  return new Tensor(ops.mul(toFloat(x.node), hardsigmoid(x).node));
}

/**
 * `x / (1 + |x|)`.
 *
 * @example
 * tensor([-1, 3]).softsign(); // [-0.5, 0.75]
 */
export function softsign(x: Tensor): Tensor {
  if (isHalf(x.dtype)) return callInSingle(softsign, x);
  const node = toFloat(x.node);
  return new Tensor(ops.div(node, ops.add(ops.abs(node), ops.fullLike(node, 1))));
}

/** x minus its maximum along the axis (which counts as constant), so that exp does not overflow. */
function shifted(x: Node, axis: number): Node {
  const top = ops.stopGradient(ops.reduceMax(x, [axis]));
  return ops.sub(x, alongAxis(top, x, axis));
}

const alongAxis = (reduced: Node, x: Node, axis: number): Node =>
  ops.expand(ops.reshape(reduced, reducedShape(x.shape, [axis], true)), x.shape);

function softAxis(x: Tensor, dim: number, what: string): number {
  const axis = normalizeAxis(dim, x.ndim, what);
  return x.ndim === 0 || x.shape[axis] === 0 ? -1 : axis;
}

/**
 * `eˣ / Σ eˣ` along axis `dim` (the last by default): non-negative numbers that add up to 1.
 *
 * @example
 * tensor([0, Math.log(3)]).softmax(); // [0.25, 0.75]
 */
export function softmax(x: Tensor, dim = -1): Tensor {
  return soft(x, dim, "softmax");
}

function soft(x: Tensor, dim: number, what: string): Tensor {
  [x] = atPrecision("single", x);
  if (isHalf(x.dtype)) return callInSingle(soft, x, dim, what);
  const node = toFloat(x.node);
  const axis = softAxis(x, dim, what);
  if (axis < 0) return new Tensor(x.ndim === 0 ? ops.fullLike(node, 1) : node);
  const e = ops.exp(shifted(node, axis));
  return new Tensor(ops.div(e, alongAxis(ops.reduceSum(e, [axis]), e, axis)));
}

/**
 * `softmax(-x)`.
 *
 * @example
 * tensor([0, Math.log(3)]).softmin(); // [0.75, 0.25]
 */
export function softmin(x: Tensor, dim = -1): Tensor {
  return soft(new Tensor(ops.neg(toFloat(x.node))), dim, "softmin");
}

/**
 * `log(softmax(x))` along axis `dim` (the last by default), without overflow.
 *
 * @example
 * tensor([0, Math.log(3)]).logSoftmax(); // [-1.3863, -0.2877]
 */
export function logSoftmax(x: Tensor, dim = -1): Tensor {
  [x] = atPrecision("single", x);
  if (isHalf(x.dtype)) return callInSingle(logSoftmax, x, dim);
  const node = toFloat(x.node);
  const axis = softAxis(x, dim, "logSoftmax");
  if (axis < 0) return new Tensor(x.ndim === 0 ? ops.zerosLike(node) : node);
  const apart = shifted(node, axis);
  const total = ops.log(ops.reduceSum(ops.exp(apart), [axis]));
  return new Tensor(ops.sub(apart, alongAxis(total, node, axis)));
}

/**
 * `a · sigmoid(b)` for the halves a and b of axis `dim` (Dauphin et al. 2016).
 *
 * @example
 * tensor([4, 2, 0, 100]).glu(); // [2, 2]
 */
export function glu(x: Tensor, dim = -1): Tensor {
  if (isHalf(x.dtype)) return callInSingle(glu, x, dim);
  const axis = normalizeAxis(dim, x.ndim, "glu");
  if (x.ndim === 0 || x.shape[axis] % 2 !== 0)
    throw new RangeError(
      `glu: axis ${axis} must have an even size, got shape [${x.shape.join(", ")}]`,
    );
  const node = toFloat(x.node);
  const size = node.shape.map((n, i) => (i === axis ? n / 2 : n));
  const half = (which: number): Node =>
    ops.slice(
      node,
      size.map((n, i) => (i === axis ? which * n : 0)),
      size,
    );
  return new Tensor(ops.mul(half(0), sigmoidNode(half(1))));
}
