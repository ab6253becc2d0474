import { isFloat } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { broadcastShapes } from "../ir/shape.ts";
import { erfinvNode } from "./erfinv.ts";
import { elementwise, nodeOf, type Operand, scalarDType, toFloat } from "./operand.ts";
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
    new Tensor(op(toFloat(x.node)));

/** Functions that leave integers alone. */
const rounding =
  (op: (x: Node) => Node): Unary =>
  (x) =>
    isFloat(x.dtype) ? new Tensor(op(x.node)) : x;

const numeric = (x: Node, what: string, instead: string): Node => {
  if (x.dtype === "bool") throw new TypeError(`${what}: not defined for bool; use ${instead}`);
  return x;
};

const addNodes = (a: Node, b: Node): Node => (a.dtype === "bool" ? ops.or(a, b) : ops.add(a, b));
const mulNodes = (a: Node, b: Node): Node => (a.dtype === "bool" ? ops.and(a, b) : ops.mul(a, b));
const subNodes = (a: Node, b: Node): Node =>
  ops.sub(numeric(a, "sub", "logicalXor"), numeric(b, "sub", "logicalXor"));

/**
 * `a + alpha · b`, elementwise with broadcasting; for bools, or.
 *
 * @example
 * tensor([[1], [2]]).add(tensor([10, 20])); // [[11, 21], [12, 22]]
 */
export function add(a: Operand, b: Operand, options?: { alpha?: number }): Tensor {
  const alpha = options?.alpha ?? 1;
  return elementwise("add", a, alpha === 1 ? b : mul(b, alpha), addNodes);
}

/** `a - alpha · b`, elementwise with broadcasting. Throws for bools. */
export function sub(a: Operand, b: Operand, options?: { alpha?: number }): Tensor {
  const alpha = options?.alpha ?? 1;
  return elementwise("sub", a, alpha === 1 ? b : mul(b, alpha), subNodes);
}

/** `a · b`, elementwise with broadcasting; for bools, and. */
export function mul(a: Operand, b: Operand): Tensor {
  return elementwise("mul", a, b, mulNodes);
}

/**
 * `a / b`, elementwise with broadcasting; integers give f32. `rounding` makes the quotient whole, of
 * the operands' dtype: `"trunc"` toward zero, `"floor"` as `floorDivide`.
 */
export function div(a: Operand, b: Operand, options?: { rounding?: "trunc" | "floor" }): Tensor {
  const mode = options?.rounding;
  if (mode === undefined) return elementwise("div", a, b, ops.div, true);
  if (mode === "floor") return floorDivide(a, b);
  if (mode !== "trunc")
    throw new RangeError(`div: rounding must be "trunc" or "floor", got ${JSON.stringify(mode)}`);
  return elementwise("div", a, b, (x, y) => {
    numeric(x, "div with rounding", "integers");
    return isFloat(x.dtype) ? ops.trunc(ops.div(x, y)) : ops.div(x, y);
  });
}

/** What to add to a remainder so that it takes the sign of the divisor: b or 0. */
function signFix(r: Node, b: Node): Node {
  const zero = ops.zerosLike(r);
  return ops.and(ops.ne(r, zero), ops.ne(ops.lt(r, zero), ops.lt(b, zero)));
}

/**
 * `⌊a / b⌋` as Python's `//`: rounds toward minus infinity and keeps integer dtypes. An integer divided
 * by 0 gives 0.
 *
 * @example
 * tensor([-7, 7]).floorDivide(2); // [-4, 3]
 */
export function floorDivide(a: Operand, b: Operand): Tensor {
  return elementwise("floorDivide", a, b, (x, y) => {
    numeric(x, "floorDivide", "integers");
    const r = ops.rem(x, y);
    if (!isFloat(x.dtype)) {
      const q = ops.div(x, y);
      if (x.dtype !== "i32") return q;
      return ops.sub(q, ops.cast(signFix(r, y), x.dtype));
    }
    // (x - r) / y is whole but for rounding, where x / y may round up to the next integer. When y is 0
    // the remainder is NaN and the quotient alone is right; likewise for infinities.
    const q = ops.round(ops.div(ops.sub(x, r), y));
    const fixed = ops.sub(q, ops.cast(signFix(r, y), x.dtype));
    const plain = ops.floor(ops.div(x, y));
    return ops.select(ops.eq(r, r), fixed, plain);
  });
}

/** Remainder with the sign of the divisor, as Python's `%`. An integer modulo 0 gives 0. */
export function remainder(a: Operand, b: Operand): Tensor {
  return elementwise("remainder", a, b, (x, y) => {
    numeric(x, "remainder", "integers");
    const r = ops.rem(x, y);
    if (x.dtype === "u8" || x.dtype === "u32") return r;
    return ops.add(r, ops.select(signFix(r, y), y, ops.zerosLike(y)));
  });
}

/** Remainder with the sign of the dividend, as C's `fmod`. An integer modulo 0 gives 0. */
export function fmod(a: Operand, b: Operand): Tensor {
  return elementwise("fmod", a, b, (x, y) => ops.rem(numeric(x, "fmod", "integers"), y));
}

/**
 * `aᵇ`, elementwise with broadcasting. Integers to integer powers stay integers.
 *
 * Throws when an integer tensor is raised to a negative whole number, as PyTorch does.
 *
 * @example
 * tensor([1, 2, 3]).pow(2); // [1, 4, 9]
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (a instanceof Tensor && typeof b === "number") {
    const x = a.node;
    if (isFloat(x.dtype)) {
      // Exact, and much cheaper than the general power.
      if (b === 2) return new Tensor(ops.mul(x, x));
      if (b === 1) return a;
      if (b === 0.5) return new Tensor(ops.sqrt(x));
      if (b === 3) return new Tensor(ops.mul(ops.mul(x, x), x));
      if (b === -1) return reciprocal(a);
      if (b === -0.5) return rsqrt(a);
    } else if (Number.isInteger(b)) {
      if (b < 0)
        throw new RangeError(
          `pow: integers to negative integer powers are not defined, got ${x.dtype} to the power ${b}; use x.to("f32")`,
        );
      return integerPower(a, b);
    }
  }
  return elementwise("pow", a, b, (x, y) => {
    if (isFloat(x.dtype)) return ops.pow(x, y);
    if (x.dtype === "bool") throw new TypeError('pow: not defined for bool; use x.to("i32")');
    // Through f64, where every power that fits 32 bits is exact.
    return ops.cast(ops.round(ops.pow(ops.cast(x, "f64"), ops.cast(y, "f64"))), x.dtype);
  });
}

function integerPower(x: Tensor, exponent: number): Tensor {
  const base = ops.cast(x.node, scalarDType(exponent, x.dtype));
  let result = ops.fullLike(base, 1);
  let square = base;
  for (let n = exponent; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = ops.mul(result, square);
    if (n > 1) square = ops.mul(square, square);
  }
  return new Tensor(result);
}

/** `atan2(a, b)`: the angle of the point (b, a), in radians. */
export function atan2(a: Operand, b: Operand): Tensor {
  return elementwise("atan2", a, b, ops.atan2, true);
}

/** The larger of both, elementwise; NaN when either is NaN. */
export function maximum(a: Operand, b: Operand): Tensor {
  return elementwise("maximum", a, b, (x, y) =>
    x.dtype === "bool" ? ops.or(x, y) : ops.max(x, y),
  );
}

/** The smaller of both, elementwise; NaN when either is NaN. */
export function minimum(a: Operand, b: Operand): Tensor {
  return elementwise("minimum", a, b, (x, y) =>
    x.dtype === "bool" ? ops.and(x, y) : ops.min(x, y),
  );
}

/**
 * Limits elements to [min, max]; either bound may be left out (`undefined`). NaN stays NaN; the
 * gradient is 1 at the bounds. Where min > max the result is max.
 *
 * @example
 * tensor([-2, 0.5, 3]).clamp(0, 1); // [0, 0.5, 1]
 */
export function clamp(x: Tensor, min?: Operand, max?: Operand): Tensor {
  if (min === undefined && max === undefined)
    throw new TypeError("clamp: expected a lower or an upper bound, got neither");
  if (min !== undefined)
    x = elementwise("clamp", x, min, (v, lo) => ops.select(ops.lt(v, lo), lo, v));
  if (max !== undefined)
    x = elementwise("clamp", x, max, (v, hi) => ops.select(ops.lt(hi, v), hi, v));
  return x;
}

/** `a + weight · (b - a)`: from a (weight 0) to b (weight 1). */
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  return add(a, mul(weight, sub(b, a)));
}

/** `input + value · a · b`. */
export function addcmul(x: Tensor, a: Operand, b: Operand, value = 1): Tensor {
  const product = mul(a, b);
  return add(x, value === 1 ? product : mul(product, value));
}

/** `input + value · a / b`. */
export function addcdiv(x: Tensor, a: Operand, b: Operand, value = 1): Tensor {
  const quotient = div(a, b);
  return add(x, value === 1 ? quotient : mul(quotient, value));
}

/**
 * `x` with `value` where `mask` (bool, broadcast against x) holds. The result has x's dtype.
 *
 * @example
 * tensor([1, 2, 3]).maskedFill(tensor([true, false, true]), 0); // [0, 2, 0]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  if (mask.dtype !== "bool")
    throw new TypeError(`maskedFill: expected a bool mask, got ${mask.dtype}`);
  const shape = broadcastShapes(x.shape, mask.shape, "maskedFill");
  const fill = ops.cast(nodeOf(value, "maskedFill"), x.dtype);
  broadcastShapes(shape, fill.shape, "maskedFill");
  return new Tensor(
    ops.select(
      ops.broadcastTo(mask.node, shape),
      ops.broadcastTo(fill, shape),
      ops.broadcastTo(x.node, shape),
    ),
  );
}

/** `-x`. Throws for bools. */
export const neg: Unary = unary((x) => ops.neg(numeric(x, "neg", "logicalNot")));
/** Absolute value. */
export const abs: Unary = unary((x) =>
  x.dtype.startsWith("u") || x.dtype === "bool" ? x : ops.abs(x),
);
/** -1, 0 or 1 by sign; 0 for NaN, as PyTorch has it. */
export const sign: Unary = unary((x) => {
  if (x.dtype === "bool") return x;
  const s = ops.sign(x);
  return isFloat(x.dtype) ? ops.select(ops.eq(x, x), s, ops.zerosLike(x)) : s;
});
/** The largest whole number not above x. Integers stay as they are. */
export const floor: Unary = rounding(ops.floor);
/** The smallest whole number not below x. Integers stay as they are. */
export const ceil: Unary = rounding(ops.ceil);
/** x without its fraction. Integers stay as they are. */
export const trunc: Unary = rounding(ops.trunc);
/** The nearest whole number, halves to even. Integers stay as they are. */
export const round: Unary = rounding(ops.round);
/** The fraction of x, with its sign: `x - trunc(x)`. */
export const frac: Unary = floatUnary((x) => ops.sub(x, ops.trunc(x)));
/** Square root; NaN below 0. */
export const sqrt: Unary = floatUnary(ops.sqrt);
/** `1 / √x`. */
export const rsqrt: Unary = floatUnary((x) => ops.div(ops.fullLike(x, 1), ops.sqrt(x)));
/** `1 / x`. */
export const reciprocal: Unary = floatUnary((x) => ops.div(ops.fullLike(x, 1), x));
/** `x²`. */
export const square: Unary = unary((x) => mulNodes(x, x));
/** `eˣ`. */
export const exp: Unary = floatUnary(ops.exp);
/** `2ˣ`. */
export const exp2: Unary = floatUnary((x) => ops.exp(ops.mul(x, ops.fullLike(x, Math.LN2))));
/** `eˣ - 1`, accurate near 0. */
export const expm1: Unary = floatUnary(ops.expm1);
/** Natural logarithm; -∞ at 0, NaN below. */
export const log: Unary = floatUnary(ops.log);
/** `log(1 + x)`, accurate near 0. */
export const log1p: Unary = floatUnary(ops.log1p);
/** Logarithm to base 2. */
export const log2: Unary = floatUnary((x) => ops.mul(ops.log(x), ops.fullLike(x, Math.LOG2E)));
/** Logarithm to base 10. */
export const log10: Unary = floatUnary((x) => ops.mul(ops.log(x), ops.fullLike(x, Math.LOG10E)));
/** Sine of radians. */
export const sin: Unary = floatUnary(ops.sin);
/** Cosine of radians. */
export const cos: Unary = floatUnary(ops.cos);
/** Tangent of radians. */
export const tan: Unary = floatUnary(ops.tan);
/** Inverse sine, in radians. */
export const asin: Unary = floatUnary(ops.asin);
/** Inverse cosine, in radians. */
export const acos: Unary = floatUnary(ops.acos);
/** Inverse tangent, in radians. */
export const atan: Unary = floatUnary(ops.atan);
/** Hyperbolic sine. */
export const sinh: Unary = floatUnary(ops.sinh);
/** Hyperbolic cosine. */
export const cosh: Unary = floatUnary(ops.cosh);
/** The error function. */
export const erf: Unary = floatUnary(ops.erf);
/** `1 - erf(x)`. */
export const erfc: Unary = floatUnary((x) => ops.sub(ops.fullLike(x, 1), ops.erf(x)));
/** The inverse of `erf`: ±∞ at ±1, NaN outside. */
export const erfinv: Unary = floatUnary(erfinvNode);
