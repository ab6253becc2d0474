import { describe, expect, test } from "vitest";
import { setDevice } from "../../src/runtime/registry.ts";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { allCases } from "../autodiff/cases.ts";
import { rngOf } from "../ir/util.ts";
import { type Graph, kernelGraphs, nodesOf } from "./cases.ts";
import { checkTogether, devicesUnderTest } from "./devices.ts";
import { withoutFirstTier } from "./first-tier.ts";
import { randomGraph } from "./graphs.ts";

// What the system's compiler makes of the kernels that `native` would run on its first tier. Many graphs are one
// program, so that the compiler has much to do at once. `npm run test:sanitize` runs this file with
// kernels that watch where they read and write.

const given = process.env.NABLA_SEED;
const BASE = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
/** Every so many of the primitives' cases, others with each seed: `NABLA_CASES`. */
const EVERY = Number(process.env.NABLA_CASES ?? 2);
const GRAPHS = Number(process.env.NABLA_GRAPHS ?? 2000) / 50;
const TOGETHER = 40;

// Who asks for the device by its name does not want it left out.
const isHere =
  devicesUnderTest().includes("native") &&
  (nativeProblem() === undefined || process.env.NABLA_TEST_DEVICES !== undefined);

function inGroups(graphs: readonly Graph[]): Graph[][] {
  const count = Math.ceil(graphs.length / TOGETHER);
  return Array.from({ length: count }, (_, i) => graphs.slice(i * TOGETHER, (i + 1) * TOGETHER));
}

const primitiveGraphs = (): Graph[] =>
  allCases(rngOf, BASE)
    .filter((_, i) => i % EVERY === BASE % EVERY)
    .map((one, i) => ({
      what: `${one.label}, NABLA_SEED=${BASE}`,
      outputs: nodesOf(one, BASE + i),
    }));

const randomGraphs = (): Graph[] =>
  Array.from({ length: GRAPHS }, (_, i) => ({
    what: `random graph NABLA_SEED=${BASE + i}`,
    outputs: randomGraph(BASE + i),
  }));

describe.runIf(isHere)("compiled by the system's compiler", () => {
  withoutFirstTier();

  test.each<[string, () => Graph[]]>([
    ["kernels of every kind", kernelGraphs],
    ["the cases of primitives", primitiveGraphs],
    ["random graphs", randomGraphs],
  ])(
    "%s",
    (_, graphs) => {
      const all = graphs();
      expect(all.length).toBeGreaterThan(0);
      for (const group of inGroups(all)) checkTogether("native", group);
      expect(setDevice("native").name).toBe("native");
    },
    600_000,
  );
});
