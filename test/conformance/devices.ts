import { toStored, type TypedArray } from "../../src/ir/dtype.ts";
import { type NDArray } from "../../src/ir/ndarray.ts";
import { clearInternTable, type Node } from "../../src/ir/node.ts";
import { input } from "../../src/ir/ops.ts";
import { printGraph } from "../../src/ir/print.ts";
import { evaluate, read } from "../../src/runtime/engine.ts";
import { deviceNames, setDevice } from "../../src/runtime/registry.ts";
import { HostValue } from "../../src/runtime/values.ts";
import { rngOf } from "../ir/util.ts";
import { expectedOf, mismatch } from "./naive.ts";

/** The devices that the suite is run against: `NABLA_TEST_DEVICES`, a list, or all there are. */
export const devicesUnderTest = (): string[] =>
  process.env.NABLA_TEST_DEVICES?.split(",") ?? deviceNames();

/** A leaf of the graph that holds these elements. */
export const hostLeaf = (value: NDArray, requiresGrad = false): Node =>
  input(value.shape, value.dtype, new HostValue(toStored(value.dtype, value.data)), requiresGrad);

/** All devices in `npm run test:full`; else `wasm`, for what is the same composition on each of them. */
export const devicesOfCompositions = (): string[] =>
  process.env.NABLA_TEST_MODE === "full" ? devicesUnderTest() : ["wasm"];

/** The values of nodes, computed on a device in one program. The nodes keep none of them. */
export function runOn(device: string, outputs: readonly Node[]): TypedArray[] {
  setDevice(device);
  const computed = outputs.filter((node) => node.value === undefined);
  evaluate(outputs);
  const values = outputs.map((node) => read(node).slice());
  // Forgotten, so that the same nodes can be computed again elsewhere.
  for (const node of computed) node.value = undefined;
  return values;
}

/**
 * Computes `outputs` on a device and throws, with the graph in the message, when a result differs from
 * the naive evaluation by more than rounding explains.
 */
export function checkOn(device: string, outputs: readonly Node[], what: string): void {
  checkTogether(device, [{ outputs, what }]);
}

/** `checkOn` for several graphs, which are computed as one program. */
export function checkTogether(
  device: string,
  graphs: readonly { readonly outputs: readonly Node[]; readonly what: string }[],
): void {
  checkWith(device, (outputs) => runOn(device, outputs), graphs);
}

/** `checkTogether` for another way to compute values than the devices that have names. */
export function checkWith(
  device: string,
  compute: (outputs: readonly Node[]) => TypedArray[],
  graphs: readonly { readonly outputs: readonly Node[]; readonly what: string }[],
): void {
  const describe = (i: number, problem: string): Error =>
    new Error(`${graphs[i].what}, on ${device}: ${problem}\n${printGraph(graphs[i].outputs)}`);
  let given: TypedArray[];
  try {
    given = compute(graphs.flatMap(({ outputs }) => outputs));
  } catch (error) {
    throw describe(0, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  let next = 0;
  graphs.forEach(({ outputs }, i) =>
    expectedOf(outputs, rngOf).forEach((expected, k) => {
      const problem = mismatch(given[next++], expected);
      if (problem) throw describe(i, `output ${k}: ${problem}`);
    }),
  );
  clearInternTable();
}
