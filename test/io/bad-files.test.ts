import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { deserialize, loadSafetensors, openSafetensors, serialize } from "../../src/io/index.ts";
import { zeros } from "../../src/tensor/index.ts";
import { messageOf } from "../tensor/mistakes/helpers.ts";
import { fileOf, fileWith } from "./files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "nabla-io-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const U8 = '"dtype":"U8"';
const ONE = `{${U8},"shape":[1],"data_offsets":[0,1]}`;

/** Eight bytes that say how long the header is, and `rest`. */
function withLength(length: bigint, rest: string): Uint8Array {
  const bytes = new Uint8Array(8 + rest.length);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(new TextEncoder().encode(rest), 8);
  return bytes;
}

const BAD: [string, Uint8Array, string][] = [
  ["no bytes", new Uint8Array(), "expected at least 8 bytes, the length of the header, got 0"],
  ["seven bytes", new Uint8Array(7), "expected at least 8 bytes, the length of the header, got 7"],
  ["an empty header", new Uint8Array(8), 'the header is no JSON object: it must begin with "{"'],
  ["a huge header", withLength(2n ** 63n, "{}"),
    "its header would have 9223372036854775808 bytes, and 100000000 are the limit: this is no safetensors file"],
  ["a header beyond the end", withLength(1000n, "{}"),
    "its header would have 1000 bytes, but the file ends after 10: it is truncated, or no safetensors file"],
  ["no UTF-8", fileOf(`{"\u{1f600}`).slice(0, -1).with(0, 5), "the header is no text in UTF-8"],
  ["a byte order mark", fileOf("\ufeff{}"), 'the header is no JSON object: it must begin with "{"'],
  ["a list", fileOf("[]"), 'the header is no JSON object: it must begin with "{"'],
  ["leading spaces", fileOf(" {}"), 'the header is no JSON object: it must begin with "{"'],
  ["no end", fileOf("{"), 'the header is no JSON as expected: at character 1, expected "\\"", got its end'],
  ["two objects", fileOf("{}{}"),
    'the header is no JSON as expected: at character 2, expected nothing but spaces after the last brace, got "{}"'],
  ["a trailing comma", fileOf(`{"a":${ONE},}`, 1),
    'the header is no JSON as expected: at character 53, expected "\\"", got "}"'],
  ["an open string", fileOf('{"abc'),
    'the header is no JSON as expected: at character 5, expected the rest of a string and "\\"", got its end'],
  ["a line in a string", fileOf('{"a\nb":1}'),
    'the header is no JSON as expected: at character 3, expected the rest of a string and "\\"", got "\\nb\\":1}"'],
  ["a wrong escape", fileOf('{"\\x":1}'),
    'the header is no JSON as expected: at character 1, expected a string with escapes of JSON, got "\\"\\\\x\\":1}"'],
  ["a number for a tensor", fileOf('{"a":1}'),
    'the header is no JSON as expected: at character 5, expected "{", got "1}"'],
  ["a fraction", fileOf(`{"a":{${U8},"shape":[1.0],"data_offsets":[0,1]}}`, 1),
    'the header is no JSON as expected: at character 28, expected a whole number from 0 to 2^53 - 1, got "1.0],\\"data_o"'],
  ["an exponent", fileOf(`{"a":{${U8},"shape":[1e1],"data_offsets":[0,10]}}`, 10),
    'the header is no JSON as expected: at character 28, expected a whole number from 0 to 2^53 - 1, got "1e1],\\"data_o"'],
  ["a leading zero", fileOf(`{"a":{${U8},"shape":[01],"data_offsets":[0,1]}}`, 1),
    'the header is no JSON as expected: at character 28, expected a whole number from 0 to 2^53 - 1, got "01],\\"data_of"'],
  ["a negative size", fileOf({ a: entry("U8", [-1], 0, 1) }, 1),
    'the header is no JSON as expected: at character 28, expected a whole number from 0 to 2^53 - 1, got "-1],\\"data_of"'],
  ["a size of text", fileOf({ a: entry("U8", ["1"], 0, 1) }, 1),
    'the header is no JSON as expected: at character 28, expected a whole number from 0 to 2^53 - 1, got "\\"1\\"],\\"data_o"'],
  ["lists in lists", fileOf(`{"a":{"shape":${"[".repeat(1e5)}`),
    'the header is no JSON as expected: at character 15, expected a whole number from 0 to 2^53 - 1, got "[[[[[[[[[[[["'],
  ["too many axes", fileOf({ a: entry("U8", new Array(65).fill(1), 0, 1) }, 1),
    'the header is no JSON as expected: at character 156, expected at most 64 numbers, got "1],\\"data_off"'],
  ["three offsets", fileOf({ a: { dtype: "U8", shape: [1], data_offsets: [0, 1, 2] } }, 1),
    'the header is no JSON as expected: at character 51, expected at most 2 numbers, got "2]}}"'],
  ["one offset", fileOf({ a: { dtype: "U8", shape: [1], data_offsets: [0] } }, 1),
    'the header needs dtype, shape and two data_offsets for every tensor, and "a" lacks one of them'],
  ["no shape", fileOf({ a: { dtype: "U8", data_offsets: [0, 1] } }, 1),
    'the header needs dtype, shape and two data_offsets for every tensor, and "a" lacks one of them'],
  ["an unknown entry", fileOf({ a: { ...entry("U8", [1], 0, 1), scale: 2 } }, 1),
    'the header has an unknown entry "scale" in "a": expected dtype, shape and data_offsets'],
  ["a name twice", fileOf(`{"a":${ONE},"a":${ONE}}`, 1), 'the header has "a" twice'],
  ["a name twice, once escaped", fileOf(`{"a":${ONE},"\\u0061":${ONE}}`, 1), 'the header has "a" twice'],
  ["a long name twice", fileOf(`{"${"n".repeat(500)}":${ONE},"${"n".repeat(500)}":${ONE}}`, 1),
    `the header has "${"n".repeat(80)}…" twice`],
  ["a dtype twice", fileOf(`{"a":{${U8},${U8},"shape":[1],"data_offsets":[0,1]}}`, 1),
    'the header has "dtype" twice in "a"'],
  ["metadata twice", fileOf('{"__metadata__":{},"__metadata__":{}}'), 'the header has "__metadata__" twice'],
  ["a key of metadata twice", fileOf('{"__metadata__":{"k":"","k":""}}'), 'the header has "k" twice in __metadata__'],
  ["metadata that are no text", fileOf({ __metadata__: { k: 1 } }),
    'the header is no JSON as expected: at character 21, expected "\\"", got "1}}"'],
  ["an unknown dtype", fileOf({ a: entry("F31", [1], 0, 4) }, 4),
    'a: expected a dtype of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, C64, F8_E4M3, F8_E5M2, F8_E8M0, got "F31"'],
  ["a dtype of object's own", fileOf({ a: entry("constructor", [1], 0, 4) }, 4),
    'a: expected a dtype of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, C64, F8_E4M3, F8_E5M2, F8_E8M0, got "constructor"'],
  ["a size that does not fit", fileOf({ a: entry("F32", [2, 3], 0, 20) }, 20),
    "a: F32[2, 3] needs 24 bytes, but its offsets are 0 and 20"],
  ["offsets the wrong way", fileOf({ a: entry("U8", [1], 1, 0) }, 1),
    "a: U8[1] needs 1 bytes, but its offsets are 1 and 0"],
  ["a shape that overflows", fileOf({ a: entry("U8", [2 ** 32, 2 ** 32], 0, 0) }),
    "a: the shape [4294967296, 4294967296] has more elements than can be counted"],
  ["a shape that overflows to 0", fileOf({ a: entry("U8", [2 ** 40, 2 ** 40, 0], 0, 0) }),
    "a: the shape [1099511627776, 1099511627776, 0] has more elements than can be counted"],
  ["a shape of too many bytes", fileOf({ a: entry("F64", [2 ** 51], 0, 0) }),
    "a: the shape [2251799813685248] has more elements than can be counted"],
  ["a large tensor in a small file", fileOf({ a: entry("U8", [2 ** 50], 0, 2 ** 50) }),
    "a ends at byte 1125899906842624 of the data, and the file has 0: it is truncated"],
  ["overlapping tensors", fileOf({ a: entry("U8", [2], 0, 2), b: entry("U8", [2], 1, 3) }, 3),
    "b starts at byte 1 of the data and a ends at 2: tensors may not overlap"],
  ["the same bytes twice", fileOf({ a: entry("U8", [2], 0, 2), b: entry("U8", [2], 0, 2) }, 2),
    "b starts at byte 0 of the data and a ends at 2: tensors may not overlap"],
  ["a hole", fileOf({ a: entry("U8", [1], 0, 1), b: entry("U8", [1], 2, 3) }, 3),
    "b starts at byte 2 of the data and a ends at 1: there may be no holes"],
  ["a hole at the start", fileOf({ a: entry("U8", [1], 1, 2) }, 2),
    "a starts at byte 1 of the data and the start of the data ends at 0: there may be no holes"],
  ["too few data", fileOf({ a: entry("U8", [4], 0, 4) }, 3),
    "a ends at byte 4 of the data, and the file has 3: it is truncated"],
  ["too many data", fileOf({ a: entry("U8", [4], 0, 4) }, 5),
    "the tensors take 4 bytes, but the file has 5 of data: it is truncated, or has something else at its end"],
  ["integers that do not fit", fileWith("U64", [2], BigUint64Array.of(0n, 2n ** 32n)),
    "x: element 1 is 4294967296, and integers of 64 bits are read as u32, from 0 to 4294967295"],
  ["booleans that are none", fileWith("BOOL", [2], Uint8Array.of(1, 2)),
    "x: booleans are bytes of 0 or 1, but element 1 is 2"],
]; // prettier-ignore

describe("bytes that are no safetensors file are an error", () => {
  test.each(BAD)("%s", (_, bytes, message) => {
    expect(messageOf(() => deserialize(bytes))).toBe(`deserialize: ${message}`);
  });
});

describe("files that are none are an error", () => {
  test.each(BAD)("%s", async (_, bytes, message) => {
    const file = path.join(folder, "bad.safetensors");
    writeFileSync(file, bytes);
    await expect(loadSafetensors(file)).rejects.toThrow(`${file}: ${message}`);
  });

  test("truncated while they are open", async () => {
    const file = path.join(folder, "short.safetensors");
    writeFileSync(file, await serialize({ x: zeros([100]) }));
    const opened = await openSafetensors(file);
    truncateSync(file, 200);
    await expect(opened.read("x")).rejects.toThrow(
      `${file}: the file was truncated while it was read: `,
    );
    await opened.close();
  });

  test("truncated anywhere", async () => {
    const bytes = await serialize({ x: zeros([3]), y: zeros([2]) }, { metadata: { k: "v" } });
    for (let length = 0; length < bytes.byteLength; length++)
      expect(() => deserialize(bytes.slice(0, length))).toThrow(/^deserialize: /);
  });
});

describe("large headers", () => {
  const timed = (bytes: Uint8Array): { message: string; seconds: number; grown: number } => {
    const before = process.memoryUsage();
    const start = performance.now();
    let message = "";
    try {
      deserialize(bytes);
    } catch (error) {
      message = (error as Error).message;
    }
    const after = process.memoryUsage();
    const grown = after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers;
    return { message, seconds: (performance.now() - start) / 1000, grown };
  };
  const MEGABYTES = 2 ** 20;

  test.each([
    ["lists in lists", '{"a":{"shape":', "[", /expected a whole number/],
    ["objects in objects", '{"__metadata__":{"a":', '{"a":', /expected "\\""/],
    ["a string without end", '{"', "a", /expected the rest of a string/],
    ["spaces", "{", " ", /expected "\\""/],
    ["digits", '{"a":{"shape":[', "1", /expected a whole number/],
    ["ones", '{"a":{"shape":[', "1,", /expected at most 64 numbers/],
  ])("of %s: bounded memory", (_, start, repeated, message) => {
    const text = start + repeated.repeat(Math.floor(50e6 / repeated.length));
    const outcome = timed(fileOf(text));
    expect(outcome.message).toMatch(message);
    // The text itself, and little more.
    expect(outcome.grown).toBeLessThan(150 * MEGABYTES);
  });

  test("of too many tensors", () => {
    const parts: string[] = [];
    for (let i = 0; i < 400_000; i++) parts.push(`"t${i}":${ONE}`);
    const outcome = timed(fileOf(`{${parts.join(",")}}`, 1));
    expect(outcome.message).toBe(
      "deserialize: the header has more than 262144 entries, which is the limit",
    );
    expect(outcome.grown).toBeLessThan(400 * MEGABYTES);
    console.log(`${outcome.seconds.toFixed(2)} s`);
  });
});
