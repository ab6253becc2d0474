import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { Tensor } from "./tensor.ts";

// What convolutions and pools share: settings that may differ by axis, and inputs without samples.

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** @internal One integer of at least `least` for each spatial axis. */
export function perAxis(
  value: PerAxis,
  spatial: number,
  name: string,
  what: string,
  least: number,
): number[] {
  const list = typeof value === "number" ? new Array<number>(spatial).fill(value) : value;
  if (
    !Array.isArray(list) ||
    list.length !== spatial ||
    !list.every((n) => Number.isInteger(n) && (n as number) >= least)
  )
    throw new RangeError(
      `${what}: ${name} must be an integer >= ${least}${spatial > 1 ? ` or ${spatial} of them` : ""}, ` +
        `got ${JSON.stringify(value)}`,
    );
  return list.slice() as number[];
}

const AXES = ["L", "H, W", "D, H, W"];

/** @internal Applies `fn`, which takes (N, C, ...spatial), also to a single sample (C, ...spatial). */
export function overSamples(
  x: Tensor,
  spatial: number,
  what: string,
  fn: (x: Node) => Node,
): Tensor {
  const { node } = x;
  const missing = spatial + 2 - node.shape.length;
  if (missing !== 0 && missing !== 1)
    throw new RangeError(
      `${what}: expected an input (N, C, ${AXES[spatial - 1]}) or (C, ${AXES[spatial - 1]}), got ` +
        showShape(node.shape),
    );
  if (missing === 0) return new Tensor(fn(node));
  const result = fn(ops.reshape(node, [1, ...node.shape]));
  return new Tensor(ops.reshape(result, result.shape.slice(1)));
}

function factors(scale: PerAxis, spatial: number): number[] {
  const list = typeof scale === "number" ? new Array<number>(spatial).fill(scale) : scale.slice();
  if (list.length !== spatial || !list.every((f) => f > 0 && f < Infinity))
    throw new RangeError(
      `interpolate: scaleFactor must be a number > 0${spatial > 1 ? ` or ${spatial} of them` : ""}, ` +
        `got ${JSON.stringify(scale)}`,
    );
  return list;
}

/** The new sizes of the spatial axes, by `size` or else by factors, and the factors. */
export function resized(
  x: Tensor,
  size: PerAxis | undefined,
  scaleFactor: PerAxis | undefined,
  what: string,
): { sizes: number[]; scales: number[] | undefined } {
  const spatial = x.ndim - 2;
  const scales = scaleFactor === undefined ? undefined : factors(scaleFactor, spatial);
  const sizes = scales
    ? scales.map((f, i) => Math.floor(x.shape[2 + i] * f))
    : perAxis(size!, spatial, "size", what, 1);
  sizes.forEach((m, i) => {
    const n = x.shape[2 + i];
    if (m < 1 || n < 1)
      throw new RangeError(`${what}: axis ${2 + i} would change from ${n} to ${m} entries`);
  });
  return { sizes, scales };
}
