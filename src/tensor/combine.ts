import { type DType, promote } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { broadcastShapes, normalizeAxis, sameShape, type Shape, showShape } from "../ir/shape.ts";
import { catNodes } from "./cat.ts";
import { checkOption, describe, nodeOf, type Operand, resultType, scalarDType } from "./operand.ts";
import { unsqueeze } from "./shape.ts";
import { Tensor } from "./tensor.ts";

function checkList(tensors: readonly Tensor[], what: string): void {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new TypeError(
      `${what}: expected an array of one or more tensors, got ${describe(tensors)}`,
    );
  for (const x of tensors)
    if (!(x instanceof Tensor))
      throw new TypeError(`${what}: expected an array of tensors, got ${describe(x)} in it`);
}

/**
 * Tensors one after the other along axis `dim`; their other axes must agree.
 *
 * @example
 * cat([tensor([1, 2]), tensor([3])]); // [1, 2, 3]
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return joined(tensors, dim, "cat");
}

function joined(tensors: readonly Tensor[], dim: number, what: string): Tensor {
  checkList(tensors, what);
  // PyTorch lets empty vectors join anything.
  const parts = tensors.filter((x) => x.ndim !== 1 || x.shape[0] !== 0);
  if (parts.length === 0) return tensors[0];
  const { shape } = parts[0];
  if (shape.length === 0) throw new RangeError(`${what}: scalars have no axis; use stack`);
  const axis = normalizeAxis(dim, shape.length, what);
  let dtype: DType = tensors[0].dtype;
  for (const x of tensors) dtype = promote(dtype, x.dtype);
  for (const x of parts) {
    const fits =
      x.ndim === shape.length && x.shape.every((size, i) => i === axis || size === shape[i]);
    if (!fits)
      throw new Error(
        `${what}: shapes may differ along axis ${axis} only, got ${showShape(shape)} and ${showShape(x.shape)}`,
      );
  }
  return new Tensor(
    catNodes(
      parts.map((x) => ops.cast(x.node, dtype)),
      axis,
    ),
  );
}

/**
 * Tensors of one shape along a new axis `dim`.
 *
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])]); // [[1, 2], [3, 4]]
 * stack([tensor([1, 2]), tensor([3, 4])], 1); // [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  checkList(tensors, "stack");
  const { shape } = tensors[0];
  const axis = normalizeAxis(dim, shape.length + 1, "stack");
  for (const x of tensors)
    if (!sameShape(x.shape, shape))
      throw new Error(
        `stack: expected equal shapes, got ${showShape(shape)} and ${showShape(x.shape)}`,
      );
  return cat(
    tensors.map((x) => unsqueeze(x, axis)),
    axis,
  );
}

const atLeast = (x: Tensor, rank: number): Tensor =>
  x.ndim >= rank ? x : atLeast(unsqueeze(x, 0), rank);

/**
 * Tensors on top of each other: along axis 0, vectors as rows.
 *
 * @example
 * vstack([tensor([1, 2]), tensor([[3, 4], [5, 6]])]); // [[1, 2], [3, 4], [5, 6]]
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  checkList(tensors, "vstack");
  return joined(
    tensors.map((x) => atLeast(x, 2)),
    0,
    "vstack",
  );
}

/**
 * Tensors side by side: along axis 1, vectors along their only axis.
 *
 * @example
 * hstack([tensor([[1], [2]]), tensor([[3], [4]])]); // [[1, 3], [2, 4]]
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  checkList(tensors, "hstack");
  const parts = tensors.map((x) => atLeast(x, 1));
  return joined(parts, parts[0].ndim === 1 ? 0 : 1, "hstack");
}

/**
 * `a` where `cond` (bool) holds, else `b`; all three broadcast.
 *
 * @example
 * where(x.gt(0), x, 0);
 */
export function where(cond: Tensor, a: Operand, b: Operand): Tensor {
  if (!(cond instanceof Tensor) || cond.dtype !== "bool")
    throw new TypeError(`where: the condition must be a bool tensor, got ${describe(cond)}`);
  let x = nodeOf(a, "where");
  let y = nodeOf(b, "where");
  let dtype: DType;
  if (a instanceof Tensor) dtype = b instanceof Tensor ? resultType(x, y) : scalarDType(b, a.dtype);
  else dtype = b instanceof Tensor ? scalarDType(a, b.dtype) : x.dtype;
  if (!(a instanceof Tensor)) x = ops.constant(a, dtype);
  if (!(b instanceof Tensor)) y = ops.constant(b, dtype);
  const shape = broadcastShapes(cond.shape, broadcastShapes(x.shape, y.shape, "where"), "where");
  return new Tensor(
    ops.select(
      ops.broadcastTo(cond.node, shape),
      ops.broadcastTo(ops.cast(x, dtype), shape),
      ops.broadcastTo(ops.cast(y, dtype), shape),
    ),
  );
}

/**
 * All with the shape to which they broadcast together.
 *
 * @example
 * broadcastTensors(zeros([3, 1]), zeros([4])); // (3, 4), (3, 4)
 */
export function broadcastTensors(...tensors: Tensor[]): Tensor[] {
  let shape: Shape = [];
  for (const x of tensors) shape = broadcastShapes(shape, x.shape, "broadcastTensors");
  return tensors.map((x) => new Tensor(ops.broadcastTo(x.node, shape)));
}

/**
 * Coordinates of a grid: of vectors, tensors of rank `vectors.length` in which each varies along its
 * own axis. With `indexing: "xy"` the first two axes are exchanged, as in plots.
 *
 * @example
 * meshgrid([tensor([1, 2]), tensor([5, 6, 7])]); // [[1, 1, 1], [2, 2, 2]], [[5, 6, 7], [5, 6, 7]]
 */
export function meshgrid(
  vectors: readonly Tensor[],
  options: { indexing?: "ij" | "xy" } = {},
): Tensor[] {
  checkList(vectors, "meshgrid");
  const { indexing = "ij" } = options;
  checkOption(indexing, ["ij", "xy"], "indexing", "meshgrid");
  for (const x of vectors)
    if (x.ndim > 1)
      throw new RangeError(`meshgrid: expected vectors, got shape ${showShape(x.shape)}`);
  const swap = indexing === "xy" && vectors.length > 1;
  const axisOf = (i: number): number => (swap && i < 2 ? 1 - i : i);
  const shape: number[] = [];
  vectors.forEach((x, i) => (shape[axisOf(i)] = x.size));
  return vectors.map((x, i) => {
    const own = shape.map((size, axis) => (axis === axisOf(i) ? size : 1));
    return new Tensor(ops.expand(ops.reshape(x.node, own), shape));
  });
}
