import { isFloat } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { Tensor } from "../tensor/index.ts";
import { inSingle, toFloat } from "../tensor/operand.ts";
import { FLOATS } from "./numbers.ts";

// Elementwise functions of one tensor.

type Unary = (x: Tensor) => Tensor;

/** Elementwise functions of floats; integers and bools are made f32 first. */
const floatUnary =
  (op: (x: Node) => Node): Unary =>
  (x) =>
    new Tensor(inSingle(toFloat(x.node), op));

const zero = ops.zerosLike;

/** @internal Whether the sign bit is set: of -0 too, which equals 0. */
export const negative = (x: Node): Node => {
  const below = ops.lt(x, zero(x));
  if (!isFloat(x.dtype)) return below;
  const inverse = ops.div(ops.fullLike(x, 1), x);
  return ops.or(below, ops.and(ops.eq(x, zero(x)), ops.lt(inverse, zero(x))));
};

const square2 = (x: Node): Node => ops.mul(x, x);
const one = (x: Node): Node => ops.fullLike(x, 1);
const overRoot: CustomRule = (g, [x], _, { of }) => [
  ops.div(g, ops.sqrt(ops.add(square2(x), ops.fullLike(x, of as number)))),
];
const atanhRule: CustomRule = (g, [x]) => [ops.div(g, ops.sub(one(x), square2(x)))];

/** log(x + √(x² ± 1)) of x ≥ 0 by `near`, where squares stay in range, else log(2x). */
function longLog(x: Node, near: (x: Node) => Node): Node {
  const large = ops.lt(ops.fullLike(x, 1e8), x);
  const far = ops.add(ops.log(x), ops.fullLike(x, Math.LN2));
  return ops.select(large, far, near(ops.select(large, one(x), x)));
}

/**
 * Inverse hyperbolic sine.
 *
 * @example
 * asinh(tensor([0, 1])); // [0, 0.8814]
 */
export const asinh: Unary = floatUnary((x) => {
  const y = longLog(ops.abs(x), (a) => {
    const root = ops.sqrt(ops.add(square2(a), one(a)));
    return ops.log1p(ops.add(a, ops.div(square2(a), ops.add(one(a), root))));
  });
  return ops.customVjp(ops.select(ops.lt(x, ops.zerosLike(x)), ops.neg(y), y), [x], overRoot, {
    of: 1,
    elementwise: true,
  });
});
/**
 * Inverse hyperbolic cosine; NaN below 1.
 *
 * @example
 * acosh(tensor([1, 2])); // [0, 1.3170]
 */
export const acosh: Unary = floatUnary((x) => {
  const y = longLog(x, (a) => {
    const t = ops.sub(a, one(a));
    return ops.log1p(ops.add(t, ops.sqrt(ops.add(ops.add(t, t), square2(t)))));
  });
  return ops.customVjp(y, [x], overRoot, { of: -1, elementwise: true });
});
/**
 * Inverse hyperbolic tangent; ±∞ at ±1, NaN outside.
 *
 * @example
 * atanh(tensor([0, 0.5])); // [0, 0.5493]
 */
export const atanh: Unary = floatUnary((x) => {
  const ratio = ops.div(ops.add(x, x), ops.sub(one(x), x));
  return ops.customVjp(ops.mul(ops.log1p(ratio), ops.fullLike(x, 0.5)), [x], atanhRule, {
    elementwise: true,
  });
});
/**
 * Degrees as radians.
 *
 * @example
 * deg2rad(tensor([180])); // [3.1416]
 */
export const deg2rad: Unary = floatUnary((x) => ops.mul(x, ops.fullLike(x, Math.PI / 180)));
/**
 * Radians as degrees.
 *
 * @example
 * rad2deg(tensor([Math.PI])); // [180.0000]
 */
export const rad2deg: Unary = floatUnary((x) => ops.mul(x, ops.fullLike(x, 180 / Math.PI)));
/**
 * `sin(πx) / (πx)`, 1 at 0.
 *
 * @example
 * sinc(tensor([0, 0.5])); // [1, 0.6366]
 */
export const sinc: Unary = floatUnary((x) => {
  const none = ops.eq(x, ops.zerosLike(x));
  const safe = ops.mul(ops.select(none, one(x), x), ops.fullLike(x, Math.PI));
  return ops.select(none, one(x), ops.div(ops.sin(safe), safe));
});

/**
 * `log(x / (1 - x))`, the inverse of `sigmoid`. With `eps`, x is limited to [eps, 1 - eps] first.
 *
 * @example
 * logit(tensor([0.5, 0.8808])); // [0, 2.0000]
 */
export function logit(x: Tensor, eps?: number): Tensor {
  let node = toFloat(x.node);
  if (eps !== undefined) {
    const [lo, hi] = [ops.fullLike(node, eps), ops.fullLike(node, 1 - eps)];
    node = ops.select(ops.lt(node, lo), lo, ops.select(ops.lt(hi, node), hi, node));
  }
  return new Tensor(ops.log(ops.div(node, ops.sub(one(node), node))));
}

/**
 * NaN and infinities replaced: by `nan` (0), `posinf` and `neginf` (the largest and lowest finite number).
 *
 * @example
 * nanToNum(tensor([NaN, 1]), 5); // [5, 1]
 */
export function nanToNum(x: Tensor, nan = 0, posinf?: number, neginf?: number): Tensor {
  if (!isFloat(x.dtype)) return x;
  const { node } = x;
  const { most } = FLOATS[x.dtype]!;
  const put = (where: Node, value: number, rest: Node): Node =>
    ops.select(where, ops.fullLike(node, value), rest);
  const is = (value: number): Node => ops.eq(node, ops.fullLike(node, value));
  const finite = put(is(Infinity), posinf ?? most, put(is(-Infinity), neginf ?? -most, node));
  return new Tensor(put(ops.ne(node, node), nan, finite));
}

/**
 * Whether each element is ∞.
 *
 * @example
 * isposinf(tensor([1, -Infinity, Infinity])); // [false, false, true]
 */
export const isposinf = (x: Tensor): Tensor => x.eq(Infinity);
/**
 * Whether each element is -∞.
 *
 * @example
 * isneginf(tensor([1, -Infinity, Infinity])); // [false, true, false]
 */
export const isneginf = (x: Tensor): Tensor => x.eq(-Infinity);
/**
 * Whether each element has its sign bit set: negative numbers and -0.
 *
 * @example
 * signbit(tensor([1, -0, -3])); // [false, true, true]
 */
export const signbit = (x: Tensor): Tensor =>
  x.dtype === "bool" ? new Tensor(ops.full(x.shape, false, "bool")) : new Tensor(negative(x.node));
