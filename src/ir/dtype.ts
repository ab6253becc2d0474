/** Element types of tensors. */
export type DType = "f32" | "f64" | "i32" | "u32" | "u8" | "bool";

/** The typed array that holds elements of a dtype (`bool` is one byte a value, 0 or 1). */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

interface DTypeInfo {
  readonly bytes: number;
  readonly category: "bool" | "int" | "float";
  readonly array: {
    new (length: number): TypedArray;
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  };
}

const INFO: Record<DType, DTypeInfo> = {
  f32: { bytes: 4, category: "float", array: Float32Array },
  f64: { bytes: 8, category: "float", array: Float64Array },
  i32: { bytes: 4, category: "int", array: Int32Array },
  u32: { bytes: 4, category: "int", array: Uint32Array },
  u8: { bytes: 1, category: "int", array: Uint8Array },
  bool: { bytes: 1, category: "bool", array: Uint8Array },
};

export const DTYPES = Object.keys(INFO) as readonly DType[];

export const isDType = (name: unknown): name is DType =>
  typeof name === "string" && Object.hasOwn(INFO, name);
export const isFloat = (dtype: DType): boolean => INFO[dtype].category === "float";
export const isInteger = (dtype: DType): boolean => INFO[dtype].category === "int";
/** Bytes of one element. */
export const itemBytes = (dtype: DType): number => INFO[dtype].bytes;

/** A zero-filled array of `length` elements. */
export const newArray = (dtype: DType, length: number): TypedArray => new INFO[dtype].array(length);

/** A view of `length` elements that starts `byteOffset` bytes into `buffer`. */
export const viewArray = (
  dtype: DType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TypedArray => new INFO[dtype].array(buffer, byteOffset, length);

/** The number that `value` becomes when it is stored as `dtype` (C's conversions; NaN to 0 for integers). */
export function coerce(dtype: DType, value: number): number {
  switch (dtype) {
    case "f32":
      return Math.fround(value);
    case "f64":
      return value;
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "u8":
      return value & 255;
    case "bool":
      return value !== 0 ? 1 : 0;
  }
}

/** The smallest and largest value of a dtype; infinities for floats. Identities of max and min. */
export function limits(dtype: DType): readonly [lowest: number, highest: number] {
  switch (dtype) {
    case "f32":
    case "f64":
      return [-Infinity, Infinity];
    case "i32":
      return [-2147483648, 2147483647];
    case "u32":
      return [0, 4294967295];
    case "u8":
      return [0, 255];
    case "bool":
      return [0, 1];
  }
}

const RANK: Record<DType, number> = { bool: 0, u8: 1, i32: 2, u32: 2, f32: 4, f64: 5 };

/**
 * The dtype of a result that combines `a` and `b`, by PyTorch's promotion of tensors of equal
 * priority: bool < u8 < i32 < f32 < f64. `u32` joins floats, `u8` and `bool` only.
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (RANK[a] === RANK[b])
    throw new TypeError(`no common dtype for ${a} and ${b}: cast one of them, e.g. x.to("i32")`);
  return RANK[a] > RANK[b] ? a : b;
}
