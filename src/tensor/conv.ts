import { isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { transposedConv } from "../ir/primitives/conv.ts";
import { showShape } from "../ir/shape.ts";
import { callInSingle, describe } from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { overSamples, type PerAxis, perAxis } from "./spatial.ts";
import { Tensor } from "./tensor.ts";

/** Options of `conv1d`, `conv2d` and `conv3d`. */
export interface ConvOptions {
  /** Steps of the window. Default 1. */
  readonly stride?: PerAxis;
  /**
   * Zeros on both sides of each axis; `"valid"` is none, `"same"` as many as make the output as large as
   * the input, for a stride of 1. Default 0.
   */
  readonly padding?: PerAxis | "same" | "valid";
  /** Spacing of the window's taps. Default 1. */
  readonly dilation?: PerAxis;
  /** Number of parts that channels are cut into, each convolved by itself. Default 1. */
  readonly groups?: number;
}

/** @internal Zeros before and after each axis that `padding` stands for. */
export function convPadding(
  padding: PerAxis | "same" | "valid",
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  what: string,
): { lo: number[]; hi: number[] } {
  if (padding === "valid") return { lo: kernel.map(() => 0), hi: kernel.map(() => 0) };
  if (padding !== "same") {
    const both = perAxis(padding, kernel.length, "padding", what, 0);
    return { lo: both, hi: both };
  }
  if (stride.some((s) => s !== 1))
    throw new RangeError(
      `${what}: padding "same" needs a stride of 1, got [${stride.join(", ")}]; give numbers instead`,
    );
  const total = kernel.map((k, i) => dilation[i] * (k - 1));
  return { lo: total.map((n) => n >> 1), hi: total.map((n) => n - (n >> 1)) };
}

function checkWeight(weight: Tensor, spatial: number, order: string, what: string): Node {
  if (!(weight instanceof Tensor) || weight.ndim !== spatial + 2)
    throw new RangeError(
      `${what}: expected a weight ${order} of ${spatial + 2} axes, got ${describe(weight)}`,
    );
  return weight.node;
}

/** Adds one number a channel to (N, C, ...). */
function addBias(x: Node, bias: Tensor | undefined, what: string): Node {
  if (!bias) return x;
  if (bias.ndim !== 1 || bias.shape[0] !== x.shape[1])
    throw new Error(
      `${what}: expected a bias of ${x.shape[1]} numbers, one an output channel, got ` +
        showShape(bias.shape),
    );
  const own = x.shape.map((size, i) => (i === 1 ? size : 1));
  return ops.add(x, ops.expand(ops.reshape(bias.node, own), x.shape));
}

function convolve(
  what: string,
  spatial: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvOptions,
): Tensor {
  [x, weight, bias] = atPrecision("low", x, weight, bias);
  // Halves are rounded once, after the bias.
  if (bias && isHalf(x.dtype) && weight.dtype === x.dtype && bias.dtype === x.dtype) {
    const wide = (own: Tensor, w: Tensor, b: Tensor): Tensor =>
      convolve(what, spatial, own, w, b, options);
    return callInSingle(wide, x, weight, bias);
  }
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const w = checkWeight(weight, spatial, "(out, in / groups, ...kernel)", what);
  const steps = perAxis(stride, spatial, "stride", what, 1);
  const spacing = perAxis(dilation, spatial, "dilation", what, 1);
  const { lo, hi } = convPadding(padding, w.shape.slice(2), steps, spacing, what);
  return overSamples(x, spatial, what, (node) => {
    const attrs = {
      stride: steps,
      padLo: lo,
      padHi: hi,
      dilation: spacing,
      inputDilation: steps.map(() => 1),
      groups,
    };
    return addBias(ops.conv(node, w, attrs), bias, what);
  });
}

/**
 * Convolution along one axis (the cross-correlation of signal processing, as everywhere in deep
 * learning): x (N, C, L) and weight (O, C / groups, K) give (N, O, L').
 *
 * `L' = ⌊(L + padding - dilation · (K - 1) - 1) / stride⌋ + 1`, where padding is that of both sides.
 *
 * @param x - (N, C, L), or one sample (C, L).
 * @param bias - (O), added to every output of its channel.
 * @throws RangeError for ranks and settings that do not fit, Error for channels that do not.
 *
 * @example
 * conv1d(rand([8, 3, 100]), rand([16, 3, 5]), undefined, { padding: "same" }); // (8, 16, 100)
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvOptions = {},
): Tensor {
  return convolve("conv1d", 1, x, weight, bias, options);
}

/**
 * `conv1d` along two axes: x (N, C, H, W) and weight (O, C / groups, KH, KW) give (N, O, H', W').
 *
 * @throws As `conv1d`.
 *
 * @example
 * conv2d(rand([8, 3, 32, 32]), rand([16, 3, 3, 3]), rand([16]), { padding: 1 }); // (8, 16, 32, 32)
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvOptions = {},
): Tensor {
  return convolve("conv2d", 2, x, weight, bias, options);
}

/**
 * `conv1d` along three axes: x (N, C, D, H, W), weight (O, C / groups, KD, KH, KW). @throws As `conv1d`.
 *
 * @example
 * conv3d(rand([2, 1, 8, 8, 8]), rand([4, 1, 3, 3, 3])); // (2, 4, 6, 6, 6)
 */
export function conv3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvOptions = {},
): Tensor {
  return convolve("conv3d", 3, x, weight, bias, options);
}

/** Options of `convTranspose1d`, `convTranspose2d` and `convTranspose3d`. */
export interface ConvTransposeOptions {
  /** Steps of the window over the output. Default 1. */
  readonly stride?: PerAxis;
  /** Padding of the convolution that this one is the transpose of: it cuts the output. Default 0. */
  readonly padding?: PerAxis;
  /** Additional entries at the end of each axis, fewer than stride or dilation. Default 0. */
  readonly outputPadding?: PerAxis;
  /** Number of parts that channels are cut into. Default 1. */
  readonly groups?: number;
  /** Spacing of the window's taps. Default 1. */
  readonly dilation?: PerAxis;
}

function convolveTransposed(
  what: string,
  spatial: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvTransposeOptions,
): Tensor {
  [x, weight, bias] = atPrecision("low", x, weight, bias);
  // Halves are rounded once, after the bias.
  if (bias && isHalf(x.dtype) && weight.dtype === x.dtype && bias.dtype === x.dtype) {
    const wide = (own: Tensor, w: Tensor, b: Tensor): Tensor =>
      convolveTransposed(what, spatial, own, w, b, options);
    return callInSingle(wide, x, weight, bias);
  }
  const { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1 } = options;
  const w = checkWeight(weight, spatial, "(in, out / groups, ...kernel)", what);
  const steps = perAxis(stride, spatial, "stride", what, 1);
  const cut = perAxis(padding, spatial, "padding", what, 0);
  const more = perAxis(outputPadding, spatial, "outputPadding", what, 0);
  const spacing = perAxis(dilation, spatial, "dilation", what, 1);
  if (more.some((n, i) => n >= Math.max(steps[i], spacing[i])))
    throw new RangeError(
      `${what}: outputPadding must be less than stride or dilation, got [${more.join(", ")}] for ` +
        `stride [${steps.join(", ")}] and dilation [${spacing.join(", ")}]`,
    );
  return overSamples(x, spatial, what, (node) => {
    if (node.shape[1] !== w.shape[0] || !(groups >= 1) || w.shape[0] % groups !== 0)
      throw new Error(
        `${what}: channels differ, input ${showShape(node.shape)} and weight ${showShape(w.shape)} ` +
          `(in, out / groups, ...kernel) with ${groups} groups`,
      );
    const size = cut.map(
      (p, i) =>
        (node.shape[2 + i] - 1) * steps[i] -
        2 * p +
        spacing[i] * (w.shape[2 + i] - 1) +
        more[i] +
        1,
    );
    if (size.some((n) => n < 1))
      throw new RangeError(
        `${what}: padding [${cut.join(", ")}] leaves nothing of the output, ${showShape(size)}`,
      );
    const attrs = {
      stride: steps,
      padLo: cut,
      padHi: cut,
      dilation: spacing,
      inputDilation: steps.map(() => 1),
      groups,
    };
    return addBias(transposedConv(node, w, attrs, size), bias, what);
  });
}

/**
 * Transposed convolution along one axis, the gradient of `conv1d` with respect to its input: x (N, C, L)
 * and weight (C, O / groups, K) give (N, O, L').
 *
 * `L' = (L - 1) · stride - 2 · padding + dilation · (K - 1) + outputPadding + 1`.
 *
 * @param x - (N, C, L), or one sample (C, L).
 * @param bias - (O), added to every output of its channel.
 * @throws RangeError for ranks and settings that do not fit, Error for channels that do not.
 *
 * @example
 * convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 10]]]), undefined, { stride: 2 }); // [[[1, 10, 2, 20]]]
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  return convolveTransposed("convTranspose1d", 1, x, weight, bias, options);
}

/**
 * `convTranspose1d` along two axes: x (N, C, H, W) and weight (C, O / groups, KH, KW).
 *
 * @throws As `convTranspose1d`.
 *
 * @example
 * convTranspose2d(rand([8, 16, 7, 7]), rand([16, 3, 2, 2]), undefined, { stride: 2 }); // (8, 3, 14, 14)
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  return convolveTransposed("convTranspose2d", 2, x, weight, bias, options);
}

/**
 * `convTranspose1d` along three axes. @throws As `convTranspose1d`.
 *
 * @example
 * convTranspose3d(rand([2, 4, 3, 3, 3]), rand([4, 2, 2, 2, 2])); // (2, 2, 4, 4, 4)
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  return convolveTransposed("convTranspose3d", 3, x, weight, bias, options);
}
