import { sameShape, showShape, sizeOf } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkInteger, checkTensor } from "../tensor/checks.ts";
import { distinctAxes } from "../tensor/axes.ts";
import { firstZero } from "./lu.ts";
import { plainFactors, solveWith } from "./lu-factors.ts";
import {
  checkSquare,
  diagonalOf,
  flat,
  leadOf,
  matmul,
  rowsOf,
  unflat,
  units,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { checkSides, together } from "./triangular.ts";

/** Options of `solve`. */
export interface SolveOptions {
  /** Whether A stands to the left of X. Default true. */
  readonly left?: boolean;
}

/** The solution, and the number of the first pivot that is 0. */
function solution(
  a: Tensor,
  b: Tensor,
  left: boolean,
  what: string,
): { result: Tensor; info: Tensor } {
  checkSquare(a, what);
  checkTensor(b, what);
  // Vectors are told from matrices as PyTorch does: by the shape of A without its last axis.
  const isVector =
    b.ndim === 1 || (b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
  if (isVector && !left)
    throw new RangeError(`${what}: with left: false B must be matrices, got ${showShape(b.shape)}`);
  const sides = isVector ? b.unsqueeze(-1) : b;
  checkSides(a, sides, left, what);
  const [x, y, lead] = together(a, sides, what);
  const [matrices, right] = left ? [x, y] : [x.mT, y.mT];
  const factors = plainFactors(matrices);
  const solved = solveWith(matrices, right, factors, false);
  const result = unflat(left ? solved : solved.mT, lead);
  const info = unflat(firstZero(diagonalOf(factors.u)), lead);
  return { result: isVector ? result.squeeze(-1) : result, info };
}

/**
 * The solution X of A X = B (with `left: false` of X A = B) for square matrices A (…, n, n); B is (…, n, k), or
 * vectors (…, n). Batches broadcast. A singular matrix gives infinities or NaN, because it is only known
 * when the result is computed; `solveEx` tells.
 *
 * @example
 * solve(tensor([[3, 1], [1, 2]]), tensor([9, 8])); // [2, 3]
 */
export function solve(a: Tensor, b: Tensor, options: SolveOptions = {}): Tensor {
  return solution(a, b, options.left ?? true, "solve").result;
}

/**
 * `solve`, and with it the number (from 1) of the first pivot that is 0; 0 where A is not singular.
 *
 * @example
 * solveEx(tensor([[1, 1], [1, 1]]), tensor([1, 2])).info; // 2
 */
export function solveEx(
  a: Tensor,
  b: Tensor,
  options: SolveOptions = {},
): { result: Tensor; info: Tensor } {
  return solution(a, b, options.left ?? true, "solveEx");
}

const invPullback: Pullback = ([g], [x]) => [matmul(matmul(x.mT, g!), x.mT).neg()];

/** @internal The inverses, and the numbers of the first pivots that are 0. */
export function inverse(a: Tensor, what: string): { inverse: Tensor; info: Tensor } {
  checkSquare(a, what);
  const x = flat(a);
  const factors = plainFactors(x);
  const plain = solveWith(x, units(x.shape[0], rowsOf(x), x.dtype), factors, false);
  const [result] = withPullback([plain], [x], invPullback);
  const lead = leadOf(a);
  return { inverse: unflat(result, lead), info: unflat(firstZero(diagonalOf(factors.u)), lead) };
}

/**
 * The inverses of square matrices (…, n, n). A singular matrix gives infinities or NaN, because it is only
 * known when the result is computed; `invEx` tells. To solve equations, `solve` is faster and more exact.
 *
 * @example
 * inv(tensor([[2, 0], [0, 4]])); // [[0.5, 0], [0, 0.25]]
 */
export function inv(a: Tensor): Tensor {
  return inverse(a, "inv").inverse;
}

/**
 * `inv`, and with it the number (from 1) of the first pivot that is 0; 0 where the matrix has an inverse.
 *
 * @example
 * invEx(tensor([[1, 1], [1, 1]])).info; // 2
 */
export function invEx(a: Tensor): { inverse: Tensor; info: Tensor } {
  return inverse(a, "invEx");
}

/**
 * The inverse of `tensordot(a, …, ind)`: a has `ind` axes in front, and as many entries along those as along
 * the others, which come first in the result.
 *
 * @example
 * tensorinv(eye(6).reshape(2, 3, 6), 2).shape; // [6, 2, 3]
 */
export function tensorinv(a: Tensor, ind = 2): Tensor {
  checkTensor(a, "tensorinv");
  checkInteger(ind, "the number of axes", "tensorinv");
  const [front, back] = [a.shape.slice(0, ind), a.shape.slice(ind)];
  if (ind < 1 || sizeOf(front) !== sizeOf(back))
    throw new RangeError(
      `tensorinv: expected as many entries along the first ${ind} axes as along the others, got ${showShape(a.shape)}`,
    );
  return inverse(a.reshape(sizeOf(front), sizeOf(back)), "tensorinv").inverse.reshape([
    ...back,
    ...front,
  ]);
}

/**
 * The solution X of `tensordot(a, X, X.ndim)` = b, after the axes `dims` of a have been moved to its end.
 *
 * @example
 * tensorsolve(eye(4).reshape(2, 2, 4), ones([2, 2])); // [1, 1, 1, 1]
 */
export function tensorsolve(
  a: Tensor,
  b: Tensor,
  options: { readonly dims?: readonly number[] } = {},
): Tensor {
  const what = "tensorsolve";
  checkTensor(a, what);
  checkTensor(b, what);
  const axes = options.dims ? distinctAxes(options.dims, a.ndim, what) : [];
  const moved = a.movedim(
    axes,
    axes.map((_, i) => a.ndim - axes.length + i),
  );
  const shape = moved.shape.slice(b.ndim);
  if (sizeOf(shape) !== b.size || moved.size !== b.size ** 2)
    throw new RangeError(
      `${what}: ${showShape(a.shape)} does not fit ${showShape(b.shape)}: expected as many entries along the first ${b.ndim} axes as along the others`,
    );
  return solution(moved.reshape(b.size, b.size), b.flatten(), true, what).result.reshape(shape);
}
