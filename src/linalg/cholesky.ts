import { arange, cat, scan, type Tensor, where, zeros } from "../tensor/index.ts";
import {
  checkSquare,
  entry,
  flat,
  leadOf,
  matmul,
  padTo,
  rowsOf,
  unflat,
  units,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { checkSides, solveLeft, solveRight, together } from "./triangular.ts";

/** Which triangle a function reads and gives. */
export interface UpperOption {
  /** The upper triangle instead of the lower one. Default false. */
  readonly upper?: boolean;
}

/** Larger matrices are factorized in two halves, with a matrix product between them. */
const BLOCK = 64;

/** The factor of symmetric matrices, a column at a time: NaN from the first pivot on that is not > 0. */
function columns(s: Tensor): Tensor {
  const n = rowsOf(s);
  const rows = arange(n);
  const step = (rest: Tensor, j: Tensor): [Tensor, Tensor] => {
    const row = entry(rest, 1, j).squeeze(1);
    const pivot = entry(row, 1, j);
    const column = where(rows.ge(j), row.div(where(pivot.gt(0), pivot, NaN).sqrt()), 0);
    return [rest.sub(column.unsqueeze(-1).mul(column.unsqueeze(-2))), column];
  };
  return scan(step, s, rows)[1].permute(1, 2, 0);
}

function factor(s: Tensor): Tensor {
  const n = rowsOf(s);
  if (s.size === 0) return s;
  if (n <= BLOCK) return columns(s);
  const half = Math.ceil(n / 2);
  const [s1, s2] = s.split(half, 1);
  const s11 = s1.narrow(2, 0, half);
  const [s21, s22] = s2.split(half, 2);
  const l11 = factor(s11);
  const l21 = solveRight(l11.mT, s21, true);
  const l22 = factor(s22.sub(matmul(l21, l21.mT)));
  return cat([padTo(l11, half, n), cat([l21, l22], 2)], 1);
}

// I. Murray, "Differentiation of the Cholesky decomposition", 2016.
const pullback: Pullback = ([g], [l]) => {
  const inner = matmul(l.mT, g!).tril();
  const half = inner.add(inner.tril(-1).mT).mul(0.5);
  return [solveRight(l, solveLeft(l.mT, half, true), false)];
};

/** @internal The lower factors of matrices (B, n, n), of which the lower triangle is read. */
export function lowerFactor(a: Tensor): Tensor {
  const symmetric = a.tril().add(a.tril(-1).mT);
  return withPullback([factor(symmetric)], [a], pullback)[0];
}

/**
 * The Cholesky factor L of symmetric positive definite matrices A (…, n, n): A = L Lᵀ, or with `upper` A =
 * Uᵀ U. Only that triangle of A is read. A matrix that is not positive definite gives NaN, because it is
 * only known when the result is computed; `choleskyEx` tells.
 *
 * @example
 * cholesky(tensor([[4, 2], [2, 5]])); // [[2, 0], [1, 2]]
 */
export function cholesky(a: Tensor, options: UpperOption = {}): Tensor {
  checkSquare(a, "cholesky");
  const { upper = false } = options;
  const l = lowerFactor(flat(upper ? a.mT : a));
  return unflat(upper ? l.mT : l, leadOf(a));
}

/**
 * `cholesky`, and with it the order (from 1) of the first leading minor that is not positive, 0 where the
 * matrix is positive definite.
 *
 * @example
 * choleskyEx(tensor([[1, 2], [2, 1]])).info; // 2
 */
export function choleskyEx(a: Tensor, options: UpperOption = {}): { l: Tensor; info: Tensor } {
  checkSquare(a, "choleskyEx");
  const l = cholesky(a, options);
  const n = rowsOf(a);
  if (a.size === 0) return { l, info: zeros(leadOf(a), { dtype: "i32" }) };
  const good = l.diagonal(0, -2, -1).gt(0).to("i32").sum(-1);
  return { l, info: where(good.eq(n), 0, good.add(1)) };
}

/** X of L Lᵀ X = B for lower triangles (B, n, n). */
const solveTwice = (l: Tensor, b: Tensor): Tensor => solveLeft(l.mT, solveLeft(l, b, false), true);

// Derivatives of X by L as if all of L were read, as in PyTorch: beside its triangle too.
const solvePullback: Pullback = ([g], [x], [, l]) => {
  const toB = solveFrom(g!, l);
  const half = matmul(toB, x.mT);
  return [toB, matmul(half.add(half.mT), l.tril()).neg()];
};

const solveFrom = (b: Tensor, l: Tensor): Tensor =>
  withPullback([solveTwice(l, b)], [b, l], solvePullback)[0];

const inversePullback: Pullback = ([g], [x], [l]) => [
  matmul(matmul(x, matmul(g!.add(g!.mT), x)), l.tril()).neg(),
];

/**
 * The inverse of A from its Cholesky factor L (…, n, n), A = L Lᵀ; with `upper` from U, A = Uᵀ U.
 *
 * @example
 * choleskyInverse(tensor([[2, 0], [0, 1]])); // [[0.25, 0], [0, 1]]
 */
export function choleskyInverse(l: Tensor, options: UpperOption = {}): Tensor {
  checkSquare(l, "choleskyInverse");
  const lower = flat(options.upper ? l.mT : l);
  const half = solveLeft(lower, units(lower.shape[0], rowsOf(l), l.dtype), false);
  const plain = matmul(half.mT, half);
  return unflat(withPullback([plain], [lower], inversePullback)[0], leadOf(l));
}

/**
 * The solution X of A X = B, from the Cholesky factor L (…, n, n) of A = L Lᵀ; with `upper` from U, A = Uᵀ U.
 * B is (…, n, k); batches broadcast.
 *
 * @example
 * choleskySolve(tensor([[8], [3]]), tensor([[2, 0], [0, 1]])); // [[2], [3]]
 */
export function choleskySolve(b: Tensor, l: Tensor, options: UpperOption = {}): Tensor {
  checkSides(l, b, true, "choleskySolve");
  const [factors, y, lead] = together(l, b, "choleskySolve");
  return unflat(solveFrom(y, options.upper ? factors.mT : factors), lead);
}
