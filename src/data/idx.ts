/** The element types of the IDX format, as typed arrays. */
export type IdxData =
  Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The contents of an IDX file: elements in row-major order. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: IdxData;
}

interface IdxType {
  readonly name: string;
  readonly bytes: number;
  /** Reads big-endian elements. */
  decode(view: DataView, offset: number, length: number): IdxData;
}

function decoder(
  name: string,
  array: { new (length: number): IdxData; readonly BYTES_PER_ELEMENT: number },
  get: (view: DataView, offset: number) => number,
): IdxType {
  const bytes = array.BYTES_PER_ELEMENT;
  return {
    name,
    bytes,
    decode(view, offset, length) {
      const data = new array(length);
      for (let i = 0; i < length; i++) data[i] = get(view, offset + i * bytes);
      return data;
    },
  };
}

const TYPES: Readonly<Record<number, IdxType>> = {
  0x08: {
    name: "unsigned byte",
    bytes: 1,
    decode: (view, offset, length) =>
      new Uint8Array(view.buffer, view.byteOffset + offset, length).slice(),
  },
  0x09: decoder("signed byte", Int8Array, (view, at) => view.getInt8(at)),
  0x0b: decoder("short", Int16Array, (view, at) => view.getInt16(at)),
  0x0c: decoder("int", Int32Array, (view, at) => view.getInt32(at)),
  0x0d: decoder("float", Float32Array, (view, at) => view.getFloat32(at)),
  0x0e: decoder("double", Float64Array, (view, at) => view.getFloat64(at)),
};

interface IdxHeader {
  readonly type: IdxType;
  readonly shape: readonly number[];
  /** Bytes of the header, of the elements, and of both. */
  readonly headerBytes: number;
  readonly dataBytes: number;
  readonly totalBytes: number;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Bytes that the header takes, as far as the first four tell; 4 while they are not there. */
const headerLength = (bytes: Uint8Array): number => (bytes.length < 4 ? 4 : 4 + 4 * bytes[3]);

function parseHeader(bytes: Uint8Array, what: string): IdxHeader {
  if (bytes.length < 4)
    throw new Error(
      `${what}: truncated IDX file: expected a magic number of 4 bytes, got ${bytes.length}`,
    );
  const type = TYPES[bytes[2]];
  const rank = bytes[3];
  if (bytes[0] !== 0 || bytes[1] !== 0 || !type || rank === 0)
    throw new Error(
      `${what}: not an IDX file: expected the magic number 00 00 (08, 09, 0b, 0c, 0d or 0e) ` +
        `(number of axes, 1 or more), got ${hex(bytes.subarray(0, 4))}`,
    );
  const headerBytes = headerLength(bytes);
  if (bytes.length < headerBytes)
    throw new Error(
      `${what}: truncated IDX file: expected a header of ${headerBytes} bytes for ${rank} axes, got ${bytes.length}`,
    );
  const view = viewOf(bytes);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const dataBytes = shape.reduce((size, n) => size * n, type.bytes);
  return { type, shape, headerBytes, dataBytes, totalBytes: headerBytes + dataBytes };
}

const describe = ({ type, shape, totalBytes }: IdxHeader): string =>
  `expected ${totalBytes} bytes for shape [${shape.join(", ")}] of ${type.name}`;

/**
 * Reads an IDX file (the format of the MNIST files: a magic number, the sizes of the axes and the
 * elements, all big-endian). All six element types are known.
 *
 * @param bytes - The whole file, not compressed; `decodeIdx` also takes gzip.
 * @param what - How errors call the file.
 * @throws Error for a wrong magic number and for a file that is shorter or longer than its header says;
 * nothing is allocated before the length has been checked.
 *
 * Source: http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
 *
 * @example
 * parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])); // { shape: [2], data: Uint8Array [7, 9] }
 */
export function parseIdx(bytes: Uint8Array, what = "IDX"): IdxArray {
  if (isGzip(bytes))
    throw new Error(`${what}: compressed with gzip; read it with decodeIdx or readIdx`);
  const header = parseHeader(bytes, what);
  if (bytes.length !== header.totalBytes)
    throw new Error(
      `${what}: ${bytes.length < header.totalBytes ? "truncated IDX file" : "bytes after the end of the IDX data"}: ` +
        `${describe(header)}, got ${bytes.length}`,
    );
  const length = header.dataBytes / header.type.bytes;
  return {
    shape: header.shape,
    data: header.type.decode(viewOf(bytes), header.headerBytes, length),
  };
}

/**
 * Reads an IDX file that may be compressed with gzip (told by its first bytes).
 *
 * No more is decompressed than the header inside announces, and no header is believed that announces
 * more than the compressed bytes can hold, so a small file cannot exhaust memory.
 *
 * @throws Error as `parseIdx`, and for damaged gzip data.
 *
 * @example
 * const { shape, data } = await decodeIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]));
 */
export async function decodeIdx(bytes: Uint8Array, what = "IDX"): Promise<IdxArray> {
  return parseIdx(isGzip(bytes) ? await gunzipIdx(bytes, what) : bytes, what);
}

// Deflate cannot do better than 1032 bytes for one.
const DEFLATE_LIMIT = 1032;

async function gunzipIdx(compressed: Uint8Array, what: string): Promise<Uint8Array> {
  // Small pieces in, so that what comes out of each is bounded too.
  const piece = 16384;
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= compressed.length) {
        controller.close();
        return;
      }
      // A copy: streams may take the buffer away from their caller.
      controller.enqueue(new Uint8Array(compressed.subarray(at, at + piece)));
      at += piece;
    },
  });
  const reader = source.pipeThrough(new DecompressionStream("gzip")).getReader();
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      return (await reader.read()).value;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${what}: damaged or truncated gzip data (${reason})`, { cause });
    }
  };
  try {
    let head = new Uint8Array(0);
    while (head.length < headerLength(head)) {
      const chunk = await next();
      if (!chunk) break;
      const joined = new Uint8Array(head.length + chunk.length);
      joined.set(head);
      joined.set(chunk, head.length);
      head = joined;
    }
    const header = parseHeader(head, what);
    if (header.totalBytes > compressed.length * DEFLATE_LIMIT)
      throw new Error(
        `${what}: ${describe(header)}, more than ${compressed.length} bytes of gzip data can hold`,
      );
    const out = new Uint8Array(header.totalBytes);
    let length = 0;
    for (let chunk: Uint8Array | undefined = head; chunk; chunk = await next()) {
      if (length + chunk.length > out.length)
        throw new Error(
          `${what}: bytes after the end of the IDX data: ${describe(header)}, and the gzip data hold more`,
        );
      out.set(chunk, length);
      length += chunk.length;
    }
    return out.subarray(0, length);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What `readIdx` may be told about a file. */
export interface ReadIdxOptions {
  /** SHA-256 of the uncompressed file, in hexadecimal: a file with another one is refused. */
  readonly sha256?: string;
}

/**
 * Reads an IDX file, plain or gzip, from a path or from an `http(s)` address.
 *
 * @throws Error as `decodeIdx`, naming the file; also when it cannot be read or fetched.
 *
 * @example
 * const { shape, data } = await readIdx("data/train-images-idx3-ubyte.gz");
 */
export async function readIdx(source: string | URL, options?: ReadIdxOptions): Promise<IdxArray> {
  const name = String(source);
  const bytes = /^https?:/.test(name) ? await download(name) : await readLocal(source);
  const plain = isGzip(bytes) ? await gunzipIdx(bytes, name) : bytes;
  if (options?.sha256) {
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(plain));
    const actual = hex(new Uint8Array(digest)).replaceAll(" ", "");
    if (actual !== options.sha256.toLowerCase())
      throw new Error(`${name}: expected SHA-256 ${options.sha256}, got ${actual}`);
  }
  return parseIdx(plain, name);
}

async function readLocal(source: string | URL): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises");
  const url = typeof source === "string" && source.startsWith("file:") ? new URL(source) : source;
  return readFile(url);
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url}: expected status 200, got ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
