import { isFloat } from "../ir/dtype.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import { where } from "./combine.ts";
import { full } from "./create.ts";
import { takeAlongDim } from "./indexing.ts";
import { amax, amin, argmax, argmin, type ReduceOptions } from "./reduce.ts";
import { sort } from "./sorting.ts";
import { flatten, squeeze, unsqueeze } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Elements that were chosen along an axis, and where they stood. */
export interface ValuesIndices {
  readonly values: Tensor;
  /** Positions along the axis, i32. */
  readonly indices: Tensor;
}

function along(
  what: string,
  x: Tensor,
  dim: number,
  options: ReduceOptions | undefined,
  find: (x: Tensor, dim: number, options: ReduceOptions) => Tensor,
): ValuesIndices {
  normalizeAxis(dim, x.ndim, what);
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
  return dim === undefined ? amax(x) : along("max", x, dim, options, argmax);
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
  return dim === undefined ? amin(x) : along("min", x, dim, options, argmin);
}

/**
 * The median (the lower of two in the middle), or with an axis the medians along it and positions. NaN
 * where there is a NaN, or no element.
 *
 * @example
 * tensor([3, 1, 2]).median(); // 2
 * const { values, indices } = tensor([[3, 1, 2]]).median(1); // [2] and [2]
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: ReduceOptions): ValuesIndices;
export function median(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesIndices {
  if (dim === undefined) {
    if (x.size === 0 && isFloat(x.dtype)) return full([], NaN, { dtype: x.dtype });
    return median(flatten(x), 0).values;
  }
  const axis = normalizeAxis(dim, x.ndim, "median");
  const size = x.ndim === 0 ? 1 : x.shape[axis];
  if (size === 0)
    throw new RangeError(
      `median: cannot reduce axis ${axis} of size 0, shape ${showShape(x.shape)}`,
    );
  const sorted = sort(x, axis);
  if (x.ndim === 0) return sorted;
  const middle = Math.floor((size - 1) / 2);
  let pick = (t: Tensor): Tensor => t.narrow(axis, middle, 1);
  if (isFloat(x.dtype)) {
    // NaN come last: there is one unless all are numbers.
    const numbers = x.eq(x).sum(axis, { keepdim: true });
    const at = where(numbers.lt(size), numbers, middle);
    pick = (t) => takeAlongDim(t, at, axis);
  }
  const [values, indices] = [sorted.values, sorted.indices].map((t) =>
    options?.keepdim ? pick(t) : squeeze(pick(t), axis),
  );
  return { values, indices };
}

/**
 * The k-th smallest element along axis `dim` (the last by default; k from 1 on), and its position.
 *
 * @example
 * const { values, indices } = tensor([3, 1, 2]).kthvalue(2); // 2 and 2
 */
export function kthvalue(x: Tensor, k: number, dim = -1, options?: ReduceOptions): ValuesIndices {
  const axis = normalizeAxis(dim, x.ndim, "kthvalue");
  const size = x.shape[axis] ?? 1;
  if (!Number.isInteger(k) || k < 1 || k > size)
    throw new RangeError(`kthvalue: k must be an integer from 1 to ${size}, got ${k}`);
  const sorted = sort(x, axis);
  if (x.ndim === 0) return sorted;
  const pick = (t: Tensor): Tensor =>
    options?.keepdim ? t.narrow(axis, k - 1, 1) : t.select(axis, k - 1);
  return { values: pick(sorted.values), indices: pick(sorted.indices) };
}
