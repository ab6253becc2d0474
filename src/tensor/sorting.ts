import { isSmall } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { cat } from "./combine.ts";
import type { ValuesIndices } from "./extremes.ts";
import { atPrecision } from "./precision.ts";
import { Tensor } from "./tensor.ts";

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** Largest first. Default false. */
  descending?: boolean;
}

const positions = ({ node }: Tensor, axis: number, { descending = false }: SortOptions): Node =>
  node.shape.length === 0
    ? ops.constant(0, "i32")
    : ops.argsort(node.dtype === "bool" ? ops.cast(node, "i32") : node, axis, descending);

/**
 * Positions (i32) that sort x along axis `dim` (the last by default). Equals keep their order.
 *
 * @example
 * tensor([3, 1, 2]).argsort(); // [1, 2, 0]
 */
export function argsort(x: Tensor, dim = -1, options: SortOptions = {}): Tensor {
  return new Tensor(positions(x, normalizeAxis(dim, x.ndim, "argsort"), options));
}

/**
 * Elements in order along axis `dim` (the last by default), and where they were. Equals keep their
 * order; NaN counts as largest.
 *
 * @example
 * const { values, indices } = tensor([3, 1, 2]).sort(); // [1, 2, 3] and [1, 2, 0]
 */
export function sort(x: Tensor, dim = -1, options: SortOptions = {}): ValuesIndices {
  const axis = normalizeAxis(dim, x.ndim, "sort");
  const indices = positions(x, axis, options);
  const values = x.ndim === 0 ? x : new Tensor(ops.gather(x.node, indices, axis));
  return { values, indices: new Tensor(indices) };
}

/** Options of `topk`. */
export interface TopkOptions {
  /** Whether the largest are wanted (default) or the smallest. */
  largest?: boolean;
}

/**
 * The k largest elements along axis `dim` (the last by default), in order, and their positions.
 *
 * @example
 * tensor([3, 1, 2]).topk(2).values; // [3, 2]
 */
export function topk(x: Tensor, k: number, dim = -1, options: TopkOptions = {}): ValuesIndices {
  const axis = normalizeAxis(dim, x.ndim, "topk");
  const size = x.shape[axis] ?? 1;
  if (!Number.isInteger(k) || k < 0 || k > size)
    throw new RangeError(`topk: k must be an integer from 0 to ${size}, got ${k}`);
  if (x.ndim === 0) return sort(x);
  const indices = argsort(x, axis, { descending: options.largest ?? true }).narrow(axis, 0, k);
  return { values: new Tensor(ops.gather(x.node, indices.node, axis)), indices };
}

/**
 * Running sum along axis `dim`. Of bool and integers of 8 and 16 bits it is i32.
 *
 * @example
 * tensor([1, 2, 3]).cumsum(0); // [1, 3, 6]
 */
export function cumsum(x: Tensor, dim: number): Tensor {
  [x] = atPrecision("single", x);
  const axis = normalizeAxis(dim, x.ndim, "cumsum");
  const node = isSmall(x.dtype) ? ops.cast(x.node, "i32") : x.node;
  return new Tensor(x.ndim === 0 ? node : ops.cumsum(node, axis));
}

/** What `diff` puts before and after x first. */
export interface DiffOptions {
  readonly prepend?: Tensor;
  readonly append?: Tensor;
}

/**
 * Differences of neighbours along axis `dim` (the last by default), taken `n` times.
 *
 * @example
 * tensor([1, 4, 9]).diff(); // [3, 5]
 */
export function diff(x: Tensor, n = 1, dim = -1, options: DiffOptions = {}): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "diff");
  if (x.ndim === 0) throw new RangeError("diff: expected at least 1 axis, got a scalar");
  if (!Number.isInteger(n) || n < 0)
    throw new RangeError(`diff: n must be an integer >= 0, got ${n}`);
  const { prepend, append } = options;
  if (n === 0) return x;
  if (prepend || append) x = cat([prepend ?? [], x, append ?? []].flat(), axis);
  for (let i = 0; i < n; i++) {
    const size = Math.max(0, x.shape[axis] - 1);
    const next = x.narrow(axis, Math.min(1, x.shape[axis]), size);
    const last = x.narrow(axis, 0, size);
    x = x.dtype === "bool" ? next.logicalXor(last) : next.sub(last);
  }
  return x;
}
