import { isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { gatherAxis, spread } from "../tensor/gather.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  fromTypedArray,
  interpolate as nearest,
  matmul,
  type PerAxis,
  Tensor,
} from "../tensor/index.ts";
import { resized } from "../tensor/spatial.ts";
import { checkOption, checkTensor } from "../tensor/checks.ts";
import { callInSingle } from "../tensor/operand.ts";
import { atPrecision } from "../tensor/precision.ts";
import { cubic } from "./cubic.ts";

/** Options of `interpolate`: one of `size` and `scaleFactor`. */
export interface ResizeOptions {
  /** Sizes of the spatial axes of the result. */
  readonly size?: PerAxis;
  /** Factors of the spatial axes; sizes are rounded down. */
  readonly scaleFactor?: PerAxis;
  /**
   * `"nearest"` (default): the element at or before; `"nearest-exact"`: that whose middle is nearest;
   * `"linear"` (one spatial axis), `"bilinear"` (two), `"trilinear"` (three): between the two around;
   * `"bicubic"` (two axes): by the cubic of Keys 1981 through four; `"area"`: means of what is covered.
   */
  readonly mode?: InterpolationMode;
  /** Whether the middles of the outer elements stay where they are; for linear and cubic. Default false. */
  readonly alignCorners?: boolean;
  /**
   * Whether positions go by the ratio of the sizes, as with `size`, and not by the factors, from which it
   * differs where sizes were rounded. Default false.
   */
  readonly recomputeScaleFactor?: boolean;
  /**
   * Whether an image that gets smaller is smoothed, so that every pixel counts; for "bilinear" and "bicubic".
   * Default false.
   */
  readonly antialias?: boolean;
}

/** How `interpolate` takes values. */
export type InterpolationMode =
  "nearest" | "nearest-exact" | "linear" | "bilinear" | "trilinear" | "bicubic" | "area";

/** Spatial axes that a mode is for. */
const AXES: Readonly<Record<string, number>> = { linear: 1, bilinear: 2, trilinear: 3, bicubic: 2 };

/** Axis `axis` with m entries, each a weighted sum of neighbours at its position. */
function weighted(
  x: Node,
  axis: number,
  m: number,
  scale: number,
  mode: InterpolationMode,
  align: boolean,
): Node {
  const n = x.shape[axis];
  const at = new Tensor(ops.iota([m], 0, x.dtype));
  const isCubic = mode === "bicubic";
  let position = align ? at.mul(m > 1 ? (n - 1) / (m - 1) : 0) : at.add(0.5).mul(scale).sub(0.5);
  if (mode === "nearest-exact") position = at.add(0.5).mul(scale).floor();
  else if (!isCubic) position = position.clamp(0);
  const first = position.floor();
  const t = position.sub(first);
  const weights = mode === "nearest-exact" ? [undefined] : isCubic ? cubic(t) : [t.neg().add(1), t];
  const parts = weights.map((weight, k) => {
    const index = first
      .add(k - Number(isCubic))
      .clamp(0, n - 1)
      .to("i32");
    const part = gatherAxis(x, index.node, axis);
    return weight ? ops.mul(part, spread(weight.node, part.shape, axis)) : part;
  });
  return parts.reduce(ops.add);
}

/** The size that the factors give, in their place. */
function bySize(x: Tensor, options: ResizeOptions): ResizeOptions {
  checkTensor(x, "interpolate");
  if (options.size !== undefined || options.scaleFactor === undefined)
    throw new RangeError(
      "interpolate: recomputeScaleFactor is for a scaleFactor; a size is its own ratio",
    );
  const { sizes: size } = resized(x, undefined, options.scaleFactor, "interpolate");
  return { ...options, size, scaleFactor: undefined, recomputeScaleFactor: false };
}

/**
 * Axis `axis` with m entries, each a weighted sum of what its kernel covers, which is wider by as much as
 * the axis gets shorter. The cubic is that of Keys 1981 with a = -1/2, as in PyTorch.
 */
function smoothed(x: Node, axis: number, m: number, scale: number, isCubic: boolean): Node {
  const n = x.shape[axis];
  const stretch = Math.max(scale, 1);
  const support = (isCubic ? 2 : 1) * stretch;
  const weights = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const center = scale * (i + 0.5);
    const from = Math.max(Math.trunc(center - support + 0.5), 0);
    const to = Math.min(Math.trunc(center + support + 0.5), n);
    let total = 0;
    for (let j = from; j < to; j++)
      total += weights[i * n + j] = kernel((j + 0.5 - center) / stretch, isCubic);
    for (let j = from; j < to; j++) weights[i * n + j] /= total;
  }
  const matrix = fromTypedArray(weights, [m, n]).to(x.dtype);
  return matmul(new Tensor(x).movedim(axis, -1), matrix.T).movedim(-1, axis).node;
}

/** The height at `t` of a triangle of width 2, or of a cubic of width 4. */
function kernel(t: number, isCubic: boolean): number {
  const x = Math.abs(t);
  if (!isCubic) return Math.max(1 - x, 0);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * Another size for the spatial axes of x (N, C, …), by the mode's rule.
 *
 * @throws RangeError when not one of `size` and `scaleFactor` is given, or one is out of range.
 *
 * @example
 * interpolate(tensor([[[0, 1]]]), { size: 4, mode: "linear" }); // [[[0, 0.25, 0.75, 1]]]
 */
export function interpolate(x: Tensor, options: ResizeOptions): Tensor {
  const what = "interpolate";
  if (options.recomputeScaleFactor) return interpolate(x, bySize(x, options));
  const { size, scaleFactor, mode = "nearest", alignCorners = false, antialias = false } = options;
  checkTensor(x, what);
  checkOption(mode, ["nearest", "nearest-exact", ...Object.keys(AXES), "area"], "mode", what);
  const spatial = x.ndim - 2;
  if (antialias && mode !== "bilinear" && mode !== "bicubic")
    throw new RangeError(`${what}: antialias is for mode "bilinear" and "bicubic", got "${mode}"`);
  if (mode === "nearest") return nearest(x, { size, scaleFactor });
  if (mode !== "area") [x] = atPrecision("single", x);
  if (isHalf(x.dtype)) return callInSingle(interpolate, x, options);
  if ((size === undefined) === (scaleFactor === undefined))
    throw new RangeError(`${what}: expected one of size and scaleFactor`);
  if (spatial < 1 || spatial > 3)
    throw new RangeError(
      `${what}: expected an input (N, C, …) of 1 to 3 spatial axes, got ${showShape(x.shape)}`,
    );
  if ((AXES[mode] ?? spatial) !== spatial)
    throw new RangeError(
      `${what}: mode "${mode}" is for ${AXES[mode]} spatial axes, got ${spatial}`,
    );
  const { sizes, scales } = resized(x, size, scaleFactor, what);
  if (mode === "area") {
    const pools = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];
    return pools[spatial - 1](x, sizes);
  }
  let { node } = x;
  sizes.forEach((m, i) => {
    const n = x.shape[2 + i];
    const scale = scales ? 1 / scales[i] : n / m;
    if (antialias) {
      const apart = m > 1 ? (n - 1) / (m - 1) : 0;
      node = smoothed(node, 2 + i, m, alignCorners ? apart : scale, mode === "bicubic");
    } else node = weighted(node, 2 + i, m, scale, mode, alignCorners);
  });
  return new Tensor(node);
}
