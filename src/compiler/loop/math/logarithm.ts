import { type Value } from "../loop.ts";
import { type Calc, unlessTiny } from "./calc.ts";
import { LN2, LOG } from "./coefficients.ts";

/** x = 2^e (1 + f) with 1 + f between √½ and √2, for positive finite x, subnormal ones too. */
export function splitLog(m: Calc, x: Value): { e: Value; f: Value } {
  const subnormal = m.lt(x, m.c(2 ** -126, 2 ** -1022));
  const normal = m.select(subnormal, m.mul(x, m.c(2 ** 25, 2 ** 54)), x);
  const mantissa = m.mantissa(normal);
  const above = m.lt(m.c(Math.SQRT2), mantissa);
  const shift = m.select(subnormal, m.c(-25, -54), m.c(0));
  const carry = m.select(above, m.c(1), m.c(0));
  return {
    e: m.add(m.add(m.exponent(normal), shift), carry),
    f: m.sub(m.select(above, m.mul(mantissa, m.c(0.5)), mantissa), m.c(1)),
  };
}

/**
 * e ln 2 + log(1 + f) + correction. With s = f / (2 + f), log(1 + f) = 2 s + s R = f - (f²/2 - s (f²/2 + R)),
 * in which f, exact, is by far the largest term.
 */
function logOfSplit(m: Calc, e: Value, f: Value, correction?: Value): Value {
  const [high, low] = m.table(LN2);
  const halfSquare = m.mul(m.c(0.5), m.mul(f, f));
  const s = m.div(f, m.add(m.c(2), f));
  const z = m.mul(s, s);
  const rest = m.mul(z, m.poly(LOG, z));
  const tail = correction ? m.mulAdd(e, low, correction) : m.mul(e, low);
  const small = m.mulAdd(s, m.add(halfSquare, rest), tail);
  return m.mulAdd(e, high, m.sub(f, m.sub(halfSquare, small)));
}

/** What log is outside the positive finite numbers. */
function logEdges(m: Calc, x: Value, y: Value): Value {
  const zero = m.c(0);
  const edge = m.select(m.eq(x, zero), m.c(-Infinity), m.c(NaN));
  const infinity = m.c(Infinity);
  return m.select(m.lt(zero, x), m.select(m.eq(x, infinity), infinity, y), edge);
}

export function log(m: Calc, x: Value): Value {
  const { e, f } = splitLog(m, x);
  return logEdges(m, x, logOfSplit(m, e, f));
}

/** log(u) + lost / u, where u + lost = 1 + x exactly (Knuth's sum). */
export function log1p(m: Calc, x: Value): Value {
  const one = m.c(1);
  const u = m.add(one, x);
  const back = m.sub(u, x);
  const lost = m.add(m.sub(x, m.sub(u, back)), m.sub(one, back));
  const { e, f } = splitLog(m, u);
  return unlessTiny(m, x, logEdges(m, u, logOfSplit(m, e, f, m.div(lost, u))));
}
