import { expect, test } from "vitest";
import { NOT_APPLICABLE } from "./operators/absent.ts";
import { OPERATORS } from "./operators/index.ts";
import { formatted, readPage } from "./pages.ts";
import { OP_DB, page } from "./table.ts";

test("docs/parity.md says what the tables of operators say", async () => {
  // Where it does not: npx tsx test/parity/write-table.ts.
  expect(readPage("parity.md")).toBe(await formatted("parity.md", page()));
});

test("the tables name entries of PyTorch's list, each once", () => {
  const bases = new Set(OP_DB.names.flatMap((name) => [name, name.replace(/\[[^\]]*\]$/, "")]));
  expect(Object.keys(OPERATORS).filter((name) => !bases.has(name))).toEqual([]);
  expect(Object.keys(NOT_APPLICABLE).filter((name) => !OP_DB.names.includes(name))).toEqual([]);
  expect(Object.keys(NOT_APPLICABLE).filter((name) => name in OPERATORS)).toEqual([]);
});
