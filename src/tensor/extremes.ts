import { takeAlongDim } from "./indexing.ts";
import { amax, amin, argmax, argmin, type ReduceOptions } from "./reduce.ts";
import { sort } from "./sorting.ts";
import { flatten, select, unsqueeze, squeeze } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Elements that were chosen along an axis, and where they stood. */
export interface ValuesIndices {
  readonly values: Tensor;
  /** Positions along the axis, i32. */
  readonly indices: Tensor;
}

function along(
  x: Tensor,
  dim: number,
  options: ReduceOptions | undefined,
  find: (x: Tensor, dim: number, options: ReduceOptions) => Tensor,
): ValuesIndices {
  const indices = find(x, dim, options ?? {});
  if (x.ndim === 0) return { values: x, indices };
  // The gradient goes to the element that was chosen, and not to its equals.
  if (options?.keepdim) return { values: takeAlongDim(x, indices, dim), indices };
  return { values: squeeze(takeAlongDim(x, unsqueeze(indices, dim), dim), dim), indices };
}

/**
 * The largest element, or with an axis the largest along it and its position. NaN counts as largest.
 *
 * @example
 * tensor([[1, 9], [7, 3]]).max(); // 9
 * const { values, indices } = tensor([[1, 9], [7, 3]]).max(1); // [9, 7] and [1, 0]
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: ReduceOptions): ValuesIndices;
export function max(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesIndices {
  return dim === undefined ? amax(x) : along(x, dim, options, argmax);
}

/**
 * The smallest element, or with an axis the smallest along it and its position. NaN wins.
 *
 * @example
 * tensor([[1, 9], [7, 3]]).min(); // 1
 * const { values, indices } = tensor([[1, 9], [7, 3]]).min(0); // [1, 3] and [0, 1]
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: ReduceOptions): ValuesIndices;
export function min(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesIndices {
  return dim === undefined ? amin(x) : along(x, dim, options, argmin);
}

/**
 * The median (the lower of two in the middle), or with an axis the medians along it and positions.
 *
 * @example
 * tensor([3, 1, 2]).median(); // 2
 * const { values, indices } = tensor([[3, 1, 2]]).median(1); // [2] and [2]
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: ReduceOptions): ValuesIndices;
export function median(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesIndices {
  if (dim === undefined) return median(flatten(x), 0).values;
  const sorted = sort(x, dim);
  const size = x.ndim === 0 ? 1 : x.shape.at(dim)!;
  const pick = (t: Tensor): Tensor => {
    if (x.ndim === 0) return t;
    const middle = select(t, dim, Math.floor((size - 1) / 2));
    return options?.keepdim ? unsqueeze(middle, dim) : middle;
  };
  return { values: pick(sorted.values), indices: pick(sorted.indices) };
}
