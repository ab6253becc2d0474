import { bf16Bits, bf16Value, f16Bits, f16Value } from "./half.ts";

/** Element types of tensors. */
export type DType =
  "f32" | "f64" | "f16" | "bf16" | "i64" | "i32" | "u32" | "i16" | "i8" | "u8" | "bool";

/**
 * Typed arrays that hold elements. `bool` is one byte a value, 0 or 1. Those of `f16` and `bf16` are a
 * Uint16Array of their bits where they are stored, and a Float32Array where they are looked at (for `f16`
 * a Float16Array, in engines that have it).
 *
 * Those of `i64` are a BigInt64Array, which has no place in this union: its elements are bigints, and no
 * arithmetic would be allowed on what may be either. Within the framework an element of i64, wherever a
 * `number` is declared, is a bigint: comparisons and most operators are written alike for both, and what
 * would mix them throws. `coerce` makes one of a number, and the other way round.
 */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

interface ArrayType {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

interface DTypeInfo {
  readonly bytes: number;
  readonly category: "bool" | "int" | "float";
  /** Holds elements as numbers. */
  readonly array: ArrayType;
  /** Integers: the smallest and the largest. */
  readonly range?: readonly [number, number];
}

/** A bigint as what it passes for: see `TypedArray`. */
const asElement = (value: bigint): number => value as unknown as number;

const INFO: Record<DType, DTypeInfo> = {
  f32: { bytes: 4, category: "float", array: Float32Array },
  f64: { bytes: 8, category: "float", array: Float64Array },
  f16: { bytes: 2, category: "float", array: Float32Array },
  bf16: { bytes: 2, category: "float", array: Float32Array },
  i64: {
    bytes: 8,
    category: "int",
    array: BigInt64Array as unknown as ArrayType,
    range: [asElement(-(2n ** 63n)), asElement(2n ** 63n - 1n)],
  },
  i32: { bytes: 4, category: "int", array: Int32Array, range: [-2147483648, 2147483647] },
  u32: { bytes: 4, category: "int", array: Uint32Array, range: [0, 4294967295] },
  i16: { bytes: 2, category: "int", array: Int16Array, range: [-32768, 32767] },
  i8: { bytes: 1, category: "int", array: Int8Array, range: [-128, 127] },
  u8: { bytes: 1, category: "int", array: Uint8Array, range: [0, 255] },
  bool: { bytes: 1, category: "bool", array: Uint8Array, range: [0, 1] },
};

export const DTYPES = Object.keys(INFO) as readonly DType[];

export const isDType = (name: unknown): name is DType =>
  typeof name === "string" && Object.hasOwn(INFO, name);
export const isFloat = (dtype: DType): boolean => INFO[dtype].category === "float";
export const isInteger = (dtype: DType): boolean => INFO[dtype].category === "int";
/** Whether elements are integers, of which some are negative. */
export const isSigned = (dtype: DType): boolean => isInteger(dtype) && limits(dtype)[0] < 0;
/** Whether elements are floats of 16 bits. */
export const isHalf = (dtype: DType): dtype is "f16" | "bf16" =>
  dtype === "f16" || dtype === "bf16";
/** Bytes of one element. */
export const itemBytes = (dtype: DType): number => INFO[dtype].bytes;

/**
 * The dtype in which devices compute what is stored as `dtype`: f32 for f16 and bf16, i32 for i8 and i16,
 * and itself for the others.
 */
export const wideOf = (dtype: DType): DType =>
  isHalf(dtype) ? "f32" : dtype === "i8" || dtype === "i16" ? "i32" : dtype;

/** Whether `dtype` is one that elements are only stored as, and not computed in. */
export const isNarrow = (dtype: DType): boolean => wideOf(dtype) !== dtype;

/** Whether sums of such elements are i32: bool, and integers of fewer bits. */
export const isSmall = (dtype: DType): boolean => !isFloat(dtype) && itemBytes(dtype) < 4;

/** Room for `length` elements as numbers, zeros. */
export const newArray = (dtype: DType, length: number): TypedArray => new INFO[dtype].array(length);

/** `length` stored elements that begin `byteOffset` bytes into `buffer`; halves as bits. */
export const viewArray = (
  dtype: DType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TypedArray =>
  isHalf(dtype)
    ? new Uint16Array(buffer, byteOffset, length)
    : new INFO[dtype].array(buffer, byteOffset, length);

/** Elements as they are stored, from numbers: halves become bits, other arrays are as they are. */
export function toStored(dtype: DType, values: ArrayLike<number> & TypedArray): TypedArray {
  if (!isHalf(dtype)) return values;
  const bits = dtype === "f16" ? f16Bits : bf16Bits;
  const stored = new Uint16Array(values.length);
  for (let i = 0; i < stored.length; i++) stored[i] = bits(values[i]);
  return stored;
}

/** JavaScript's array of f16, where the engine has it. */
export const Halves = (globalThis as { Float16Array?: ArrayType }).Float16Array;

/** Stored elements as numbers. */
export function fromStored(dtype: DType, stored: TypedArray): TypedArray {
  if (!isHalf(dtype)) return stored;
  if (dtype === "f16" && Halves) return new Halves(stored.buffer, stored.byteOffset, stored.length);
  const value = dtype === "f16" ? f16Value : bf16Value;
  const values = new Float32Array(stored.length);
  for (let i = 0; i < values.length; i++) values[i] = value(stored[i]);
  return values;
}

/** The i64 that a number becomes: toward zero, modulo 2^64; NaN and infinities to 0. */
const toBigint = (value: number | bigint): bigint =>
  BigInt.asIntN(
    64,
    typeof value === "bigint" ? value : BigInt(Number.isFinite(value) ? Math.trunc(value) : 0),
  );

/** A number that rounds to the same element of `dtype` as this i64, or has the same last 32 bits. */
function fromBigint(dtype: DType, value: bigint): number {
  if (dtype === "bool") return Number(value !== 0n);
  if (!isFloat(dtype)) return Number(BigInt.asIntN(32, value));
  const number = Number(value);
  if (dtype === "f64" || Number.isSafeInteger(number)) return number;
  // So that it is not rounded twice: of the last digits only whether they are all zero counts.
  return Number(((value >> 11n) | BigInt((value & 2047n) !== 0n)) << 11n);
}

/**
 * The element that `value` becomes when it is stored as `dtype` (C's conversions, integers wrap; NaN to 0
 * for integers).
 */
export function coerce(dtype: DType, value: number | bigint): number {
  if (dtype === "i64") return asElement(toBigint(value));
  if (typeof value === "bigint") value = fromBigint(dtype, value);
  switch (dtype) {
    case "f32":
      return Math.fround(value);
    case "f64":
      return value;
    case "f16":
      return f16Value(f16Bits(value));
    case "bf16":
      return bf16Value(bf16Bits(value));
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "i16":
      return (value << 16) >> 16;
    case "i8":
      return (value << 24) >> 24;
    case "u8":
      return value & 255;
    case "bool":
      return value !== 0 ? 1 : 0;
  }
}

/** The smallest and largest value of a dtype; infinities for floats. Identities of max and min. */
export const limits = (dtype: DType): readonly [lowest: number, highest: number] =>
  INFO[dtype].range ?? [-Infinity, Infinity];

const RANK: Record<DType, number> = {
  bool: 0,
  u8: 1,
  i8: 1,
  i16: 2,
  i32: 3,
  u32: 3,
  i64: 4,
  f16: 5,
  bf16: 5,
  f32: 6,
  f64: 7,
};

/**
 * The dtype of a result that combines `a` and `b`, by PyTorch's promotion of tensors of equal
 * priority: bool < u8, i8 < i16 < i32 < i64 < f16, bf16 < f32 < f64. u8 with i8 is i16, and f16 with bf16 f32.
 * `u32` joins floats, `u8` and `bool` only.
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const [low, high] = RANK[a] <= RANK[b] ? [a, b] : [b, a];
  if ((a === "u32" && isSigned(b)) || (b === "u32" && isSigned(a)))
    throw new TypeError(`no common dtype for ${a} and ${b}: cast one of them, e.g. x.to("i32")`);
  if (RANK[low] < RANK[high]) return high;
  return isHalf(a) ? "f32" : "i16";
}
