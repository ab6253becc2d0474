import { TWO_OVER_PI } from "../../compiler/loop/math/coefficients.ts";
import { coerce } from "../../ir/dtype.ts";
import { erf, power, roundEven } from "../../ir/special.ts";

// What generated code calls where JavaScript has no operator or Math function that fits.

const words = new Int32Array(2);
const unsigned = new Uint32Array(words.buffer);
const single = new Float32Array(words.buffer);
const double = new Float64Array(words.buffer);
const long = new BigInt64Array(words.buffer);

/** Which of the two words of a f64 holds its sign and exponent. */
const HIGH = ((double[0] = 1), words[1] === 0x3ff00000 ? 1 : 0);
const LOW = 1 - HIGH;

const f32ToI32 = (x: number): number => ((single[0] = x), words[0]);
const f32ToU32 = (x: number): number => ((single[0] = x), unsigned[0]);
const bitsToF32 = (x: number): number => ((words[0] = x), single[0]);

/** The upper half of the product of two u32, from 16-bit pieces: every sum is below 2^53. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const low = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (low >>> 16)) >>> 0;
}

/** 2^n for -1023 < n < 1024. */
function powerOfTwo(n: number): number {
  words[LOW] = 0;
  words[HIGH] = (n + 1023) << 20;
  return double[0];
}

function scaleF32(x: number, n: number): number {
  const half = Math.floor(n / 2);
  return Math.fround(Math.fround(x * powerOfTwo(half)) * powerOfTwo(n - half));
}

function scaleF64(x: number, n: number): number {
  const half = Math.floor(n / 2);
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}

const exponentF32 = (x: number): number => ((f32ToI32(x) >>> 23) & 255) - 127;

function exponentF64(x: number): number {
  double[0] = x;
  return ((words[HIGH] >>> 20) & 2047) - 1023;
}

const mantissaF32 = (x: number): number => bitsToF32((f32ToI32(x) & 0x7fffff) | 0x3f800000);

function mantissaF64(x: number): number {
  double[0] = x;
  words[HIGH] = (words[HIGH] & 0xfffff) | 0x3ff00000;
  return double[0];
}

const DIGITS = 64 * TWO_OVER_PI.length;
const TWO_OVER_PI_DIGITS = TWO_OVER_PI.reduce((all, word) => (all << 64n) | word, 0n);

/** x / (π / 2) for |x| ≥ 1 as an integer of which the last `DIGITS` digits are the fraction. */
function inQuarters(x: number): bigint {
  const n = exponentF64(x) - 52;
  const whole = BigInt(x / powerOfTwo(Math.floor(n / 2)) / powerOfTwo(n - Math.floor(n / 2)));
  const product = whole * TWO_OVER_PI_DIGITS;
  return n >= 0 ? product << BigInt(n) : product >> BigInt(-n);
}

const HALF = 1n << BigInt(DIGITS - 1);

function quarters(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  return Number(((inQuarters(x) + HALF) >> BigInt(DIGITS)) & 3n);
}

function quarterRest(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const fraction = BigInt.asIntN(DIGITS, inQuarters(x));
  const magnitude = fraction < 0n ? -fraction : fraction;
  // Its first 64 digits.
  const zeros = DIGITS - magnitude.toString(2).length;
  const leading = Number(magnitude >> BigInt(DIGITS - 64 - zeros)) * powerOfTwo(-64 - zeros);
  return (fraction < 0n ? -leading : leading) * (Math.PI / 2);
}

const f64ToBits = (x: number): bigint => ((double[0] = x), long[0]);
const bitsToF64 = (x: bigint): number => ((long[0] = x), double[0]);

/** By the names that generated code uses; what has to do with i64 takes or gives bigints. */
export const HELPERS: Readonly<Record<string, (...args: never[]) => number | bigint>> = {
  fround: Math.fround,
  asI64: (x: bigint) => BigInt.asIntN(64, x),
  toI64: (x: number) => coerce("i64", x),
  i64ToF32: (x: bigint) => coerce("f32", x),
  i64ToF64: Number,
  f64ToBits,
  bitsToF64,
  imul: Math.imul,
  erf,
  f32ToI32,
  f32ToU32,
  bitsToF32,
  round: roundEven,
  pow: power,
  mulHigh,
  scaleF32,
  scaleF64,
  exponentF32,
  exponentF64,
  mantissaF32,
  mantissaF64,
  quarters,
  quarterRest,
};
