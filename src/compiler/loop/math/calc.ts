import { type DType } from "../../../ir/dtype.ts";
import { type Builder, literal } from "../builder.ts";
import { type Type, type Value } from "../loop.ts";
import { type Coefficients } from "./coefficients.ts";

/** Writes operations on floats of one type: what the expansions of this folder are made of. */
export interface Calc {
  readonly dtype: "f32" | "f64";
  /** A constant; with two numbers, the one for f32 and the one for f64. */
  c(f32: number, f64?: number): Value;
  /** The constants of a table for this dtype. */
  table(coefficients: Coefficients): Value[];
  add(x: Value, y: Value): Value;
  sub(x: Value, y: Value): Value;
  mul(x: Value, y: Value): Value;
  /** x y + z, which some targets round only once. */
  mulAdd(x: Value, y: Value, z: Value): Value;
  div(x: Value, y: Value): Value;
  min(x: Value, y: Value): Value;
  max(x: Value, y: Value): Value;
  neg(x: Value): Value;
  abs(x: Value): Value;
  sqrt(x: Value): Value;
  floor(x: Value): Value;
  round(x: Value): Value;
  /** Floor of log2 |x|, |x| / 2^exponent, and x * 2^n, as the loop language defines them. */
  exponent(x: Value): Value;
  mantissa(x: Value): Value;
  scale(x: Value, n: Value): Value;
  /** The nearest multiple of π / 2 to an angle beyond `EASY_ANGLE`, by its count modulo 4, and the rest. */
  quarters(x: Value): Value;
  quarterRest(x: Value): Value;
  lt(x: Value, y: Value): Value;
  le(x: Value, y: Value): Value;
  eq(x: Value, y: Value): Value;
  ne(x: Value, y: Value): Value;
  and(x: Value, y: Value): Value;
  or(x: Value, y: Value): Value;
  xor(x: Value, y: Value): Value;
  select(condition: Value, x: Value, y: Value): Value;
  /** c0 + c1 x + c2 x² + … by Horner's rule. */
  poly(coefficients: Coefficients, x: Value): Value;
}

export function createCalc(b: Builder, type: Type): Calc {
  if (type.dtype !== "f32" && type.dtype !== "f64")
    throw new Error(`expected an operation on f32 or f64, got ${type.dtype}`);
  const dtype = type.dtype;
  const { lanes } = type;
  const mask: Type = { dtype: "bool" satisfies DType, lanes };
  const unary = (op: string) => (x: Value) => b.op(op, type, x);
  const binary = (op: string) => (x: Value, y: Value) => b.op(op, type, x, y);
  const compare = (op: string) => (x: Value, y: Value) => b.op(op, mask, x, y);
  const constant = (value: number): Value => literal(value, dtype, lanes);
  const mulAdd = (x: Value, y: Value, z: Value): Value => b.op("mulAdd", type, x, y, z);
  return {
    dtype,
    c: (f32, f64 = f32) => constant(dtype === "f32" ? f32 : f64),
    table: (coefficients) => coefficients[dtype].map(constant),
    add: binary("add"),
    sub: binary("sub"),
    mul: binary("mul"),
    mulAdd,
    div: binary("div"),
    min: binary("min"),
    max: binary("max"),
    neg: unary("neg"),
    abs: unary("abs"),
    sqrt: unary("sqrt"),
    floor: unary("floor"),
    round: unary("round"),
    exponent: unary("exponent"),
    mantissa: unary("mantissa"),
    scale: binary("scale"),
    quarters: unary("quarters"),
    quarterRest: unary("quarterRest"),
    lt: compare("lt"),
    le: compare("le"),
    eq: compare("eq"),
    ne: compare("ne"),
    and: compare("and"),
    or: compare("or"),
    xor: compare("xor"),
    select: (condition, x, y) => b.op("select", type, condition, x, y),
    poly(coefficients, x) {
      const [last, ...rest] = coefficients[dtype].map(constant).reverse();
      return rest.reduce((sum, term) => mulAdd(sum, x, term), last);
    },
  };
}

/** Whether x is negative, -0 included: 1 / x tells the zeros apart. */
export function isNegative(m: Calc, x: Value): Value {
  const zero = m.c(0);
  return m.lt(m.select(m.eq(x, zero), m.div(m.c(1), x), x), zero);
}

/** |`magnitude`| is given; the result has the sign of `x`, which is not NaN where that matters. */
export const withSignOf = (m: Calc, magnitude: Value, x: Value): Value =>
  m.select(m.lt(x, m.c(0)), m.neg(magnitude), magnitude);

/** `x` itself where it is so small that f(x) = x, which keeps the sign of 0 and subnormals; else y. */
export const unlessTiny = (m: Calc, x: Value, y: Value): Value =>
  m.select(m.lt(m.abs(x), m.c(2 ** -30, 2 ** -60)), x, y);
