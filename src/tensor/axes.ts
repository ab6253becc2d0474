import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { normalizeAxis } from "../ir/shape.ts";

/** 0 … rank - 1. */
export const axesUpTo = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

/** Axes of a tensor of that rank, counted from the front. Throws when one is named twice. */
export function distinctAxes(dims: readonly number[], rank: number, what: string): number[] {
  const axes = dims.map((d) => normalizeAxis(d, rank, what));
  if (new Set(axes).size !== axes.length)
    throw new RangeError(`${what}: an axis is named twice in [${dims.join(", ")}]`);
  return axes;
}

/** A part of one axis, without checks. */
export function range(x: Node, axis: number, start: number, length: number, step = 1): Node {
  const starts = x.shape.map(() => 0);
  const size = x.shape.slice();
  const steps = x.shape.map(() => 1);
  starts[axis] = start;
  size[axis] = length;
  steps[axis] = step;
  return ops.slice(x, starts, size, steps);
}
