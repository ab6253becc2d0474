import { type Value } from "../loop.ts";
import { type Calc, unlessTiny, withSignOf } from "./calc.ts";
import { EXP, LN2, SINH } from "./coefficients.ts";

/** x = n ln 2 + r + low, |r| ≤ ln 2 / 2: exp(x) = 2^n exp(r + low). */
export function reduceExp(m: Calc, x: Value): { n: Value; r: Value; low: () => Value } {
  const [high, rest] = [0, 1].map((i) => m.c(-LN2.f32[i], -LN2.f64[i]));
  const n = m.round(m.mul(x, m.c(Math.LOG2E)));
  // n * high is exact, and so is the difference.
  const t = m.mulAdd(n, high, x);
  const r = m.mulAdd(n, rest, t);
  return { n, r, low: () => m.mulAdd(n, rest, m.sub(t, r)) };
}

/** exp(r) - 1 - r for the r of `reduceExp`. */
const expRest = (m: Calc, r: Value): Value => m.mul(m.mul(r, r), m.poly(EXP, r));

/** exp(r) for the r of `reduceExp`. */
export const expOfReduced = (m: Calc, r: Value): Value =>
  m.add(m.c(1), m.mulAdd(m.mul(r, r), m.poly(EXP, r), r));

/** 2^shift exp(x), for |x| so small that `scale` holds. */
function expScaled(m: Calc, x: Value, shift: number): Value {
  const { n, r } = reduceExp(m, x);
  return m.scale(expOfReduced(m, r), shift === 0 ? n : m.add(n, m.c(shift)));
}

/** exp(x) where |x| < 100 is known. */
export const expModerate = (m: Calc, x: Value): Value => expScaled(m, x, 0);

export function exp(m: Calc, x: Value): Value {
  // Beyond these bounds exp is 0 or infinite anyway.
  const clamped = m.min(m.max(x, m.c(-104, -746)), m.c(89, 710));
  return expScaled(m, clamped, 0);
}

/**
 * (exp(x) - 1) / 2, halved so that it does not overflow where exp does. With s = 2^(n-1) it is
 * (s - 1/2) + s r + s (exp(r) - 1 - r); what the first sum rounds away is kept, since for n = 1 the
 * terms cancel.
 */
function halfExpm1(m: Calc, x: Value): Value {
  const { n, r, low } = reduceExp(m, x);
  const s = m.scale(m.c(0.5), n);
  const a = m.sub(s, m.c(0.5));
  const linear = m.mul(s, r);
  const sum = m.add(a, linear);
  const lost = m.sub(linear, m.sub(sum, a));
  return m.add(sum, m.mulAdd(s, m.add(low(), expRest(m, r)), lost));
}

export function expm1(m: Calc, x: Value): Value {
  const clamped = m.min(m.max(x, m.c(-18, -38)), m.c(89, 710));
  const half = halfExpm1(m, clamped);
  return unlessTiny(m, x, m.add(half, half));
}

/** With t = exp(2x) - 1, tanh(x) = t / (t + 2). */
export function tanh(m: Calc, x: Value): Value {
  const bound = [9.2, 20] as const;
  const clamped = m.min(m.max(x, m.c(-bound[0], -bound[1])), m.c(...bound));
  const half = halfExpm1(m, m.add(clamped, clamped));
  return unlessTiny(m, x, m.div(half, m.add(half, m.c(1))));
}

/** exp(|x|) / 2, finite wherever cosh(x) is. */
const halfExp = (m: Calc, magnitude: Value): Value =>
  expScaled(m, m.min(magnitude, m.c(90, 711)), -1);

export function sinh(m: Calc, x: Value): Value {
  const a = m.abs(x);
  const h = halfExp(m, a);
  const large = withSignOf(m, m.sub(h, m.div(m.c(0.25), h)), x);
  const z = m.mul(x, x);
  const small = m.mulAdd(x, m.mul(z, m.poly(SINH, z)), x);
  return m.select(m.lt(a, m.c(1)), small, large);
}

export function cosh(m: Calc, x: Value): Value {
  const h = halfExp(m, m.abs(x));
  return m.add(h, m.div(m.c(0.25), h));
}
