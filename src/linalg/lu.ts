import { showShape } from "../ir/shape.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import {
  checkMatrices,
  checkSameDType,
  checkSquare,
  columnsOf,
  diagonalOf,
  flat,
  leadOf,
  matmul,
  padTo,
  rowsAt,
  rowsOf,
  unflat,
  units,
} from "./matrices.ts";
import { inverseOrder, type LuFactors, luFactors, orderOf } from "./lu-factors.ts";
import { checkSides, solveLeft, together } from "./triangular.ts";

/** Options of factorizations A = P L U. */
export interface PivotOption {
  /** Whether rows are exchanged (partial pivoting). Without, a pivot of 0 leaves A = L U wrong. Default true. */
  readonly pivot?: boolean;
}

/** The matrices P (B, m, m) of the orders of rows. */
function permutations(order: Tensor, like: Tensor): Tensor {
  const [batch, m] = order.shape;
  return rowsAt(units(batch, m, like.dtype), inverseOrder(order));
}

/** L below the diagonal and U in one matrix (B, m, n). */
function packed({ l, u }: LuFactors): Tensor {
  const [m, n] = [rowsOf(l), columnsOf(u)];
  return padTo(l.tril(-1), m, n).add(padTo(u, m, n));
}

/**
 * A = P L U: a permutation P (…, m, m), a unit lower triangle L (…, m, k) and an upper one U (…, k, n) of
 * matrices A (…, m, n), where k = min(m, n). Rows are exchanged so that the pivot is the largest entry of
 * its column (partial pivoting).
 *
 * @example
 * lu(tensor([[2, 4], [4, 4]])).u; // [[4, 4], [0, 2]]
 */
export function lu(a: Tensor, options: PivotOption = {}): { p: Tensor; l: Tensor; u: Tensor } {
  checkMatrices(a, "lu");
  const { l, u, order } = luFactors(flat(a), options.pivot);
  const lead = leadOf(a);
  return {
    p: unflat(permutations(order, a), lead),
    l: unflat(l, lead),
    u: unflat(u, lead),
  };
}

/**
 * A = P L U in compact form: L (without its ones) and U in one matrix (…, m, n), and the numbers (from 1) of the
 * rows that rows 1, 2, … were exchanged with, (…, min(m, n)). What `luSolve` and `luUnpack` take.
 *
 * @example
 * luFactor(tensor([[2, 4], [4, 4]])).lu; // [[4, 4], [0.5, 2]]
 */
export function luFactor(a: Tensor, options: PivotOption = {}): { lu: Tensor; pivots: Tensor } {
  checkMatrices(a, "luFactor");
  const factors = luFactors(flat(a), options.pivot);
  const lead = leadOf(a);
  return { lu: unflat(packed(factors), lead), pivots: unflat(factors.pivots.add(1), lead) };
}

/** The number (from 1) of the first pivot that is 0, and 0 where none is. */
export function firstZero(pivots: Tensor): Tensor {
  if (pivots.size === 0) return zeros(pivots.shape.slice(0, -1), { dtype: "i32" });
  const zero = pivots.eq(0).to("i32");
  return zero.argmax(-1).add(1).mul(zero.amax(-1));
}

/**
 * `luFactor`, and with it the number (from 1) of the first pivot that is 0; 0 where none is.
 *
 * @example
 * luFactorEx(tensor([[1, 1], [1, 1]])).info; // 2
 */
export function luFactorEx(
  a: Tensor,
  options: PivotOption = {},
): { lu: Tensor; pivots: Tensor; info: Tensor } {
  checkMatrices(a, "luFactorEx");
  const factors = luFactor(a, options);
  return { ...factors, info: firstZero(diagonalOf(factors.lu)) };
}

/** Throws unless `pivots` (…, k) belongs to matrices (…, m, n). */
function checkPivots(factors: Tensor, pivots: Tensor, what: string): void {
  checkMatrices(factors, what);
  const k = Math.min(rowsOf(factors), columnsOf(factors));
  const expected = [...leadOf(factors), k];
  if (pivots.dtype !== "i32" || showShape(pivots.shape) !== showShape(expected))
    throw new RangeError(
      `${what}: expected pivots i32${showShape(expected)}, got ${pivots.dtype}${showShape(pivots.shape)}`,
    );
}

/**
 * P, L and U from what `luFactor` gives.
 *
 * @example
 * const { lu, pivots } = luFactor(tensor([[2, 4], [4, 4]]));
 * luUnpack(lu, pivots).l; // [[1, 0], [0.5, 1]]
 */
export function luUnpack(factors: Tensor, pivots: Tensor): { p: Tensor; l: Tensor; u: Tensor } {
  checkPivots(factors, pivots, "luUnpack");
  const x = flat(factors);
  const [batch, m, n] = x.shape;
  const k = Math.min(m, n);
  const lead = leadOf(factors);
  const order = orderOf(pivots.reshape(batch, k).sub(1), m);
  const unit = padTo(units(batch, k, x.dtype), m, k);
  return {
    p: unflat(permutations(order, x), lead),
    l: unflat(x.narrow(2, 0, k).tril(-1).add(unit), lead),
    u: unflat(x.narrow(1, 0, k).triu(), lead),
  };
}

/** Options of `luSolve`. */
export interface LuSolveOptions {
  /** Whether A stands to the left of X. Default true. */
  readonly left?: boolean;
  /** Whether the transpose of A is meant. Default false. */
  readonly adjoint?: boolean;
}

/**
 * The solution X of A X = B for square A (…, n, n) of which `luFactor` gave the factors, and B (…, n, k).
 *
 * @example
 * const { lu, pivots } = luFactor(tensor([[2, 4], [4, 4]]));
 * luSolve(lu, pivots, tensor([[6], [8]])); // [[1], [1]]
 */
export function luSolve(
  factors: Tensor,
  pivots: Tensor,
  b: Tensor,
  options: LuSolveOptions = {},
): Tensor {
  const what = "luSolve";
  const { left = true, adjoint = false } = options;
  checkSquare(factors, what);
  checkPivots(factors, pivots, what);
  checkMatrices(b, what);
  checkSameDType(factors, b, what);
  checkSides(factors, b, left, what);
  const [x, y, lead] = together(factors, b, what);
  const n = rowsOf(factors);
  const order = orderOf(
    pivots
      .sub(1)
      .broadcastTo([...lead, n])
      .reshape(x.shape[0], n),
    n,
  );
  const solved = left ? solveBy(x, order, y, adjoint) : solveBy(x, order, y.mT, !adjoint).mT;
  return unflat(solved, lead);
}

function solveBy(x: Tensor, order: Tensor, b: Tensor, adjoint: boolean): Tensor {
  if (b.size === 0) return matmul(x, b);
  if (!adjoint) return solveLeft(x, solveLeft(x, rowsAt(b, order), false, true), true);
  const rotated = solveLeft(x.mT, solveLeft(x.mT, b, false), true, true);
  return rowsAt(rotated, inverseOrder(order));
}
