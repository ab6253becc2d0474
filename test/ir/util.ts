import { type DType, isFloat } from "../../src/ir/dtype.ts";
import { evaluate } from "../../src/ir/evaluate.ts";
import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import { input } from "../../src/ir/ops.ts";
import { type Shape } from "../../src/ir/shape.ts";

export type Rng = () => number;

/** Uniform numbers in [0, 1) (mulberry32), the same for a seed everywhere. */
export function rngOf(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An integer from `low` to `high`, both included. */
export const integer = (rng: Rng, low: number, high: number): number =>
  low + Math.floor(rng() * (high - low + 1));

/** `n` numbers that differ by at least 0.1 each and lie around 0, in random order. */
export function distinct(rng: Rng, n: number): number[] {
  const values = Array.from({ length: n }, (_, i) => (i - n / 2) * 0.2 + rng() * 0.1);
  for (let i = n - 1; i > 0; i--) {
    const j = integer(rng, 0, i);
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}

export const uniform = (
  rng: Rng,
  shape: Shape,
  dtype: DType = "f64",
  low = -1.5,
  high = 1.5,
): NDArray =>
  fill(shape, dtype, () => {
    const x = low + (high - low) * rng();
    return isFloat(dtype) ? x : Math.round(x);
  });

/** The values of nodes whose leaves were made by `leaf`. */
export const values = (outputs: readonly Node[]): NDArray[] =>
  evaluate(outputs, (node) => node.value as NDArray);

/** A leaf that holds a value of its own. */
export const leaf = (value: NDArray, requiresGrad = isFloat(value.dtype)): Node =>
  input(value.shape, value.dtype, value, requiresGrad);

/** A leaf from a flat list. */
export const array = (data: readonly number[], dtype: DType = "f64", shape?: Shape): Node =>
  leaf(fill(shape ?? [data.length], dtype, (i) => data[i]));

export const list = (node: Node): number[] => Array.from(values([node])[0].data);

/** The largest difference, relative to 1 or to the size of `expected`; NaN equals NaN. */
export function difference(given: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (given.length !== expected.length) return Infinity;
  let most = 0;
  for (let i = 0; i < given.length; i++) {
    if (Object.is(given[i], expected[i]) || given[i] === expected[i]) continue;
    const error = Math.abs(given[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= most)) most = error !== error ? Infinity : error;
  }
  return most;
}
