import { type Pullback, withPullback } from "../linalg/pullback.ts";
import { limits } from "../ir/dtype.ts";
import { type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { fromTypedArray, type PerAxis, type Tensor, where } from "../tensor/index.ts";
import { indexNode } from "../tensor/operand.ts";
import { perAxis } from "../tensor/spatial.ts";
import { checkFloat, checkTensor } from "../tensor/checks.ts";

// Pools of largest entries that also say where these were, and the way back.

/** Largest entries, and their positions in the flattened spatial axes (i32). */
export interface PooledIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** By output position: the input positions of its window; -1 for padding. All lists are equally long. */
type Windows = readonly (readonly number[])[];

/** Options of pools with positions. */
export interface IndexedPoolOptions {
  /** Distance of windows. Default: their size. */
  readonly stride?: PerAxis;
  /** Padding on both sides, which is never chosen. Default 0. */
  readonly padding?: PerAxis;
  /** Spacing of a window's entries. Default 1. */
  readonly dilation?: PerAxis;
  /** Whether windows may start inside and end outside. Default false. */
  readonly ceilMode?: boolean;
}

/** x as (N, C, …spatial), and whether it was one sample. */
function samples(x: Tensor, spatial: number, what: string): [Tensor, boolean] {
  checkTensor(x, what);
  if (x.ndim === spatial + 1) return [x.unsqueeze(0), true];
  if (x.ndim === spatial + 2) return [x, false];
  throw new RangeError(
    `${what}: expected an input of ${spatial + 2} or ${spatial + 1} axes, got ${showShape(x.shape)}`,
  );
}

function largest(x: Tensor, windows: readonly Windows[]): PooledIndices {
  const spatial = x.shape.slice(2);
  const out = windows.map((w) => w.length);
  // Positions of all windows (L, K), from the axes' own.
  let positions: number[][] = [[0]];
  windows.forEach((axis, i) => {
    const size = spatial[i];
    positions = positions.flatMap((outer) =>
      axis.map((inner) =>
        outer.flatMap((p) => inner.map((q) => (p < 0 || q < 0 ? -1 : p * size + q))),
      ),
    );
  });
  const k = sizeOf(windows.map((w) => w[0]?.length ?? 1));
  const at = fromTypedArray(Int32Array.from(positions.flat()), [positions.length, k]);
  const rows = x.flatten(2).indexSelect(2, at.clamp(0).flatten()).unflatten(2, [-1, k]);
  const counted = where(at.ge(0), rows, limits(x.dtype)[0]);
  const best = counted.argmax(-1, { keepdim: true });
  const shape = [...x.shape.slice(0, 2), ...out];
  return {
    values: counted.takeAlongDim(best, -1).reshape(shape),
    indices: at.expand(rows.shape).takeAlongDim(best, -1).reshape(shape),
  };
}

function pool(
  what: string,
  spatial: number,
  given: Tensor,
  kernelSize: PerAxis,
  options: IndexedPoolOptions,
): PooledIndices {
  const [x, single] = samples(given, spatial, what);
  const { ceilMode = false } = options;
  const size = perAxis(kernelSize, spatial, "kernelSize", what, 1);
  const stride = perAxis(options.stride ?? size, spatial, "stride", what, 1);
  const padding = perAxis(options.padding ?? 0, spatial, "padding", what, 0);
  const dilation = perAxis(options.dilation ?? 1, spatial, "dilation", what, 1);
  const windows = size.map((k, i): Windows => {
    const n = x.shape[2 + i];
    const reach = n + 2 * padding[i] - dilation[i] * (k - 1) - 1;
    let count = (ceilMode ? Math.ceil : Math.floor)(reach / stride[i]) + 1;
    if (ceilMode && (count - 1) * stride[i] >= n + padding[i]) count--;
    if (count < 1 || 2 * padding[i] > k)
      throw new RangeError(
        `${what}: windows of ${size.join(" × ")} with padding ${padding.join(", ")} do not fit ${showShape(given.shape)}`,
      );
    return Array.from({ length: count }, (_, o) =>
      Array.from({ length: k }, (_, t) => {
        const p = o * stride[i] - padding[i] + t * dilation[i];
        return p >= 0 && p < n ? p : -1;
      }),
    );
  });
  return unbatched(largest(x, windows), single);
}

const unbatched = ({ values, indices }: PooledIndices, single: boolean): PooledIndices =>
  single ? { values: values.squeeze(0), indices: indices.squeeze(0) } : { values, indices };

function adaptive(
  what: string,
  spatial: number,
  given: Tensor,
  outputSize: number | readonly (number | null)[],
): PooledIndices {
  const [x, single] = samples(given, spatial, what);
  const list =
    typeof outputSize === "number" ? new Array<number>(spatial).fill(outputSize) : outputSize;
  const sizes = list.map((m, i) => m ?? x.shape[2 + i]);
  if (sizes.length !== spatial || !sizes.every((m) => Number.isInteger(m) && m >= 1))
    throw new RangeError(
      `${what}: outputSize must be ${spatial} integers >= 1 or null, got ${JSON.stringify(outputSize)}`,
    );
  const windows = sizes.map((m, i): Windows => {
    const n = x.shape[2 + i];
    const bounds = Array.from({ length: m }, (_, o) => [
      Math.floor((o * n) / m),
      Math.ceil(((o + 1) * n) / m),
    ]);
    const longest = Math.max(...bounds.map(([start, end]) => end - start));
    return bounds.map(([start, end]) =>
      Array.from({ length: longest }, (_, t) => (start + t < end ? start + t : -1)),
    );
  });
  return unbatched(largest(x, windows), single);
}

/**
 * `maxPool1d` that also gives the positions of what it took.
 *
 * @example
 * maxPool1dWithIndices(tensor([[[1, 3, 2, 0]]]), 2).indices; // [[[1, 2]]]
 */
export const maxPool1dWithIndices = (
  x: Tensor,
  kernelSize: PerAxis,
  options: IndexedPoolOptions = {},
): PooledIndices => pool("maxPool1dWithIndices", 1, x, kernelSize, options);
/**
 * `maxPool2d` that also gives the positions of what it took.
 *
 * @example
 * maxPool2dWithIndices(tensor([[[[1, 3], [2, 0]]]]), 2).indices; // [[[[1]]]]
 */
export const maxPool2dWithIndices = (
  x: Tensor,
  kernelSize: PerAxis,
  options: IndexedPoolOptions = {},
): PooledIndices => pool("maxPool2dWithIndices", 2, x, kernelSize, options);
/**
 * `maxPool3d` that also gives the positions of what it took.
 *
 * @example
 * maxPool3dWithIndices(zeros([1, 1, 2, 2, 2]), 2).indices; // [[[[[0]]]]]
 */
export const maxPool3dWithIndices = (
  x: Tensor,
  kernelSize: PerAxis,
  options: IndexedPoolOptions = {},
): PooledIndices => pool("maxPool3dWithIndices", 3, x, kernelSize, options);

/** Size of an output: one number for all axes, or one for each; `null` keeps the input's. */
export type AdaptiveSize = number | readonly (number | null)[];

/**
 * `adaptiveMaxPool1d` that also gives the positions of what it took.
 *
 * @example
 * adaptiveMaxPool1dWithIndices(tensor([[[1, 3, 2, 0]]]), 1).indices; // [[[1]]]
 */
export const adaptiveMaxPool1dWithIndices = (x: Tensor, outputSize: AdaptiveSize): PooledIndices =>
  adaptive("adaptiveMaxPool1dWithIndices", 1, x, outputSize);
/**
 * `adaptiveMaxPool2d` that also gives the positions of what it took.
 *
 * @example
 * adaptiveMaxPool2dWithIndices(tensor([[[[1, 3], [2, 0]]]]), 1).indices; // [[[[1]]]]
 */
export const adaptiveMaxPool2dWithIndices = (x: Tensor, outputSize: AdaptiveSize): PooledIndices =>
  adaptive("adaptiveMaxPool2dWithIndices", 2, x, outputSize);
/**
 * `adaptiveMaxPool3d` that also gives the positions of what it took.
 *
 * @example
 * adaptiveMaxPool3dWithIndices(zeros([1, 1, 2, 2, 2]), 1).indices; // [[[[[0]]]]]
 */
export const adaptiveMaxPool3dWithIndices = (x: Tensor, outputSize: AdaptiveSize): PooledIndices =>
  adaptive("adaptiveMaxPool3dWithIndices", 3, x, outputSize);

/** Options of `maxUnpool1d` and its like. */
export interface UnpoolOptions {
  /** Distance of windows. Default: their size. */
  readonly stride?: PerAxis;
  /** Padding of the pool. Default 0. */
  readonly padding?: PerAxis;
  /** Spatial sizes of the result, where the pool's input cannot be told from them. */
  readonly outputSize?: Shape;
}

// Overlapping windows take one element several times, so that what goes back to one position is equal. As in
// PyTorch, all of it gets the gradient of that position.
const unpoolPullback: Pullback = ([g], _, [, at]) => [g!.gather(-1, at)];

function unpool(
  what: string,
  spatial: number,
  x: Tensor,
  indices: Tensor,
  kernelSize: PerAxis,
  options: UnpoolOptions,
): Tensor {
  checkFloat(x, what);
  indexNode(indices, what);
  if (showShape(x.shape) !== showShape(indices.shape) || x.ndim < spatial + 1)
    throw new Error(
      `${what}: expected a position for each element, got ${showShape(indices.shape)} for ${showShape(x.shape)}`,
    );
  const size = perAxis(kernelSize, spatial, "kernelSize", what, 1);
  const stride = perAxis(options.stride ?? size, spatial, "stride", what, 1);
  const padding = perAxis(options.padding ?? 0, spatial, "padding", what, 0);
  const own = x.shape.slice(-spatial).map((n, i) => (n - 1) * stride[i] - 2 * padding[i] + size[i]);
  const out = (options.outputSize ?? own).slice(-spatial);
  const lead = x.shape.slice(0, -spatial);
  const zeros = x
    .zerosLike()
    .flatten(-spatial)
    .narrow(-1, 0, 0)
    .pad([0, sizeOf(out)]);
  const [at, given] = [indices.flatten(-spatial), x.flatten(-spatial)];
  const [all] = withPullback([zeros.scatter(-1, at, given)], [given, at], unpoolPullback);
  return all.reshape(...lead, ...out);
}

/**
 * Elements put back to the positions that `maxPool1dWithIndices` gave, and 0 elsewhere.
 *
 * @example
 * maxUnpool1d(tensor([[[3, 2]]]), tensor([[[1, 2]]], { dtype: "i32" }), 2); // [[[0, 3, 2, 0]]]
 */
export const maxUnpool1d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PerAxis,
  options: UnpoolOptions = {},
): Tensor => unpool("maxUnpool1d", 1, x, indices, kernelSize, options);
/**
 * Elements put back to the positions that `maxPool2dWithIndices` gave, and 0 elsewhere.
 *
 * @example
 * maxUnpool2d(tensor([[[[3]]]]), tensor([[[[1]]]], { dtype: "i32" }), 2); // [[[[0, 3], [0, 0]]]]
 */
export const maxUnpool2d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PerAxis,
  options: UnpoolOptions = {},
): Tensor => unpool("maxUnpool2d", 2, x, indices, kernelSize, options);
/**
 * Elements put back to the positions that `maxPool3dWithIndices` gave, and 0 elsewhere.
 *
 * @example
 * maxUnpool3d(ones([1, 1, 1, 1, 1]), zeros([1, 1, 1, 1, 1], { dtype: "i32" }), 2); // (1, 1, 2, 2, 2)
 */
export const maxUnpool3d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PerAxis,
  options: UnpoolOptions = {},
): Tensor => unpool("maxUnpool3d", 3, x, indices, kernelSize, options);
