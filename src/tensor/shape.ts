import * as ops from "../ir/ops.ts";
import { normalizeAxis, type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { axesUpTo, distinctAxes, range } from "./axes.ts";
import { catNodes } from "./cat.ts";
import { numbersOf } from "./nested.ts";
import { checkInteger, checkShape, checkTensor, type Dim, type Sizes, sizesOf } from "./operand.ts";
import { fromData, Tensor } from "./tensor.ts";

const listOf = (dim: Dim): readonly number[] => (typeof dim === "number" ? [dim] : dim);

/** The sizes of `shape`, of which one may be -1 (what is left), for `size` elements. */
function inferSizes(shape: Shape, size: number, what: string): number[] {
  const out = Array.from(shape);
  const free = out.indexOf(-1);
  if (free >= 0) {
    out[free] = 1;
    if (out.includes(-1))
      throw new RangeError(`${what}: only one size can be -1, got ${showShape(shape)}`);
  }
  checkShape(out, what);
  const rest = sizeOf(out);
  if (free >= 0) {
    if (rest === 0)
      throw new RangeError(
        `${what}: beside a size of 0, -1 could be anything: ${showShape(shape)}`,
      );
    out[free] = Math.floor(size / rest);
  }
  if (sizeOf(out) !== size)
    throw new Error(`${what}: ${size} elements do not fit shape ${showShape(shape)}`);
  return out;
}

/**
 * The same elements in another shape, given as numbers or one array; one size may be -1, for what is
 * left.
 *
 * @example
 * arange(6).reshape(2, -1); // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: Tensor, ...shape: Sizes): Tensor {
  return reshaped(x, sizesOf(shape), "reshape");
}

const reshaped = ({ node }: Tensor, shape: Shape, what: string): Tensor =>
  new Tensor(ops.reshape(node, inferSizes(shape, sizeOf(node.shape), what)));

/**
 * The same as `reshape`: tensors are values, so whether memory is shared cannot be seen.
 *
 * @example
 * arange(6).view(3, 2); // [[0, 1], [2, 3], [4, 5]]
 */
export function view(x: Tensor, ...shape: Sizes): Tensor {
  return reshaped(x, sizesOf(shape), "view");
}

/**
 * Joins the axes from `startDim` to `endDim` (all by default) into one.
 *
 * @example
 * zeros([2, 3, 4]).flatten(1); // (2, 12)
 */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  const { shape } = x;
  const start = normalizeAxis(startDim, shape.length, "flatten");
  const end = normalizeAxis(endDim, shape.length, "flatten");
  if (start > end)
    throw new RangeError(`flatten: startDim ${startDim} comes after endDim ${endDim}`);
  const joined = sizeOf(shape.slice(start, end + 1));
  return new Tensor(
    ops.reshape(x.node, [...shape.slice(0, start), joined, ...shape.slice(end + 1)]),
  );
}

/**
 * Splits axis `dim` into axes of `sizes`, of which one may be -1.
 *
 * @example
 * zeros([2, 12]).unflatten(1, [3, -1]); // (2, 3, 4)
 */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "unflatten");
  const parts = inferSizes(sizes, x.shape[axis] ?? 1, "unflatten");
  return new Tensor(
    ops.reshape(x.node, [...x.shape.slice(0, axis), ...parts, ...x.shape.slice(axis + 1)]),
  );
}

/**
 * Removes axes of size 1: all, or those of `dim` that have size 1.
 *
 * @example
 * zeros([1, 3, 1]).squeeze(); // (3)
 * zeros([1, 3, 1]).squeeze(0); // (3, 1)
 */
export function squeeze(x: Tensor, dim?: Dim): Tensor {
  const { shape } = x;
  const axes =
    dim === undefined ? axesUpTo(shape.length) : distinctAxes(listOf(dim), shape.length, "squeeze");
  return new Tensor(
    ops.reshape(
      x.node,
      shape.filter((size, i) => size !== 1 || !axes.includes(i)),
    ),
  );
}

/**
 * Adds an axis of size 1 at position `dim`.
 *
 * @example
 * zeros([3]).unsqueeze(0); // (1, 3)
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const axis = normalizeAxis(dim, x.ndim + 1, "unsqueeze");
  return new Tensor(ops.reshape(x.node, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]));
}

/**
 * Exchanges two axes.
 *
 * @example
 * zeros([2, 3, 4]).transpose(0, 2); // (4, 3, 2)
 */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  return exchanged(x, dim0, dim1, "transpose");
}

function exchanged(x: Tensor, dim0: number, dim1: number, what: string): Tensor {
  const { node } = x;
  const rank = node.shape.length;
  const a = normalizeAxis(dim0, rank, what);
  const b = normalizeAxis(dim1, rank, what);
  if (a === b) return x;
  const axes = axesUpTo(rank);
  [axes[a], axes[b]] = [b, a];
  return new Tensor(ops.permute(node, axes));
}

/**
 * The same as `transpose`.
 *
 * @example
 * zeros([2, 3, 4]).swapaxes(0, 2); // (4, 3, 2)
 */
export function swapaxes(x: Tensor, dim0: number, dim1: number): Tensor {
  return exchanged(x, dim0, dim1, "swapaxes");
}

/**
 * A matrix transposed; vectors and scalars stay as they are.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).t(); // [[1, 3], [2, 4]]
 */
export function t(x: Tensor): Tensor {
  if (x.ndim > 2)
    throw new RangeError(`t: expected at most 2 axes, got shape ${showShape(x.shape)}`);
  return x.ndim < 2 ? x : transpose(x, 0, 1);
}

/**
 * The axes in a new order: axis i of the result is axis `dims[i]` of x.
 *
 * @example
 * zeros([2, 3, 4]).permute(2, 0, 1); // (4, 2, 3)
 */
export function permute(x: Tensor, ...dims: Sizes): Tensor {
  const list = sizesOf(dims);
  const axes = distinctAxes(list, x.ndim, "permute");
  if (axes.length !== x.ndim)
    throw new RangeError(
      `permute: expected ${x.ndim} axes for shape ${showShape(x.shape)}, got [${list.join(", ")}]`,
    );
  return new Tensor(ops.permute(x.node, axes));
}

/**
 * Moves the axes `source` to the positions `destination`; the others keep their order.
 *
 * @example
 * zeros([2, 3, 4]).movedim(0, -1); // (3, 4, 2)
 */
export function movedim(x: Tensor, source: Dim, destination: Dim): Tensor {
  const from = distinctAxes(listOf(source), x.ndim, "movedim");
  const to = distinctAxes(listOf(destination), x.ndim, "movedim");
  if (from.length !== to.length)
    throw new RangeError(`movedim: ${from.length} axes cannot move to ${to.length} positions`);
  const rest = axesUpTo(x.ndim).filter((axis) => !from.includes(axis));
  const axes = axesUpTo(x.ndim).map((position) => {
    const moved = to.indexOf(position);
    return moved >= 0 ? from[moved] : rest.shift()!;
  });
  return new Tensor(ops.permute(x.node, axes));
}

/**
 * Repeats axes of size 1 to the given sizes, without copying; -1 keeps a size, and axes may be added in
 * front.
 *
 * @example
 * tensor([[1], [2]]).expand(-1, 3); // [[1, 1, 1], [2, 2, 2]]
 */
export function expand(x: Tensor, ...sizes: Sizes): Tensor {
  return expanded(x, sizesOf(sizes), "expand");
}

function expanded(x: Tensor, list: Shape, what: string): Tensor {
  const { shape } = x;
  const lead = list.length - shape.length;
  const out = list.map((size, i) => (size === -1 && i >= lead ? shape[i - lead] : size));
  checkShape(out, what);
  const fits = lead >= 0 && shape.every((size, i) => size === 1 || size === out[i + lead]);
  if (!fits)
    throw new Error(
      `${what}: ${showShape(shape)} does not expand to ${showShape(list)}; only axes of size 1 repeat`,
    );
  return new Tensor(ops.broadcastTo(x.node, out));
}

/**
 * x expanded to the shape of `other`.
 *
 * @example
 * tensor([1, 2]).expandAs(zeros([3, 2])); // [[1, 2], [1, 2], [1, 2]]
 */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  checkTensor(other, "expandAs");
  return expanded(x, other.shape, "expandAs");
}

/**
 * x expanded to `shape`, as in arithmetic.
 *
 * @example
 * tensor([1, 2]).broadcastTo([2, 2]); // [[1, 2], [1, 2]]
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return expanded(x, shape, "broadcastTo");
}

/**
 * The tensor laid out `counts[i]` times along axis i, as tiles; axes may be added in front.
 *
 * @example
 * tensor([1, 2]).repeat(2, 2); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export function repeat(x: Tensor, ...counts: Sizes): Tensor {
  return repeated(x, sizesOf(counts), "repeat");
}

function repeated(x: Tensor, list: Shape, what: string): Tensor {
  checkShape(list, what);
  const lead = list.length - x.ndim;
  if (lead < 0)
    throw new RangeError(
      `${what}: expected at least ${x.ndim} counts for shape ${showShape(x.shape)}, got ${list.length}`,
    );
  const shape = [...new Array<number>(lead).fill(1), ...x.shape];
  const apart = shape.flatMap((size) => [1, size]);
  const wide = shape.flatMap((size, i) => [list[i], size]);
  const node = ops.expand(ops.reshape(x.node, apart), wide);
  return new Tensor(
    ops.reshape(
      node,
      shape.map((size, i) => size * list[i]),
    ),
  );
}

/**
 * `repeat` that takes fewer counts than axes: those missing in front are 1.
 *
 * @example
 * zeros([2, 3]).tile(2); // (2, 6)
 */
export function tile(x: Tensor, ...counts: Sizes): Tensor {
  const list = sizesOf(counts);
  const lead = new Array<number>(Math.max(0, x.ndim - list.length)).fill(1);
  return repeated(x, [...lead, ...list], "tile");
}

/**
 * Every entry of axis `dim` `repeats` times in a row; of the flattened tensor by default. `repeats` may
 * hold a number for each entry, and is then read.
 *
 * @example
 * tensor([1, 2]).repeatInterleave(2); // [1, 1, 2, 2]
 */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, dim?: number): Tensor {
  if (dim === undefined) return repeatInterleave(flatten(x), repeats, 0);
  const axis = normalizeAxis(dim, x.ndim, "repeatInterleave");
  const { shape } = x;
  if (repeats instanceof Tensor) {
    if (repeats.size === 1) return repeatInterleave(x, repeats.itemSync(), dim);
    if (repeats.ndim !== 1 || repeats.size !== shape[axis])
      throw new Error(
        `repeatInterleave: expected ${shape[axis] ?? 1} counts, got ${showShape(repeats.shape)}`,
      );
    const counts = Array.from(numbersOf(repeats.dataSync(), repeats.dtype));
    checkShape(counts, "repeatInterleave");
    const at = counts.flatMap((count, i) => new Array<number>(count).fill(i));
    return x.indexSelect(axis, fromData(Int32Array.from(at), [at.length], "i32"));
  }
  checkShape([repeats], "repeatInterleave");
  const front = shape.slice(0, axis);
  const back = shape.slice(axis + 1);
  const size = shape[axis] ?? 1;
  const node = ops.expand(ops.reshape(x.node, [...front, size, 1, ...back]), [
    ...front,
    size,
    repeats,
    ...back,
  ]);
  return new Tensor(ops.reshape(node, [...front, size * repeats, ...back]));
}

/**
 * `length` entries of axis `dim` from `start` on.
 *
 * @example
 * tensor([1, 2, 3, 4]).narrow(0, 1, 2); // [2, 3]
 */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "narrow");
  const size = x.shape[axis] ?? 0;
  const first = start < 0 ? start + size : start;
  if (!Number.isInteger(start) || !Number.isInteger(length) || length < 0)
    throw new RangeError(`narrow: start and length must be integers, got ${start} and ${length}`);
  if (first < 0 || first + length > size)
    throw new RangeError(
      `narrow: ${length} entries from ${start} are outside axis ${axis} of size ${size}`,
    );
  return new Tensor(range(x.node, axis, first, length));
}

/**
 * Entry `index` of axis `dim`, which is removed.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).select(0, 1); // [3, 4]
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "select");
  const size = x.shape[axis] ?? 0;
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new RangeError(`select: index ${index} is outside axis ${axis} of size ${size}`);
  const part = range(x.node, axis, index < 0 ? index + size : index, 1);
  return new Tensor(
    ops.reshape(
      part,
      x.shape.filter((_, i) => i !== axis),
    ),
  );
}

/**
 * Parts of axis `dim`: of a size each (the last may be smaller), or of the sizes in a list.
 *
 * @example
 * arange(5).split(2); // [0, 1], [2, 3], [4]
 * arange(5).split([1, 4]); // [0], [1, 2, 3, 4]
 */
export function split(x: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] {
  const axis = normalizeAxis(dim, x.ndim, "split");
  const size = x.shape[axis] ?? 1;
  let list: number[];
  if (typeof sizes === "number") {
    if (!Number.isInteger(sizes) || sizes <= 0)
      throw new RangeError(`split: the size of a part must be a positive integer, got ${sizes}`);
    list = Array.from({ length: Math.max(1, Math.ceil(size / sizes)) }, (_, i) =>
      Math.min(sizes, size - i * sizes),
    );
  } else {
    list = sizes.slice();
    checkShape(list, "split");
    const total = list.reduce((a, b) => a + b, 0);
    if (total !== size)
      throw new RangeError(
        `split: sizes [${list.join(", ")}] add up to ${total}, but axis ${axis} has ${size}`,
      );
  }
  let start = 0;
  return list.map((length) => {
    const part = new Tensor(range(x.node, axis, start, length));
    start += length;
    return part;
  });
}

/**
 * At most `chunks` parts of equal size along axis `dim`; the last may be smaller.
 *
 * @example
 * arange(5).chunk(2); // [0, 1, 2], [3, 4]
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  if (!Number.isInteger(chunks) || chunks <= 0)
    throw new RangeError(`chunk: the number of parts must be a positive integer, got ${chunks}`);
  const axis = normalizeAxis(dim, x.ndim, "chunk");
  const size = x.shape[axis] ?? 1;
  if (size === 0) return Array.from({ length: chunks }, () => x);
  return split(x, Math.ceil(size / chunks), axis);
}

/**
 * All entries along axis `dim`, each without that axis.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).unbind(); // [1, 2], [3, 4]
 */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  const axis = normalizeAxis(dim, x.ndim, "unbind");
  if (x.ndim === 0) throw new RangeError("unbind: a scalar has no axis");
  return Array.from({ length: x.shape[axis] }, (_, i) => select(x, axis, i));
}

/**
 * The entries of the axes `dims` in reverse order.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).flip(1); // [[2, 1], [4, 3]]
 */
export function flip(x: Tensor, dims: Dim): Tensor {
  const axes = distinctAxes(listOf(dims), x.ndim, "flip").sort((a, b) => a - b);
  return new Tensor(x.ndim === 0 ? x.node : ops.flip(x.node, axes));
}

/**
 * Shifts entries along axes; those that leave at the end come back at the start. Without `dims` the
 * flattened tensor is shifted.
 *
 * @example
 * tensor([1, 2, 3, 4]).roll(1); // [4, 1, 2, 3]
 */
export function roll(x: Tensor, shifts: Dim, dims?: Dim): Tensor {
  if (dims === undefined) return reshape(roll(flatten(x), shifts, 0), x.shape);
  const by = listOf(shifts);
  const axes = listOf(dims).map((d) => normalizeAxis(d, x.ndim, "roll"));
  if (by.length !== axes.length)
    throw new RangeError(`roll: ${by.length} shifts do not match ${axes.length} axes`);
  by.forEach((shift) => checkInteger(shift, "shifts", "roll"));
  let { node } = x;
  axes.forEach((axis, i) => {
    const size = node.shape[axis] ?? 0;
    const shift = size === 0 ? 0 : ((by[i] % size) + size) % size;
    if (shift === 0) return;
    const tail = range(node, axis, size - shift, shift);
    node = catNodes([tail, range(node, axis, 0, size - shift)], axis);
  });
  return new Tensor(node);
}
