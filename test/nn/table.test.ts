import { expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { formatted, readPage } from "../parity/pages.ts";
import { camel } from "./fixtures.ts";
import { NOTES, OTHERS, page, rows } from "./table.ts";
import { functionCases, layerFamilies, vectors } from "./vectors.ts";

test("docs/nn.md says what the table says", async () => {
  // Where it does not: npx tsx test/parity/write-table.ts.
  expect(readPage("nn.md")).toBe(await formatted("nn.md", page()));
});

test("the table is about names of PyTorch, and about what is exported", () => {
  const known = new Set(
    Object.entries(vectors.names).flatMap(([module, names]) => [
      ...names,
      ...names.map((name) => `${module}.${name}`),
    ]),
  );
  expect(Object.keys(NOTES).filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(OTHERS).filter((name) => !(name in nn))).toEqual([]);
  expect(rows().filter(({ status, why }) => status === "missing" && why === "")).toEqual([]);
  for (const { torch, own, status } of rows())
    expect(own !== undefined, torch).toBe(status === "supported" || status === "differs");
});

// Containers and bases, and what is compared by tests of its own.
const NOT_COMPARED = [
  ...["Buffer", "Layer", "Module", "ModuleDict", "ModuleList", "Parameter"],
  ...["ParameterDict", "ParameterList", "Sequential"],
  // positions.test.ts
  ...["ALiBi", "LearnedPositions", "RotaryPositions", "SinusoidalPositions"],
];

test("every layer and every loss is compared with PyTorch", () => {
  const compared = new Set([
    ...layerFamilies().flatMap(([, cases]) => cases.map(({ kind }) => kind)),
    // Losses that PyTorch does not have, by their functions.
    ...functionCases().map(({ name }) => camel(name)),
  ]);
  const functionOf = (name: string): string =>
    name === "FocalLoss" ? "sigmoidFocalLoss" : name[0].toLowerCase() + name.slice(1);
  const classes = Object.entries(nn).flatMap(([name, value]) =>
    typeof value === "function" && value.prototype instanceof nn.Module ? [name] : [],
  );
  expect(classes.length).toBeGreaterThan(150);
  const without = classes.filter((name) => !compared.has(name) && !compared.has(functionOf(name)));
  expect(without.filter((name) => !NOT_COMPARED.includes(name))).toEqual([]);
});
