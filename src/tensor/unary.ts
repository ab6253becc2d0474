import { isFloat } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { erfinvNode } from "./erfinv.ts";
import { checkInteger, inSingle, numeric, toFloat } from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { Tensor } from "./tensor.ts";

/** A function of one tensor, elementwise. */
type Unary = (x: Tensor) => Tensor;

const unary =
  (op: (x: Node) => Node): Unary =>
  (x) =>
    new Tensor(op(x.node));

/** Elementwise functions of floats; integers and bools are made f32 first. */
const floatUnary =
  (op: (x: Node) => Node): Unary =>
  (x) =>
    new Tensor(inSingle(toFloat(x.node), op));

/** Those whose results half precision is too narrow or too coarse for. */
const single =
  (fn: Unary): Unary =>
  (x) =>
    fn(...atPrecision("single", x));
const singleUnary = (op: (x: Node) => Node): Unary => single(floatUnary(op));

/** Functions that leave integers alone. */
const rounding =
  (op: (x: Node) => Node): Unary =>
  (x) =>
    isFloat(x.dtype) ? new Tensor(op(x.node)) : x;

/**
 * `-x`. Throws for bools.
 *
 * @example
 * tensor([1, -2]).neg(); // [-1, 2]
 */
export const neg: Unary = unary((x) => ops.neg(numeric(x, "neg", "logicalNot")));
/**
 * Absolute value.
 *
 * @example
 * tensor([1, -2]).abs(); // [1, 2]
 */
export const abs: Unary = unary((x) =>
  x.dtype.startsWith("u") || x.dtype === "bool" ? x : ops.abs(x),
);
/**
 * -1, 0 or 1 by sign; 0 for NaN, as PyTorch has it.
 *
 * @example
 * tensor([3, 0, -2]).sign(); // [1, 0, -1]
 */
export const sign: Unary = unary((x) => {
  if (x.dtype === "bool") return x;
  const s = ops.sign(x);
  return isFloat(x.dtype) ? ops.select(ops.eq(x, x), s, ops.zerosLike(x)) : s;
});
/**
 * The largest whole number not above x. Integers stay as they are.
 *
 * @example
 * tensor([1.7, -1.2]).floor(); // [1, -2]
 */
export const floor: Unary = rounding(ops.floor);
/**
 * The smallest whole number not below x. Integers stay as they are.
 *
 * @example
 * tensor([1.2, -1.7]).ceil(); // [2, -1]
 */
export const ceil: Unary = rounding(ops.ceil);
/**
 * x without its fraction. Integers stay as they are.
 *
 * @example
 * tensor([1.7, -1.7]).trunc(); // [1, -1]
 */
export const trunc: Unary = rounding(ops.trunc);
/**
 * The nearest whole number, halves to even; with `decimals` the nearest number of so many digits after the
 * point (before it, where negative). Integers stay as they are.
 *
 * @example
 * tensor([0.5, 1.5, 1.6]).round(); // [0, 2, 2]
 * tensor([3.14159]).round(2); // [3.1400]
 */
export function round(x: Tensor, decimals = 0): Tensor {
  if (!isFloat(x.dtype)) return x;
  checkInteger(decimals, "decimals", "round");
  const scale = ops.fullLike(x.node, 10 ** Math.abs(decimals));
  const [up, down] = decimals < 0 ? [ops.div, ops.mul] : [ops.mul, ops.div];
  return new Tensor(down(ops.round(up(x.node, scale)), scale));
}
/**
 * The fraction of x, with its sign: `x - trunc(x)`.
 *
 * @example
 * tensor([1.5, -1.25]).frac(); // [0.5, -0.25]
 */
export const frac: Unary = floatUnary((x) => ops.sub(x, ops.trunc(x)));
/**
 * Square root; NaN below 0.
 *
 * @example
 * tensor([4, 9]).sqrt(); // [2, 3]
 */
export const sqrt: Unary = floatUnary(ops.sqrt);
/**
 * `1 / √x`.
 *
 * @example
 * tensor([4, 16]).rsqrt(); // [0.5, 0.25]
 */
export const rsqrt: Unary = singleUnary((x) => ops.div(ops.fullLike(x, 1), ops.sqrt(x)));
/**
 * `1 / x`.
 *
 * @example
 * tensor([2, 4]).reciprocal(); // [0.5, 0.25]
 */
export const reciprocal: Unary = singleUnary((x) => ops.div(ops.fullLike(x, 1), x));
/**
 * `x²`; of bools it is i32.
 *
 * @example
 * tensor([3, -4]).square(); // [9, 16]
 */
export const square: Unary = single(
  unary((x) => {
    const number = x.dtype === "bool" ? ops.cast(x, "i32") : x;
    return ops.mul(number, number);
  }),
);
/**
 * `eˣ`.
 *
 * @example
 * tensor([0, 1]).exp(); // [1, 2.7183]
 */
export const exp: Unary = singleUnary(ops.exp);
/**
 * `2ˣ`.
 *
 * @example
 * tensor([0, 3]).exp2(); // [1, 8]
 */
export const exp2: Unary = floatUnary((x) => ops.exp(ops.mul(x, ops.fullLike(x, Math.LN2))));
/**
 * `eˣ - 1`, accurate near 0.
 *
 * @example
 * tensor([0, 1]).expm1(); // [0, 1.7183]
 */
export const expm1: Unary = singleUnary(ops.expm1);
/**
 * Natural logarithm; -∞ at 0, NaN below.
 *
 * @example
 * tensor([1, Math.E]).log(); // [0, 1]
 */
export const log: Unary = singleUnary(ops.log);
/**
 * `log(1 + x)`, accurate near 0.
 *
 * @example
 * tensor([0, 1]).log1p(); // [0, 0.6931]
 */
export const log1p: Unary = singleUnary(ops.log1p);
/**
 * Logarithm to base 2.
 *
 * @example
 * tensor([1, 8]).log2(); // [0, 3]
 */
export const log2: Unary = singleUnary((x) => ops.mul(ops.log(x), ops.fullLike(x, Math.LOG2E)));
/**
 * Logarithm to base 10.
 *
 * @example
 * tensor([1, 1000]).log10(); // [0, 3]
 */
export const log10: Unary = singleUnary((x) => ops.mul(ops.log(x), ops.fullLike(x, Math.LOG10E)));
/**
 * Sine of radians.
 *
 * @example
 * tensor([0, Math.PI / 2]).sin(); // [0, 1]
 */
export const sin: Unary = floatUnary(ops.sin);
/**
 * Cosine of radians.
 *
 * @example
 * tensor([0, Math.PI]).cos(); // [1, -1]
 */
export const cos: Unary = floatUnary(ops.cos);
/**
 * Tangent of radians.
 *
 * @example
 * tensor([0, Math.PI / 4]).tan(); // [0, 1]
 */
export const tan: Unary = singleUnary(ops.tan);
/**
 * Inverse sine, in radians.
 *
 * @example
 * tensor([0, 1]).asin(); // [0, 1.5708]
 */
export const asin: Unary = singleUnary(ops.asin);
/**
 * Inverse cosine, in radians.
 *
 * @example
 * tensor([1, -1]).acos(); // [0, 3.1416]
 */
export const acos: Unary = singleUnary(ops.acos);
/**
 * Inverse tangent, in radians.
 *
 * @example
 * tensor([0, 1]).atan(); // [0, 0.7854]
 */
export const atan: Unary = floatUnary(ops.atan);
/**
 * Hyperbolic sine.
 *
 * @example
 * tensor([0, 1]).sinh(); // [0, 1.1752]
 */
export const sinh: Unary = singleUnary(ops.sinh);
/**
 * Hyperbolic cosine.
 *
 * @example
 * tensor([0, 1]).cosh(); // [1, 1.5431]
 */
export const cosh: Unary = singleUnary(ops.cosh);
/**
 * The error function.
 *
 * @example
 * tensor([0, 1]).erf(); // [0, 0.8427]
 */
export const erf: Unary = floatUnary(ops.erf);
/**
 * `1 - erf(x)`.
 *
 * @example
 * tensor([0, 1]).erfc(); // [1, 0.1573]
 */
export const erfc: Unary = floatUnary((x) => ops.sub(ops.fullLike(x, 1), ops.erf(x)));
/**
 * The inverse of `erf`: ±∞ at ±1, NaN outside.
 *
 * @example
 * tensor([0, 0.5]).erfinv(); // [0, 0.4769]
 */
export const erfinv: Unary = singleUnary(erfinvNode);
