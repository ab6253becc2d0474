import { describe, expect, test } from "vitest";
import { clearInternTable } from "../../src/ir/node.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import { devicesUnderTest } from "../conformance/devices.ts";
import { operatorFor } from "./operators/index.ts";
import { runCases } from "./run.ts";
import { mapped } from "./table.ts";
import { type Case, linesOf, type Vectors } from "./vectors.ts";

// A selection of what PyTorch gives for its own samples, made by `node tools/parity.js sample`.

// What is compared with is the compiled code, not the tier that runs before it is ready.
process.env.NABLA_FIRST_TIER = "off";

const vectors = linesOf(new URL("./vectors.jsonl.gz", import.meta.url)).map(
  (line) => JSON.parse(line) as Vectors,
);

test("there are vectors of every operator that the library has", () => {
  const there = new Set(vectors.map(({ name }) => name));
  expect(mapped().filter((name) => !there.has(name))).toEqual([]);
});

const isFull = process.env.NABLA_TEST_MODE === "full";

/**
 * Where every kernel is compiled by a C compiler, which takes its time, one case of every third operator;
 * all of them run there in `npm run test:full`, and all samples of PyTorch in `node tools/parity.js`.
 */
const isFew = (device: string): boolean => device === "native" && !isFull;
const operatorsOn = (device: string): readonly Vectors[] =>
  vectors.filter((_, i) => !isFew(device) || i % 3 === 0);
const casesOn = (device: string, cases: readonly Case[]): readonly Case[] =>
  isFew(device) ? [cases.find(({ grads }) => grads) ?? cases[0]] : cases;

describe.each(devicesUnderTest())("%s", (device) => {
  test.each(operatorsOn(device).map((v) => [v.name, v] as const))("%s", async (name, { cases }) => {
    setDevice(device);
    const { failures } = await runCases(operatorFor(name)!, casesOn(device, cases));
    clearInternTable();
    expect(failures).toEqual([]);
  });
});
