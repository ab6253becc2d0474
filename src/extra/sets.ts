import { newArray } from "../ir/dtype.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import {
  arange,
  broadcastTensors,
  cat,
  fromTypedArray,
  meshgrid,
  type Operand,
  stack,
  Tensor,
  tensor,
  where,
} from "../tensor/index.ts";
import { scatterReduce } from "./scatter-reduce.ts";
import { checkOption, checkRank, checkTensor, checkTensors } from "../tensor/checks.ts";

/** What `unique` is to give besides the values. */
export interface UniqueOptions {
  /** Whether values are compared along this axis, as whole entries. Default: single elements. */
  readonly dim?: number;
}

/** Result of `unique`. */
export interface Unique {
  readonly values: Tensor;
  /** For every element of x (or entry of the axis) its position among the values, i32. */
  readonly inverse: Tensor;
  /** How often each value is there, i32. */
  readonly counts: Tensor;
}

function distinct(x: Tensor, dim: number | undefined, sorted: boolean, what: string): Unique {
  checkTensor(x, what);
  const entries = dim === undefined ? x.size : (x.shape[normalizeAxis(dim, x.ndim, what)] ?? 1);
  const width = dim === undefined ? 1 : x.size / Math.max(1, entries);
  const rows = (dim === undefined ? x : x.movedim(dim, 0)).reshape(entries, width);
  const axis = dim === undefined ? 0 : normalizeAxis(dim, x.ndim, what);
  const count = entries;
  const data = rows.dataSync();
  const compare = (i: number, j: number): number => {
    for (let k = 0; k < width; k++) {
      const [a, b] = [data[i * width + k], data[j * width + k]];
      // NaN differs from everything, itself too, and comes last.
      if (a !== b) return a < b || b !== b ? -1 : 1;
    }
    return 0;
  };
  const order = Array.from({ length: count }, (_, i) => i);
  if (sorted) order.sort((i, j) => (i === j ? 0 : compare(i, j) || i - j));
  const inverse = new Int32Array(count);
  const first: number[] = [];
  const counts: number[] = [];
  order.forEach((at, i) => {
    if (i === 0 || compare(order[i - 1], at) !== 0) {
      first.push(at);
      counts.push(0);
    }
    counts[counts.length - 1]++;
    inverse[at] = first.length - 1;
  });
  const list = (values: number[]): Tensor =>
    fromTypedArray(Int32Array.from(values), [values.length]);
  const shape = dim === undefined ? x.shape : [count];
  return {
    values: (dim === undefined ? x.flatten() : x).indexSelect(axis, list(first)),
    inverse: fromTypedArray(inverse, shape),
    counts: list(counts),
  };
}

/**
 * The different elements of x in ascending order; with `dim` its different entries along that axis. NaN
 * differs from everything. Reads x.
 *
 * @example
 * unique(tensor([3, 1, 3])).values; // [1, 3]
 * unique(tensor([3, 1, 3])).counts; // [1, 2]
 */
export const unique = (x: Tensor, options: UniqueOptions = {}): Unique =>
  distinct(x, options.dim, true, "unique");

/**
 * `unique` that joins neighbours only, and keeps their order.
 *
 * @example
 * uniqueConsecutive(tensor([1, 1, 2, 1])).values; // [1, 2, 1]
 */
export const uniqueConsecutive = (x: Tensor, options: UniqueOptions = {}): Unique =>
  distinct(x, options.dim, false, "uniqueConsecutive");

/**
 * Whether each element is among those of `test`.
 *
 * @example
 * isin(tensor([1, 2, 3]), tensor([3, 1])); // [true, false, true]
 */
export function isin(
  x: Operand,
  test: Operand,
  options: { readonly invert?: boolean } = {},
): Tensor {
  const [a, b] = [x, test].map((v) => (v instanceof Tensor ? v : tensor(v)));
  const found = a.unsqueeze(-1).eq(b.flatten()).any(-1);
  return options.invert ? found.logicalNot() : found;
}

/**
 * All selections of `r` entries of a vector, in order; with `withReplacement` an entry may stand several
 * times.
 *
 * @example
 * combinations(tensor([1, 2, 3])); // [[1, 2], [1, 3], [2, 3]]
 */
export function combinations(
  x: Tensor,
  r = 2,
  options: { readonly withReplacement?: boolean } = {},
): Tensor {
  checkRank(x, 1, "combinations");
  if (!Number.isInteger(r) || r < 0)
    throw new RangeError(`combinations: r must be an integer >= 0, got ${r}`);
  if (r === 0) return x.narrow(0, 0, 0);
  const step = options.withReplacement ? 0 : 1;
  let rows: number[][] = [[]];
  for (let k = 0; k < r; k++)
    rows = rows.flatMap((row) => {
      const start = row.length === 0 ? 0 : row[row.length - 1] + step;
      return Array.from({ length: Math.max(0, x.size - start) }, (_, i) => [...row, start + i]);
    });
  const at = newArray("i32", rows.length * r);
  at.set(rows.flat());
  return x.take(fromTypedArray(at, [rows.length, r]));
}

/**
 * All tuples of entries of vectors, the last varying fastest.
 *
 * @example
 * cartesianProd(tensor([1, 2]), tensor([5, 6])); // [[1, 5], [1, 6], [2, 5], [2, 6]]
 */
export function cartesianProd(...vectors: Tensor[]): Tensor {
  checkTensors(vectors, "cartesianProd");
  for (const v of vectors) checkRank(v, 1, "cartesianProd");
  if (vectors.length === 1) return vectors[0];
  return stack(meshgrid(vectors), -1).reshape(-1, vectors.length);
}

/** Options of `searchsorted` and `bucketize`. */
export interface SearchOptions {
  /** Whether positions are after equal elements, not before them. Default false. */
  readonly right?: boolean;
  /** Positions that sort the sequence, where it is not sorted itself. */
  readonly sorter?: Tensor;
}

/**
 * Where values would have to be put into a sorted sequence so that it stays sorted: positions, i32. The
 * sequence is a vector, or has an own row for each row of the values.
 *
 * @example
 * searchsorted(tensor([1, 3, 5]), tensor([3, 4])); // [1, 2]
 * searchsorted(tensor([1, 3, 5]), tensor([3, 4]), { right: true }); // [2, 2]
 */
export function searchsorted(
  sequence: Tensor,
  values: Operand,
  options: SearchOptions = {},
): Tensor {
  return search(sequence, values, options, "searchsorted");
}

function search(sequence: Tensor, values: Operand, options: SearchOptions, what: string): Tensor {
  checkTensor(sequence, what);
  const given = values instanceof Tensor ? values : tensor(values, { dtype: sequence.dtype });
  const { sorter, right } = options;
  const row = sorter ? sequence.takeAlongDim(sorter, -1) : sequence;
  if (row.ndim === 0) throw new RangeError(`${what}: expected at least 1 axis, got a scalar`);
  const lead = row.shape.slice(0, -1);
  if (row.ndim > 1 && showShape(lead) !== showShape(given.shape.slice(0, -1)))
    throw new Error(
      `${what}: expected a row of values for each of ${showShape(row.shape)}, got ${showShape(given.shape)}`,
    );
  const wide = row.unsqueeze(row.ndim === 1 ? 0 : -2);
  const point = given.unsqueeze(-1);
  // NaN comes after every number.
  const before = right ? wide.le(point) : wide.lt(point);
  const nan = point.ne(point);
  const counted = before.logicalOr(right ? nan : nan.logicalAnd(wide.eq(wide)));
  return (row.ndim === 1 && given.ndim === 0 ? counted.squeeze(0) : counted).sum(-1);
}

/**
 * The number of the interval in which each element lies, between ascending boundaries: i32.
 *
 * @example
 * bucketize(tensor([0, 2, 9]), tensor([1, 3, 5])); // [0, 1, 3]
 */
export const bucketize = (
  x: Operand,
  boundaries: Tensor,
  options: { readonly right?: boolean } = {},
): Tensor => {
  checkRank(boundaries, 1, "bucketize");
  return search(boundaries, x, options, "bucketize");
};

/**
 * Rows sorted along the first axis.
 *
 * @example
 * msort(tensor([[3, 1], [2, 4]])); // [[2, 1], [3, 4]]
 */
export function msort(x: Tensor): Tensor {
  checkTensor(x, "msort");
  return x.sort(0).values;
}

/** How `indexReduce` combines. */
export type IndexReduction = "prod" | "mean" | "amax" | "amin";

/**
 * A copy of x in which entries of axis `dim` at the positions of `index` are combined with those of `src`.
 * Without `includeSelf`, what x has at those positions does not count.
 *
 * @example
 * const index = tensor([0, 0], { dtype: "i32" });
 * indexReduce(ones([2]), 0, index, tensor([3, 5]), "prod"); // [15, 1]
 */
export function indexReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: IndexReduction,
  options: { readonly includeSelf?: boolean } = {},
): Tensor {
  const what = "indexReduce";
  checkOption(reduce, ["prod", "mean", "amax", "amin"], "reduce", what);
  checkTensor(src, what);
  if (x.ndim === 0)
    return indexReduce(x.reshape(1), 0, index, src.reshape(1), reduce, options).reshape([]);
  const axis = normalizeAxis(dim, x.ndim, what);
  const shape = src.shape.map((_, i) => (i === axis ? -1 : 1));
  return scatterReduce(x, axis, index.reshape(shape).expand(src.shape), src, reduce, options);
}

/**
 * A copy of x with entries of axis `dim` at the positions of `index` all `value`.
 *
 * @example
 * indexFill(zeros([3]), 0, tensor([0, 2], { dtype: "i32" }), 5); // [5, 0, 5]
 */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "indexFill");
  const hit = isin(arange(x.shape[axis] ?? 1), index);
  const shape = x.shape.map((_, i) => (i === axis ? -1 : 1));
  return x.maskedFill(hit.reshape(shape), value);
}

/**
 * A copy of x in which the elements where `mask` (bool, broadcast) holds are those of `source`, in order.
 *
 * @example
 * maskedScatter(zeros([3]), tensor([true, false, true]), tensor([7, 8])); // [7, 0, 8]
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  const what = "maskedScatter";
  checkTensor(source, what);
  if (source.dtype !== x.dtype)
    throw new TypeError(`${what}: expected values of dtype ${x.dtype}, got ${source.dtype}`);
  const [wide, whole] = broadcastTensors(mask, x);
  if (whole.size === 0 || source.size === 0) return whole;
  const at = wide.flatten().cumsum(0).sub(1).reshape(whole.shape);
  return where(wide, source.take(at.clamp(0, source.size - 1)), whole);
}

/**
 * A copy of x with `source` at positions of the flattened tensor; with `accumulate` added to what is there.
 *
 * @example
 * put(zeros([2, 2]), tensor([1, 3], { dtype: "i32" }), tensor([5, 6])); // [[0, 5], [0, 6]]
 */
export function put(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options: { readonly accumulate?: boolean } = {},
): Tensor {
  checkTensor(source, "put");
  if (source.size !== index.size)
    throw new Error(
      `put: expected a value for each position, got ${showShape(source.shape)} for ${showShape(index.shape)}`,
    );
  return x.flatten().indexPut([index.flatten()], source.flatten(), options).reshape(x.shape);
}

/**
 * Positions of elements that are not 0, `size` of them: the first, or filled up with `fill`. The shape does
 * not depend on the values.
 *
 * @example
 * nonzeroStatic(tensor([0, 4, 5]), 3); // [[1], [2], [-1]]
 */
export function nonzeroStatic(x: Tensor, size: number, fill = -1): Tensor {
  if (!Number.isInteger(size) || size < 0)
    throw new RangeError(`nonzeroStatic: the size must be an integer >= 0, got ${size}`);
  const found = x.nonzero();
  const kept = found.narrow(0, 0, Math.min(size, found.shape[0]));
  const rest = tensor(fill, { dtype: "i32" }).expand(size - kept.shape[0], x.ndim);
  return cat([kept, rest]);
}
