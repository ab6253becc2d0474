import { isFloat, isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type Shape } from "../ir/shape.ts";
import { gatherAxis } from "./gather.ts";
import { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from "./pooling.ts";
import { overSamples } from "./spatial.ts";
import { callInSingle } from "./operand.ts";
import { Tensor } from "./tensor.ts";

// Windows that cover an axis of n entries with m windows: window o is ⌊o n / m⌋ … ⌈(o + 1) n / m⌉ - 1.
// Where m divides n they are all equal and lie side by side.

/** Size of an output: one number for all axes, or one for each; `null` keeps the input's size. */
export type OutputSize = number | readonly (number | null)[];

const AVG = [avgPool1d, avgPool2d, avgPool3d];
const MAX = [maxPool1d, maxPool2d, maxPool3d];

function outputSizes(size: OutputSize, input: Shape, what: string): number[] {
  const spatial = input.length - 2;
  const list = typeof size === "number" ? new Array<number>(spatial).fill(size) : size;
  if (
    !Array.isArray(list) ||
    list.length !== spatial ||
    !list.every((n) => n === null || (Number.isInteger(n) && (n as number) >= 1))
  )
    throw new RangeError(
      `${what}: outputSize must be an integer >= 1${spatial > 1 ? ` or ${spatial} of them` : ""} ` +
        `(null keeps a size), got ${JSON.stringify(size)}`,
    );
  const out = (list as readonly (number | null)[]).map((n, i) => n ?? input[2 + i]);
  out.forEach((_, i) => {
    if (input[2 + i] === 0)
      throw new RangeError(`${what}: axis ${2 + i} of the input has no entries`);
  });
  return out;
}

/** Equal windows, where the sizes divide. */
function kernelOf(input: Shape, out: readonly number[]): number[] | undefined {
  return out.every((m, i) => input[2 + i] % m === 0)
    ? out.map((m, i) => input[2 + i] / m)
    : undefined;
}

/** Start and end of window `o`, as i32 values. */
function bounds(o: Node, n: number, m: number): { start: Node; end: Node } {
  const by = (x: Node, factor: number): Node => ops.mul(x, ops.fullLike(x, factor));
  const plus = (x: Node, summand: number): Node => ops.add(x, ops.fullLike(x, summand));
  const over = (x: Node): Node => ops.div(x, ops.fullLike(x, m));
  return { start: over(by(o, n)), end: over(plus(by(plus(o, 1), n), m - 1)) };
}

/** The means along `axis`: the product with a matrix that has each window's weights in a row. */
function meansAlong(x: Node, axis: number, m: number): Node {
  const n = x.shape[axis];
  if (n === m) return x;
  const window = ops.iota([m, n], 0);
  const entry = ops.iota([m, n], 1);
  const { start, end } = bounds(window, n, m);
  const inside = ops.and(ops.le(start, entry), ops.lt(entry, end));
  const size = ops.cast(ops.sub(end, start), x.dtype);
  const weights = ops.select(inside, ops.div(ops.fullLike(size, 1), size), ops.zerosLike(size));
  const means = ops.dot(x, weights, {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [axis],
    rhsContract: [1],
  });
  // The product has the new axis at its end.
  const last = x.shape.length - 1;
  return ops.permute(
    means,
    x.shape.map((_, i) => (i < axis ? i : i === axis ? last : i - 1)),
  );
}

function adaptiveAvg(what: string, spatial: number, x: Tensor, outputSize: OutputSize): Tensor {
  if (isHalf(x.dtype))
    return callInSingle((wide) => adaptiveAvg(what, spatial, wide, outputSize), x);
  return overSamples(x, spatial, what, (node) => {
    if (!isFloat(node.dtype))
      throw new TypeError(`${what}: expected a floating-point tensor, got ${node.dtype}`);
    const out = outputSizes(outputSize, node.shape, what);
    const kernel = kernelOf(node.shape, out);
    if (kernel) return AVG[spatial - 1](new Tensor(node), kernel).node;
    return out.reduce((y, m, i) => meansAlong(y, 2 + i, m), node);
  });
}

/**
 * Means of `outputSize` windows that cover the last axis: (N, C, L) gives (N, C, outputSize).
 *
 * @param x - (N, C, L), or one sample (C, L).
 * @throws RangeError for sizes that are not integers >= 1, TypeError for integer tensors.
 *
 * @example
 * adaptiveAvgPool1d(tensor([[[1, 3, 2, 6]]]), 2); // [[[2, 4]]]
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvg("adaptiveAvgPool1d", 1, x, outputSize);
}

/**
 * `adaptiveAvgPool1d` along the last two axes, (N, C, H, W) or (C, H, W).
 *
 * @throws As `adaptiveAvgPool1d`.
 *
 * @example
 * adaptiveAvgPool2d(rand([8, 512, 4, 4]), 1); // (8, 512, 1, 1): the mean of each channel
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvg("adaptiveAvgPool2d", 2, x, outputSize);
}

/**
 * `adaptiveAvgPool1d` along the last three axes. @throws As `adaptiveAvgPool1d`.
 *
 * @example
 * adaptiveAvgPool3d(rand([2, 4, 8, 8, 8]), 1); // (2, 4, 1, 1, 1)
 */
export function adaptiveAvgPool3d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvg("adaptiveAvgPool3d", 3, x, outputSize);
}

/** The windows of an axis laid side by side, each as long as the longest: its last entry is repeated. */
function laidOut(x: Node, axis: number, m: number): { node: Node; length: number } {
  const n = x.shape[axis];
  let length = 0;
  for (let o = 0; o < m; o++)
    length = Math.max(length, Math.ceil(((o + 1) * n) / m) - Math.floor((o * n) / m));
  const { start, end } = bounds(ops.iota([m, length], 0), n, m);
  const entry = ops.add(start, ops.iota([m, length], 1));
  const inside = ops.min(entry, ops.sub(end, ops.fullLike(end, 1)));
  return { node: gatherAxis(x, ops.reshape(inside, [m * length]), axis), length };
}

function adaptiveMax(what: string, spatial: number, x: Tensor, outputSize: OutputSize): Tensor {
  return overSamples(x, spatial, what, (node) => {
    const out = outputSizes(outputSize, node.shape, what);
    const pool = MAX[spatial - 1];
    const kernel = kernelOf(node.shape, out);
    if (kernel) return pool(new Tensor(node), kernel).node;
    let whole = node;
    const longest = out.map((m, i) => {
      const { node: laid, length } = laidOut(whole, 2 + i, m);
      whole = laid;
      return length;
    });
    return pool(new Tensor(whole), longest).node;
  });
}

/**
 * The largest entries of `outputSize` windows that cover the last axis: (N, C, L) gives
 * (N, C, outputSize). Of equal entries the first gets the gradient.
 *
 * @param x - (N, C, L), or one sample (C, L).
 * @throws RangeError for sizes that are not integers >= 1.
 *
 * @example
 * adaptiveMaxPool1d(tensor([[[1, 3, 2, 6]]]), 2); // [[[3, 6]]]
 */
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveMax("adaptiveMaxPool1d", 1, x, outputSize);
}

/**
 * `adaptiveMaxPool1d` along the last two axes. @throws As `adaptiveMaxPool1d`.
 *
 * @example
 * adaptiveMaxPool2d(rand([8, 6, 28, 28]), [2, 3]); // (8, 6, 2, 3)
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveMax("adaptiveMaxPool2d", 2, x, outputSize);
}

/**
 * `adaptiveMaxPool1d` along the last three axes. @throws As `adaptiveMaxPool1d`.
 *
 * @example
 * adaptiveMaxPool3d(rand([2, 4, 8, 8, 8]), 1); // (2, 4, 1, 1, 1)
 */
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveMax("adaptiveMaxPool3d", 3, x, outputSize);
}
