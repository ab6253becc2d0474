import { describe, expect, test } from "vitest";
import {
  camelDeep,
  expectRelative,
  start,
  type Trajectory,
  trainStep,
  valuesOf,
  vectors,
} from "./vectors.ts";

const { cases, muonInBfloat16, steps } = vectors.trajectories;
const LAST = Math.max(...steps);

/** The parameters after the steps that were recorded; the rates are halved after half of all steps. */
function path(c: Trajectory): number[][] {
  const run = start(c);
  const found: number[][] = [];
  for (let step = 1; step <= LAST; step++) {
    if (step === LAST / 2 + 1) for (const group of run.optimizer.paramGroups) group.lr /= 2;
    trainStep(run, step);
    if (steps.includes(step)) found.push(valuesOf(run.params));
  }
  return found;
}

const title = ({ kind, options, second, dtype }: Trajectory): string =>
  `${kind} ${JSON.stringify(camelDeep(options))}, second group ${JSON.stringify(camelDeep(second))}, ${dtype}`;

describe("fifty steps as in PyTorch", () => {
  for (const c of cases)
    test(title(c), () => {
      // Weights near 0 come from others that are not, whose last digits they have.
      const [tolerance, least] = c.dtype === "f64" ? [1e-10, 0] : [1e-5, 0.01];
      path(c).forEach((values, i) =>
        expectRelative(values, c.path[i], tolerance, `after ${steps[i]} steps:`, least),
      );
    });
});

describe("Muon, which PyTorch iterates in bfloat16", () => {
  for (const c of muonInBfloat16)
    test(`stays near for ${JSON.stringify(camelDeep(c.options))}`, () => {
      path(c).forEach((values, i) => {
        // A step is as large as the rate, and five iterations make some percent of bfloat16's rounding.
        const lr = typeof c.options.lr === "number" ? c.options.lr : 0.001;
        const bound = 0.05 * lr * steps[i];
        values.forEach((value, k) =>
          expect(Math.abs(value - c.path[i][k]), `after ${steps[i]} steps`).toBeLessThan(bound),
        );
      });
    });
});
