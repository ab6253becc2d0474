import { normalizeAxis, showShape, type Shape } from "../ir/shape.ts";
import { distinctAxes } from "../tensor/axes.ts";
import { checkOption, describe } from "../tensor/operand.ts";

/**
 * Which direction is divided by the number of entries n: `"backward"` (default) the inverse transforms,
 * `"forward"` the others, `"ortho"` both by √n.
 */
export type Norm = "backward" | "ortho" | "forward";

/** Options of transforms along one axis. */
export interface FftOptions {
  /** Length of the signal: entries are cut off or zeros added at the end. Default: the axis as it is. */
  readonly n?: number;
  /** The axis. Default -1. */
  readonly dim?: number;
  /** Default `"backward"`. */
  readonly norm?: Norm;
}

/** Options of transforms along several axes. */
export interface FftnOptions {
  /**
   * Lengths along the axes, where -1 means as it is: entries are cut off or zeros added at the end. Default:
   * the axes as they are.
   */
  readonly s?: readonly number[];
  /** The axes. Default: as many of the last as `s` has lengths, else all. */
  readonly dim?: readonly number[];
  /** Default `"backward"`. */
  readonly norm?: Norm;
}

/** Axes counted from the front, and the length of the signal along each. */
export interface Extents {
  readonly axes: readonly number[];
  readonly sizes: readonly number[];
}

/** Checks a length. */
export function checkLength(n: number, name: string, what: string): number {
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`${what}: ${name} must be an integer >= 1, got ${describe(n)}`);
  return n;
}

/**
 * Axis and length of a transform along one axis. `natural` is the length that a signal of so many entries
 * has.
 */
export function extentOf(
  shape: Shape,
  { n, dim = -1 }: FftOptions,
  what: string,
  natural: (entries: number) => number = (entries) => entries,
): Extents {
  const axis = normalizeAxis(dim, shape.length, what);
  if (shape.length === 0) throw new RangeError(`${what}: expected at least 1 axis, got a scalar`);
  const size = n ?? natural(shape[axis]);
  if (n === undefined && size < 1)
    throw new RangeError(`${what}: axis ${axis} has too few entries, shape ${showShape(shape)}`);
  return { axes: [axis], sizes: [checkLength(size, "n", what)] };
}

/** Axes and lengths of a transform along several axes; the last of them is the one that `natural` is of. */
export function extentsOf(
  shape: Shape,
  { s, dim }: FftnOptions,
  what: string,
  natural: (entries: number) => number = (entries) => entries,
): Extents {
  const rank = shape.length;
  if (s && dim && s.length !== dim.length)
    throw new RangeError(
      `${what}: expected one length for each axis, got ${s.length} and ${dim.length}`,
    );
  if (s && s.length > rank)
    throw new RangeError(`${what}: ${s.length} lengths for a tensor of ${rank} axes`);
  const count = s?.length ?? rank;
  const dims = dim ?? Array.from({ length: count }, (_, i) => rank - count + i);
  const axes = distinctAxes(dims, rank, what);
  const sizes = axes.map((axis, i) => {
    const own = i === axes.length - 1 ? natural(shape[axis]) : shape[axis];
    const size = s && s[i] !== -1 ? s[i] : own;
    if (size === own && size < 1)
      throw new RangeError(`${what}: axis ${axis} has too few entries, shape ${showShape(shape)}`);
    return checkLength(size, "s", what);
  });
  return { axes, sizes };
}

/** The factor of a transform whose axes have these lengths; `forward`: not an inverse one. */
export function scaleOf(
  norm: Norm | undefined,
  sizes: readonly number[],
  forward: boolean,
  what: string,
): number {
  const mode = norm ?? "backward";
  checkOption(mode, ["backward", "ortho", "forward"], "norm", what);
  const n = sizes.reduce((product, size) => product * size, 1);
  if (mode === "ortho") return 1 / Math.sqrt(n);
  return (mode === "forward") === forward ? 1 / n : 1;
}
