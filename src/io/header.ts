import { showShape } from "../ir/shape.ts";
import { FORMAT_NAMES, formatBytes } from "./formats.ts";
import { type HeaderEntry, type HeaderText, readHeaderText } from "./header-text.ts";

/** Bytes of a file before its header: the header's length, a little-endian integer. */
export const PREFIX_BYTES = 8;
/** The limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

/** A header that fits its file. */
export interface Header extends HeaderText {
  /** Where the data begin in the file. */
  readonly dataStart: number;
}

/**
 * Length of the header, from the first bytes of a file.
 *
 * @throws Error when the file cannot hold it.
 */
export function headerBytes(prefix: Uint8Array, fileBytes: number): number {
  if (prefix.byteLength < PREFIX_BYTES)
    throw new Error(
      `expected at least ${PREFIX_BYTES} bytes, the length of the header, got ${prefix.byteLength}`,
    );
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw new Error(
      `its header would have ${length} bytes, and ${MAX_HEADER_BYTES} are the limit: this is no safetensors file`,
    );
  if (Number(length) + PREFIX_BYTES > fileBytes)
    throw new Error(
      `its header would have ${length} bytes, but the file ends after ${fileBytes}: it is truncated, or no safetensors file`,
    );
  return Number(length);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error("the header is no text in UTF-8");
  }
}

/** Number of elements, or undefined where it is no safe integer; also of shapes with a 0. */
function elements(shape: readonly number[]): number | undefined {
  const product = shape.reduce((size, n) => size * (n === 0 ? 1 : n), 1);
  if (!Number.isSafeInteger(product)) return undefined;
  return shape.includes(0) ? 0 : product;
}

function checkEntry(name: string, { format, shape, begin, end }: HeaderEntry): void {
  const bytes = formatBytes(format);
  if (bytes === undefined)
    throw new Error(
      `${name}: expected a dtype of ${FORMAT_NAMES.join(", ")}, got ${JSON.stringify(format.slice(0, 40))}`,
    );
  const size = elements(shape);
  if (size === undefined || !Number.isSafeInteger(size * bytes))
    throw new Error(`${name}: the shape ${showShape(shape)} has more elements than can be counted`);
  if (end - begin !== size * bytes)
    throw new Error(
      `${name}: ${format}${showShape(shape)} needs ${size * bytes} bytes, but its offsets are ${begin} and ${end}`,
    );
}

/** Throws unless the tensors fill the data one after the other, in whatever order. */
function checkOffsets(tensors: ReadonlyMap<string, HeaderEntry>, dataBytes: number): void {
  const order = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let filled = 0;
  let before = "the start of the data";
  for (const [name, { begin, end }] of order) {
    if (begin !== filled)
      throw new Error(
        `${name} starts at byte ${begin} of the data and ${before} ends at ${filled}: ` +
          (begin < filled ? "tensors may not overlap" : "there may be no holes"),
      );
    if (end > dataBytes)
      throw new Error(
        `${name} ends at byte ${end} of the data, and the file has ${dataBytes}: it is truncated`,
      );
    filled = end;
    before = name;
  }
  if (filled !== dataBytes)
    throw new Error(
      `the tensors take ${filled} bytes, but the file has ${dataBytes} of data: it is truncated, or has something else at its end`,
    );
}

/**
 * Reads a header and compares it with the size of its file.
 *
 * @throws Error that says what is wrong, for everything that the format forbids.
 */
export function readHeader(bytes: Uint8Array, fileBytes: number): Header {
  const text = readHeaderText(decodeText(bytes));
  const dataStart = PREFIX_BYTES + bytes.byteLength;
  for (const [name, entry] of text.tensors) checkEntry(name, entry);
  checkOffsets(text.tensors, fileBytes - dataStart);
  return { ...text, dataStart };
}
