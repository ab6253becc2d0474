import {
  type DType,
  isDType,
  itemBytes,
  newArray,
  toStored,
  type TypedArray,
  viewArray,
} from "../ir/dtype.ts";

/** Elements as they lie in a file: aligned to their size, in the machine's byte order (little-endian). */
type Reader = (bytes: Uint8Array, length: number, name: string) => TypedArray;

/** A type of elements in files. */
interface Format {
  readonly bytes: number;
  /** The dtype whose elements lie in memory as they do in files. */
  readonly dtype?: string;
  /** Where there is no such dtype: the one that is read instead, and how. */
  readonly instead?: { readonly dtype: DType; readonly read: Reader };
  /** Whether `save…` can be asked to round f32 to it. */
  readonly rounds?: boolean;
}

/** Reads elements one by one by a getter; throws for those that `dtype` cannot hold. */
function widened(
  dtype: "i32" | "u32",
  bytes: number,
  get: (view: DataView, offset: number) => number | bigint,
): NonNullable<Format["instead"]> {
  const [lowest, highest] = dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  const read: Reader = (source, length, name) => {
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    const out = newArray(dtype, length);
    for (let i = 0; i < length; i++) {
      const value = get(view, i * bytes);
      if (value < lowest || value > highest)
        throw new RangeError(
          `${name}: element ${i} is ${value}, and integers of 64 bits are read as ${dtype}, ` +
            `from ${lowest} to ${highest}`,
        );
      out[i] = Number(value);
    }
    return out;
  };
  return { dtype, read };
}

const getUint64 = (view: DataView, at: number): bigint => view.getBigUint64(at, true);

/**
 * The element types of safetensors files, by their names there. One whose `dtype` exists is read as that; when the
 * framework gets another dtype, its format needs nothing but the name here.
 */
const FORMATS: Readonly<Record<string, Format>> = {
  F64: { bytes: 8, dtype: "f64" },
  F32: { bytes: 4, dtype: "f32" },
  F16: { bytes: 2, dtype: "f16", rounds: true },
  BF16: { bytes: 2, dtype: "bf16", rounds: true },
  I64: { bytes: 8, dtype: "i64" },
  U64: { bytes: 8, dtype: "u64", instead: widened("u32", 8, getUint64) },
  I32: { bytes: 4, dtype: "i32" },
  U32: { bytes: 4, dtype: "u32" },
  I16: { bytes: 2, dtype: "i16" },
  U16: { bytes: 2, dtype: "u16", instead: widened("i32", 2, (v, at) => v.getUint16(at, true)) },
  I8: { bytes: 1, dtype: "i8" },
  U8: { bytes: 1, dtype: "u8" },
  BOOL: { bytes: 1, dtype: "bool" },
  // Known to the format, so that the other tensors of such a file can be read.
  C64: { bytes: 8 },
  F8_E4M3: { bytes: 1 },
  F8_E5M2: { bytes: 1 },
  F8_E8M0: { bytes: 1 },
};

/** Names of the element types that files may have. */
export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS);

/** Bytes of one element of a format, undefined for a name that is none. */
export const formatBytes = (name: string): number | undefined =>
  Object.hasOwn(FORMATS, name) ? FORMATS[name].bytes : undefined;

/** The name in files of elements of this dtype. */
export function formatOf(dtype: DType): string {
  const found = FORMAT_NAMES.find((name) => FORMATS[name].dtype === dtype);
  if (found === undefined)
    throw new TypeError(`safetensors files cannot hold elements of ${dtype}`);
  return found;
}

/** The dtype of tensors that are read from this format; undefined where it cannot be read. */
export function dtypeOf(format: string): DType | undefined {
  const { dtype, instead } = FORMATS[format];
  return isDType(dtype) ? dtype : instead?.dtype;
}

/** Whether `save…` may round f32 to the format. */
export const canRound = (format: string): boolean =>
  Object.hasOwn(FORMATS, format) && (FORMATS[format].rounds ?? false);

/** The bytes in files of the elements of a tensor; floats of 32 bits rounded where the format is shorter. */
export function encodeElements(data: TypedArray, dtype: DType, format: string): Uint8Array {
  const { rounds, dtype: own } = FORMATS[format];
  const array = toStored(rounds && isDType(own) ? own : dtype, data);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * The elements in `bytes`, which are taken over where the format is a dtype's own and they are aligned.
 *
 * @param name - The tensor, for errors.
 */
export function decodeElements(
  bytes: Uint8Array,
  format: string,
  length: number,
  name: string,
): TypedArray {
  const { dtype, instead, bytes: size } = FORMATS[format];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (isDType(dtype) && itemBytes(dtype) === size) {
    const elements = viewArray(dtype, aligned.buffer, aligned.byteOffset, length);
    if (dtype === "bool") checkBooleans(elements, name);
    return elements;
  }
  if (!instead)
    throw new TypeError(
      `${name}: elements of ${format} cannot be read; convert the file to F32 where it was made`,
    );
  return instead.read(aligned, length, name);
}

function checkBooleans(elements: TypedArray, name: string): void {
  const wrong = elements.findIndex((byte) => byte > 1);
  if (wrong >= 0)
    throw new RangeError(
      `${name}: booleans are bytes of 0 or 1, but element ${wrong} is ${elements[wrong]}`,
    );
}
