import { arange, cat, flatten, hstack, Tensor, tensor, where } from "../tensor/index.ts";
import {
  normalizeAxis,
  broadcastShapes as shapesTogether,
  type Shape,
  showShape,
  sizeOf,
} from "../ir/shape.ts";
import { indexNode } from "../tensor/operand.ts";
import { cumprod } from "./running.ts";
import { checkAtLeast, checkInteger, checkTensors } from "../tensor/checks.ts";

/**
 * The plane of two axes turned by `k` quarter turns, from the first towards the second.
 *
 * @example
 * rot90(tensor([[1, 2], [3, 4]])); // [[2, 4], [1, 3]]
 */
export function rot90(x: Tensor, k = 1, dims: readonly [number, number] = [0, 1]): Tensor {
  checkInteger(k, "k", "rot90");
  const [a, b] = dims.map((d) => normalizeAxis(d, x.ndim, "rot90"));
  if (a === b) throw new RangeError(`rot90: the axes must differ, got [${dims.join(", ")}]`);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return x;
  if (turns === 2) return x.flip([a, b]);
  return turns === 1 ? x.flip(b).transpose(a, b) : x.transpose(a, b).flip(b);
}

/**
 * Columns in reverse order: `flip(1)`.
 *
 * @example
 * fliplr(tensor([[1, 2], [3, 4]])); // [[2, 1], [4, 3]]
 */
export function fliplr(x: Tensor): Tensor {
  checkAtLeast(x, 2, "fliplr");
  return x.flip(1);
}

/**
 * Rows in reverse order: `flip(0)`.
 *
 * @example
 * flipud(tensor([[1, 2], [3, 4]])); // [[3, 4], [1, 2]]
 */
export function flipud(x: Tensor): Tensor {
  checkAtLeast(x, 1, "flipud");
  return x.flip(0);
}

/**
 * A scalar as a vector; others as they are.
 *
 * @example
 * atleast1d(tensor(3)); // [3]
 */
export const atleast1d = (x: Tensor): Tensor => (x.ndim === 0 ? x.reshape(1) : x);

/**
 * A scalar or vector as a matrix of one row; others as they are.
 *
 * @example
 * atleast2d(tensor([1, 2])); // [[1, 2]]
 */
export const atleast2d = (x: Tensor): Tensor => (x.ndim < 2 ? atleast1d(x).unsqueeze(0) : x);

/**
 * At least three axes: a vector (N) becomes (1, N, 1), a matrix (M, N) becomes (M, N, 1).
 *
 * @example
 * atleast3d(tensor([1, 2])); // (1, 2, 1)
 */
export const atleast3d = (x: Tensor): Tensor => (x.ndim < 3 ? atleast2d(x).unsqueeze(-1) : x);

/**
 * Vectors as the columns of a matrix; matrices side by side.
 *
 * @example
 * columnStack([tensor([1, 2]), tensor([3, 4])]); // [[1, 3], [2, 4]]
 */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  checkTensors(tensors, "columnStack");
  return hstack(tensors.map((x) => (x.ndim < 2 ? x.reshape(-1, 1) : x)));
}

/**
 * Tensors one behind the other: along the third axis.
 *
 * @example
 * dstack([tensor([1, 2]), tensor([3, 4])]); // [[[1, 3], [2, 4]]]
 */
export function dstack(tensors: readonly Tensor[]): Tensor {
  checkTensors(tensors, "dstack");
  return cat(tensors.map(atleast3d), 2);
}

/**
 * Parts of axis `dim`: so many of nearly equal size, or cut before the given positions.
 *
 * @example
 * tensorSplit(arange(5), 2); // [0, 1, 2], [3, 4]
 * tensorSplit(arange(5), [1, 3]); // [0], [1, 2], [3, 4]
 */
export function tensorSplit(x: Tensor, parts: number | readonly number[], dim = 0): Tensor[] {
  return splitBy(x, parts, dim, "tensorSplit");
}

function splitBy(
  x: Tensor,
  parts: number | readonly number[],
  dim: number,
  what: string,
): Tensor[] {
  checkAtLeast(x, 1, what);
  const axis = normalizeAxis(dim, x.ndim, what);
  const size = x.shape[axis];
  let cuts: number[];
  if (typeof parts === "number") {
    if (!Number.isInteger(parts) || parts < 1)
      throw new RangeError(`${what}: the number of parts must be a positive integer, got ${parts}`);
    const [each, more] = [Math.floor(size / parts), size % parts];
    cuts = Array.from({ length: parts - 1 }, (_, i) => (i + 1) * each + Math.min(i + 1, more));
  } else {
    for (const cut of parts) checkInteger(cut, "positions", what);
    cuts = parts.map((cut) => Math.min(size, Math.max(0, cut < 0 ? cut + size : cut)));
  }
  const starts = [0, ...cuts];
  return starts.map((start, i) => x.narrow(axis, start, Math.max(0, (cuts[i] ?? size) - start)));
}

function evenly(
  x: Tensor,
  parts: number | readonly number[],
  axis: number,
  what: string,
): Tensor[] {
  if (typeof parts === "number" && x.shape[axis] % parts !== 0)
    throw new RangeError(`${what}: ${parts} does not divide axis ${axis} of ${showShape(x.shape)}`);
  return splitBy(x, parts, axis, what);
}

/**
 * Parts side by side: along axis 1, of vectors along axis 0.
 *
 * @example
 * hsplit(tensor([[1, 2], [3, 4]]), 2); // [[1], [3]], [[2], [4]]
 */
export function hsplit(x: Tensor, parts: number | readonly number[]): Tensor[] {
  checkAtLeast(x, 1, "hsplit");
  return evenly(x, parts, x.ndim === 1 ? 0 : 1, "hsplit");
}

/**
 * Parts on top of each other: along axis 0.
 *
 * @example
 * vsplit(tensor([[1, 2], [3, 4]]), 2); // [[1, 2]], [[3, 4]]
 */
export function vsplit(x: Tensor, parts: number | readonly number[]): Tensor[] {
  checkAtLeast(x, 2, "vsplit");
  return evenly(x, parts, 0, "vsplit");
}

/**
 * Parts one behind the other: along axis 2.
 *
 * @example
 * dsplit(zeros([1, 2, 4]), 2); // (1, 2, 2), (1, 2, 2)
 */
export function dsplit(x: Tensor, parts: number | readonly number[]): Tensor[] {
  checkAtLeast(x, 3, "dsplit");
  return evenly(x, parts, 2, "dsplit");
}

/**
 * Matrices with the entries of the last axis on a diagonal; the new axes are `dim1` and `dim2`.
 *
 * @example
 * diagEmbed(tensor([1, 2])); // [[1, 0], [0, 2]]
 */
export function diagEmbed(x: Tensor, offset = 0, dim1 = -2, dim2 = -1): Tensor {
  checkAtLeast(x, 1, "diagEmbed");
  checkInteger(offset, "the offset", "diagEmbed");
  const a = normalizeAxis(dim1, x.ndim + 1, "diagEmbed");
  const b = normalizeAxis(dim2, x.ndim + 1, "diagEmbed");
  if (a === b) throw new RangeError(`diagEmbed: the axes must differ, got ${dim1} and ${dim2}`);
  const rows = x.pad([Math.max(0, -offset), Math.max(0, offset)]).unsqueeze(-1);
  const size = rows.shape[rows.ndim - 2];
  const on = arange(size).unsqueeze(0).eq(arange(size).unsqueeze(1).add(offset));
  const matrices = where(on, rows, tensor(0, { dtype: x.dtype }));
  return matrices.movedim([-2, -1], [a, b]);
}

/**
 * The matrix with the elements of the flattened tensor on a diagonal.
 *
 * @example
 * diagflat(tensor([[1, 2]])); // [[1, 0], [0, 2]]
 */
export const diagflat = (x: Tensor, offset = 0): Tensor => flatten(x).diag(offset);

/**
 * The matrix with the given matrices along its diagonal, and 0 elsewhere.
 *
 * @example
 * blockDiag(tensor([[1]]), tensor([[2, 3]])); // [[1, 0, 0], [0, 2, 3]]
 */
export function blockDiag(...matrices: Tensor[]): Tensor {
  checkTensors(matrices, "blockDiag");
  const blocks = matrices.map(atleast2d);
  for (const block of blocks)
    if (block.ndim > 2)
      throw new RangeError(`blockDiag: expected matrices, got shape ${showShape(block.shape)}`);
  const width = blocks.reduce((sum, block) => sum + block.shape[1], 0);
  let left = 0;
  return cat(
    blocks.map((block) => {
      const row = block.pad([left, width - left - block.shape[1]]);
      left += block.shape[1];
      return row;
    }),
  );
}

/**
 * All windows of `size` entries along an axis, `step` apart; their entries are a new last axis.
 *
 * @example
 * unfoldAxis(arange(4), 0, 2, 1); // [[0, 1], [1, 2], [2, 3]]
 */
export function unfoldAxis(x: Tensor, dim: number, size: number, step: number): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "unfoldAxis");
  const length = x.shape[axis] ?? 1;
  if (!Number.isInteger(size) || size < 0 || size > length || !Number.isInteger(step) || step < 1)
    throw new RangeError(
      `unfoldAxis: windows of ${size} entries, ${step} apart, do not fit axis ${axis} of size ${length}`,
    );
  if (x.ndim === 0) return x.reshape(1).narrow(0, 0, size);
  const count = Math.floor((length - size) / step) + 1;
  const at = arange(count).mul(step).unsqueeze(1).add(arange(size)).flatten();
  return x
    .indexSelect(axis, at)
    .unflatten(axis, [count, size])
    .movedim(axis + 1, -1);
}

/** x with `part` in the place that `at` picks of its positions. */
function placed(x: Tensor, src: Tensor, at: (positions: Tensor) => Tensor, what: string): Tensor {
  const positions = at(arange(x.size).reshape(x.shape));
  if (showShape(positions.shape) !== showShape(src.shape))
    throw new Error(
      `${what}: expected values of shape ${showShape(positions.shape)}, got ${showShape(src.shape)}`,
    );
  return flatten(x).scatter(0, positions.flatten(), src.to(x.dtype).flatten()).reshape(x.shape);
}

/**
 * A copy of x in which entry `index` of axis `dim` is `src`.
 *
 * @example
 * selectScatter(zeros([2, 2]), ones([2]), 0, 1); // [[0, 0], [1, 1]]
 */
export const selectScatter = (x: Tensor, src: Tensor, dim: number, index: number): Tensor =>
  placed(x, src, (p) => p.select(dim, index), "selectScatter");

/**
 * A copy of x in which the entries from `start` to `end` of axis `dim` are `src`.
 *
 * @example
 * sliceScatter(zeros([4]), ones([2]), 0, 1, 3); // [0, 1, 1, 0]
 */
export function sliceScatter(
  x: Tensor,
  src: Tensor,
  dim = 0,
  start?: number,
  end?: number,
  step = 1,
): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "sliceScatter");
  const whole = new Array<string>(axis).fill(":");
  return placed(x, src, (p) => p.at(...whole, { start, stop: end, step }), "sliceScatter");
}

/**
 * A copy of x in which a diagonal of axes `dim1` and `dim2` is `src`.
 *
 * @example
 * diagonalScatter(zeros([2, 2]), ones([2])); // [[1, 0], [0, 1]]
 */
export const diagonalScatter = (x: Tensor, src: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor =>
  placed(x, src, (p) => p.diagonal(offset, dim1, dim2), "diagonalScatter");

const stridden = (size: Shape, stride: Shape, offset: number, what: string): Tensor => {
  if (size.length !== stride.length)
    throw new RangeError(
      `${what}: expected a stride for each size, got ${showShape(size)} and ${showShape(stride)}`,
    );
  let at = tensor(offset, { dtype: "i32" });
  size.forEach((n, i) => (at = at.unsqueeze(-1).add(arange(n).mul(stride[i]))));
  return at;
};

const checkReach = (x: Tensor, size: Shape, stride: Shape, offset: number, what: string): void => {
  const last = size.reduce((sum, n, i) => sum + (n - 1) * stride[i], offset);
  if (sizeOf(size) > 0 && last >= x.size)
    throw new RangeError(`${what}: position ${last} is outside the ${x.size} elements`);
};

/**
 * The elements at `offset + Σ iₖ · stride[k]` of the flattened tensor, in the shape `size`.
 *
 * @example
 * asStrided(arange(6), [2, 2], [1, 2]); // [[0, 2], [1, 3]]
 */
export function asStrided(x: Tensor, size: Shape, stride: Shape, offset = 0): Tensor {
  const at = stridden(size, stride, offset, "asStrided");
  checkReach(x, size, stride, offset, "asStrided");
  return x.take(at);
}

/**
 * A copy of x in which the elements that `asStrided` would give are `src`.
 *
 * @example
 * asStridedScatter(zeros([4]), ones([2]), [2], [2]); // [1, 0, 1, 0]
 */
export function asStridedScatter(
  x: Tensor,
  src: Tensor,
  size: Shape,
  stride: Shape,
  offset = 0,
): Tensor {
  const at = stridden(size, stride, offset, "asStridedScatter");
  checkReach(x, size, stride, offset, "asStridedScatter");
  return placed(x, src, () => at, "asStridedScatter");
}

function triangle(
  rows: number,
  columns: number,
  offset: number,
  lower: boolean,
  what: string,
): Tensor {
  for (const n of [rows, columns])
    if (!Number.isInteger(n) || n < 0)
      throw new RangeError(`${what}: sizes must be integers >= 0, got ${rows} and ${columns}`);
  checkInteger(offset, "the offset", what);
  const found: number[][] = [[], []];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      if (lower ? j <= i + offset : j >= i + offset) {
        found[0].push(i);
        found[1].push(j);
      }
  return tensor(found.flat(), { dtype: "i32" }).reshape(2, found[0].length);
}

/**
 * Positions (2, n) of the lower triangle of a matrix, i32.
 *
 * @example
 * trilIndices(2, 2); // [[0, 1, 1], [0, 0, 1]]
 */
export const trilIndices = (rows: number, columns: number, offset = 0): Tensor =>
  triangle(rows, columns, offset, true, "trilIndices");

/**
 * Positions (2, n) of the upper triangle of a matrix, i32.
 *
 * @example
 * triuIndices(2, 2); // [[0, 0, 1], [0, 1, 1]]
 */
export const triuIndices = (rows: number, columns: number, offset = 0): Tensor =>
  triangle(rows, columns, offset, false, "triuIndices");

/**
 * The shape to which shapes broadcast together.
 *
 * @example
 * broadcastShapes([3, 1], [4]); // [3, 4]
 */
export const broadcastShapes = (...shapes: Shape[]): Shape =>
  shapes.reduce((a, b) => shapesTogether(a, b, "broadcastShapes"), []);

/**
 * x summed so that it has `shape`, which broadcasts to that of x: how a gradient undoes a broadcast.
 *
 * @example
 * sumToSize(ones([3, 2]), [1, 2]); // [[3, 3]]
 */
export function sumToSize(x: Tensor, shape: Shape): Tensor {
  const lead = x.ndim - shape.length;
  const fits = lead >= 0 && shape.every((n, i) => n === 1 || n === x.shape[lead + i]);
  if (!fits)
    throw new Error(`sumToSize: ${showShape(shape)} does not expand to ${showShape(x.shape)}`);
  const axes = x.shape
    .map((_, i) => i)
    .filter((i) => i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1));
  return (axes.length > 0 || shape.length === 0 ? x.sum(axes) : x).reshape(shape);
}

/**
 * Positions in a flattened tensor as positions in one of `shape`: one tensor for each axis.
 *
 * @example
 * unravelIndex(tensor([5, 1], { dtype: "i32" }), [2, 3]); // [1, 0], [2, 1]
 */
export function unravelIndex(index: Tensor, shape: Shape): Tensor[] {
  const at = new Tensor(indexNode(index, "unravelIndex"));
  let stride = sizeOf(shape);
  return shape.map((n) => {
    stride = n === 0 ? 0 : stride / n;
    return at.floorDivide(Math.max(1, stride)).remainder(Math.max(1, n));
  });
}

/**
 * Matrices of powers of the entries of the last axis: `x⁰, x¹, …` (n of them).
 *
 * @example
 * vander(tensor([2, 3])); // [[1, 2], [1, 3]]
 */
export function vander(x: Tensor, n?: number): Tensor {
  if (x.ndim === 0) x = x.reshape(1);
  const count = n ?? x.shape[x.ndim - 1];
  checkInteger(count, "the number of powers", "vander");
  const wide = x.unsqueeze(-1).expand(...x.shape, Math.max(0, count - 1));
  const powers = count > 1 ? [cumprod(wide, -1)] : [];
  return cat([x.onesLike().unsqueeze(-1).narrow(-1, 0, Math.min(1, count)), ...powers], -1);
}
