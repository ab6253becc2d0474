import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setDevice } from "../../src/runtime/registry.ts";
import { type Graph, kernelGraphs } from "./cases.ts";
import { checkTogether, devicesUnderTest } from "./devices.ts";
import { withoutFirstTier } from "./first-tier.ts";
import { randomGraph } from "./graphs.ts";

// The native device with clang, which is not what `cc` is on most machines.

const given = process.env.NABLA_SEED;
const BASE = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
const isHere =
  devicesUnderTest().includes("native") && spawnSync("clang", ["--version"]).status === 0;

const randomGraphs = (): Graph[] =>
  Array.from({ length: 10 }, (_, i) => ({
    what: `random graph NABLA_SEED=${BASE + i}`,
    outputs: randomGraph(BASE + i),
  }));

describe.runIf(isHere)("compiled by clang", () => {
  withoutFirstTier();
  const before = process.env.NABLA_CC;
  beforeAll(() => {
    process.env.NABLA_CC = "clang";
  });
  afterAll(() => {
    if (before === undefined) delete process.env.NABLA_CC;
    else process.env.NABLA_CC = before;
  });

  test.each<[string, () => Graph[]]>([
    ["kernels of every kind", () => kernelGraphs().filter((_, i) => i % 3 === BASE % 3)],
    ["random graphs", randomGraphs],
  ])(
    "%s",
    (_, graphs) => {
      checkTogether("native", graphs());
      expect(setDevice("native").name).toBe("native");
    },
    600_000,
  );
});
