import { expect, test } from "vitest";
import { optim } from "../../src/index.ts";
import { formatted, readPage } from "../parity/pages.ts";
import { NOTES, OTHERS, page, rows } from "./table.ts";
import { vectors } from "./vectors.ts";

test("docs/optim.md says what the table says", async () => {
  // Where it does not: npx tsx test/parity/write-table.ts.
  expect(readPage("optim.md")).toBe(await formatted("optim.md", page()));
});

test("the table is about names of PyTorch, and about what is exported", () => {
  const known = Object.values(vectors.names).flat();
  expect(Object.keys(NOTES).filter((name) => !known.includes(name))).toEqual([]);
  expect(Object.keys(OTHERS).filter((name) => !(name in optim))).toEqual([]);
  expect(rows().filter(({ status }) => status === "missing")).toEqual([]);
  for (const { torch, own, status } of rows())
    expect(own === undefined, torch).toBe(status === "not applicable");
});

test("every optimiser is compared with a trajectory, every schedule with its rates", () => {
  const compared = new Set([
    ...vectors.trajectories.cases.map(({ kind }) => kind),
    ...(vectors.lbfgs.length > 0 ? ["LBFGS"] : []),
  ]);
  const isOptimizer = (value: unknown): boolean =>
    typeof value === "function" && value.prototype instanceof optim.Optimizer;
  const optimizers = Object.entries(optim).filter(([, value]) => isOptimizer(value));
  expect(optimizers.map(([name]) => name).filter((name) => !compared.has(name))).toEqual([]);
  const scheduled = new Set(vectors.schedules.cases.map(({ schedule }) => schedule.kind));
  const schedules = Object.keys(optim.lrScheduler).filter((name) => name !== "LRScheduler");
  expect(schedules.filter((name) => !scheduled.has(name))).toEqual([]);
});
