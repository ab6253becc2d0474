import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { isDType } from "../../src/ir/dtype.ts";
import {
  deserialize,
  deserializeMetadata,
  loadSafetensors,
  openSafetensors,
  saveSafetensors,
  serialize,
} from "../../src/io/index.ts";
import { randn, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { fileOf, fileWith } from "./files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "nabla-io-"));
const inFolder = (name: string): string => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ALL = {
  a: tensor([[1, 2], [3, 4.5]]), // prettier-ignore
  b: tensor([1, -2], { dtype: "i32" }),
  c: tensor([true, false, true]),
  d: tensor(7, { dtype: "f64" }),
  e: tensor([1, 4294967295], { dtype: "u32" }),
  f: tensor([0, 255], { dtype: "u8" }),
  g: tensor([-(2n ** 63n), 2n ** 53n + 1n]),
};

// What the Python package safetensors 0.8 writes: save({"d": float64 7, "a": float32 [[1, 2], [3, 4.5]], "b":
// int32 [1, 2], "c": bool [1, 0, 1]}, metadata={"k": "v"}).
const REFERENCE_HEADER =
  '{"__metadata__":{"k":"v"},"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
  '"a":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},' +
  '"b":{"dtype":"I32","shape":[2],"data_offsets":[24,32]},' +
  '"c":{"dtype":"BOOL","shape":[3],"data_offsets":[32,35]}}';
const REFERENCE_DATA =
  "0000000000001c40" + "0000803f000000400000404000009040" + "0100000002000000" + "010001";

async function same(actual: Record<string, Tensor>, expected: object): Promise<void> {
  const names = Object.keys(expected).sort();
  expect(Object.keys(actual).sort()).toEqual(names);
  for (const name of names) {
    const [x, y] = [actual[name], (expected as Record<string, Tensor>)[name]];
    expect([x.dtype, x.shape]).toEqual([y.dtype, y.shape]);
    expect(await x.data()).toEqual(await y.data());
  }
}

describe("files", () => {
  test("have the bytes that the reference implementation writes", async () => {
    const { a, c, d } = ALL;
    const b = tensor([1, 2], { dtype: "i32" });
    const bytes = await serialize({ a, b, c, d }, { metadata: { k: "v" } });
    const length = Math.ceil(REFERENCE_HEADER.length / 8) * 8;
    const header = REFERENCE_HEADER.padEnd(length);
    expect(Buffer.from(bytes)).toEqual(
      Buffer.from(fileOf(header, Buffer.from(REFERENCE_DATA, "hex"))),
    );
  });

  test("give back what was saved, of all dtypes, with metadata", async () => {
    const metadata = { text: 'quotes " and\nlines, ü 漢 \u{1f600}', empty: "" };
    const bytes = await serialize(ALL, { metadata });
    await same(deserialize(bytes), ALL);
    expect(deserializeMetadata(bytes)).toEqual(metadata);
    await saveSafetensors(inFolder("all.safetensors"), ALL, { metadata });
    await same(await loadSafetensors(inFolder("all.safetensors")), ALL);
    await same(await loadSafetensors(pathToFileURL(inFolder("all.safetensors"))), ALL);
    expect(readFileSync(inFolder("all.safetensors"))).toEqual(Buffer.from(bytes));
  });

  test("have any names, also those of object's own", async () => {
    const names = [
      "__proto__",
      "constructor",
      "toString",
      "",
      "0",
      "10",
      "2",
      'q"\\\u0007\ud83d',
      "ü",
    ];
    const made = Object.fromEntries(names.map((name, i) => [name, tensor([i])]));
    const loaded = deserialize(await serialize(made));
    expect(Object.getPrototypeOf(loaded)).toBe(Object.prototype);
    await same(loaded, made);
    const metadata = JSON.parse('{"__proto__": "a"}') as Record<string, string>;
    expect(Object.entries(deserializeMetadata(await serialize({}, { metadata })))).toEqual([
      ["__proto__", "a"],
    ]);
  });

  test("hold scalars, empty tensors and nothing at all", async () => {
    const made = { scalar: tensor(3), empty: zeros([0, 5]), none: zeros([2, 0], { dtype: "u8" }) };
    await same(deserialize(await serialize(made)), made);
    expect(deserialize(await serialize({}))).toEqual({});
    expect(deserialize(fileOf("{}  "))).toEqual({});
  });

  test("load into a module", async () => {
    const [net, other] = [new nn.Linear(3, 2), new nn.Linear(3, 2)];
    await saveSafetensors(inFolder("net.safetensors"), net.stateDict());
    other.loadStateDict(await loadSafetensors(inFolder("net.safetensors")));
    await same(other.stateDict(), net.stateDict());
  });

  test("show the moment of the call", async () => {
    const net = new nn.Linear(2, 2);
    const before = await net.weight.data();
    const saved = serialize(net.stateDict());
    for (let i = 0; i < 3; i++) {
      net.weight.rebind(net.weight.add(1));
      await net.weight.data();
    }
    expect(await deserialize(await saved).weight.data()).toEqual(before);
  });
});

describe("single tensors", () => {
  test("are read by name", async () => {
    await saveSafetensors(inFolder("all.safetensors"), ALL, { metadata: { k: "v" } });
    const file = await openSafetensors(inFolder("all.safetensors"));
    expect(file.names).toEqual(["d", "g", "a", "b", "e", "c", "f"]);
    expect(file.metadata).toEqual({ k: "v" });
    expect(file.info("a")).toEqual({ shape: [2, 2], format: "F32", dtype: "f32", bytes: 16 });
    await same({ b: await file.read("b") }, { b: ALL.b });
    await same(await file.readAll(["f", "a"]), { a: ALL.a, f: ALL.f });
    await expect(file.read("x")).rejects.toThrow(
      `${inFolder("all.safetensors")}: expected the name of a tensor (d, g, a, b, e, …), got "x"`,
    );
    await file.close();
    const one = await loadSafetensors(inFolder("all.safetensors"), { names: ["c"] });
    await same(one, { c: ALL.c });
  });
});

test("blobs are read like files", async () => {
  const blob = new Blob([await serialize(ALL)]);
  await same(await loadSafetensors(blob), ALL);
  await same(await loadSafetensors(blob, { names: ["f"] }), { f: ALL.f });
  await expect(loadSafetensors(new Blob(["{}"]))).rejects.toThrow(
    "blob: expected at least 8 bytes",
  );
});

describe("element types of files", () => {
  const read = async (bytes: Uint8Array): Promise<unknown> => {
    const { x } = deserialize(bytes);
    return [x.dtype, Array.from(await x.data())];
  };

  test("F16 is f16", async () => {
    const words = [0, 0x8000, 1, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x7c00, 0xfc00, 0x7e00];
    const values = [0, -0, 2 ** -24, 1, -2, 65504, 2 ** -14, 1023 * 2 ** -24, Infinity, -Infinity, NaN]; // prettier-ignore
    const file = fileWith("F16", [11], Uint16Array.from(words));
    expect(await read(file)).toEqual(["f16", values]);
    expect(await read(await serialize(deserialize(file)))).toEqual(["f16", values]);
  });

  test("BF16 is bf16", async () => {
    const words = [0x3f80, 0xc000, 0x4049, 0x7f80, 0x0001, 0x7fc0];
    const values = [1, -2, 3.140625, Infinity, 2 ** -133, NaN];
    const file = fileWith("BF16", [6], Uint16Array.from(words));
    expect(await read(file)).toEqual(["bf16", values]);
    expect(await read(await serialize(deserialize(file)))).toEqual(["bf16", values]);
  });

  test.each([
    ["I8", Int8Array.of(-128, 127), "i8"],
    ["I16", Int16Array.of(-32768, 32767), "i16"],
    ["I64", BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n), "i64"],
  ] as const)("%s is %s", async (format, data, dtype) => {
    expect(await read(fileWith(format, [2], data))).toEqual([dtype, Array.from<unknown>(data)]);
  });

  test.each([["U16", Uint16Array.of(0, 65535), [0, 65535], "u16"]] as const)(
    "%s is read as i32",
    async (format, data, values, own) => {
      if (isDType(own)) return;
      expect(await read(fileWith(format, [2], data))).toEqual(["i32", values]);
      // Also where the data are not aligned in the file.
      const bytes = new Uint8Array(data.buffer);
      const shifted = fileOf(
        `{"y":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},` +
          `"x":{"dtype":"${format}","shape":[2],"data_offsets":[3,${3 + bytes.byteLength}]}}`,
        Uint8Array.of(1, 2, 3, ...bytes),
      );
      expect(await read(shifted)).toEqual(["i32", values]);
    },
  );

  test.skipIf(isDType("u64"))("U64 is read as u32", async () => {
    const bytes = fileWith("U64", [2], BigUint64Array.of(0n, 2n ** 32n - 1n));
    expect(await read(bytes)).toEqual(["u32", [0, 2 ** 32 - 1]]);
  });

  test("others are errors only when they are read", async () => {
    const bytes = fileOf(
      {
        x: { dtype: "F8_E4M3", shape: [2], data_offsets: [0, 2] },
        y: { dtype: "U8", shape: [1], data_offsets: [2, 3] },
      },
      3,
    );
    writeFileSync(inFolder("f8.safetensors"), bytes);
    const file = await openSafetensors(inFolder("f8.safetensors"));
    expect(file.info("x").dtype).toBeUndefined();
    expect(await (await file.read("y")).data()).toEqual(Uint8Array.of(0));
    await expect(file.read("x")).rejects.toThrow(
      "x: elements of F8_E4M3 cannot be read; convert the file to F32 where it was made",
    );
    await file.close();
  });
});

describe("half floats are written", () => {
  // Ties to even, the carry into the exponent, the smallest numbers, the largest ones.
  const F32 = [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 - 2 ** -12, 65519, 65520, 2 ** -24, 2 ** -25,
    1.5 * 2 ** -25, 2 ** -14 - 2 ** -26, -0, -Infinity, NaN]; // prettier-ignore
  const F16 = [1, 1, 1 + 2 ** -9, 2, 65504, Infinity, 2 ** -24, 0,
    2 ** -24, 2 ** -14, -0, -Infinity, NaN]; // prettier-ignore

  test("as F16", async () => {
    const bytes = await serialize(
      { x: tensor(F32), n: tensor([1], { dtype: "i32" }) },
      { floats: "F16" },
    );
    expect(new TextDecoder().decode(bytes)).toContain('"x":{"dtype":"F16","shape":[13],');
    const { x, n } = deserialize(bytes);
    expect(Array.from(await x.data())).toEqual(F16);
    expect(n.dtype).toBe("i32");
  });

  test("as BF16", async () => {
    const values = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 2 - 2 ** -9, 3.39e38, 3.4e38, -0, NaN];
    const rounded = [1, 1, 1 + 2 ** -6, 2, 255 * 2 ** 120, Infinity, -0, NaN];
    const { x } = deserialize(await serialize({ x: tensor(values) }, { floats: "BF16" }));
    expect(Array.from(await x.data())).toEqual(rounded);
  });

  test("and every F16 comes back as itself", async () => {
    const words = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    const { x } = deserialize(fileWith("F16", [0x10000], words));
    const again = await serialize({ x }, { floats: "F16" });
    const back = new Uint16Array(again.slice(-0x20000).buffer);
    // NaNs of which only the quiet kind exists on the way may change.
    const differ = words.filter((word, i) => back[i] !== word && (word & 0x7fff) <= 0x7c00);
    expect(differ).toEqual(new Uint16Array());
  });
});

describe("what cannot be saved is an error", () => {
  const wrong = (value: unknown): never => value as never;
  test.each([
    [wrong(3), {}, "serialize: expected tensors by name, { weight: … }, got 3"],
    [wrong(ALL.a), {}, /^serialize: expected tensors by name, \{ weight: … \}, got /],
    [wrong({ w: [1] }), {}, /^serialize: w: expected a tensor, got /],
    [{ __metadata__: ALL.a }, {}, "serialize: no tensor can be named __metadata__: give metadata as an option"], // prettier-ignore
    [ALL, { metadata: wrong({ epoch: 3 }) }, "serialize: metadata are text, but epoch is a number: use JSON.stringify"], // prettier-ignore
    [ALL, { floats: wrong("F8") }, 'serialize: floats must be F16 or BF16, got "F8"'],
  ])("%#", async (tensors, options, message) => {
    await expect(serialize(tensors, options)).rejects.toThrow(message);
  });

  test("and leaves no file behind", async () => {
    const file = path.join(folder, "missing", "x.safetensors");
    await expect(saveSafetensors(file, ALL)).rejects.toThrow(/ENOENT/);
    await expect(saveSafetensors(folder, { a: randn([2]) })).rejects.toThrow();
    expect(readdirSync(path.dirname(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await expect(loadSafetensors(folder)).rejects.toThrow(/expected a file|EISDIR/);
    await expect(loadSafetensors(inFolder("none"))).rejects.toThrow(/ENOENT.*none/);
  });
});
