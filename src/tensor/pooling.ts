import { isFloat, isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type Shape, showShape } from "../ir/shape.ts";
import { spread } from "./gather.ts";
import { inSingle, numeric } from "./operand.ts";
import { overSamples, type PerAxis, perAxis } from "./spatial.ts";
import { type Tensor } from "./tensor.ts";
import { disjointMaxima, disjointSums, fewTaps } from "./windows.ts";

/** Options of `maxPool1d`, `maxPool2d` and `maxPool3d`. */
export interface MaxPoolOptions {
  /** Steps of the window. Default: its size. */
  readonly stride?: PerAxis;
  /** Entries on both sides that are never the largest; at most half a window. Default 0. */
  readonly padding?: PerAxis;
  /** Spacing of the window's entries. Default 1. */
  readonly dilation?: PerAxis;
  /** Whether a window may reach beyond the end, so that no entry is left out. Default false. */
  readonly ceilMode?: boolean;
}

/** Options of `avgPool1d`, `avgPool2d` and `avgPool3d`. */
export interface AvgPoolOptions {
  /** Steps of the window. Default: its size. */
  readonly stride?: PerAxis;
  /** Zeros on both sides; at most half a window. Default 0. */
  readonly padding?: PerAxis;
  /** Whether a window may reach beyond the end, so that no entry is left out. Default false. */
  readonly ceilMode?: boolean;
  /** Whether padding counts in the mean. Default true. */
  readonly countIncludePad?: boolean;
  /** What sums are divided by, instead of the number of entries. */
  readonly divisorOverride?: number;
}

/** The windows of a pool, and the sizes of its output. */
interface Windows extends ops.WindowAttrs {
  readonly out: readonly number[];
}

function windowsOf(
  what: string,
  input: Shape,
  kernelSize: PerAxis,
  { stride, padding = 0, dilation = 1, ceilMode = false }: MaxPoolOptions,
): Windows {
  const spatial = input.length - 2;
  const size = perAxis(kernelSize, spatial, "kernelSize", what, 1);
  const steps = stride === undefined ? size : perAxis(stride, spatial, "stride", what, 1);
  const pads = perAxis(padding, spatial, "padding", what, 0);
  const spacing = perAxis(dilation, spatial, "dilation", what, 1);
  const out: number[] = [];
  const padHi: number[] = [];
  for (let i = 0; i < spatial; i++) {
    const extent = input[2 + i];
    const span = (size[i] - 1) * spacing[i] + 1;
    if (2 * pads[i] > span)
      throw new RangeError(
        `${what}: padding must be at most half the window, got ${pads[i]} for a window of ${span}`,
      );
    const room = extent + 2 * pads[i] - span;
    let count = Math.floor((room + (ceilMode ? steps[i] - 1 : 0)) / steps[i]) + 1;
    // A window must start in the input or in the padding before it.
    if (ceilMode && (count - 1) * steps[i] >= extent + pads[i]) count--;
    if (count < 1)
      throw new RangeError(
        `${what}: a window of ${span} does not fit axis ${2 + i} of ${showShape(input)} with ` +
          `padding ${pads[i]}`,
      );
    out.push(count);
    padHi.push(Math.max(pads[i], (count - 1) * steps[i] + span - extent - pads[i]));
  }
  return { size, stride: steps, padLo: pads, padHi, dilation: spacing, out };
}

/** Whether no entry is in two windows, nor in none but those at the end, and there is no padding. */
const areDisjoint = ({ size, stride, padLo, padHi, dilation }: Windows): boolean =>
  size.every(
    (n, i) => stride[i] === n && padLo[i] === 0 && padHi[i] === 0 && (n === 1 || dilation[i] === 1),
  );

const needsNumbers = (x: Node, what: string): Node => {
  if (x.dtype === "bool") throw new TypeError(`${what}: not defined for bool; use x.to("f32")`);
  return x;
};

function maximum(x: Node, windows: Windows): Node {
  if (areDisjoint(windows) && fewTaps(windows.size)) return disjointMaxima(x, windows.size);
  const at = ops.windowArgMax(x, windows);
  const lead = x.shape.slice(0, 2);
  const plane = windows.size.reduce((n, _, i) => n * x.shape[2 + i], 1);
  const count = windows.out.reduce((n, size) => n * size, 1);
  const picked = ops.gather(ops.reshape(x, [...lead, plane]), ops.reshape(at, [...lead, count]), 2);
  return ops.reshape(picked, at.shape);
}

function maxPool(
  what: string,
  spatial: number,
  x: Tensor,
  kernelSize: PerAxis,
  options: MaxPoolOptions,
): Tensor {
  return overSamples(x, spatial, what, (node) =>
    maximum(needsNumbers(node, what), windowsOf(what, node.shape, kernelSize, options)),
  );
}

/**
 * The largest entry of each window along the last axis: (N, C, L) gives (N, C, L'). Of equal entries the
 * first gets the gradient; NaN counts as largest.
 *
 * `L' = ⌊(L + 2 · padding - dilation · (kernelSize - 1) - 1) / stride⌋ + 1`, or ⌈…⌉ with `ceilMode`.
 *
 * @param x - (N, C, L), or one sample (C, L).
 * @throws RangeError for settings and sizes that do not fit.
 *
 * @example
 * maxPool1d(tensor([[[1, 3, 2, 5]]]), 2); // [[[3, 5]]]
 */
export function maxPool1d(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool("maxPool1d", 1, x, kernelSize, options);
}

/**
 * `maxPool1d` along the last two axes, (N, C, H, W) or (C, H, W).
 *
 * @throws As `maxPool1d`.
 *
 * @example
 * maxPool2d(rand([8, 6, 28, 28]), 2); // (8, 6, 14, 14)
 */
export function maxPool2d(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool("maxPool2d", 2, x, kernelSize, options);
}

/**
 * `maxPool1d` along the last three axes, (N, C, D, H, W) or (C, D, H, W). @throws As `maxPool1d`.
 *
 * @example
 * maxPool3d(rand([2, 4, 8, 8, 8]), 2); // (2, 4, 4, 4, 4)
 */
export function maxPool3d(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool("maxPool3d", 3, x, kernelSize, options);
}

/** How many entries each window counts, by its position: (…out). */
function entryCounts(x: Node, windows: Windows, countIncludePad: boolean): Node | number {
  const { size, stride, padLo, out } = windows;
  let constant = 1;
  let varying: Node | undefined;
  for (let i = 0; i < size.length; i++) {
    const extent = x.shape[2 + i];
    const pad = countIncludePad ? padLo[i] : 0;
    const overhang = (out[i] - 1) * stride[i] - padLo[i] + size[i] - extent;
    if ((countIncludePad || padLo[i] === 0) && overhang <= pad) {
      constant *= size[i];
      continue;
    }
    const index = ops.iota([out[i]], 0);
    const number = (value: number): Node => ops.fullLike(index, value);
    const start = ops.sub(ops.mul(index, number(stride[i])), number(padLo[i]));
    const end = ops.min(ops.add(start, number(size[i])), number(extent + pad));
    const count = spread(ops.sub(end, ops.max(start, number(-pad))), out, i);
    varying = varying ? ops.mul(varying, count) : count;
  }
  return varying ? ops.mul(varying, ops.fullLike(varying, constant)) : constant;
}

function average(
  what: string,
  x: Node,
  kernelSize: PerAxis,
  { countIncludePad = true, divisorOverride, ...options }: AvgPoolOptions,
): Node {
  numeric(x, what, "numbers");
  if (isHalf(x.dtype)) {
    const all = { countIncludePad, divisorOverride, ...options };
    return inSingle(x, (wide) => average(what, wide, kernelSize, all));
  }
  if (divisorOverride === 0) throw new RangeError(`${what}: divisorOverride must not be 0`);
  const windows = windowsOf(what, x.shape, kernelSize, options);
  const sums = areDisjoint(windows) ? disjointSums(x, windows.size) : ops.windowSum(x, windows);
  const divisor = divisorOverride ?? entryCounts(x, windows, countIncludePad);
  // The mean of integers is one, rounded toward 0.
  if (typeof divisor === "number" && !isFloat(x.dtype))
    return ops.div(sums, ops.fullLike(sums, divisor));
  return typeof divisor === "number"
    ? ops.mul(sums, ops.fullLike(sums, 1 / divisor))
    : ops.div(sums, ops.broadcastTo(ops.cast(divisor, x.dtype), sums.shape));
}

/**
 * The mean of each window along the last axis: (N, C, L) gives (N, C, L'), with `maxPool1d`'s L' (of
 * dilation 1).
 *
 * @param x - (N, C, L), or one sample (C, L).
 * @throws RangeError for settings and sizes that do not fit, TypeError for bools.
 *
 * @example
 * avgPool1d(tensor([[[1, 3, 2, 6]]]), 2); // [[[2, 4]]]
 */
export function avgPool1d(x: Tensor, kernelSize: PerAxis, options: AvgPoolOptions = {}): Tensor {
  const what = "avgPool1d";
  return overSamples(x, 1, what, (node) => average(what, node, kernelSize, options));
}

/**
 * `avgPool1d` along the last two axes, (N, C, H, W) or (C, H, W).
 *
 * @throws As `avgPool1d`.
 *
 * @example
 * avgPool2d(rand([8, 6, 28, 28]), 2); // (8, 6, 14, 14)
 */
export function avgPool2d(x: Tensor, kernelSize: PerAxis, options: AvgPoolOptions = {}): Tensor {
  const what = "avgPool2d";
  return overSamples(x, 2, what, (node) => average(what, node, kernelSize, options));
}

/**
 * `avgPool1d` along the last three axes, (N, C, D, H, W) or (C, D, H, W). @throws As `avgPool1d`.
 *
 * @example
 * avgPool3d(rand([2, 4, 8, 8, 8]), 2); // (2, 4, 4, 4, 4)
 */
export function avgPool3d(x: Tensor, kernelSize: PerAxis, options: AvgPoolOptions = {}): Tensor {
  const what = "avgPool3d";
  return overSamples(x, 3, what, (node) => average(what, node, kernelSize, options));
}
