import { readFileSync } from "node:fs";
import * as prettier from "prettier";
import { expect, test } from "vitest";
import { NOT_APPLICABLE } from "./operators/absent.ts";
import { OPERATORS } from "./operators/index.ts";
import { OP_DB, page } from "./table.ts";

test("docs/parity.md says what the tables of operators say", async () => {
  const file = new URL("../../docs/parity.md", import.meta.url);
  const options = await prettier.resolveConfig(file);
  const expected = await prettier.format(page(), { ...options, parser: "markdown" });
  // Where it is not: npx tsx test/parity/write-table.ts.
  expect(readFileSync(file, "utf8")).toBe(expected);
});

test("the tables name entries of PyTorch's list, each once", () => {
  const bases = new Set(OP_DB.names.flatMap((name) => [name, name.replace(/\[[^\]]*\]$/, "")]));
  expect(Object.keys(OPERATORS).filter((name) => !bases.has(name))).toEqual([]);
  expect(Object.keys(NOT_APPLICABLE).filter((name) => !OP_DB.names.includes(name))).toEqual([]);
  expect(Object.keys(NOT_APPLICABLE).filter((name) => name in OPERATORS)).toEqual([]);
});
