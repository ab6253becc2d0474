import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { loadSafetensors, loadSharded, saveSafetensors, saveSharded } from "../../src/io/index.ts";
import { randn, type Tensor, tensor } from "../../src/tensor/index.ts";

let folder: string;
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "nabla-io-"));
  folders.push(folder);
});
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const INDEX = "model.safetensors.index.json";
const ALL = { a: randn([10]), b: randn([10]), c: randn([30]), d: tensor([1], { dtype: "u8" }) };

async function same(
  actual: Record<string, Tensor>,
  expected: Record<string, Tensor>,
): Promise<void> {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, x] of Object.entries(expected))
    expect(await actual[name].data()).toEqual(await x.data());
}

describe("a checkpoint of several files", () => {
  test("has files of limited size, and an index as Hugging Face's libraries write it", async () => {
    const names = await saveSharded(folder, ALL, { maxShardBytes: 80 });
    expect(names).toEqual([
      "model-00001-of-00003.safetensors",
      "model-00002-of-00003.safetensors",
      "model-00003-of-00003.safetensors",
      INDEX,
    ]);
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
    expect(JSON.parse(readFileSync(path.join(folder, INDEX), "utf8"))).toEqual({
      metadata: { total_size: 201 },
      weight_map: { a: names[0], b: names[0], c: names[1], d: names[2] },
    });
    await same(await loadSharded(folder), ALL);
    await same(await loadSharded(folder, { names: ["c"] }), { c: ALL.c });
    await same(await loadSafetensors(path.join(folder, names[1])), { c: ALL.c });
  });

  test("may have another name, be one file, or be saved again", async () => {
    const whole = await saveSharded(path.join(folder, "new"), ALL, { name: "net" });
    expect(whole).toEqual(["net-00001-of-00001.safetensors", "net.safetensors.index.json"]);
    const next = { ...ALL, a: randn([10]) };
    for (const [tensors, edition] of [
      [next, "-b"],
      [ALL, ""],
      [next, "-b"],
    ] as const) {
      // prettier-ignore
      const names = await saveSharded(path.join(folder, "new"), tensors, { name: "net" });
      expect(names[0]).toBe(`net-00001-of-00001${edition}.safetensors`);
      expect(readdirSync(path.join(folder, "new")).sort()).toEqual([...names].sort());
      await same(await loadSharded(path.join(folder, "new"), { name: "net" }), tensors);
    }
  });

  test("is one file without an index, where that is all there is", async () => {
    await saveSafetensors(path.join(folder, "model.safetensors"), ALL);
    await same(await loadSharded(folder), ALL);
    await same(await loadSharded(folder, { names: ["a"] }), { a: ALL.a });
  });
});

describe("what is wrong is an error", () => {
  test.each([
    ["{", "expected JSON, an index of safetensors files"],
    ["[]", "expected an object with weight_map, the names of files by those of tensors"],
    ['{"weight_map":3}', "expected an object with weight_map, the names of files by those of tensors"],
    ['{"weight_map":{"a":"../x"}}', 'weight_map: a: expected the name of a file in the same folder, got "../x"'],
    ['{"weight_map":{"a":".."}}', 'weight_map: a: expected the name of a file in the same folder, got ".."'],
    ['{"weight_map":{"a":"/etc/x"}}', 'weight_map: a: expected the name of a file in the same folder, got "/etc/x"'],
    ['{"weight_map":{"a":"C:\\\\x"}}', 'weight_map: a: expected the name of a file in the same folder, got "C:\\\\x"'],
    ['{"weight_map":{"a":null}}', "weight_map: a: expected the name of a file in the same folder, got null"],
  ])("%s", async (text, message) => {
    const file = path.join(folder, INDEX);
    writeFileSync(file, text);
    await expect(loadSharded(folder)).rejects.toThrow(`${file}: ${message}`);
    // It does not keep anybody from saving.
    await saveSharded(folder, ALL);
    await same(await loadSharded(folder), ALL);
  }); // prettier-ignore

  test("a tensor that is not where the index says", async () => {
    await saveSharded(folder, ALL, { maxShardBytes: 80 });
    const file = path.join(folder, INDEX);
    await expect(loadSharded(folder, { names: ["x"] })).rejects.toThrow(
      `${file}: expected the name of a tensor, got "x"`,
    );
    writeFileSync(file, readFileSync(file, "utf8").replace('"c":', '"x":'));
    await expect(loadSharded(folder)).rejects.toThrow(
      `${path.join(folder, "model-00002-of-00003.safetensors")}: expected the name of a tensor (c), got "x"`,
    );
    rmSync(path.join(folder, "model-00001-of-00003.safetensors"));
    await expect(loadSharded(folder)).rejects.toThrow(/ENOENT.*model-00001-of-00003/);
  });

  test.each([
    [{ maxShardBytes: 0 }, "saveSharded: maxShardBytes must be an integer >= 1, got 0"],
    [{ name: "a/b" }, 'saveSharded: name must be a file\'s name, got "a/b"'],
    [{ metadata: { a: 1 } as never }, "saveSharded: metadata are text, but a is a number: use JSON.stringify"],
  ])("%o", async (options, message) => {
    await expect(saveSharded(folder, ALL, options)).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual([]);
  }); // prettier-ignore
});
