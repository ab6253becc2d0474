import { isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { gatherAxis, spread } from "../tensor/gather.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  interpolate as nearest,
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
  const { size, scaleFactor, mode = "nearest", alignCorners = false } = options;
  checkTensor(x, what);
  checkOption(mode, ["nearest", "nearest-exact", ...Object.keys(AXES), "area"], "mode", what);
  const spatial = x.ndim - 2;
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
    const scale = scales ? 1 / scales[i] : x.shape[2 + i] / m;
    node = weighted(node, 2 + i, m, scale, mode, alignCorners);
  });
  return new Tensor(node);
}
