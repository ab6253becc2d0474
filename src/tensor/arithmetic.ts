import { isFloat, isHalf, limits } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { broadcastShapes } from "../ir/shape.ts";
import {
  callInSingle,
  checkOption,
  checkTensor,
  elementwise,
  inSingle,
  mulNodes,
  nodeOf,
  numeric,
  type Operand,
  scalarDType,
} from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { Tensor } from "./tensor.ts";
import { reciprocal, rsqrt } from "./unary.ts";

const addNodes = (a: Node, b: Node): Node => (a.dtype === "bool" ? ops.or(a, b) : ops.add(a, b));
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

/**
 * `a - alpha · b`, elementwise with broadcasting. Throws for bools.
 *
 * @example
 * tensor([5, 7]).sub(tensor([1, 2])); // [4, 5]
 */
export function sub(a: Operand, b: Operand, options?: { alpha?: number }): Tensor {
  const alpha = options?.alpha ?? 1;
  return elementwise("sub", a, alpha === 1 ? b : mul(b, alpha), subNodes);
}

/**
 * `a · b`, elementwise with broadcasting; for bools, and.
 *
 * @example
 * tensor([[1], [2]]).mul(tensor([10, 20])); // [[10, 20], [20, 40]]
 */
export function mul(a: Operand, b: Operand): Tensor {
  return elementwise("mul", a, b, mulNodes);
}

/**
 * `a / b`, elementwise with broadcasting; integers give f32. `rounding` makes the quotient whole, of
 * the operands' dtype: `"trunc"` toward zero, `"floor"` as `floorDivide`.
 *
 * @example
 * tensor([7, -7]).div(2); // [3.5, -3.5]
 * tensor([7, -7]).div(2, { rounding: "trunc" }); // [3, -3]
 */
export function div(a: Operand, b: Operand, options?: { rounding?: "trunc" | "floor" }): Tensor {
  const mode = options?.rounding;
  if (mode === undefined) return elementwise("div", a, b, ops.div, true);
  checkOption(mode, ["trunc", "floor"], "rounding", "div");
  if (mode === "floor") return elementwise("div", a, b, floorNodes("div"));
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
  return elementwise("floorDivide", a, b, floorNodes("floorDivide"));
}

const floorNodes = (what: string): ((x: Node, y: Node) => Node) => {
  const nodes = (x: Node, y: Node): Node => {
    numeric(x, what, "integers");
    if (isHalf(x.dtype)) return inSingle(x, (wide) => nodes(wide, ops.cast(y, "f32")));
    const r = ops.rem(x, y);
    if (!isFloat(x.dtype)) {
      const q = ops.div(x, y);
      if (limits(x.dtype)[0] === 0) return q;
      return ops.sub(q, ops.cast(signFix(r, y), x.dtype));
    }
    // (x - r) / y is whole but for rounding, where x / y may round up to the next integer. When y is 0
    // the remainder is NaN and the quotient alone is right.
    const q = ops.round(ops.div(ops.sub(x, r), y));
    const fixed = ops.sub(q, ops.cast(signFix(r, y), x.dtype));
    return ops.select(ops.eq(y, ops.zerosLike(y)), ops.div(x, y), fixed);
  };
  return nodes;
};

/**
 * Remainder with the sign of the divisor, as Python's `%`. An integer modulo 0 gives 0.
 *
 * @example
 * tensor([-7, 7]).remainder(3); // [2, 1]
 */
export function remainder(a: Operand, b: Operand): Tensor {
  return elementwise("remainder", a, b, (x, y) => {
    numeric(x, "remainder", "integers");
    const r = ops.rem(x, y);
    if (limits(x.dtype)[0] === 0) return r;
    return ops.add(r, ops.select(signFix(r, y), y, ops.zerosLike(y)));
  });
}

/**
 * Remainder with the sign of the dividend, as C's `fmod`. An integer modulo 0 gives 0.
 *
 * @example
 * tensor([-7, 7]).fmod(3); // [-1, 1]
 */
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
  [a, b] = atPrecision("single", a, b);
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
    if (x.dtype === "bool") throw new TypeError('pow: not defined for bool; use x.to("i32")');
    return ops.pow(x, y);
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

/**
 * `atan2(a, b)`: the angle of the point (b, a), in radians.
 *
 * @example
 * tensor([1]).atan2(-1); // [2.3562]
 */
export function atan2(a: Operand, b: Operand): Tensor {
  return elementwise("atan2", a, b, ops.atan2, true);
}

/**
 * The larger of both, elementwise; NaN when either is NaN.
 *
 * @example
 * tensor([1, 5]).maximum(3); // [3, 5]
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return elementwise("maximum", a, b, (x, y) =>
    x.dtype === "bool" ? ops.or(x, y) : ops.max(x, y),
  );
}

/**
 * The smaller of both, elementwise; NaN when either is NaN.
 *
 * @example
 * tensor([1, 5]).minimum(3); // [1, 3]
 */
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

/**
 * `a + weight · (b - a)`: from a (weight 0) to b (weight 1).
 *
 * @example
 * tensor([0, 10]).lerp(tensor([10, 20]), 0.3); // [3, 13]
 */
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  if (isHalf(a.dtype)) return callInSingle(lerp, a, b, weight);
  const step = elementwise("lerp", weight, elementwise("lerp", b, a, subNodes), mulNodes);
  return elementwise("lerp", a, step, addNodes);
}

/**
 * `input + value · a · b`.
 *
 * @example
 * ones([2]).addcmul(tensor([2, 3]), tensor([4, 5]), 0.5); // [5, 8.5]
 */
export function addcmul(x: Tensor, a: Operand, b: Operand, value = 1): Tensor {
  [x, a, b] = atPrecision("widest", x, a, b);
  if (isHalf(x.dtype)) return callInSingle(addcmul, x, a, b, value);
  const product = elementwise("addcmul", a, b, mulNodes);
  return elementwise("addcmul", x, value === 1 ? product : mul(product, value), addNodes);
}

/**
 * `input + value · a / b`.
 *
 * @example
 * ones([2]).addcdiv(tensor([2, 3]), tensor([4, 6]), 2); // [2, 2]
 */
export function addcdiv(x: Tensor, a: Operand, b: Operand, value = 1): Tensor {
  [x, a, b] = atPrecision("widest", x, a, b);
  if (isHalf(x.dtype)) return callInSingle(addcdiv, x, a, b, value);
  const quotient = elementwise("addcdiv", a, b, ops.div, true);
  return elementwise("addcdiv", x, value === 1 ? quotient : mul(quotient, value), addNodes);
}

/**
 * `x` with `value` where `mask` (bool, broadcast against x) holds. The result has x's dtype.
 *
 * @example
 * tensor([1, 2, 3]).maskedFill(tensor([true, false, true]), 0); // [0, 2, 0]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  checkTensor(mask, "maskedFill");
  if (mask.dtype !== "bool")
    throw new TypeError(`maskedFill: expected a bool mask, got ${mask.dtype}`);
  const shape = broadcastShapes(x.shape, mask.shape, "maskedFill");
  const given = nodeOf(value, "maskedFill");
  const fill = typeof value === "number" ? ops.constant(value, x.dtype) : ops.cast(given, x.dtype);
  broadcastShapes(shape, fill.shape, "maskedFill");
  return new Tensor(
    ops.select(
      ops.broadcastTo(mask.node, shape),
      ops.broadcastTo(fill, shape),
      ops.broadcastTo(x.node, shape),
    ),
  );
}
