import { type Value } from "../loop.ts";
import { type Calc, isNegative } from "./calc.ts";
import { LN2, LOG_EXACT } from "./coefficients.ts";
import { expOfReduced, reduceExp } from "./exponential.ts";
import { splitLog } from "./logarithm.ts";

/** An unevaluated sum: twice the digits. */
interface Pair {
  readonly high: Value;
  readonly low: Value;
}

/** x y exactly, from halves of the factors (Dekker 1971). */
function product(m: Calc, x: Value, y: Value): Pair {
  const halve = (v: Value): [Value, Value] => {
    const wide = m.mul(v, m.c(2 ** 12 + 1, 2 ** 27 + 1));
    const upper = m.sub(wide, m.sub(wide, v));
    return [upper, m.sub(v, upper)];
  };
  const [x1, x0] = halve(x);
  const [y1, y0] = halve(y);
  const high = m.mul(x, y);
  const first = m.sub(m.mul(x1, y1), high);
  const cross = m.add(m.add(first, m.mul(x1, y0)), m.mul(x0, y1));
  return { high, low: m.add(cross, m.mul(x0, y0)) };
}

/** x + y exactly, for |x| ≥ |y| or x = 0. */
function sum(m: Calc, x: Value, y: Value): Pair {
  const high = m.add(x, y);
  return { high, low: m.sub(y, m.sub(high, x)) };
}

/**
 * log(x) of a positive finite x to about twice the dtype's digits: exp will magnify its error by up to
 * the largest exponent. With s = f / (2 + f), log(1 + f) = s (2 + 2/3 z + z² p(z)), z = s².
 */
function logPair(m: Calc, x: Value): Pair {
  const { e, f } = splitLog(m, x);
  const two = m.c(2);
  const d = sum(m, two, f);
  const s = m.div(f, d.high);
  const back = product(m, s, d.high);
  const remainder = m.sub(m.sub(m.sub(f, back.high), back.low), m.mul(s, d.low));
  const sLow = m.div(remainder, d.high);

  const square = product(m, s, s);
  const squareLow = m.add(square.low, m.mul(m.c(2), m.mul(s, sLow)));
  const third = [Math.fround(2 / 3), 2 / 3] as const;
  // 2/3 less its rounding to f64 is a third of the double's last place: 2^-54 * 2/3.
  const thirdLow = m.c(2 / 3 - third[0], 2 ** -54 * (2 / 3));
  const term = product(m, square.high, m.c(...third));
  const more = m.add(m.mul(square.high, thirdLow), m.mul(squareLow, m.c(...third)));
  const z = square.high;
  const rest = m.mul(m.mul(z, z), m.poly(LOG_EXACT, z));
  const factor = sum(m, two, term.high);
  const factorLow = m.add(factor.low, m.add(term.low, m.add(more, rest)));

  const logF = product(m, s, factor.high);
  const logFLow = m.add(logF.low, m.add(m.mul(s, factorLow), m.mul(sLow, factor.high)));
  const [ln2, ln2Low] = m.table(LN2);
  const total = sum(m, m.mul(e, ln2), logF.high);
  return sum(m, total.high, m.add(total.low, m.add(logFLow, m.mul(e, ln2Low))));
}

/** |x|^y for positive finite |x|. */
function powerOfMagnitude(m: Calc, x: Value, y: Value): Value {
  const log = logPair(m, x);
  // Already these exponents overflow or underflow for every x but 1, and their products do not.
  const limit = [2 ** 33, 2 ** 65] as const;
  const bounded = m.max(m.min(y, m.c(...limit)), m.c(-limit[0], -limit[1]));
  const raw = product(m, bounded, log.high);
  const low = m.add(raw.low, m.mul(bounded, log.low));
  const high = m.max(m.min(raw.high, m.c(89, 710)), m.c(-104, -746));
  const { n, r } = reduceExp(m, high);
  const inside = m.eq(high, raw.high);
  return m.scale(expOfReduced(m, m.add(r, m.select(inside, low, m.c(0)))), n);
}

/** x^y by the rules of C's pow. */
export function pow(m: Calc, x: Value, y: Value): Value {
  const zero = m.c(0);
  const one = m.c(1);
  const infinity = m.c(Infinity);
  const a = m.abs(x);
  const isZero = m.eq(a, zero);
  const isEdge = m.or(isZero, m.eq(a, infinity));
  // 0 and infinity become each other under negative exponents.
  const edge = m.select(m.xor(isZero, m.lt(y, zero)), zero, infinity);
  const magnitude = m.select(isEdge, edge, powerOfMagnitude(m, a, y));

  const half = m.mul(y, m.c(0.5));
  const isInteger = m.eq(m.floor(y), y);
  const isOdd = m.and(isInteger, m.ne(m.floor(half), half));
  const signed = m.select(m.and(isNegative(m, x), isOdd), m.neg(magnitude), magnitude);
  // Roots of negative finite numbers do not exist.
  const finiteNegative = m.and(m.lt(x, zero), m.lt(a, infinity));
  const isRoot = m.and(finiteNegative, m.ne(m.floor(y), y));
  const isNaN = m.or(m.or(m.ne(x, x), m.ne(y, y)), isRoot);
  const isOne = m.or(m.eq(y, zero), m.eq(x, one));
  return m.select(isOne, one, m.select(isNaN, m.c(NaN), signed));
}
