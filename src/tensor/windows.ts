import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";

// Windows that lie side by side are axes of their own: (N, C, H, W) is (N, C, H / 2, 2, W / 2, 2). What is
// taken of them, and its gradient, are then elementwise.

const countOf = (size: readonly number[]): number => size.reduce((n, k) => n * k, 1);

/** Whether the entries of a window are few enough to be written out one by one. */
export const fewTaps = (size: readonly number[]): boolean => countOf(size) <= 16;

/** Where entry number `tap` of a window is in it. */
function startOf(tap: number, size: readonly number[]): number[] {
  const start = new Array<number>(size.length);
  for (let i = size.length - 1; i >= 0; i--) {
    start[i] = tap % size[i];
    tap = Math.floor(tap / size[i]);
  }
  return start;
}

/** (N, C, windows and entries by turns), without what follows the last window. */
function split(x: Node, size: readonly number[]): Node {
  const counts = size.map((k, i) => Math.floor(x.shape[2 + i] / k));
  const lead = x.shape.slice(0, 2);
  const whole = ops.slice(
    x,
    x.shape.map(() => 0),
    [...lead, ...size.map((k, i) => k * counts[i])],
  );
  return ops.reshape(whole, [...lead, ...size.flatMap((k, i) => [counts[i], k])]);
}

/** The inverse of `split` for cotangents: what follows the last window gets 0. */
function joined(parts: Node, size: readonly number[], like: Node): Node {
  const lead = parts.shape.slice(0, 2);
  const whole = ops.reshape(parts, [...lead, ...size.map((k, i) => k * parts.shape[2 + 2 * i])]);
  return ops.pad(
    whole,
    whole.shape.map(() => 0),
    whole.shape.map((n, axis) => like.shape[axis] - n),
  );
}

/** A value with one element a window, the same in all entries of it: as `split` has them. */
function repeated(x: Node, size: readonly number[]): Node {
  const lead = x.shape.slice(0, 2);
  const counts = x.shape.slice(2);
  const narrow = ops.reshape(x, [...lead, ...counts.flatMap((n) => [n, 1])]);
  return ops.expand(narrow, [...lead, ...counts.flatMap((n, i) => [n, size[i]])]);
}

/** The entries of all windows, one value for each place in a window, in row-major order. */
function taps(parts: Node, size: readonly number[]): Node[] {
  const lead = parts.shape.slice(0, 2);
  const counts = size.map((_, i) => parts.shape[2 + 2 * i]);
  return Array.from({ length: countOf(size) }, (_, tap) => {
    const start = startOf(tap, size).flatMap((at) => [0, at]);
    const entry = ops.slice(parts, [0, 0, ...start], [...lead, ...counts.flatMap((n) => [n, 1])]);
    return ops.reshape(entry, [...lead, ...counts]);
  });
}

/** The inverse of `taps`: values of each place in a window, put together. */
function placed(values: readonly Node[], size: readonly number[]): Node {
  let sum: Node | undefined;
  values.forEach((value, tap) => {
    const lead = value.shape.slice(0, 2);
    const counts = value.shape.slice(2);
    const start = startOf(tap, size);
    const part = ops.pad(
      ops.reshape(value, [...lead, ...counts.flatMap((n) => [n, 1])]),
      [0, 0, ...start.flatMap((at) => [0, at])],
      [0, 0, ...start.flatMap((at, i) => [0, size[i] - 1 - at])],
    );
    sum = sum ? ops.add(sum, part) : part;
  });
  return sum!;
}

/** To the entry that was the largest of its window. */
const toLargest: CustomRule = (g, [x, at], _, attrs) => {
  const size = attrs.size as readonly number[];
  const zero = ops.zerosLike(g);
  const shares = Array.from({ length: countOf(size) }, (_, tap) =>
    ops.select(ops.eq(at, ops.full(at.shape, tap, "i32")), g, zero),
  );
  return [joined(placed(shares, size), size, x), undefined];
};

/** The largest entry of each window of `size` (N, C, …); of equal ones the first, and NaN before all. */
export function disjointMaxima(x: Node, size: readonly number[]): Node {
  const [first, ...others] = taps(split(x, size), size);
  let best = first;
  let at = ops.full(first.shape, 0, "i32");
  others.forEach((tap, i) => {
    const wins = ops.or(ops.lt(best, tap), ops.ne(tap, tap));
    best = ops.select(wins, tap, best);
    at = ops.select(wins, ops.full(at.shape, i + 1, "i32"), at);
  });
  return ops.customVjp(best, [x, at], toLargest, { size });
}

/** To every entry of the window. */
const toAll: CustomRule = (g, [x], _, attrs) => {
  const size = attrs.size as readonly number[];
  const shares = fewTaps(size)
    ? placed(new Array<Node>(countOf(size)).fill(g), size)
    : repeated(g, size);
  return [joined(shares, size, x)];
};

/** The sum of each window of `size` (N, C, …). */
export function disjointSums(x: Node, size: readonly number[]): Node {
  const parts = split(x, size);
  const sums = fewTaps(size)
    ? taps(parts, size).reduce(ops.add)
    : ops.reduceSum(
        parts,
        size.map((_, i) => 3 + 2 * i),
      );
  return ops.customVjp(sums, [x], toAll, { size });
}
