import { type Value } from "../loop.ts";
import { type Calc, withSignOf } from "./calc.ts";
import { ERF, ERFC } from "./coefficients.ts";
import { expModerate } from "./exponential.ts";

/** Odd polynomial below 1; above, 1 - exp(-p(|x|)), which is 1 from 4 (f32) or 6 (f64) on. */
export function erf(m: Calc, x: Value): Value {
  const a = m.abs(x);
  const z = m.mul(x, x);
  const small = m.mulAdd(x, m.poly(ERF, z), x);
  const bounded = m.min(a, m.c(4, 6));
  const erfc = expModerate(m, m.neg(m.poly(ERFC, bounded)));
  const large = withSignOf(m, m.sub(m.c(1), erfc), x);
  return m.select(m.lt(a, m.c(1)), small, large);
}
