import { type DType, DTYPES, isFloat } from "../dtype.ts";
import { make, type Node } from "../node.ts";
import { expand, reshape } from "../ops.ts";
import { type Shape, showShape, sizeOf } from "../shape.ts";

// Helpers that several primitives share: checks for `infer`, axes for rules, index walks for `evaluate`.

/** `f32[64, 784]`, as errors show a value. */
export const showSpec = (x: { dtype: DType; shape: Shape }): string =>
  `${x.dtype}${showShape(x.shape)}`;

export function checkCount(name: string, inputs: readonly Node[], count: number): void {
  if (inputs.length !== count)
    throw new Error(
      `${name}: expected ${count} input${count === 1 ? "" : "s"}, got ${inputs.length}`,
    );
}

export type Kinds = readonly DType[];
export const FLOATS: Kinds = DTYPES.filter(isFloat);
export const BITS: Kinds = DTYPES.filter((dtype) => !isFloat(dtype));
export const NUMBERS: Kinds = DTYPES.filter((dtype) => dtype !== "bool");
export const ANY: Kinds = DTYPES;

export function checkDType(name: string, x: Node, allowed: Kinds): void {
  if (!allowed.includes(x.dtype))
    throw new TypeError(
      `${name}: expected dtype ${allowed.join(", ")}, got ${showSpec(x)}: cast it first`,
    );
}

export function checkSameDType(name: string, a: Node, b: Node): void {
  if (a.dtype !== b.dtype)
    throw new TypeError(
      `${name}: dtypes differ, ${showSpec(a)} and ${showSpec(b)}: cast one of them first`,
    );
}

/** Checks that `value` is a list of `length` integers, none below `least`. */
export function checkInts(
  name: string,
  what: string,
  value: readonly number[],
  length: number,
  least = -Infinity,
): void {
  if (!Array.isArray(value) || value.length !== length)
    throw new Error(`${name}: ${what} must have ${length} entries, got ${String(value)}`);
  for (const entry of value as readonly number[])
    if (!Number.isInteger(entry) || entry < least)
      throw new RangeError(
        `${name}: ${what} must hold integers${least > -Infinity ? ` of at least ${least}` : ""}, ` +
          `got [${value.join(", ")}]`,
      );
}

export function checkShape(name: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new TypeError(`${name}: shape must be a list of sizes`);
  checkInts(name, "shape", shape, shape.length, 0);
}

export function checkAxis(name: string, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
    throw new RangeError(
      `${name}: axis must be an integer from 0 to ${rank - 1} for rank ${rank}, got ${axis}`,
    );
}

/** Checks axes of a value of rank `rank`; no axis may be there twice. */
export function checkAxes(name: string, axes: readonly number[], rank: number): void {
  if (!Array.isArray(axes)) throw new TypeError(`${name}: axes must be a list of integers`);
  const list: readonly number[] = axes;
  for (let i = 0; i < list.length; i++) {
    checkAxis(name, list[i], rank);
    if (list.indexOf(list[i]) < i)
      throw new RangeError(`${name}: an axis is repeated in [${list.join(", ")}]`);
  }
}

/** `x` with a new leading axis of `size`, the same in every entry. */
export const spread = (x: Node, size: number): Node =>
  expand(reshape(x, [1, ...x.shape]), [size, ...x.shape]);

/** All inputs with the batch axis in front: those that lack it are repeated. */
export const spreadAll = (
  inputs: readonly Node[],
  batched: readonly boolean[],
  size: number,
): Node[] => inputs.map((x, i) => (batched[i] ? x : spread(x, size)));

/** The `batch` rule of elementwise primitives. */
export const batchElementwise = (
  node: Node,
  inputs: readonly Node[],
  batched: readonly boolean[],
  size: number,
): Node => make(node.op, spreadAll(inputs, batched, size), node.attrs);

/** Axes moved behind a new leading axis. */
export const shift = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/** 0, 1, …, n - 1. */
export function range(n: number): number[] {
  // A loop: Array.from is many times slower, and this runs for most nodes.
  const out = new Array<number>(n);
  for (let i = 0; i < n; i++) out[i] = i;
  return out;
}

/** The permutation that undoes `axes`. */
export function inverse(axes: readonly number[]): number[] {
  const out = new Array<number>(axes.length);
  for (let i = 0; i < axes.length; i++) out[axes[i]] = i;
  return out;
}

/** `x`, which lacks `axes`, with them back as axes of size 1, repeated to `shape`. */
export function restore(x: Node, axes: readonly number[], shape: Shape): Node {
  return expand(
    reshape(
      x,
      shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    ),
    shape,
  );
}

/** Memory positions of all elements of `shape` in row-major order, under the given strides. */
export function positions(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = start;
  for (let i = 0; i < out.length; i++) {
    out[i] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/** How an axis lies in memory: element i of line (o, k) is at (o * n + i) * inner + k. */
export function lines(
  shape: Shape,
  axis: number,
): { readonly outer: number; readonly n: number; readonly inner: number } {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    n: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

/**
 * Whether products and their sums are what the operators give, to be rounded or wrapped when they are stored:
 * bigints are exact, but integers of 32 bits would lose digits.
 */
export const isExact = (dtype: DType): boolean => isFloat(dtype) || dtype === "i64";

/** The tangent when it is wanted at all: derivatives flow through floats only. */
export const ifFloat = (node: Node, tangent: Node | undefined): Node | undefined =>
  tangent && isFloat(node.dtype) ? tangent : undefined;
