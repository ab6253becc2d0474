import { sizeOf } from "../ir/shape.ts";
import { fromTypedArray, type Tensor } from "../tensor/index.ts";
import { decodeElements, dtypeOf } from "./formats.ts";
import { type Header, headerBytes, PREFIX_BYTES, readHeader } from "./header.ts";
import { type HeaderEntry } from "./header-text.ts";
import { contentsOf, layOut, placeTensors, type SaveOptions, type Tensors } from "./layout.ts";

/**
 * Tensors as the bytes of a safetensors file: for storage that is no file, in a browser say.
 *
 * @throws TypeError for values that are no tensors and metadata that are no text.
 *
 * @example
 * const bytes = await serialize(net.stateDict(), { metadata: { epoch: "3" } });
 * copy.loadStateDict(deserialize(bytes));
 */
export async function serialize(
  tensors: Tensors,
  options: SaveOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const layout = layOut(placeTensors(tensors, options, "serialize"), options.metadata, "serialize");
  const out = new Uint8Array(layout.fileBytes);
  out.set(layout.head);
  let at = layout.head.byteLength;
  for (const part of await contentsOf(layout)) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/** A tensor of the bytes that a file has for it; they are taken over where possible. */
export function tensorFrom(
  name: string,
  { format, shape }: HeaderEntry,
  bytes: Uint8Array,
): Tensor {
  const elements = decodeElements(bytes, format, sizeOf(shape), name);
  return fromTypedArray(elements, shape, { dtype: dtypeOf(format) });
}

/** The header of a whole file in memory. */
export function headerOf(bytes: Uint8Array): Header {
  const length = headerBytes(bytes, bytes.byteLength);
  return readHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length), bytes.byteLength);
}

/** Does `read`; its errors name what was being read. */
export function naming<R>(source: string, read: () => R): R {
  try {
    return read();
  } catch (error) {
    throw named(source, error);
  }
}

/** The same error, with the name of its source before its message. */
export function named(source: string, error: unknown): unknown {
  if (error instanceof Error) error.message = `${source}: ${error.message}`;
  return error;
}

/**
 * The tensors in the bytes of a safetensors file. Half floats become f32 and integers that there is no dtype for
 * i32 or u32, unless the framework has their dtype.
 *
 * @param bytes - Taken over: tensors may refer to them, so do not change them afterwards.
 * @throws Error for bytes that are no safetensors file, RangeError for integers that do not fit.
 *
 * @example
 * const bytes = await serialize({ a: tensor([1, 2]) });
 * deserialize(bytes).a; // [1, 2]
 */
export function deserialize(bytes: Uint8Array): Record<string, Tensor> {
  return naming("deserialize", () => {
    const { tensors, dataStart } = headerOf(bytes);
    return Object.fromEntries(
      Array.from(tensors, ([name, entry]) => {
        const own = bytes.subarray(dataStart + entry.begin, dataStart + entry.end);
        return [name, tensorFrom(name, entry, own)];
      }),
    );
  });
}

/**
 * The metadata in the bytes of a safetensors file.
 *
 * @throws Error for bytes that are no safetensors file.
 *
 * @example
 * const bytes = await serialize({ a: tensor([1, 2]) }, { metadata: { steps: "7" } });
 * Number(deserializeMetadata(bytes).steps); // 7
 */
export function deserializeMetadata(bytes: Uint8Array): Record<string, string> {
  return naming("deserializeMetadata", () => Object.fromEntries(headerOf(bytes).metadata));
}
