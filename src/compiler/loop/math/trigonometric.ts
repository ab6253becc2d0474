import { type Value } from "../loop.ts";
import { type Calc, unlessTiny } from "./calc.ts";
import { COS, HALF_PI_PARTS, SIN } from "./coefficients.ts";

interface Reduced {
  /** sin(r) and cos(r). */
  readonly sin: Value;
  readonly cos: Value;
  /** The multiple of π / 2 that x - r is. */
  readonly n: Value;
}

/** Up to here few pieces of π / 2 are enough; larger angles are an operation of their own. */
export const EASY_ANGLE = { f32: 100_000, f64: 1_600_000 } as const;

/**
 * x = n π / 2 + r + low by Cody and Waite's method: pieces of π / 2 are subtracted one after the
 * other, and `low` collects what the differences round away.
 */
function reduce(m: Calc, x: Value): Reduced {
  const parts = m.table(HALF_PI_PARTS);
  const n = m.round(m.mul(x, m.c(2 / Math.PI)));
  // So many differences are exact, because both sides are multiples of one small power of two.
  const exact = m.dtype === "f32" ? 3 : 1;
  let high = x;
  let low = m.c(0);
  parts.forEach((part, i) => {
    const product = m.mul(n, part);
    if (i < exact) {
      high = m.sub(high, product);
    } else if (i < parts.length - 1) {
      const next = m.sub(high, product);
      const back = m.sub(next, high);
      low = m.add(low, m.sub(m.sub(high, m.sub(next, back)), m.add(product, back)));
      high = next;
    } else {
      low = m.sub(low, product);
    }
  });
  const sum = m.add(high, low);
  const hard = m.lt(m.c(EASY_ANGLE.f32, EASY_ANGLE.f64), m.abs(x));
  const r = m.select(hard, m.quarterRest(x), sum);
  const rest = m.select(hard, m.c(0), m.add(m.sub(high, sum), low));
  return {
    n: m.select(hard, m.quarters(x), n),
    sin: sinOfReduced(m, r, rest),
    cos: cosOfReduced(m, r, rest),
  };
}

/** sin(r + low) = r + (low + r z p(z)), z = r². */
function sinOfReduced(m: Calc, r: Value, low: Value): Value {
  const z = m.mul(r, r);
  return m.add(r, m.add(low, m.mul(m.mul(r, z), m.poly(SIN, z))));
}

/** cos(r + low) = 1 - z / 2 + z² p(z) - r low, with what 1 - z / 2 rounds away. */
function cosOfReduced(m: Calc, r: Value, low: Value): Value {
  const one = m.c(1);
  const z = m.mul(r, r);
  const half = m.mul(m.c(0.5), z);
  const w = m.sub(one, half);
  const lost = m.sub(m.sub(one, w), half);
  const tail = m.sub(m.mul(m.mul(z, z), m.poly(COS, z)), m.mul(r, low));
  return m.add(w, m.add(lost, tail));
}

/** Whether the integer n is odd. */
function isOdd(m: Calc, n: Value): Value {
  const half = m.floor(m.mul(n, m.c(0.5)));
  return m.ne(m.add(half, half), n);
}

/** sin(n π / 2 + r). */
function turn(m: Calc, n: Value, sin: Value, cos: Value): Value {
  const magnitude = m.select(isOdd(m, n), cos, sin);
  const negative = isOdd(m, m.floor(m.mul(n, m.c(0.5))));
  const value = m.select(negative, m.neg(magnitude), magnitude);
  return m.max(m.min(value, m.c(1)), m.c(-1));
}

export function sin(m: Calc, x: Value): Value {
  const reduced = reduce(m, x);
  return unlessTiny(m, x, turn(m, reduced.n, reduced.sin, reduced.cos));
}

export function cos(m: Calc, x: Value): Value {
  const reduced = reduce(m, x);
  return turn(m, m.add(reduced.n, m.c(1)), reduced.sin, reduced.cos);
}

export function tan(m: Calc, x: Value): Value {
  const reduced = reduce(m, x);
  const odd = isOdd(m, reduced.n);
  const top = m.select(odd, m.neg(reduced.cos), reduced.sin);
  const bottom = m.select(odd, reduced.sin, reduced.cos);
  return unlessTiny(m, x, m.div(top, bottom));
}
