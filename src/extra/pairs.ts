import { isFloat, isSigned, isSmall, itemBytes } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { xlog } from "../special/xlog.ts";
import { type Operand, pow, Tensor } from "../tensor/index.ts";
import { elementwise, numeric } from "../tensor/operand.ts";
import { negative } from "./unary.ts";

// Elementwise functions of two tensors beyond plain arithmetic.

const isNaNNode = (x: Node): Node => ops.ne(x, x);
const zero = ops.zerosLike;
const times = (x: Node, factor: number): Node => ops.mul(x, ops.fullLike(x, factor));

const hypotRule: CustomRule = (g, [x, y], h) => {
  const scaled = ops.select(ops.eq(h, zero(h)), zero(h), ops.div(g, h));
  return [ops.mul(scaled, x), ops.mul(scaled, y)];
};

/**
 * `√(a² + b²)`, without overflow on the way.
 *
 * @example
 * hypot(tensor([3, 5]), tensor([4, 12])); // [5, 13]
 */
export function hypot(a: Operand, b: Operand): Tensor {
  return elementwise(
    "hypot",
    a,
    b,
    (x, y) => {
      numeric(x, "hypot", "floats");
      const [p, q] = [ops.abs(x), ops.abs(y)];
      const large = ops.max(p, q);
      const plain = ops.or(
        ops.eq(large, zero(large)),
        ops.eq(large, ops.fullLike(large, Infinity)),
      );
      const ratio = ops.div(ops.min(p, q), ops.select(plain, ops.fullLike(large, 1), large));
      const root = ops.sqrt(ops.add(ops.mul(ratio, ratio), ops.fullLike(ratio, 1)));
      return ops.customVjp(ops.select(plain, large, ops.mul(large, root)), [x, y], hypotRule);
    },
    true,
  );
}

/**
 * The magnitude of `a` with the sign of `b`, that of -0 too.
 *
 * @example
 * copysign(tensor([1, -2]), -1); // [-1, -2]
 */
export function copysign(a: Operand, b: Operand): Tensor {
  return elementwise(
    "copysign",
    a,
    b,
    (x, y) => {
      const size = ops.abs(x);
      return ops.select(negative(y), ops.neg(size), size);
    },
    true,
  );
}

const picking = (what: string, a: Operand, b: Operand, wins: (x: Node, y: Node) => Node): Tensor =>
  elementwise(what, a, b, (x, y) => ops.select(ops.or(wins(x, y), isNaNNode(y)), x, y));

/**
 * The larger of both; where one is NaN, the other.
 *
 * @example
 * fmax(tensor([1, NaN]), 0); // [1, 0]
 */
export const fmax = (a: Operand, b: Operand): Tensor => picking("fmax", a, b, ops.ge);
/**
 * The smaller of both; where one is NaN, the other.
 *
 * @example
 * fmin(tensor([1, NaN]), 0); // [0, 0]
 */
export const fmin = (a: Operand, b: Operand): Tensor => picking("fmin", a, b, ops.le);

/** g times the share of each: 1 / (1 + baseˣ) for the distance x to the other. */
const sharedRule: CustomRule = (g, [x, y], _, { base }) => {
  const share = (d: Node): Node =>
    ops.div(g, ops.add(ops.fullLike(d, 1), ops.exp(times(d, base as number))));
  return [share(ops.sub(y, x)), share(ops.sub(x, y))];
};

const logSum = (what: string, a: Operand, b: Operand, base: number): Tensor =>
  elementwise(
    what,
    a,
    b,
    (x, y) => {
      numeric(x, what, "floats");
      // Equal infinities have no distance.
      const apart = ops.select(ops.eq(x, y), zero(x), ops.neg(ops.abs(ops.sub(x, y))));
      const rest = times(ops.log1p(ops.exp(times(apart, base))), 1 / base);
      return ops.customVjp(ops.add(ops.max(x, y), rest), [x, y], sharedRule, { base });
    },
    true,
  );

/**
 * `log(eᵃ + eᵇ)`, without overflow.
 *
 * @example
 * logaddexp(tensor([1000]), 1000); // [1000.6931]
 */
export const logaddexp = (a: Operand, b: Operand): Tensor => logSum("logaddexp", a, b, 1);
/**
 * `log2(2ᵃ + 2ᵇ)`, without overflow.
 *
 * @example
 * logaddexp2(tensor([1000]), 1000); // [1001]
 */
export const logaddexp2 = (a: Operand, b: Operand): Tensor => logSum("logaddexp2", a, b, Math.LN2);

/**
 * `a · log(b)`, and 0 where a is 0.
 *
 * @example
 * xlogy(tensor([0, 2]), tensor([0, 1])); // [0, 0]
 */
export const xlogy = (a: Operand, b: Operand): Tensor => xlog("xlogy", a, b, 0);

/**
 * 0 where a is negative, 1 where it is positive, and `values` where it is 0. NaN stays.
 *
 * @example
 * heaviside(tensor([-1, 0, 2]), 0.5); // [0, 0.5, 1]
 */
export function heaviside(a: Operand, values: Operand): Tensor {
  return elementwise("heaviside", a, values, (x, v) => {
    const step = ops.cast(ops.lt(zero(x), x), x.dtype);
    const nan = isFloat(x.dtype) ? ops.select(isNaNNode(x), x, step) : step;
    return ops.stopGradient(ops.select(ops.eq(x, zero(x)), v, nan));
  });
}

/**
 * `pow` in double precision.
 *
 * @example
 * floatPower(tensor([2, 3]), 2); // [4, 9]
 */
export function floatPower(a: Operand, b: Operand): Tensor {
  const wide = (x: Operand): Operand =>
    x instanceof Tensor ? new Tensor(ops.cast(x.node, "f64")) : x;
  return a instanceof Tensor || b instanceof Tensor
    ? pow(wide(a), wide(b))
    : pow(new Tensor(ops.constant(a, "f64")), b);
}

const bitwise = (what: string, a: Operand, b: Operand, op: (x: Node, y: Node) => Node): Tensor =>
  elementwise(what, a, b, (x, y) => op(whole(x, what), y));

const whole = (x: Node, what: string): Node => {
  if (isFloat(x.dtype))
    throw new TypeError(`${what}: expected integers or bools, got ${x.dtype}; use x.to("i32")`);
  return x;
};

/**
 * Bits that both have; for bools, and.
 *
 * @example
 * bitwiseAnd(tensor([6, 3], { dtype: "i32" }), 2); // [2, 2]
 */
export const bitwiseAnd = (a: Operand, b: Operand): Tensor => bitwise("bitwiseAnd", a, b, ops.and);
/**
 * Bits that one has or both have; for bools, or.
 *
 * @example
 * bitwiseOr(tensor([6, 3], { dtype: "i32" }), 1); // [7, 3]
 */
export const bitwiseOr = (a: Operand, b: Operand): Tensor => bitwise("bitwiseOr", a, b, ops.or);
/**
 * Bits that exactly one has.
 *
 * @example
 * bitwiseXor(tensor([6, 3], { dtype: "i32" }), 2); // [4, 1]
 */
export const bitwiseXor = (a: Operand, b: Operand): Tensor =>
  bitwise("bitwiseXor", a, b, (x, y) => (x.dtype === "bool" ? ops.ne(x, y) : ops.xor(x, y)));
/**
 * All bits the other way; for bools, not.
 *
 * @example
 * bitwiseNot(tensor([0, 5], { dtype: "i32" })); // [-1, -6]
 */
export const bitwiseNot = (x: Tensor): Tensor => new Tensor(ops.not(whole(x.node, "bitwiseNot")));

const shifted =
  (what: string, op: (x: Node, y: Node) => Node, beyond: (x: Node) => Node) =>
  (a: Operand, b: Operand): Tensor =>
    elementwise(what, a, b, (x, y) => {
      numeric(whole(x, what), what, "integers");
      const { dtype } = x;
      const wide = (v: Node): Node => (isSmall(dtype) ? ops.cast(v, "i32") : v);
      const [value, by] = [wide(x), wide(y)];
      const most = ops.fullLike(by, 8 * itemBytes(dtype) - 1);
      const inside = ops.and(ops.le(zero(by), by), ops.le(by, most));
      const moved = op(value, ops.select(inside, by, zero(by)));
      return ops.cast(ops.select(inside, moved, beyond(value)), dtype);
    });

/**
 * Bits moved up by `b` places: `a · 2ᵇ`.
 *
 * @example
 * bitwiseLeftShift(tensor([1, 3], { dtype: "i32" }), 2); // [4, 12]
 */
export const bitwiseLeftShift = shifted("bitwiseLeftShift", ops.shl, zero);
/**
 * Bits moved down by `b` places, the sign kept: `⌊a / 2ᵇ⌋`.
 *
 * @example
 * bitwiseRightShift(tensor([8, -8], { dtype: "i32" }), 2); // [2, -2]
 */
export const bitwiseRightShift = shifted("bitwiseRightShift", ops.shr, (x) =>
  isSigned(x.dtype) ? ops.shr(x, ops.fullLike(x, 8 * itemBytes(x.dtype) - 1)) : zero(x),
);
