import { describe, expect, test } from "vitest";
import { primitives, topological } from "../../src/ir/node.ts";
import { allCases } from "../autodiff/cases.ts";
import { rngOf } from "../ir/util.ts";
import { nodesOf } from "./cases.ts";
import { checkOn, devicesUnderTest } from "./devices.ts";

// Every primitive on every device against the naive evaluation: its values, its gradients and what
// batching makes of it. The cases are those by which its rules are tested.

const SEED = 4_711;
const CASES = allCases(rngOf, SEED);

describe.each(devicesUnderTest())("%s", (device) => {
  const met = new Set<string>();

  test.each(CASES.map((one, i) => [one.label, SEED + i, one] as const))(
    "%s (seed %i)",
    (label, seed, one) => {
      const outputs = nodesOf(one, seed);
      for (const node of topological(outputs)) met.add(node.op.name);
      checkOn(device, outputs, label);
    },
  );

  test("every primitive was among them", () => {
    // `placeholder` stands for what is given to a program: here every leaf is given.
    const missing = primitives().filter((p) => !met.has(p.name) && p.name !== "placeholder");
    expect(missing.map((p) => p.name)).toEqual([]);
  });
});
