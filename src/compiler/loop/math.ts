import { isFloat } from "../../ir/dtype.ts";
import { type Builder, literal } from "./builder.ts";
import { type Value } from "./loop.ts";
import { type Calc, createCalc } from "./math/calc.ts";
import { erf } from "./math/erf.ts";
import { cosh, exp, expm1, sinh, tanh } from "./math/exponential.ts";
import { acos, asin, atan, atan2 } from "./math/inverse.ts";
import { log, log1p } from "./math/logarithm.ts";
import { pow } from "./math/power.ts";
import { cos, sin, tan } from "./math/trigonometric.ts";

// Functions that some targets lack, written out in operations that all have, so that their bits are
// the same at any number of lanes, and on all targets that fuse multiplication and addition, or do not.
// There are no branches.

const UNARY: Readonly<Record<string, (m: Calc, x: Value) => Value>> = {
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  erf,
};

const BINARY: Readonly<Record<string, (m: Calc, x: Value, y: Value) => Value>> = { pow, atan2 };

/** -1, 0 or 1 by the sign; zeros and NaN are themselves. */
function sign(b: Builder, x: Value): Value {
  const { dtype, lanes } = x.type;
  const mask = { dtype: "bool", lanes } as const;
  const constant = (value: number): Value => literal(value, dtype, lanes);
  const positive = b.op("lt", mask, constant(0), x);
  if (dtype === "u32" || dtype === "u8")
    return b.op("select", x.type, positive, constant(1), constant(0));
  const negative = b.op("lt", mask, x, constant(0));
  const other = b.op("select", x.type, negative, constant(-1), x);
  return b.op("select", x.type, positive, constant(1), other);
}

/** Whether `expandMath` knows the operation. */
export const isExpandable = (op: string): boolean =>
  op === "sign" || Object.hasOwn(UNARY, op) || Object.hasOwn(BINARY, op);

/**
 * Writes a function for targets whose `math` is "expand", on arguments of one type: f32 or f64 (`sign`
 * also integers) of any number of lanes. Errors, in units of the last place: below 2 for f32, 3 for
 * f64.
 */
export function expandMath(b: Builder, op: string, args: readonly Value[]): Value {
  if (op === "sign") return sign(b, args[0]);
  const { type } = args[0];
  if (!isFloat(type.dtype)) throw new Error(`${op}: expected f32 or f64, got ${type.dtype}`);
  const m = createCalc(b, type);
  if (Object.hasOwn(UNARY, op)) return UNARY[op](m, args[0]);
  if (Object.hasOwn(BINARY, op)) return BINARY[op](m, args[0], args[1]);
  throw new Error(`${op} is not a function that can be expanded`);
}
