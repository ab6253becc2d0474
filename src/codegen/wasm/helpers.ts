import { TWO_OVER_PI } from "../../compiler/loop/math/coefficients.ts";
import { FunctionBody } from "./encoder.ts";

// Functions that modules contain where an operation is more than a few instructions.

const HELPERS = {
  remainder,
  toI32,
  toI64,
  quarters: () => quarters(false),
  quarterRest: () => quarters(true),
};

export type HelperName = keyof typeof HELPERS;

export const createHelper = (name: HelperName): FunctionBody => HELPERS[name]();

const SIGN = 1n << 63n;
const FRACTION_BITS = 52n;
const HIDDEN = 1n << FRACTION_BITS;

/**
 * The f64 `x` truncated and taken modulo 2^32, which NaN and infinities make 0: what C's and
 * JavaScript's conversions give wherever they are defined. Every step is exact.
 */
function toI32(): FunctionBody {
  const f = new FunctionBody(["f64"], ["i32"]);
  f.get(0).op("f64.trunc").set(0);
  return pushModulo(f, 2 ** 32).op("i32.trunc_sat_f64_u");
}

/** The same modulo 2^64. What is added to numbers below 2^53 would round them, so only large ones get it. */
function toI64(): FunctionBody {
  const f = new FunctionBody(["f64"], ["i64"]);
  f.get(0).op("f64.trunc").tee(0).op("f64.abs");
  f.f64(2 ** 63).op("f64.lt");
  f.open("if", "i64").get(0).op("i64.trunc_sat_f64_s").else();
  return pushModulo(f, 2 ** 64)
    .op("i64.trunc_sat_f64_u")
    .end();
}

/** Puts local 0, an integer in an f64, modulo a power of two on the stack. */
const pushModulo = (f: FunctionBody, n: number): FunctionBody =>
  f
    .get(0)
    .get(0)
    .f64(1 / n)
    .op("f64.mul")
    .op("f64.floor")
    .f64(n)
    .op("f64.mul")
    .op("f64.sub");

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

/**
 * Of the angle x, an f64 not below 1, the nearest integer to x / (π / 2) modulo 4, or x less so many
 * π / 2, after Payne and Hanek: of x 2 / π only those digits are computed that decide about either.
 * NaN where x is infinite.
 */
function quarters(wantsRest: boolean): FunctionBody {
  const f = new FunctionBody(["f64"], ["f64"]);
  const x = 0;
  const bits = f.local("i64");
  const m = f.local("i64");
  const digit = f.local("i32");
  const shift = f.local("i64");
  const words = [f.local("i64"), f.local("i64"), f.local("i64"), f.local("i64")];
  const high = f.local("i64");
  const low = f.local("i64");
  const part = f.local("i64");
  const MASK = 0xffffffffn;

  f.get(x).op("f64.abs").f64(Infinity).op("f64.lt").op("i32.eqz");
  f.open("if").get(x).get(x).op("f64.sub").op("return").end();

  // |x| = m 2^e. Digits of 2 / π of weight 2^-k give multiples of 4 where e - k ≥ 2: skipped.
  f.get(x).op("i64.reinterpret_f64").tee(bits);
  f.i64(HIDDEN - 1n)
    .op("i64.and")
    .i64(HIDDEN)
    .op("i64.or")
    .set(m);
  f.get(bits).i64(FRACTION_BITS).op("i64.shr_u").i64(2047n).op("i64.and").op("i32.wrap_i64");
  // k = e - 1 is the first that counts; 64 zeros stand before the point.
  f.i32(-1075 - 2 + 64)
    .op("i32.add")
    .set(digit);
  f.get(digit).i32(63).op("i32.and").op("i64.extend_i32_u").set(shift);
  // The words with digits from there on: the table passes by until they are reached.
  [0n, ...TWO_OVER_PI].forEach((word, i) => {
    f.i32(i).get(digit).i32(6).op("i32.shr_s").i32(4).op("i32.add").op("i32.lt_s");
    f.open("if");
    for (let k = 0; k < 3; k++) f.get(words[k + 1]).set(words[k]);
    f.i64(word).set(words[3]).end();
  });
  for (let k = 0; k < 3; k++) {
    f.get(words[k]).get(shift).op("i64.shl");
    f.get(words[k + 1])
      .i64(1n)
      .op("i64.shr_u");
    f.i64(63n).get(shift).op("i64.sub").op("i64.shr_u").op("i64.or").set(words[k]);
  }

  // The first 128 of the product's last 192 digits, in two words.
  const addHighProduct = (word: number): void => {
    f.get(m).i64(MASK).op("i64.and").get(word).i64(MASK).op("i64.and").op("i64.mul");
    f.i64(32n).op("i64.shr_u");
    f.get(m).i64(32n).op("i64.shr_u").get(word).i64(MASK).op("i64.and").op("i64.mul");
    f.op("i64.add").set(part);
    f.get(m).i64(MASK).op("i64.and").get(word).i64(32n).op("i64.shr_u").op("i64.mul");
    f.get(part).i64(MASK).op("i64.and").op("i64.add").i64(32n).op("i64.shr_u");
    f.get(m).i64(32n).op("i64.shr_u").get(word).i64(32n).op("i64.shr_u").op("i64.mul");
    f.op("i64.add").get(part).i64(32n).op("i64.shr_u").op("i64.add");
  };
  f.get(m).get(words[0]).op("i64.mul");
  addHighProduct(words[1]);
  f.op("i64.add").set(high);
  addHighProduct(words[2]);
  f.set(low);
  f.get(m).get(words[1]).op("i64.mul").get(low).op("i64.add").tee(part);
  f.get(low).op("i64.lt_u").op("i64.extend_i32_u").get(high).op("i64.add").set(high);
  f.get(part).set(low);

  if (!wantsRest) {
    f.get(high)
      .i64(1n << 61n)
      .op("i64.add")
      .i64(62n)
      .op("i64.shr_u")
      .set(part);
    f.get(bits).i64(0n).op("i64.lt_s");
    f.open("if").i64(0n).get(part).op("i64.sub").i64(3n).op("i64.and").set(part).end();
    return f.get(part).op("f64.convert_i64_u");
  }
  // Without the two digits before the point, as a signed fraction, and its magnitude.
  f.get(high).i64(2n).op("i64.shl").get(low).i64(62n).op("i64.shr_u").op("i64.or").set(high);
  f.get(low).i64(2n).op("i64.shl").set(low);
  f.get(high).i64(0n).op("i64.lt_s");
  f.open("if");
  f.get(bits).i64(SIGN).op("i64.xor").set(bits);
  f.get(high).i64(-1n).op("i64.xor").get(low).op("i64.eqz").op("i64.extend_i32_u").op("i64.add");
  f.set(high);
  f.i64(0n).get(low).op("i64.sub").set(low);
  f.end();
  f.get(high).op("i64.clz").set(shift);
  f.get(high).get(shift).op("i64.shl");
  f.get(low).i64(1n).op("i64.shr_u").i64(63n).get(shift).op("i64.sub").op("i64.shr_u");
  f.op("i64.or").op("f64.convert_i64_u");
  f.i64(1023n - 64n)
    .get(shift)
    .op("i64.sub")
    .i64(FRACTION_BITS)
    .op("i64.shl");
  f.op("f64.reinterpret_i64").op("f64.mul");
  f.f64(Math.PI / 2).op("f64.mul");
  return f.get(bits).op("f64.reinterpret_i64").op("f64.copysign");
}
