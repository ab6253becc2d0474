import { expect, test } from "vitest";
import { randomWords } from "../../src/data/random.ts";
import { formatBytes } from "../../src/io/formats.ts";
import { deserialize, serialize } from "../../src/io/index.ts";
import { randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { fileOf } from "./files.ts";

const FILES = 20_000;
const SEED = Number(process.env.NABLA_SEED ?? 1);

/** Numbers drawn from the seed. */
class Draws {
  private readonly words: ArrayLike<number>;
  private at = 0;

  constructor(seed: number, file: number) {
    this.words = randomWords(64, seed, file);
  }

  below(n: number): number {
    return Math.floor((this.words[this.at++ % 64] / 2 ** 32) * n);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

const TOKENS = ["{", "}", "[", "]", ",", ":", '"', "\\", "0", "-1", "1e9", "4294967296", "null",
  '"__proto__":', '"a":', '"dtype":"F64",', '"shape":[1,1],', '"data_offsets":[0,8]', "\u0000", "ü"]; // prettier-ignore

type Bytes = Uint8Array<ArrayBuffer>;
type Mutation = (bytes: Bytes, draws: Draws) => Bytes;

function splice(bytes: Bytes, at: number, drop: number, insert: Uint8Array): Bytes {
  const out = new Uint8Array(bytes.byteLength - drop + insert.byteLength);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(at + drop), at + insert.byteLength);
  return out;
}

const headerLength = (bytes: Uint8Array): number =>
  bytes.byteLength < 8 ? 0 : Number(new DataView(bytes.buffer).getBigUint64(0, true));

/** Changes text of the header, and its length with it, so that what comes after is reached. */
const editHeader: Mutation = (bytes, draws) => {
  const length = Math.min(headerLength(bytes), bytes.byteLength - 8);
  if (!(length > 0)) return bytes;
  const at = 8 + draws.below(length);
  const drop = Math.min(draws.below(4), 8 + length - at);
  const insert = new TextEncoder().encode(draws.below(2) ? draws.of(TOKENS) : "");
  const out = splice(bytes, at, drop, insert);
  new DataView(out.buffer).setBigUint64(0, BigInt(length - drop + insert.byteLength), true);
  return out;
};

/** Replaces one number of the header by another. */
const editNumber: Mutation = (bytes, draws) => {
  const length = Math.min(headerLength(bytes), bytes.byteLength - 8);
  if (!(length > 0)) return bytes;
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return bytes;
  const { index, 0: digits } = draws.of(numbers);
  const value = draws.of([0, 1, Number(digits) + 1, Number(digits) - 1, 2 ** 31, 2 ** 53, 1e300]);
  const header = text.slice(0, index) + String(value) + text.slice(index + digits.length);
  return fileOf(header, bytes.slice(8 + length));
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, draws) => bytes.with(draws.below(bytes.byteLength), draws.below(256)),
  (bytes, draws) => {
    const at = draws.below(bytes.byteLength);
    return bytes.with(at, bytes[at] ^ (1 << draws.below(8)));
  },
  (bytes, draws) => bytes.slice(0, draws.below(bytes.byteLength)),
  (bytes, draws) => splice(bytes, draws.below(bytes.byteLength), 0, new Uint8Array(draws.below(9))),
  (bytes, draws) => bytes.with(draws.below(Math.min(8, bytes.byteLength)), draws.below(256)),
  editHeader,
  editHeader,
  editNumber,
  editNumber,
];

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** Whether a file is right, by another way than the reader's, and which tensors it has. */
function judge(bytes: Uint8Array): Record<string, Entry> | undefined {
  try {
    const length = headerLength(bytes);
    if (bytes.byteLength < 8 || length + 8 > bytes.byteLength) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(8, 8 + length),
    );
    if (!text.startsWith("{")) return undefined;
    const header = JSON.parse(text) as Record<string, Entry>;
    // Keys that occur twice are lost in the text that is made anew.
    if (JSON.stringify(header).length !== text.replace(/[ \n\r\t]+$/, "").length) return undefined;
    const { __metadata__: metadata, ...tensors } = header;
    if (metadata !== undefined && Object.values(metadata).some((x) => typeof x !== "string"))
      return undefined;
    const list = Object.values(tensors);
    for (const { dtype, shape, data_offsets, ...rest } of list) {
      const size = shape.reduce((product, n) => product * n, formatBytes(dtype)!);
      const [begin, end] = data_offsets;
      const whole = [...shape, ...data_offsets].every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!whole || data_offsets.length !== 2 || end - begin !== size) return undefined;
      if (Object.keys(rest).length > 0) return undefined;
    }
    list.sort(
      (a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
    );
    let at = 0;
    for (const { data_offsets } of list) {
      if (data_offsets[0] !== at) return undefined;
      [, at] = data_offsets;
    }
    return at === bytes.byteLength - 8 - length ? tensors : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes of all tensors that were read, in the order of their places in the file. */
async function contents(
  read: Record<string, Tensor>,
  entries: Record<string, Entry>,
): Promise<number[]> {
  const names = Object.keys(entries).sort(
    (a, b) => entries[a].data_offsets[0] - entries[b].data_offsets[0],
  );
  const parts: number[] = [];
  for (const name of names) {
    const data = await read[name].data();
    parts.push(...new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return parts;
}

test(`${FILES} mutated files: an error or the right tensors (seed ${SEED})`, async () => {
  const seeds = await Promise.all([
    serialize({ a: randn([8, 30]), b: tensor([1, 2, 3], { dtype: "i32" }), c: tensor([true]) }),
    serialize(
      { weight: randn([150]), scale: tensor(2, { dtype: "f64" }) },
      { metadata: { k: "v" } },
    ),
    serialize({ "a.b": tensor([1, 2], { dtype: "u8" }), a: tensor([[1], [2]], { dtype: "u32" }) }),
  ]);
  const before = process.memoryUsage().arrayBuffers;
  const counts = { errors: 0, right: 0 };
  let slowest = 0;
  for (let i = 0; i < FILES; i++) {
    const draws = new Draws(SEED, i);
    let bytes = draws.of(seeds);
    for (let turn = draws.below(3); turn >= 0 && bytes.byteLength > 0; turn--)
      bytes = draws.of(MUTATIONS)(bytes, draws);
    const copy = bytes.slice();
    const start = performance.now();
    let read: Record<string, Tensor> | undefined;
    try {
      read = deserialize(bytes);
    } catch (error) {
      const { message } = error as Error;
      // Errors of ours, and no others.
      if (!(error instanceof Error && message.startsWith("deserialize: ")))
        throw new Error(`file ${i}: ${String(error)}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
    const entries = judge(copy);
    if (!read) {
      counts.errors++;
      const booleans = Object.values(entries ?? {}).some(({ dtype }) => !/^[FIU]\d+$/.test(dtype));
      // What is right may only be refused for what lies in the data.
      if (entries && !booleans) throw new Error(`file ${i} is right, but it was refused`);
      continue;
    }
    counts.right++;
    if (!entries) {
      // Other spellings of right JSON, which the judge does not know.
      const text = new TextDecoder().decode(copy.subarray(8, 8 + headerLength(copy)));
      const spelt = JSON.stringify(JSON.parse(text)).length === text.trimEnd().length;
      if (spelt) throw new Error(`file ${i} is wrong, but it was read`);
      continue;
    }
    expect(Object.keys(read).sort()).toEqual(Object.keys(entries).sort());
    for (const [name, x] of Object.entries(read)) expect(x.shape).toEqual(entries[name].shape);
    if (Object.values(entries).every(({ dtype }) => /^(F32|F64|I32|U32|U8|BOOL)$/.test(dtype)))
      expect(await contents(read, entries)).toEqual([...copy.subarray(8 + headerLength(copy))]);
  }
  expect(counts.errors + counts.right).toBe(FILES);
  // Mutations must lead to both.
  expect(counts.errors).toBeGreaterThan(FILES / 4);
  expect(counts.right).toBeGreaterThan(FILES / 20);
  expect(slowest).toBeLessThan(1000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500 * 2 ** 20);
});
