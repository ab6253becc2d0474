import { type DType, isFloat, isHalf, itemBytes } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type Operand, scan, Tensor, where } from "../tensor/index.ts";
import { elementwise, numeric, toFloat } from "../tensor/operand.ts";

/** Euclid's steps that two numbers of so many bits need at most: they are Fibonacci's then (Lamé's theorem). */
const stepsFor = (bits: number): number => Math.ceil(1.45 * bits);

const wholeNumbers = (x: Node, what: string): Node => {
  if (isFloat(x.dtype))
    throw new TypeError(`${what}: expected integers, got ${x.dtype}; use x.to("i32")`);
  return numeric(x, what, "integers");
};

function divisor(x: Node, y: Node): Tensor {
  const start: [Tensor, Tensor] = [new Tensor(x).abs(), new Tensor(y).abs()];
  const [[result]] = scan(
    ([a, b]: [Tensor, Tensor]) => {
      // Of 0 the remainder counts as 0, and then nothing changes.
      const done = b.eq(0);
      const next: [Tensor, Tensor] = [where(done, a, b), where(done, b, a.fmod(b))];
      return [next, []];
    },
    start,
    [],
    { length: stepsFor(8 * itemBytes(x.dtype)) },
  );
  return result;
}

/**
 * Greatest common divisor of integers; `gcd(0, b)` is |b|.
 *
 * @example
 * gcd(tensor([12, 7], { dtype: "i32" }), 18); // [6, 1]
 */
export const gcd = (a: Operand, b: Operand): Tensor =>
  elementwise("gcd", a, b, (x, y) => divisor(wholeNumbers(x, "gcd"), y).node);

/**
 * Least common multiple of integers, 0 where one is 0.
 *
 * @example
 * lcm(tensor([4, 0], { dtype: "i32" }), 6); // [12, 0]
 */
export const lcm = (a: Operand, b: Operand): Tensor =>
  elementwise("lcm", a, b, (x, y) => {
    const common = divisor(wholeNumbers(x, "lcm"), y);
    return new Tensor(x).div(common, { rounding: "trunc" }).mul(new Tensor(y)).abs().node;
  });

/**
 * `x · 2ⁿ`.
 *
 * @example
 * ldexp(tensor([1, 3]), 2); // [4, 12]
 */
export const ldexp = (x: Operand, n: Operand): Tensor =>
  elementwise("ldexp", x, n, (a, b) => ops.mul(a, ops.pow(ops.fullLike(b, 2), b)), true);

/** Result of `frexp`. */
export interface Frexp {
  readonly mantissa: Tensor;
  readonly exponent: Tensor;
}

/**
 * x as `mantissa · 2^exponent` with mantissas from 1/2 to 1 (without it) in magnitude; 0, NaN and
 * infinities have exponent 0.
 *
 * @example
 * frexp(tensor([8, -3])).mantissa; // [0.5000, -0.7500]
 * frexp(tensor([8, -3])).exponent; // [4, 2]
 */
export function frexp(x: Tensor): Frexp {
  if (isHalf(x.dtype)) {
    const { mantissa, exponent } = frexp(x.to("f32"));
    return { mantissa: mantissa.to(x.dtype), exponent };
  }
  const f = isFloat(x.dtype) ? x : x.to("f32");
  const plain = f.isfinite().logicalAnd(f.ne(0));
  const safe = where(plain, f, 1).detach();
  // Numbers so small that the quotient below would not be exact are made larger first.
  const small = safe.abs().lt(f.dtype === "f64" ? 2 ** -900 : 2 ** -100);
  const lift = f.dtype === "f64" ? 200 : 60;
  const large = where(small, safe.mul(2 ** lift), safe).abs();
  let e = large.log2().floor().add(1);
  // The logarithm may be one off at a power of two.
  const ratio = (n: Tensor): Tensor => large.div(exactPower(n));
  e = where(ratio(e).ge(1), e.add(1), e);
  e = where(ratio(e).lt(0.5), e.sub(1), e);
  const exponent = where(small, e.sub(lift), e);
  const factor = exactPower(e.neg());
  const scaled = where(small, f.mul(2 ** lift), f).mul(factor);
  return {
    mantissa: where(plain, scaled, f),
    exponent: where(plain, exponent.to("i32"), 0),
  };
}

/** 2ⁿ for whole n by squaring: exact on every device, which `pow` need not be. */
function squarings(n: Tensor): Tensor {
  let left = n.abs();
  let result: Tensor = n.onesLike();
  for (let factor = 2; factor < Infinity; factor *= factor) {
    const odd = left.remainder(2).eq(1);
    result = where(odd, result.mul(factor), result);
    left = left.div(2, { rounding: "floor" });
  }
  return where(n.lt(0), result.reciprocal(), result);
}

/** 2ⁿ over the whole range of the dtype, in two halves. */
function exactPower(n: Tensor): Tensor {
  const low = n.div(2, { rounding: "floor" });
  return squarings(low).mul(squarings(n.sub(low)));
}

interface FloatInfo {
  /** Of the fraction, with the one that is not written. */
  readonly bits: number;
  /** The smallest positive number. */
  readonly least: number;
  /** The largest finite number. */
  readonly most: number;
}

/** @internal What floats there are, by dtype. */
export const FLOATS: Partial<Record<DType, FloatInfo>> = {
  f16: { bits: 11, least: 2 ** -24, most: 65504 },
  bf16: { bits: 8, least: 2 ** -133, most: 3.3895313892515355e38 },
  f32: { bits: 24, least: 2 ** -149, most: 3.4028234663852886e38 },
  f64: { bits: 53, least: 2 ** -1074, most: Number.MAX_VALUE },
};

/**
 * The next number of the dtype after `a` in the direction of `b`.
 *
 * @example
 * nextafter(tensor([1]), 2).sub(1).mul(2 ** 23); // [1]
 */
export const nextafter = (a: Operand, b: Operand): Tensor =>
  elementwise("nextafter", a, b, (x, y) => {
    const [from, to] = [toFloat(x), toFloat(y)].map((node) => new Tensor(node));
    const { bits, least, most } = FLOATS[from.dtype]!;
    const up = to.gt(from);
    const size = from.abs();
    const { exponent, mantissa } = frexp(size);
    // Away from zero by one last place; towards zero it is half of that below a power of two.
    const away = up.eq(from.gt(0));
    const edge = mantissa.eq(0.5).logicalAnd(away.logicalNot());
    const place = exponent.to(from.dtype).sub(bits).sub(edge.to(from.dtype));
    const floor = Math.log2(least);
    const step = exactPower(place.clamp(floor, floor + 2 ** 11)).maximum(least);
    const moved = where(up, from.add(step), from.sub(step));
    const signed = (when: Tensor, size: number): Tensor => where(when, from.fullLike(size), -size);
    const near = where(
      from.eq(0),
      signed(up, least),
      where(from.isinf(), signed(from.gt(0), most), moved),
    );
    const result = where(from.eq(to), to, near);
    return where(from.isnan().logicalOr(to.isnan()), NaN, result).node;
  });

/**
 * The sign: of real numbers the same as `sign`.
 *
 * @example
 * sgn(tensor([3, 0, -2])); // [1, 0, -1]
 */
export const sgn = (x: Tensor): Tensor => x.sign();

/**
 * The angle of each number in the complex plane: π for negative numbers, 0 for others; NaN stays.
 *
 * @example
 * angle(tensor([1, -1])); // [0, 3.1416]
 */
export const angle = (x: Tensor): Tensor => {
  const f = isFloat(x.dtype) ? x : x.to("f32");
  return where(f.isnan(), f.detach(), where(f.lt(0), Math.PI, f.zerosLike()));
};

/**
 * x itself, for numbers: throws for bools.
 *
 * @example
 * positive(tensor([1, -2])); // [1, -2]
 */
export const positive = (x: Tensor): Tensor => new Tensor(numeric(x.node, "positive", "numbers"));

/**
 * Whether numbers are real: all are.
 *
 * @example
 * isreal(tensor([1, NaN])); // [true, true]
 */
export const isreal = (x: Tensor): Tensor => new Tensor(ops.full(x.shape, true, "bool"));
