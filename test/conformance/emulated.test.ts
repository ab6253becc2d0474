import { describe, expect, test } from "vitest";
import { allCases } from "../autodiff/cases.ts";
import { rngOf } from "../ir/util.ts";
import { type Graph, kernelGraphs, nodesOf } from "./cases.ts";
import { checkWith } from "./devices.ts";
import { ARM64, canEmulate, computeOn, createEmulatedDevice } from "./emulated.ts";
import { randomGraph } from "./graphs.ts";

// The native device's kernels, commands and threads on a processor of another kind, with other vectors.

const given = process.env.NABLA_SEED;
const BASE = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

/** The first of the cases of each primitive, and every thirtieth of the others. */
function primitiveGraphs(): Graph[] {
  const met = new Set<string>();
  return allCases(rngOf, BASE)
    .filter(({ op }, i) => {
      const isNew = !met.has(op);
      met.add(op);
      return isNew || i % 30 === BASE % 30;
    })
    .map((one, i) => ({
      what: `${one.label}, NABLA_SEED=${BASE}`,
      outputs: nodesOf(one, BASE + i),
    }));
}

const randomGraphs = (): Graph[] =>
  Array.from({ length: 20 }, (_, i) => ({
    what: `random graph NABLA_SEED=${BASE + i}`,
    outputs: randomGraph(BASE + i),
  }));

describe.runIf(canEmulate(ARM64))("arm64", () => {
  test("has vectors of 16 bytes", () => {
    expect(createEmulatedDevice(ARM64).target.vectorBytes).toBe(16);
  });

  test.each<[string, () => Graph[]]>([
    ["kernels of every kind", kernelGraphs],
    ["the cases of primitives", primitiveGraphs],
    ["random graphs", randomGraphs],
  ])(
    "%s",
    (_, graphs) => {
      const device = createEmulatedDevice(ARM64);
      checkWith(device.name, (outputs) => computeOn(device, outputs), graphs());
      expect(device.stats.runs).toBe(1);
    },
    600_000,
  );
});
