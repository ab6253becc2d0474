import { isFloat } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { sameShape } from "../ir/shape.ts";
import { add, mul } from "./arithmetic.ts";
import { checkTensor, elementwise, nodeOf, type Operand, toFloat } from "./operand.ts";
import { all } from "./reduce.ts";
import { Tensor } from "./tensor.ts";
import { abs } from "./unary.ts";

/**
 * `a = b`, elementwise with broadcasting: bool. NaN equals nothing.
 *
 * @example
 * tensor([1, 2, 3]).eq(2); // [false, true, false]
 */
export function eq(a: Operand, b: Operand): Tensor {
  return elementwise("eq", a, b, ops.eq);
}
/**
 * `a ≠ b`, elementwise with broadcasting: bool.
 *
 * @example
 * tensor([1, 2, 3]).ne(2); // [true, false, true]
 */
export function ne(a: Operand, b: Operand): Tensor {
  return elementwise("ne", a, b, ops.ne);
}
/**
 * `a < b`, elementwise with broadcasting: bool.
 *
 * @example
 * tensor([1, 2, 3]).lt(2); // [true, false, false]
 */
export function lt(a: Operand, b: Operand): Tensor {
  return elementwise("lt", a, b, ops.lt);
}
/**
 * `a ≤ b`, elementwise with broadcasting: bool.
 *
 * @example
 * tensor([1, 2, 3]).le(2); // [true, true, false]
 */
export function le(a: Operand, b: Operand): Tensor {
  return elementwise("le", a, b, ops.le);
}
/**
 * `a > b`, elementwise with broadcasting: bool.
 *
 * @example
 * tensor([1, 2, 3]).gt(2); // [false, false, true]
 */
export function gt(a: Operand, b: Operand): Tensor {
  return elementwise("gt", a, b, ops.gt);
}
/**
 * `a ≥ b`, elementwise with broadcasting: bool.
 *
 * @example
 * tensor([1, 2, 3]).ge(2); // [false, true, true]
 */
export function ge(a: Operand, b: Operand): Tensor {
  return elementwise("ge", a, b, ops.ge);
}

const everywhere = (x: Node, value: boolean): Node => ops.full(x.shape, value, "bool");
const magnitudeIs = (x: Node, test: (a: Node, limit: Node) => Node): Node =>
  test(ops.abs(x), ops.fullLike(x, Infinity));

/**
 * Whether each element is NaN.
 *
 * @example
 * tensor([1, NaN]).isnan(); // [false, true]
 */
export const isnan = (x: Tensor): Tensor =>
  new Tensor(isFloat(x.dtype) ? ops.ne(x.node, x.node) : everywhere(x.node, false));
/**
 * Whether each element is ∞ or -∞.
 *
 * @example
 * tensor([1, -Infinity, NaN]).isinf(); // [false, true, false]
 */
export const isinf = (x: Tensor): Tensor =>
  new Tensor(isFloat(x.dtype) ? magnitudeIs(x.node, ops.eq) : everywhere(x.node, false));
/**
 * Whether each element is neither infinite nor NaN.
 *
 * @example
 * tensor([1, -Infinity, NaN]).isfinite(); // [true, false, false]
 */
export const isfinite = (x: Tensor): Tensor =>
  new Tensor(isFloat(x.dtype) ? magnitudeIs(x.node, ops.lt) : everywhere(x.node, true));

const truth = (x: Node): Node => ops.cast(x, "bool");

/**
 * Both are not 0, elementwise with broadcasting.
 *
 * @example
 * tensor([0, 1, 2]).logicalAnd(tensor([true, true, false])); // [false, true, false]
 */
export function logicalAnd(a: Operand, b: Operand): Tensor {
  return elementwise("logicalAnd", a, b, (x, y) => ops.and(truth(x), truth(y)));
}
/**
 * One or both are not 0, elementwise with broadcasting.
 *
 * @example
 * tensor([0, 1, 0]).logicalOr(tensor([true, true, false])); // [true, true, false]
 */
export function logicalOr(a: Operand, b: Operand): Tensor {
  return elementwise("logicalOr", a, b, (x, y) => ops.or(truth(x), truth(y)));
}
/**
 * Exactly one is not 0, elementwise with broadcasting.
 *
 * @example
 * tensor([0, 1, 0]).logicalXor(tensor([true, true, false])); // [true, false, false]
 */
export function logicalXor(a: Operand, b: Operand): Tensor {
  return elementwise("logicalXor", a, b, (x, y) => ops.ne(truth(x), truth(y)));
}
/**
 * Whether each element is 0.
 *
 * @example
 * tensor([0, 1, 2]).logicalNot(); // [true, false, false]
 */
export const logicalNot = (x: Tensor): Tensor => new Tensor(ops.not(truth(x.node)));

/** How close is close: |a - b| ≤ atol + rtol · |b|. */
export interface Tolerance {
  /** Relative tolerance. Default 1e-5. */
  rtol?: number;
  /** Absolute tolerance. Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  equalNan?: boolean;
}

/**
 * Whether elements are close: `|a - b| ≤ atol + rtol · |b|`, or equal.
 *
 * @example
 * tensor([1, 2]).isclose(tensor([1 + 1e-7, 3])); // [true, false]
 */
export function isclose(a: Tensor, b: Operand, options: Tolerance = {}): Tensor {
  return close(a, b, options, "isclose");
}

function close(a: Tensor, b: Operand, options: Tolerance, what: string): Tensor {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  const x = toFloat(a.node);
  const given = nodeOf(b, what);
  const other = new Tensor(b instanceof Tensor ? toFloat(given) : ops.constant(b, x.dtype));
  const apart = elementwise(what, new Tensor(x), other, ops.sub);
  const near = le(abs(apart), add(mul(abs(other), rtol), atol));
  // An infinite difference is within an infinite tolerance, but not close.
  const same = logicalOr(logicalAnd(near, isfinite(other)), eq(a, b));
  return equalNan ? logicalOr(same, logicalAnd(isnan(a), isnan(other))) : same;
}

/**
 * Whether all elements are close (see `isclose`). Reads the result.
 *
 * @example
 * await tensor([1, 2]).allclose(tensor([1, 2 + 1e-7])); // true
 */
export async function allclose(a: Tensor, b: Operand, options: Tolerance = {}): Promise<boolean> {
  return (await all(close(a, b, options, "allclose")).item()) !== 0;
}

/**
 * Whether both have the same shape and equal elements. Reads the result.
 *
 * @example
 * await tensor([1, 2]).equal(tensor([1, 2])); // true
 */
export async function equal(a: Tensor, b: Tensor): Promise<boolean> {
  checkTensor(b, "equal");
  return sameShape(a.shape, b.shape) && (await all(eq(a, b)).item()) !== 0;
}
