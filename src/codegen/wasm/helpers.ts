import { FunctionBody } from "./encoder.ts";

// Functions that modules contain where an operation is more than a few instructions.

export type HelperName = "remainder" | "toI32";

export const createHelper = (name: HelperName): FunctionBody =>
  name === "remainder" ? remainder() : toI32();

const SIGN = 1n << 63n;
const FRACTION_BITS = 52n;
const HIDDEN = 1n << FRACTION_BITS;

/**
 * The f64 `x` truncated and taken modulo 2^32, which NaN and infinities make 0: what C's and
 * JavaScript's conversions give wherever they are defined. Every step is exact.
 */
function toI32(): FunctionBody {
  const f = new FunctionBody(["f64"], ["i32"]);
  const whole = f.local("f64");
  f.get(0).op("f64.trunc").tee(whole);
  f.get(whole)
    .f64(2 ** -32)
    .op("f64.mul")
    .op("f64.floor")
    .f64(2 ** 32)
    .op("f64.mul");
  return f.op("f64.sub").op("i32.trunc_sat_f64_u");
}

/**
 * x - trunc(x / y) y, exactly, for f64: long division of the significands, bit by bit. The result has the
 * sign of x; it is NaN where x is infinite or y is 0.
 */
function remainder(): FunctionBody {
  const f = new FunctionBody(["f64", "f64"], ["f64"]);
  const [x, y] = [0, 1];
  const a = f.local("i64");
  const b = f.local("i64");
  const ea = f.local("i64");
  const eb = f.local("i64");
  const rest = f.local("i64");
  const shift = f.local("i64");

  // Not a number: (x y) / (x y) is NaN in all these cases.
  f.get(x).op("f64.abs").f64(Infinity).op("f64.lt").op("i32.eqz");
  f.get(y).f64(0).op("f64.eq").op("i32.or");
  f.get(y).get(y).op("f64.ne").op("i32.or");
  f.open("if");
  f.get(x).get(y).op("f64.mul").tee(x).get(x).op("f64.div").op("return");
  f.end();
  f.get(x).op("f64.abs").get(y).op("f64.abs").op("f64.lt");
  f.open("if").get(x).op("return").end();

  /** Splits |value| into a significand with its leading bit at 52 and an exponent, at least 1 if normal. */
  const split = (value: number, significand: number, exponent: number): void => {
    f.get(value).op("i64.reinterpret_f64").i64(~SIGN).op("i64.and").tee(significand);
    f.i64(FRACTION_BITS).op("i64.shr_u").tee(exponent).op("i64.eqz");
    f.open("if");
    f.get(significand).op("i64.clz").i64(11n).op("i64.sub").set(shift);
    f.get(significand).get(shift).op("i64.shl").set(significand);
    f.i64(1n).get(shift).op("i64.sub").set(exponent);
    f.else();
    f.get(significand)
      .i64(HIDDEN - 1n)
      .op("i64.and")
      .i64(HIDDEN)
      .op("i64.or")
      .set(significand);
    f.end();
  };
  split(x, a, ea);
  split(y, b, eb);

  f.open("block");
  f.open("loop");
  f.get(a).get(b).op("i64.sub").tee(rest).i64(0n).op("i64.ge_s");
  f.open("if").get(rest).set(a).end();
  f.get(ea).get(eb).op("i64.le_s").op("br_if", 1);
  f.get(a).i64(1n).op("i64.shl").set(a);
  f.get(ea).i64(1n).op("i64.sub").set(ea);
  f.op("br", 0);
  f.end();
  f.end();

  f.get(a).op("i64.eqz");
  f.open("if").f64(0).get(x).op("f64.copysign").op("return").end();
  // Leading bit back to 52, as far as the exponent allows.
  f.get(a).op("i64.clz").i64(11n).op("i64.sub").set(shift);
  f.get(a).get(shift).op("i64.shl").set(a);
  f.get(ea).get(shift).op("i64.sub").tee(ea).i64(0n).op("i64.gt_s");
  f.open("if", "i64");
  f.get(a).i64(HIDDEN).op("i64.sub").get(ea).i64(FRACTION_BITS).op("i64.shl").op("i64.or");
  f.else();
  f.get(a).i64(1n).get(ea).op("i64.sub").op("i64.shr_u");
  f.end();
  return f.op("f64.reinterpret_i64").get(x).op("f64.copysign");
}
