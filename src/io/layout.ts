import { type DType, type TypedArray } from "../ir/dtype.ts";
import { evalAll, Tensor } from "../tensor/index.ts";
import { describe } from "../tensor/operand.ts";
import { canRound, encodeElements, formatBytes, formatOf } from "./formats.ts";
import { MAX_HEADER_BYTES, PREFIX_BYTES } from "./header.ts";

/** Tensors by name: what `stateDict()` gives and `loadStateDict` takes. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Text by name that stands beside the tensors in a file. */
export type Metadata = Readonly<Record<string, string>>;

/** Options of everything that writes safetensors. */
export interface SaveOptions {
  /** Text that stands beside the tensors. */
  readonly metadata?: Metadata;
  /** Rounds tensors of f32 to half their size. Default: they stay as they are. */
  readonly floats?: "F16" | "BF16";
}

/** A tensor with its place in a file. */
interface Placed {
  readonly name: string;
  readonly tensor: Tensor;
  readonly format: string;
  readonly bytes: number;
}

/** What a file will hold. */
export interface Layout {
  /** The first bytes of the file: length of the header, and header. */
  readonly head: Uint8Array;
  readonly tensors: readonly Placed[];
  /** Size of the whole file. */
  readonly fileBytes: number;
}

const METADATA = "__metadata__";

function checkArguments(
  tensors: Tensors,
  { metadata = {}, floats }: SaveOptions,
  what: string,
): void {
  if (typeof tensors !== "object" || tensors === null || tensors instanceof Tensor)
    throw new TypeError(
      `${what}: expected tensors by name, { weight: … }, got ${describe(tensors)}`,
    );
  for (const [name, value] of Object.entries<unknown>(tensors)) {
    if (!(value instanceof Tensor))
      throw new TypeError(`${what}: ${name}: expected a tensor, got ${describe(value)}`);
    if (name === METADATA)
      throw new RangeError(
        `${what}: no tensor can be named ${METADATA}: give metadata as an option`,
      );
  }
  for (const [name, value] of Object.entries<unknown>(metadata))
    if (typeof value !== "string")
      throw new TypeError(
        `${what}: metadata are text, but ${name} is a ${typeof value}: use JSON.stringify`,
      );
  if (floats !== undefined && !canRound(floats))
    throw new RangeError(`${what}: floats must be F16 or BF16, got ${describe(floats)}`);
}

const formatFor = (dtype: DType, floats: string | undefined): string =>
  dtype === "f32" && floats !== undefined ? floats : formatOf(dtype);

/** Large elements first, so that all are aligned; then by name. The order of the reference implementation. */
function inOrder(placed: Placed[]): Placed[] {
  const size = ({ format }: Placed): number => formatBytes(format)!;
  return placed.sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1));
}

/** Tensors with their sizes in a file, checked. */
export function placeTensors(tensors: Tensors, options: SaveOptions, what: string): Placed[] {
  checkArguments(tensors, options, what);
  return inOrder(
    Object.entries(tensors).map(([name, tensor]) => {
      const format = formatFor(tensor.dtype, options.floats);
      return { name, tensor, format, bytes: tensor.size * formatBytes(format)! };
    }),
  );
}

/** Plans a file that holds these tensors. */
export function layOut(
  placed: readonly Placed[],
  metadata: Metadata | undefined,
  what: string,
): Layout {
  const entries: [string, unknown][] = metadata ? [[METADATA, metadata]] : [];
  let offset = 0;
  for (const { name, tensor, format, bytes } of placed) {
    const data_offsets = [offset, (offset += bytes)];
    entries.push([name, { dtype: format, shape: tensor.shape, data_offsets }]);
  }
  const text = new TextEncoder().encode(objectText(entries));
  // Spaces at the end align the data.
  const length = Math.ceil(text.byteLength / 8) * 8;
  if (length > MAX_HEADER_BYTES)
    throw new RangeError(
      `${what}: names and metadata take ${length} bytes, and ${MAX_HEADER_BYTES} are the limit`,
    );
  const head = new Uint8Array(PREFIX_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, PREFIX_BYTES);
  return { head, tensors: placed, fileBytes: head.byteLength + offset };
}

/** JSON in the order of the entries, which an object would not keep for names that are numbers. */
const objectText = (entries: readonly [string, unknown][]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;

/**
 * The elements of tensors as they are at the call, in the order of the list: later steps of training do not
 * change them.
 */
export async function snapshot(tensors: readonly Tensor[]): Promise<TypedArray[]> {
  const done = evalAll(tensors);
  // Asked for before anybody can go on: reading a parameter copies it.
  const data = tensors.map((x) => x.data());
  await done;
  return Promise.all(data);
}

/** The bytes of the tensors of a layout, one after the other. */
export async function contentsOf({ tensors }: Layout): Promise<Uint8Array[]> {
  const data = await snapshot(tensors.map(({ tensor }) => tensor));
  return tensors.map(({ tensor, format }, i) => encodeElements(data[i], tensor.dtype, format));
}
