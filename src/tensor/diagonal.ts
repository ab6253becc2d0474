import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { axesUpTo, distinctAxes, range } from "./axes.ts";
import { checkInteger } from "./operand.ts";
import { Tensor } from "./tensor.ts";

const triangle = (x: Tensor, diagonal: number, lower: boolean, what: string): Tensor => {
  if (x.ndim < 2)
    throw new RangeError(`${what}: expected at least 2 axes, got shape ${showShape(x.shape)}`);
  checkInteger(diagonal, "the diagonal", what);
  const rows = x.shape[x.ndim - 2];
  const columns = x.shape[x.ndim - 1];
  const row = ops.iota([rows, columns], 0);
  const column = ops.iota([rows, columns], 1);
  const edge = ops.add(row, ops.fullLike(row, diagonal));
  const inside = lower ? ops.le(column, edge) : ops.ge(column, edge);
  const { node } = x;
  return new Tensor(ops.select(ops.broadcastTo(inside, x.shape), node, ops.zerosLike(node)));
};

/**
 * The lower triangle of each matrix: 0 above the diagonal number `diagonal` (0 is the main one).
 *
 * @example
 * ones([2, 2]).tril(); // [[1, 0], [1, 1]]
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle(x, diagonal, true, "tril");
}

/**
 * The upper triangle of each matrix: 0 below the diagonal number `diagonal` (0 is the main one).
 *
 * @example
 * ones([2, 2]).triu(); // [[1, 1], [0, 1]]
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle(x, diagonal, false, "triu");
}

/**
 * The diagonal of axes `dim1` and `dim2` as a new last axis; `offset` > 0 is above the main one.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).diagonal(); // [1, 4]
 */
export function diagonal(x: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
  const rank = x.ndim;
  if (rank < 2)
    throw new RangeError(`diagonal: expected at least 2 axes, got shape ${showShape(x.shape)}`);
  checkInteger(offset, "the offset", "diagonal");
  const [a, b] = distinctAxes([dim1, dim2], rank, "diagonal");
  const rest = axesUpTo(rank).filter((axis) => axis !== a && axis !== b);
  const matrices = ops.permute(x.node, [...rest, a, b]);
  const [rows, columns] = [x.shape[a], x.shape[b]];
  const length = Math.max(
    0,
    offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns),
  );
  const lead = rest.map((axis) => x.shape[axis]);
  const flat = ops.reshape(matrices, [...lead, rows * columns]);
  const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * columns;
  return new Tensor(range(flat, rest.length, start, length, columns + 1));
}

/**
 * Of a vector the matrix with it on the diagonal `offset`; of a matrix that diagonal.
 *
 * @example
 * tensor([1, 2]).diag(); // [[1, 0], [0, 2]]
 */
export function diag(x: Tensor, offset = 0): Tensor {
  if (x.ndim === 2) return diagonal(x, offset);
  if (x.ndim !== 1)
    throw new RangeError(`diag: expected a vector or a matrix, got shape ${showShape(x.shape)}`);
  checkInteger(offset, "the offset", "diag");
  const size = x.shape[0] + Math.abs(offset);
  const lo = Math.max(0, -offset);
  const rows = ops.pad(x.node, [lo], [size - x.shape[0] - lo]);
  const row = ops.iota([size, size], 0);
  const on = ops.eq(ops.iota([size, size], 1), ops.add(row, ops.fullLike(row, offset)));
  const wide = ops.expand(ops.reshape(rows, [size, 1]), [size, size]);
  return new Tensor(ops.select(on, wide, ops.zerosLike(wide)));
}

/**
 * Sum of the main diagonal of a matrix.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).trace(); // 5
 */
export function trace(x: Tensor): Tensor {
  if (x.ndim !== 2)
    throw new RangeError(`trace: expected a matrix, got shape ${showShape(x.shape)}`);
  return diagonal(x).sum();
}
