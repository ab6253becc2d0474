import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Linter } from "eslint";
import { describe, expect, test } from "vitest";
import ts from "typescript";
import { importError, importOrder, ROOMS, ROOT } from "../tools/rooms.js";

// The rule on imports between the rooms of src/ is ESLint's while one works; here it is checked from the
// sources themselves, together with what it must refuse.

const SRC = path.join(ROOT, "src");
const LONGEST = 500;

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js|py|md)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter(
      (file) => !/^node_modules$|^\./m.test(path.relative(ROOT, file).replaceAll(path.sep, "\n")),
    );
}

const SOURCES = filesBelow("src");
const below = (file: string): string => path.relative(SRC, file).replaceAll(path.sep, "/");

/** What a file imports, in whatever way: specifiers. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, "utf8"), true, true)
    .importedFiles.map((x) => x.fileName);
}

describe("src/", () => {
  test("has the rooms that the list names, and no others", () => {
    const rooms = readdirSync(SRC, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(rooms.filter((room) => !ROOMS.includes(room))).toEqual([]);
    expect(SOURCES.length).toBeGreaterThan(100);
  });

  test("imports only what the rule allows", () => {
    const errors: string[] = [];
    let checked = 0;
    for (const file of SOURCES)
      for (const specifier of importsOf(file)) {
        if (!specifier.startsWith(".")) {
          // What src/ needs from npm is optional, and loaded when it is first used.
          if (!specifier.startsWith("node:")) errors.push(`${below(file)}: ${specifier}`);
          continue;
        }
        checked++;
        const to = below(path.resolve(path.dirname(file), specifier));
        const error = to.startsWith("..") ? "lies outside src/" : importError(below(file), to);
        if (error !== undefined) errors.push(`${below(file)}: ${specifier}: ${error}`);
      }
    expect(errors).toEqual([]);
    expect(checked).toBeGreaterThan(300);
  });

  test("every import names a file that exists", () => {
    const known = new Set(SOURCES.map(below));
    const missing = SOURCES.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => below(path.resolve(path.dirname(file), specifier)))
        .filter((to) => !known.has(to)),
    );
    expect(missing).toEqual([]);
  });
});

test("no file has more than 500 lines", () => {
  const folders = ["src", "test", "tools", "examples", "benchmarks"];
  const long = folders
    .flatMap(filesBelow)
    .map((file) => [path.relative(ROOT, file), readFileSync(file, "utf8").split("\n").length - 1])
    .filter(([, lines]) => (lines as number) > LONGEST);
  expect(long).toEqual([]);
});

test("no file has marks that a merge left behind", () => {
  const marks = /^.{0,3}(<{7}|>{7}) /m;
  const marked = ["src", "test", "tools", "examples", "benchmarks", "docs"]
    .flatMap(filesBelow)
    .filter((file) => marks.test(readFileSync(file, "utf8")))
    .map((file) => path.relative(ROOT, file));
  expect(marked).toEqual([]);
});

describe("the rule", () => {
  test.each([
    ["ir/node.ts", "ir/shape.ts"],
    ["autodiff/vjp.ts", "ir/node.ts"],
    ["tensor/tensor.ts", "ir/node.ts"],
    ["codegen/js/generate.ts", "compiler/loop/loop.ts"],
    ["codegen/wasm/vector.ts", "codegen/wasm/lanes.ts"],
    ["runtime/wasm/kernels.ts", "codegen/wasm/generate.ts"],
    ["runtime/native/kernels.ts", "codegen/c/generate.ts"],
    ["runtime/registry.ts", "runtime/wasm/device.ts"],
    ["runtime/js/device.ts", "runtime/device.ts"],
    ["index.ts", "nn/index.ts"],
  ])("lets %s import %s", (from, to) => {
    expect(importError(from, to)).toBeUndefined();
  });

  test.each([
    ["ir/node.ts", "compiler/fuse.ts", /src\/ir may import only from rooms before it/],
    ["tensor/tensor.ts", "nn/module.ts", /src\/nn comes later/],
    ["compiler/fuse.ts", "runtime/device.ts", /src\/runtime comes later/],
    [
      "codegen/js/generate.ts",
      "codegen/wasm/lanes.ts",
      /device js may not import from device wasm/,
    ],
    [
      "runtime/wasm/device.ts",
      "codegen/js/generate.ts",
      /device wasm may not import from device js/,
    ],
    ["runtime/wasm/device.ts", "codegen/c/abi.ts", /may not import from device native/],
    ["runtime/engine.ts", "runtime/wasm/device.ts", /imported by src\/runtime\/registry.ts alone/],
    ["tensor/tensor.ts", "codegen/js/generate.ts", /imported by src\/runtime\/registry.ts alone/],
    ["nn/module.ts", "index.ts", /src\/index.ts is an entry point/],
    ["attic/old.ts", "ir/node.ts", /src\/attic is not in the list of rooms/],
    ["nn/module.ts", "attic/old.ts", /src\/attic is not in the list of rooms/],
  ])("does not let %s import %s", (from, to, error) => {
    expect(importError(from, to)).toMatch(error);
  });

  const lint = (file: string, code: string): string[] =>
    new Linter()
      .verify(
        code,
        [
          {
            files: ["**/*.ts"],
            plugins: { nabla: { rules: { "import-order": importOrder } } },
            rules: { "nabla/import-order": "error" },
          },
        ],
        { filename: path.join(SRC, file) },
      )
      .map(({ message }) => message);

  test.each([
    ["ir/node.ts", 'import { fuse } from "../compiler/fuse.ts";', /src\/compiler comes later/],
    ["ir/node.ts", 'export { fuse } from "../compiler/fuse.ts";', /src\/compiler comes later/],
    ["ir/node.ts", 'export * from "../compiler/fuse.ts";', /src\/compiler comes later/],
    ["ir/node.ts", 'const x = import("../compiler/fuse.ts");', /src\/compiler comes later/],
    ["nn/module.ts", 'import { tensor } from "nabla";', /import the file by its relative path/],
    ["nn/module.ts", 'import "nabla/data";', /import the file by its relative path/],
    ["nn/module.ts", 'import { x } from "../../tools/rooms.js";', /lies outside src\//],
  ])("reports in %s: %s", (file, code, error) => {
    const messages = lint(file, code);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(error);
  });

  test("says nothing of what is right, nor of files elsewhere", () => {
    expect(lint("tensor/tensor.ts", 'import { add } from "../ir/ops.ts";')).toEqual([]);
    expect(lint("../examples/mnist/main.ts", 'import { nn } from "nabla";')).toEqual([]);
  });
});
