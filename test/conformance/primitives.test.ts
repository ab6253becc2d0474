import { describe, expect, test } from "vitest";
import { batch } from "../../src/autodiff/batch.ts";
import { vjp } from "../../src/autodiff/vjp.ts";
import { isFloat } from "../../src/ir/dtype.ts";
import { fill } from "../../src/ir/ndarray.ts";
import { type Node, primitives, topological } from "../../src/ir/node.ts";
import { allCases, type Case } from "../autodiff/cases.ts";
import { rngOf, uniform } from "../ir/util.ts";
import { checkOn, devicesUnderTest, hostLeaf } from "./devices.ts";

// Every primitive on every device against the naive evaluation: its values, its gradients and what
// batching makes of it. The cases are those by which its rules are tested.

const SEED = 4_711;
const CASES = allCases(rngOf, SEED);

/** The results of a case, the gradients of its inputs, and its results for a batch of 3. */
function nodesOf(one: Case, seed: number): Node[] {
  const rng = rngOf(seed);
  const arrays = one.inputs(rng);
  const inputs = arrays.map((x) => hostLeaf(x, isFloat(x.dtype)));
  const built = one.build(inputs);
  const outputs: readonly Node[] = Array.isArray(built) ? built : [built as Node];
  const cotangents = outputs.map((x) =>
    isFloat(x.dtype) ? hostLeaf(uniform(rng, x.shape, x.dtype)) : undefined,
  );
  const gradients = vjp(outputs, cotangents, inputs).filter((x) => x !== undefined);
  const size = 3;
  const entries = Array.from({ length: size }, () => one.inputs(rng));
  const stacked = inputs.map((x, i) => {
    const count = entries[0][i].data.length;
    const at = (k: number): number => entries[Math.floor(k / count)][i].data[k % count];
    return hostLeaf(fill([size, ...x.shape], x.dtype, at));
  });
  const batched = inputs.length === 0 ? [] : batch(outputs, inputs, stacked, size);
  return [...outputs, ...gradients, ...batched.map((x) => x.node)];
}

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
