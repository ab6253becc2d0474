import { describe, expect, test } from "vitest";
import { batch } from "../../src/autodiff/batch.ts";
import { jvp } from "../../src/autodiff/jvp.ts";
import { vjp } from "../../src/autodiff/vjp.ts";
import { isFloat } from "../../src/ir/dtype.ts";
import { evaluate } from "../../src/ir/evaluate.ts";
import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { type Node, primitives } from "../../src/ir/node.ts";
import { placeholder } from "../../src/ir/ops.ts";
import { difference, rngOf, uniform } from "../ir/util.ts";
import { allCases, type Case } from "./cases.ts";

const SEED = 20_260;
const CASES = allCases(rngOf, SEED);

interface Traced {
  readonly arrays: NDArray[];
  readonly params: Node[];
  readonly outputs: readonly Node[];
}

function trace(one: Case, seed: number): Traced {
  const arrays = one.inputs(rngOf(seed));
  const params = arrays.map((x) => placeholder(x.shape, x.dtype, isFloat(x.dtype)));
  const built = one.build(params);
  return { arrays, params, outputs: Array.isArray(built) ? built : [built as Node] };
}

/** Values of nodes over placeholders that stand for arrays. */
function run(
  outputs: readonly Node[],
  params: readonly Node[],
  arrays: readonly NDArray[],
): NDArray[] {
  return evaluate(outputs, (leaf) => {
    const at = params.indexOf(leaf);
    if (at < 0) throw new Error(`no value for ${leaf.op.name}`);
    return arrays[at];
  });
}

const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Derivatives of `f` with respect to one of the arrays, by central differences. */
function numeric(
  f: (arrays: NDArray[]) => number,
  arrays: readonly NDArray[],
  which: number,
): Float64Array {
  const step = 1e-5;
  const out = new Float64Array(arrays[which].data.length);
  for (let i = 0; i < out.length; i++) {
    const at = (by: number): number =>
      f(
        arrays.map((x, k) => {
          if (k !== which) return x;
          const data = x.data.slice();
          data[i] += by;
          return { ...x, data };
        }),
      );
    out[i] = (at(step) - at(-step)) / (2 * step);
  }
  return out;
}

const weightsFor = (outputs: readonly Node[], seed: number): NDArray[] => {
  const rng = rngOf(seed);
  return outputs.map((x) => uniform(rng, x.shape, "f64"));
};

const floats = (params: readonly Node[]): number[] =>
  params.flatMap((p, i) => (isFloat(p.dtype) && p.dtype === "f64" ? [i] : []));

/** Σ ⟨weight, output⟩ over the outputs that are floats. */
const total = (
  outputs: readonly Node[],
  given: readonly NDArray[],
  weights: readonly NDArray[],
): number =>
  outputs.reduce(
    (sum, x, i) => (isFloat(x.dtype) ? sum + inner(given[i].data, weights[i].data) : sum),
    0,
  );

const zerosIn = (x: Node): NDArray => fill(x.shape, x.dtype, () => 0);

function gradients(
  traced: Traced,
  seed: number,
): {
  params: Node[];
  arrays: NDArray[];
  grads: (Node | undefined)[];
  weights: NDArray[];
} {
  const weights = weightsFor(traced.outputs, seed);
  const cotangents = traced.outputs.map((x) => placeholder(x.shape, "f64"));
  const wrt = floats(traced.params).map((i) => traced.params[i]);
  return {
    params: [...traced.params, ...cotangents],
    arrays: [...traced.arrays, ...weights],
    grads: vjp(traced.outputs, cotangents, wrt),
    weights,
  };
}

test("every primitive has a case", () => {
  const covered = new Set(CASES.map((one) => one.op));
  // Leaves that no rule of a derivative ever sees are tested with the primitives' values.
  const leaves = ["input", "placeholder"];
  const missing = primitives().filter((p) => !covered.has(p.name) && !leaves.includes(p.name));
  expect(missing.map((p) => p.name)).toEqual([]);
});

describe.each(CASES.map((one, i) => [one.label, SEED + i, one] as const))(
  "%s (seed %i)",
  (_, seed, one) => {
    test("gradient equals central differences", () => {
      const traced = trace(one, seed);
      if (!traced.outputs.some((x) => isFloat(x.dtype))) return;
      if (one.op === "stopGradient") return;
      const { params, arrays, grads, weights } = gradients(traced, seed + 1);
      const wanted = floats(traced.params);
      wanted.forEach((which, i) => {
        const grad = grads[i];
        const given = grad ? run([grad], params, arrays)[0] : zerosIn(traced.params[which]);
        expect(given.shape).toEqual(traced.params[which].shape);
        const expected = numeric(
          (xs) => total(traced.outputs, run(traced.outputs, traced.params, xs), weights),
          traced.arrays,
          which,
        );
        expect(difference(given.data, expected)).toBeLessThan(1e-6);
      });
    });

    test("forward and reverse derivatives agree", () => {
      const traced = trace(one, seed);
      const { params, arrays, grads, weights } = gradients(traced, seed + 2);
      const wanted = floats(traced.params);
      const directions = weightsFor(
        wanted.map((i) => traced.params[i]),
        seed + 3,
      );
      const tangents = directions.map((x) => placeholder(x.shape, "f64"));
      const forward = jvp(
        traced.outputs,
        wanted.map((i) => traced.params[i]),
        tangents,
      );
      const all = [...params, ...tangents];
      const data = [...arrays, ...directions];
      let reverse = 0;
      grads.forEach((grad, i) => {
        if (grad) reverse += inner(run([grad], all, data)[0].data, directions[i].data);
      });
      let sum = 0;
      forward.forEach((tangent, i) => {
        if (!tangent) return;
        expect(tangent.shape).toEqual(traced.outputs[i].shape);
        sum += inner(run([tangent], all, data)[0].data, weights[i].data);
      });
      expect(difference([sum], [reverse])).toBeLessThan(1e-9);
    });

    test("second derivative equals central differences of the first", () => {
      if (one.rough) return;
      const traced = trace(one, seed);
      if (!traced.outputs.some((x) => isFloat(x.dtype))) return;
      const { params, arrays, grads } = gradients(traced, seed + 4);
      const present = grads.filter((grad) => grad !== undefined);
      const weights = weightsFor(present, seed + 5);
      const cotangents = present.map((x) => placeholder(x.shape, "f64"));
      const wanted = floats(traced.params);
      const second = vjp(
        present,
        cotangents,
        wanted.map((i) => traced.params[i]),
      );
      wanted.forEach((which, i) => {
        const expected = numeric(
          (xs) => total(present, run(present, params, xs), weights),
          arrays,
          which,
        );
        const node = second[i];
        const given = node
          ? run([node], [...params, ...cotangents], [...arrays, ...weights])[0]
          : zerosIn(traced.params[which]);
        expect(difference(given.data, expected)).toBeLessThan(1e-5);
      });
    });

    test("batching equals a loop", () => {
      const { params, outputs } = trace(one, seed);
      for (const size of [0, 1, 3]) {
        const entries = Array.from({ length: Math.max(size, 1) }, (_, i) =>
          one.inputs(rngOf(seed + 10 + i)),
        );
        for (let mask = 1; mask < 1 << params.length; mask++) {
          const which = params.flatMap((_, i) => (mask & (1 << i) ? [i] : []));
          const to = which.map((i) =>
            placeholder([size, ...params[i].shape], params[i].dtype, params[i].requiresGrad),
          );
          const stacked = which.map((i) =>
            fill(to[which.indexOf(i)].shape, params[i].dtype, (at) => {
              const n = entries[0][i].data.length;
              return entries[Math.floor(at / n)][i].data[at % n];
            }),
          );
          const results = batch(
            outputs,
            which.map((i) => params[i]),
            to,
            size,
          );
          const given = run(
            results.map((x) => x.node),
            [...params, ...to],
            [...entries[0], ...stacked],
          );
          const loop = entries.map((entry) =>
            run(
              outputs,
              params,
              params.map((_, i) => (mask & (1 << i) ? entry[i] : entries[0][i])),
            ),
          );
          outputs.forEach((x, k) => {
            if (!results[k].batched) {
              expect(given[k].data).toEqual(loop[0][k].data);
              return;
            }
            expect(results[k].node.shape).toEqual([size, ...x.shape]);
            expect(results[k].node.dtype).toBe(x.dtype);
            const n = loop[0][k].data.length;
            for (let e = 0; e < size; e++) {
              const part = given[k].data.subarray(e * n, (e + 1) * n);
              expect(difference(part, loop[e][k].data)).toBeLessThan(1e-12);
            }
          });
        }
      }
    });
  },
);
