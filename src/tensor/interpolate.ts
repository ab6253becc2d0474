import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from "./adaptive-pooling.ts";
import { gatherAxis, spread } from "./gather.ts";
import { checkOption } from "./operand.ts";
import { type PerAxis, perAxis } from "./spatial.ts";
import { Tensor } from "./tensor.ts";

/** Options of `interpolate`: one of `size` and `scaleFactor`. */
export interface InterpolateOptions {
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
}

/** How `interpolate` takes values. */
export type InterpolationMode =
  "nearest" | "nearest-exact" | "linear" | "bilinear" | "trilinear" | "bicubic" | "area";

/** Spatial axes that a mode is for. */
const AXES: Readonly<Record<string, number>> = { linear: 1, bilinear: 2, trilinear: 3, bicubic: 2 };

/** Weights of the neighbours -1, 0, 1 and 2 of a position that lies `t` behind neighbour 0. */
function cubic(t: Tensor): Tensor[] {
  const A = -0.75;
  const near = (x: Tensor): Tensor =>
    x
      .mul(A + 2)
      .sub(A + 3)
      .mul(x)
      .mul(x)
      .add(1);
  const far = (x: Tensor): Tensor =>
    x
      .mul(A)
      .sub(5 * A)
      .mul(x)
      .add(8 * A)
      .mul(x)
      .sub(4 * A);
  const back = t.neg().add(1);
  return [far(t.add(1)), near(t), near(back), far(back.add(1))];
}

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

/** Every entry of an axis `times` times. */
function repeated(x: Node, axis: number, times: number): Node {
  const { shape } = x;
  const narrow = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const wide = narrow.map((n, i) => (i === axis + 1 ? times : n));
  return ops.reshape(
    ops.expand(ops.reshape(x, narrow), wide),
    shape.map((n, i) => (i === axis ? n * times : n)),
  );
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

/**
 * Another size for the spatial axes of x (N, C, …). In mode `"nearest"` output position i takes the element
 * at `⌊i · step⌋`, where step is the quotient of the sizes, or `1 / scaleFactor`.
 *
 * @throws RangeError when not one of `size` and `scaleFactor` is given, or one is out of range.
 *
 * @example
 * interpolate(rand([8, 3, 16, 16]), { scaleFactor: 2 }); // (8, 3, 32, 32)
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const { size, scaleFactor, mode = "nearest", alignCorners = false } = options;
  const what = "interpolate";
  checkOption(mode, ["nearest", "nearest-exact", ...Object.keys(AXES), "area"], "mode", what);
  if ((size === undefined) === (scaleFactor === undefined))
    throw new RangeError(`${what}: expected one of size and scaleFactor`);
  const spatial = x.ndim - 2;
  if (spatial < 1)
    throw new RangeError(`${what}: expected an input (N, C, …), got ${showShape(x.shape)}`);
  if ((AXES[mode] ?? spatial) !== spatial)
    throw new RangeError(
      `${what}: mode "${mode}" is for ${AXES[mode]} spatial axes, got ${spatial}`,
    );
  const scales = scaleFactor === undefined ? undefined : factors(scaleFactor, spatial);
  const sizes = scales
    ? scales.map((f, i) => Math.floor(x.shape[2 + i] * f))
    : perAxis(size!, spatial, "size", what, 1);
  let { node } = x;
  if (mode === "area") {
    const pools = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];
    return pools[spatial - 1](x, sizes);
  }
  sizes.forEach((m, i) => {
    const axis = 2 + i;
    const n = node.shape[axis];
    if (m < 1 || n < 1)
      throw new RangeError(`${what}: axis ${axis} would change from ${n} to ${m} entries`);
    if (mode !== "nearest") {
      const scale = scales ? 1 / scales[i] : n / m;
      return void (node = weighted(node, axis, m, scale, mode, alignCorners));
    }
    if (m === n && scales === undefined) return;
    if (m % n === 0 && (scales === undefined || scales[i] === m / n))
      return void (node = repeated(node, axis, m / n));
    // In single precision, as PyTorch computes positions.
    const step = ops.full([m], scales ? 1 / scales[i] : n / m, "f32");
    const at = ops.cast(ops.floor(ops.mul(ops.iota([m], 0, "f32"), step)), "i32");
    node = gatherAxis(node, ops.min(at, ops.fullLike(at, n - 1)), axis);
  });
  return new Tensor(node);
}
