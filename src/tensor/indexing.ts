import * as ops from "../ir/ops.ts";
import { broadcastShapes, normalizeAxis, type Shape, showShape, sizeOf } from "../ir/shape.ts";
import type { Node } from "../ir/node.ts";
import { to } from "./convert.ts";
import { atNode, type Index, nonzeroRows } from "./at.ts";
import { fromFront, gatherAxis, spread } from "./gather.ts";
import { numbersOf } from "./nested.ts";
import { asVector, checkOption, describe, indexNode, nodeOf, type Operand } from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { Tensor } from "./tensor.ts";

/**
 * Elements by position, one index for each axis from the front: an integer (drops the axis), a slice as
 * `"1:3"`, `"::2"`, `":"` or `{ start, stop, step }`, positions as an array or an integer tensor, a bool
 * mask, `null` for a new axis, or `"..."` for as many whole axes as are missing. Negative positions count
 * from the end; several position arrays broadcast against each other. Masks are read when this is called.
 *
 * Throws for positions that are known to be outside an axis; those of a tensor are not known yet, and
 * read NaN (0 in integer tensors).
 *
 * @example
 * x.at(0); // first row
 * x.at("...", -1); // last column
 * x.at("1:3", [0, 2]); // columns 0 and 2 of rows 1 and 2
 * x.at(x.gt(0)); // the positive elements
 */
export function at(x: Tensor, ...indices: Index[]): Tensor {
  return new Tensor(atNode(x.node, indices, "at"));
}

/**
 * A copy of x in which the elements that `at(...indices)` would give are `value`, or with `accumulate`
 * have it added: `x[indices] = value` for values that do not change.
 *
 * @example
 * zeros([2, 3]).indexPut([":", 1], 5); // [[0, 5, 0], [0, 5, 0]]
 */
export function indexPut(
  x: Tensor,
  indices: readonly Index[],
  value: Operand,
  options: { accumulate?: boolean } = {},
): Tensor {
  [x, value] = atPrecision("widest", x, value);
  const { shape } = x;
  if (x.dtype === "bool" && options.accumulate)
    return to(indexPut(to(x, "i32"), indices, value, options), "bool");
  const size = sizeOf(shape);
  const positions = atNode(ops.reshape(ops.iota([size], 0), shape), indices, "indexPut");
  const source = ops.cast(nodeOf(value, "indexPut"), x.dtype);
  const updates = broadcastInto(source, positions.shape, "indexPut");
  const count = sizeOf(positions.shape);
  const put = ops.scatter(
    ops.reshape(x.node, [size]),
    ops.reshape(positions, [count]),
    ops.reshape(updates, [count]),
    0,
    options.accumulate ? "add" : "set",
  );
  return new Tensor(ops.reshape(put, shape));
}

function broadcastInto(source: Node, shape: Shape, what: string): Node {
  const lead = shape.length - source.shape.length;
  if (lead < 0 || source.shape.some((size, i) => size !== 1 && size !== shape[i + lead]))
    throw new Error(
      `${what}: values of shape ${showShape(source.shape)} do not fit ${showShape(shape)}`,
    );
  return ops.broadcastTo(source, shape);
}

/**
 * Entries of axis `dim` at the positions of `index`, a vector of integers.
 *
 * @example
 * tensor([[1, 2], [3, 4], [5, 6]]).indexSelect(0, tensor([2, 0], { dtype: "i32" })); // [[5, 6], [1, 2]]
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "indexSelect");
  const positions = vector(index, "indexSelect");
  if (x.ndim > 0) return new Tensor(gatherAxis(x.node, positions, axis));
  return new Tensor(ops.reshape(gatherAxis(ops.reshape(x.node, [1]), positions, 0), []));
}

function vector(index: Tensor, what: string): Node {
  const node = indexNode(index, what);
  if (node.shape.length > 1)
    throw new RangeError(`${what}: expected a vector of positions, got ${showShape(node.shape)}`);
  return ops.reshape(node, [sizeOf(node.shape)]);
}

/** Checks an index of x's rank that is nowhere larger than x but along `axis`. */
function checkIndex(x: Tensor, index: Node, axis: number, what: string): void {
  const fits =
    index.shape.length === x.ndim &&
    index.shape.every((size, i) => i === axis || size <= x.shape[i]);
  if (!fits)
    throw new Error(
      `${what}: the index ${showShape(index.shape)} must have as many axes as the tensor ` +
        `${showShape(x.shape)}, none larger but axis ${axis}`,
    );
}

/** The first entries of each axis but `axis`, as many as `shape` has. */
function crop(x: Node, shape: Shape, axis: number): Node {
  const size = x.shape.map((n, i) => (i === axis ? n : shape[i]));
  return ops.slice(
    x,
    size.map(() => 0),
    size,
  );
}

/**
 * `out[…, i, …] = x[…, index[…, i, …], …]` along axis `dim`; the result has the shape of `index`.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).gather(1, tensor([[1], [0]], { dtype: "i32" })); // [[2], [3]]
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "gather");
  const positions = indexNode(index, "gather");
  if (x.ndim === 0) return index.ndim === 0 ? x : gather(asVector(x), 0, index);
  // PyTorch takes an index without entries of any rank.
  if (index.size === 0) return new Tensor(ops.full(index.shape, 0, x.dtype));
  checkIndex(x, positions, axis, "gather");
  return new Tensor(ops.gather(crop(x.node, index.shape, axis), positions, axis));
}

/**
 * `gather` whose index and x broadcast against each other along the other axes; without `dim`, of the
 * flattened tensors. Negative positions count from the end.
 *
 * @example
 * const x = tensor([[3, 1, 2]]);
 * x.takeAlongDim(x.argsort(1), 1); // [[1, 2, 3]]
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number): Tensor {
  const positions = indexNode(index, "takeAlongDim");
  if (dim === undefined) return takeAlongDim(x.flatten(), index.flatten(), 0);
  const axis = normalizeAxis(dim, x.ndim, "takeAlongDim");
  if (positions.shape.length !== x.ndim)
    throw new Error(
      `takeAlongDim: the index ${showShape(positions.shape)} must have as many axes as the tensor ${showShape(x.shape)}`,
    );
  if (x.ndim === 0) return x;
  const without = (shape: Shape): number[] => shape.map((n, i) => (i === axis ? 1 : n));
  const lead = broadcastShapes(without(x.shape), without(positions.shape), "takeAlongDim");
  const wide = (node: Node): Node =>
    ops.broadcastTo(
      node,
      lead.map((n, i) => (i === axis ? node.shape[i] : n)),
    );
  return new Tensor(ops.gather(wide(x.node), fromFront(wide(positions), x.shape[axis]), axis));
}

/**
 * Elements of the flattened tensor at the positions of `index`, in its shape; negative ones count from
 * the end.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).take(tensor([-1, 0], { dtype: "i32" })); // [4, 1]
 */
export function take(x: Tensor, index: Tensor): Tensor {
  const positions = fromFront(indexNode(index, "take"), x.size);
  const flat = ops.reshape(positions, [sizeOf(positions.shape)]);
  const taken = gatherAxis(ops.reshape(x.node, [x.size]), flat, 0);
  return new Tensor(ops.reshape(taken, positions.shape));
}

/** How `scatterReduce` combines a value with what is there. */
export type ScatterReduction = "sum" | "amax" | "amin";

const MODES = { set: "set", sum: "add", amax: "max", amin: "min" } as const;

function scatterInto(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Operand,
  mode: keyof typeof MODES,
  what: string,
): Tensor {
  const axis = normalizeAxis(dim, x.ndim, what);
  let positions = indexNode(index, what);
  if (x.ndim === 0) {
    const values = src instanceof Tensor ? asVector(src) : src;
    return scatterInto(asVector(x), 0, asVector(index), values, mode, what).reshape([]);
  }
  if (index.size === 0) return x;
  if (x.dtype === "bool" && mode === "sum" && (!(src instanceof Tensor) || src.dtype === "bool")) {
    const values = src instanceof Tensor ? to(src, "i32") : Number(src);
    return to(scatterInto(to(x, "i32"), dim, index, values, mode, what), "bool");
  }
  checkIndex(x, positions, axis, what);
  let updates: Node;
  if (src instanceof Tensor) {
    if (src.dtype !== x.dtype)
      throw new TypeError(`${what}: expected values of dtype ${x.dtype}, got ${src.dtype}`);
    const fits = src.ndim === index.ndim && index.shape.every((size, i) => size <= src.shape[i]);
    if (!fits)
      throw new Error(
        `${what}: the index ${showShape(index.shape)} needs values of at least its shape, got ${showShape(src.shape)}`,
      );
    const start = index.shape.map(() => 0);
    updates = ops.slice(src.node, start, index.shape);
  } else {
    updates = ops.broadcastTo(ops.cast(nodeOf(src, what), x.dtype), index.shape);
  }
  // Where the index is smaller than the tensor nothing is written: position -1 is dropped.
  const lo = x.shape.map(() => 0);
  const hi = x.shape.map((size, i) => (i === axis ? 0 : size - index.shape[i]));
  positions = ops.pad(positions, lo, hi, -1);
  updates = ops.pad(updates, lo, hi, 0);
  return new Tensor(ops.scatter(x.node, positions, updates, axis, MODES[mode]));
}

/**
 * A copy of x in which `x[…, index[…, i, …], …] = src[…, i, …]` along axis `dim`; `src` may be a number.
 * Of equal positions the last wins.
 *
 * @example
 * zeros([2, 3]).scatter(1, tensor([[2], [0]], { dtype: "i32" }), 1); // [[0, 0, 1], [1, 0, 0]]
 */
export function scatter(x: Tensor, dim: number, index: Tensor, src: Operand): Tensor {
  return scatterInto(x, dim, index, src, "set", "scatter");
}

/**
 * `scatter` that adds to what is there.
 *
 * @example
 * zeros([3]).scatterAdd(0, tensor([1, 1, 2], { dtype: "i32" }), tensor([1, 2, 3])); // [0, 3, 3]
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Operand): Tensor {
  [x, src] = atPrecision("widest", x, src);
  return scatterInto(x, dim, index, src, "sum", "scatterAdd");
}

/**
 * `scatter` that combines with what is there: sum, amax or amin.
 *
 * @example
 * const groups = tensor([0, 0, 1], { dtype: "i32" });
 * zeros([2]).scatterReduce(0, groups, tensor([1, 5, 2]), "amax"); // [5, 2]
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Operand,
  reduce: ScatterReduction,
): Tensor {
  checkOption(reduce, ["sum", "amax", "amin"], "reduce", "scatterReduce");
  return scatterInto(x, dim, index, src, reduce, "scatterReduce");
}

/**
 * A copy of x with the entries of `src`, times `alpha`, added to those of axis `dim` at the positions of
 * `index`.
 *
 * @example
 * ones([3]).indexAdd(0, tensor([0, 2], { dtype: "i32" }), tensor([10, 20])); // [11, 1, 21]
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  options: { alpha?: number } = {},
): Tensor {
  const { alpha = 1 } = options;
  const scaled = alpha === 1 ? src : src.mul(alpha);
  return indexWrite(x, dim, index, scaled, "add", "indexAdd");
}

/**
 * A copy of x with entries of axis `dim` at the positions of `index` replaced by those of `src`.
 *
 * @example
 * ones([3]).indexCopy(0, tensor([0, 2], { dtype: "i32" }), tensor([10, 20])); // [10, 1, 20]
 */
export function indexCopy(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  return indexWrite(x, dim, index, src, "set", "indexCopy");
}

function indexWrite(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  mode: "add" | "set",
  what: string,
): Tensor {
  const axis = normalizeAxis(dim, x.ndim, what);
  const positions = vector(index, what);
  if (x.ndim === 0)
    return indexWrite(asVector(x), 0, asVector(index), asVector(src), mode, what).reshape([]);
  const shape = x.shape.map((size, i) => (i === axis ? positions.shape[0] : size));
  if (showShape(src.shape) !== showShape(shape) || src.dtype !== x.dtype)
    throw new Error(
      `${what}: expected values ${x.dtype}${showShape(shape)}, got ${src.dtype}${showShape(src.shape)}`,
    );
  const put = (base: Node, values: Node): Node =>
    ops.scatter(base, spread(positions, shape, axis), values, axis, mode);
  if (x.dtype !== "bool" || mode === "set") return new Tensor(put(x.node, src.node));
  return to(new Tensor(put(ops.cast(x.node, "i32"), ops.cast(src.node, "i32"))), "bool");
}

/**
 * Rows of a table: indices (…) and weight (V, D) give (…, D). The row `paddingIdx` gets no gradient.
 *
 * @example
 * tensor([2, 0], { dtype: "i32" }).embedding(rand([3, 8])); // (2, 8)
 */
export function embedding(
  x: Tensor,
  weight: Tensor,
  options: { paddingIdx?: number } = {},
): Tensor {
  if (!(weight instanceof Tensor) || weight.ndim !== 2)
    throw new RangeError(`embedding: expected a table (V, D), got ${describe(weight)}`);
  const positions = indexNode(x, "embedding");
  const flat = ops.reshape(positions, [sizeOf(positions.shape)]);
  let rows = gatherAxis(weight.node, flat, 0);
  if (options.paddingIdx !== undefined) {
    const [count, given] = [weight.shape[0], options.paddingIdx];
    if (!Number.isInteger(given) || given < -count || given >= count)
      throw new RangeError(`embedding: paddingIdx ${given} is outside a table of ${count} rows`);
    const isPadding = ops.eq(flat, ops.fullLike(flat, given < 0 ? given + count : given));
    rows = ops.select(spread(isPadding, rows.shape, 0), ops.stopGradient(rows), rows);
  }
  return new Tensor(ops.reshape(rows, [...positions.shape, weight.shape[1]]));
}

/**
 * A new last axis of `numClasses` entries (i32): 1 at the position that x names, else 0. Without
 * `numClasses` x is read, and the largest position decides.
 *
 * @example
 * tensor([2, 0], { dtype: "i32" }).oneHot(3); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(x: Tensor, numClasses = -1): Tensor {
  const positions = indexNode(x, "oneHot");
  let size = numClasses;
  if (size === -1)
    for (const value of numbersOf(x.dataSync(), x.dtype)) size = Math.max(size, value + 1);
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`oneHot: the number of classes must be positive, got ${size}`);
  const shape = [...positions.shape, size];
  const wide = ops.expand(ops.reshape(positions, [...positions.shape, 1]), shape);
  return new Tensor(ops.cast(ops.eq(wide, ops.iota(shape, positions.shape.length)), "i32"));
}

/**
 * Elements where `mask` (bool) holds, as a vector; both broadcast. Reads the mask.
 *
 * @example
 * tensor([1, 2, 3]).maskedSelect(tensor([true, false, true])); // [1, 3]
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  if (!(mask instanceof Tensor) || mask.dtype !== "bool")
    throw new TypeError(`maskedSelect: expected a bool mask, got ${describe(mask)}`);
  const shape = broadcastShapes(x.shape, mask.shape, "maskedSelect");
  return at(
    new Tensor(ops.broadcastTo(x.node, shape)),
    new Tensor(ops.broadcastTo(mask.node, shape)),
  );
}

/**
 * Positions (n, ndim) of the elements that are not 0 (i32). Reads x.
 *
 * @example
 * tensor([[0, 5], [7, 0]]).nonzero(); // [[0, 1], [1, 0]]
 */
export function nonzero(x: Tensor): Tensor {
  return new Tensor(ops.permute(nonzeroRows(x), [1, 0]));
}
