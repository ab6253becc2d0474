import { type DType } from "../ir/dtype.ts";
import { type Shape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { nodeFiles, pathOf, writeAtomically } from "./atomic.ts";
import { named, tensorFrom } from "./bytes.ts";
import { dtypeOf } from "./formats.ts";
import { type Header, headerBytes, PREFIX_BYTES, readHeader } from "./header.ts";
import { contentsOf, layOut, placeTensors, type SaveOptions, type Tensors } from "./layout.ts";

/**
 * Writes tensors into a safetensors file. It is written under another name, brought to the disk and renamed: a crash
 * at any moment leaves the file from before, or the new one. The tensors are as they were at the call.
 *
 * @param path - A file; its folder must exist.
 * @throws TypeError for values that are no tensors and metadata that are no text, Error where the system
 * cannot write.
 *
 * @example
 * const save = () => saveSafetensors("model.safetensors", net.stateDict(), { metadata: { epoch: "3" } });
 */
export async function saveSafetensors(
  path: string | URL,
  tensors: Tensors,
  options: SaveOptions = {},
): Promise<void> {
  const what = "saveSafetensors";
  const layout = layOut(placeTensors(tensors, options, what), options.metadata, what);
  const contents = await contentsOf(layout);
  await writeAtomically(await pathOf(path), [layout.head, ...contents]);
}

/** A tensor in a file, as the file describes it. */
export interface TensorInfo {
  readonly shape: Shape;
  /** The element type in the file, as `F16`. */
  readonly format: string;
  /** The dtype that it is read as; undefined where it cannot be read. */
  readonly dtype: DType | undefined;
  /** Bytes in the file. */
  readonly bytes: number;
}

/** Bytes of which any range can be read. */
interface Source {
  /** What errors call it. */
  readonly name: string;
  readonly size: number;
  read(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes that one call of the system reads at most. */
const PIECE = 2 ** 28;

async function fileSource(path: string | URL): Promise<Source> {
  const name = await pathOf(path);
  const { open } = await nodeFiles();
  const handle = await open(name, "r");
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new Error(`${name}: expected a file, got a folder or a device`);
  }
  return {
    name,
    size: stat.size,
    async read(start, length) {
      const out = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const wanted = Math.min(PIECE, length - at);
        const { bytesRead } = await handle.read(out, at, wanted, start + at);
        if (bytesRead === 0)
          throw new Error(
            `the file was truncated while it was read: ${length - at} bytes are missing`,
          );
        at += bytesRead;
      }
      return out;
    },
    close: () => handle.close(),
  };
}

const blobSource = (blob: Blob): Source => ({
  name: "name" in blob && typeof blob.name === "string" ? blob.name : "blob",
  size: blob.size,
  read: async (start, length) =>
    new Uint8Array(await blob.slice(start, start + length).arrayBuffer()),
  close: async () => undefined,
});

/**
 * An open safetensors file, of which single tensors can be read. `openSafetensors` makes it.
 *
 * @example
 * async function firstWeight(path: string): Promise<Tensor> {
 *   const file: SafetensorsFile = await openSafetensors(path);
 *   const weight = await file.read("fc1.weight");
 *   await file.close();
 *   return weight;
 * }
 */
export class SafetensorsFile {
  private readonly source: Source;
  private readonly header: Header;

  /** @internal */
  constructor(source: Source, header: Header) {
    this.source = source;
    this.header = header;
  }

  /** Names of the tensors, in the order of the header. */
  get names(): string[] {
    return [...this.header.tensors.keys()];
  }

  /** The text that stands beside the tensors. */
  get metadata(): Record<string, string> {
    return Object.fromEntries(this.header.metadata);
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    return this.header.tensors.has(name);
  }

  /** Shape and type of a tensor, without reading it. Throws for names that the file does not have. */
  info(name: string): TensorInfo {
    const { format, shape, begin, end } = this.entry(name);
    return { shape, format, dtype: dtypeOf(format), bytes: end - begin };
  }

  /** Reads one tensor, and nothing else of the file. Throws for names that the file does not have. */
  async read(name: string): Promise<Tensor> {
    const entry = this.entry(name);
    try {
      const start = this.header.dataStart + entry.begin;
      const bytes = await this.source.read(start, entry.end - entry.begin);
      return tensorFrom(name, entry, bytes);
    } catch (error) {
      throw named(this.source.name, error);
    }
  }

  /** Reads several tensors: those named, or all. */
  async readAll(names: Iterable<string> = this.names): Promise<Record<string, Tensor>> {
    const entries: [string, Tensor][] = [];
    for (const name of names) entries.push([name, await this.read(name)]);
    return Object.fromEntries(entries);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.source.close();
  }

  private entry(name: string) {
    const entry = this.header.tensors.get(name);
    if (entry) return entry;
    const some = this.names.slice(0, 5).join(", ");
    const more = this.names.length > 5 ? ", …" : "";
    throw new Error(
      `${this.source.name}: expected the name of a tensor (${some}${more}), got ${JSON.stringify(name)}`,
    );
  }
}

/**
 * Opens a safetensors file, reading nothing but its header; single tensors can be read from it.
 *
 * @param path - A file; in browsers a `Blob`, such as the file that somebody chose.
 * @throws Error, naming the file, where it cannot be read or is no safetensors file.
 *
 * @example
 * async function shapes(path: string): Promise<void> {
 *   const file = await openSafetensors(path);
 *   for (const name of file.names) console.log(name, file.info(name).shape);
 *   await file.close();
 * }
 */
export async function openSafetensors(path: string | URL | Blob): Promise<SafetensorsFile> {
  const source = path instanceof Blob ? blobSource(path) : await fileSource(path);
  try {
    const prefix = await source.read(0, Math.min(PREFIX_BYTES, source.size));
    const length = headerBytes(prefix, source.size);
    const header = readHeader(await source.read(PREFIX_BYTES, length), source.size);
    return new SafetensorsFile(source, header);
  } catch (error) {
    await source.close();
    throw named(source.name, error);
  }
}

/** Options of `loadSafetensors`. */
export interface LoadTensorsOptions {
  /** Which tensors are read. Default all. */
  readonly names?: Iterable<string>;
}

/**
 * Reads the tensors of a safetensors file. Half floats become f32 and integers that there is no dtype for i32 or u32,
 * unless the framework has their dtype.
 *
 * @param path - A file; in browsers a `Blob`, such as the file that somebody chose.
 * @throws Error, naming the file, where it cannot be read or is no safetensors file; RangeError for integers
 * that do not fit.
 *
 * @example
 * const load = async () => net.loadStateDict(await loadSafetensors("model.safetensors"));
 */
export async function loadSafetensors(
  path: string | URL | Blob,
  { names }: LoadTensorsOptions = {},
): Promise<Record<string, Tensor>> {
  const file = await openSafetensors(path);
  try {
    return await file.readAll(names);
  } finally {
    await file.close();
  }
}
