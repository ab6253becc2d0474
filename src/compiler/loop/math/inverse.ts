import { type Value } from "../loop.ts";
import { type Calc, isNegative, withSignOf } from "./calc.ts";
import { ASIN, ATAN } from "./coefficients.ts";

// π / 2 rounded to each dtype, and the rest.
const HALF_PI = [Math.fround(Math.PI / 2), Math.PI / 2] as const;
const HALF_PI_LOW = [Math.PI / 2 - HALF_PI[0], 6.123233995736766e-17] as const;

/** asin(s) = s + rest for s ≤ 1/2, where z = s². */
const asinRest = (m: Calc, s: Value, z: Value): Value => m.mul(s, m.mul(z, m.poly(ASIN, z)));

/**
 * Where |x| > 1/2, z = (1 - |x|) / 2 and s = √z: asin(|x|) = π / 2 - 2 asin(s). Outside [-1, 1] z is
 * negative and s NaN.
 */
function halves(m: Calc, x: Value) {
  const a = m.abs(x);
  const inner = m.le(a, m.c(0.5));
  const z = m.select(inner, m.mul(x, x), m.mul(m.sub(m.c(1), a), m.c(0.5)));
  const s = m.select(inner, x, m.sqrt(z));
  return { inner, s, rest: asinRest(m, s, z) };
}

export function asin(m: Calc, x: Value): Value {
  const { inner, s, rest } = halves(m, x);
  const high = m.sub(m.c(...HALF_PI), m.add(s, s));
  const outer = m.add(high, m.sub(m.c(...HALF_PI_LOW), m.add(rest, rest)));
  return m.select(inner, m.add(s, rest), withSignOf(m, outer, x));
}

export function acos(m: Calc, x: Value): Value {
  const { inner, s, rest } = halves(m, x);
  const high = m.c(...HALF_PI);
  const low = m.c(...HALF_PI_LOW);
  const middle = m.sub(high, m.sub(s, m.sub(low, rest)));
  const half = m.add(s, rest);
  const near = m.add(half, half);
  // π - 2 asin(s), as twice π / 2 - asin(s).
  const far = m.sub(high, m.sub(s, m.sub(low, rest)));
  return m.select(inner, middle, m.select(m.lt(x, m.c(0)), m.add(far, far), near));
}

/** atan(top / bottom) of numbers 0 ≤ top, 0 < bottom as the sum of two, high and low. */
function atanOfRatio(m: Calc, top: Value, bottom: Value): { high: Value; low: Value } {
  // tan(a - π / 4) = (tan a - 1) / (tan a + 1), and tan(a - π / 2) = -1 / tan a.
  const steep = m.lt(m.mul(bottom, m.c(Math.SQRT2 + 1)), top);
  const middle = m.lt(m.mul(bottom, m.c(Math.SQRT2 - 1)), top);
  const choose = (flatter: Value, between: Value, steeper: Value): Value =>
    m.select(steep, steeper, m.select(middle, between, flatter));
  const numerator = choose(top, m.sub(top, bottom), m.neg(bottom));
  const denominator = choose(bottom, m.add(top, bottom), top);
  const t = m.div(numerator, denominator);
  const z = m.mul(t, t);
  const rest = m.mul(t, m.mul(z, m.poly(ATAN, z)));
  const halved = (x: readonly [number, number]): Value => m.c(x[0] / 2, x[1] / 2);
  const zero = m.c(0);
  const base = choose(zero, halved(HALF_PI), m.c(...HALF_PI));
  const baseLow = choose(zero, halved(HALF_PI_LOW), m.c(...HALF_PI_LOW));
  const high = m.add(base, t);
  const lost = m.sub(t, m.sub(high, base));
  return { high, low: m.add(lost, m.add(baseLow, rest)) };
}

export function atan(m: Calc, x: Value): Value {
  const { high, low } = atanOfRatio(m, m.abs(x), m.c(1));
  const y = withSignOf(m, m.add(high, low), x);
  return m.select(m.eq(x, m.c(0)), x, y);
}

/** The angle of the point (x, y), by quadrant; the signs of zeros count. */
export function atan2(m: Calc, y: Value, x: Value): Value {
  const ax = m.abs(x);
  const ay = m.abs(y);
  const largest = m.max(ax, ay);
  const infinity = m.c(Infinity);
  const zero = m.c(0);
  const one = m.c(1);
  const infinite = m.eq(largest, infinity);
  const origin = m.eq(largest, zero);
  // Sums must not overflow; infinite coordinates become 1 and finite ones beside them 0.
  const shrink = m.select(m.lt(m.c(2 ** 120, 2 ** 1000), largest), m.c(2 ** -10), one);
  const tame = (v: Value): Value =>
    m.select(infinite, m.select(m.eq(v, infinity), one, zero), m.mul(v, shrink));
  const top = tame(ay);
  const bottom = m.select(origin, one, tame(ax));
  const { high, low } = atanOfRatio(m, top, bottom);
  // In the left half plane π - angle.
  const pi = m.c(2 * HALF_PI[0], 2 * HALF_PI[1]);
  const piLow = m.c(2 * HALF_PI_LOW[0], 2 * HALF_PI_LOW[1]);
  const difference = m.sub(pi, high);
  const lost = m.sub(m.sub(pi, difference), high);
  const left = m.add(difference, m.add(lost, m.sub(piLow, low)));
  const angle = m.select(isNegative(m, x), left, m.add(high, low));
  const signed = m.select(isNegative(m, y), m.neg(angle), angle);
  return m.select(m.or(m.ne(x, x), m.ne(y, y)), m.c(NaN), signed);
}
