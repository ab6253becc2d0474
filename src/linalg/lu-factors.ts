import { arange, cat, scan, type Tensor, where, zeros } from "../tensor/index.ts";
import {
  columnsOf,
  diagonalOf,
  diagonals,
  entry,
  epsilonOf,
  matmul,
  padTo,
  rowsAt,
  rowsOf,
  units,
  zerosFor,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { solveLeft, solveRight } from "./triangular.ts";

/** A = P L U of matrices (B, m, n), with k = min(m, n). */
export interface LuFactors {
  /** Unit lower triangles (B, m, k). */
  readonly l: Tensor;
  /** Upper triangles (B, k, n). */
  readonly u: Tensor;
  /** For each row of L the row of A that it belongs to, (B, m). */
  readonly order: Tensor;
  /** The rows that were exchanged with rows 0, 1, …, (B, k), from 0. */
  readonly pivots: Tensor;
}

/** 0, 1, … of n for each matrix of a batch. */
const inOrder = (batch: number, n: number): Tensor => arange(n).expand(batch, n);

/** `order` (B, m) with entries j and p (B, 1) exchanged. */
function exchanged(order: Tensor, j: Tensor, p: Tensor): Tensor {
  const at = arange(order.shape[1]);
  const first = entry(order, 1, j);
  const other = order.gather(1, p);
  return where(at.eq(j), other, where(at.eq(p), first, order));
}

/** The order of rows after all exchanges. */
export function orderOf(pivots: Tensor, m: number): Tensor {
  const [batch, k] = pivots.shape;
  const start = inOrder(batch, m);
  if (batch === 0 || k === 0) return start;
  const step = (order: Tensor, { j, p }: { j: Tensor; p: Tensor }): [Tensor, Tensor[]] => [
    exchanged(order, j, p.unsqueeze(1)),
    [],
  ];
  return scan(step, start, { j: arange(k), p: pivots.T })[0];
}

/** The order that puts rows back. */
export const inverseOrder = (order: Tensor): Tensor =>
  order.scatter(1, order, inOrder(order.shape[0], order.shape[1]));

/** Rows are not moved but marked as used, and put in order in the end. */
function eliminate(a: Tensor, pivot: boolean): LuFactors {
  const [batch, m, n] = a.shape;
  const k = Math.min(m, n);
  const places = arange(m);
  const step = (
    { rest, order }: { rest: Tensor; order: Tensor },
    j: Tensor,
  ): [{ rest: Tensor; order: Tensor }, { column: Tensor; row: Tensor; p: Tensor }] => {
    const left = entry(rest, 2, j).squeeze(2).gather(1, order);
    const p = pivot
      ? where(places.ge(j), left.abs(), -1).argmax(1, { keepdim: true })
      : j.reshape(1, 1).expand(batch, 1);
    const next = exchanged(order, j, p);
    const from = entry(next, 1, j);
    const row = rowsAt(rest, from);
    const largest = left.gather(1, p);
    const ordered = where(places.eq(p), entry(left, 1, j), left);
    const multipliers = where(places.gt(j).logicalAnd(largest.ne(0)), ordered.div(largest), 0);
    const column = multipliers.gather(1, inverseOrder(next));
    return [
      { rest: rest.sub(column.unsqueeze(-1).mul(row)), order: next },
      { column, row: row.squeeze(1), p: p.squeeze(1) },
    ];
  };
  const [{ order }, { column, row, p }] = scan(
    step,
    { rest: a, order: inOrder(batch, m) },
    arange(k),
  );
  const l = rowsAt(column.permute(1, 2, 0), order);
  return {
    l: l.tril(-1).add(padTo(units(batch, k, a.dtype), m, k)),
    u: row.permute(1, 0, 2).triu(),
    order,
    pivots: p.T,
  };
}

function factor(a: Tensor, pivot: boolean): LuFactors {
  const [batch, m, n] = a.shape;
  const k = Math.min(m, n);
  if (a.size > 0) return eliminate(a, pivot);
  return {
    l: padTo(units(batch, k, a.dtype), m, k),
    u: zerosFor(a, batch, k, n),
    order: inOrder(batch, m),
    pivots: zeros([batch, k], { dtype: "i32" }),
  };
}

const pullback: Pullback = ([gL, gU], [l, u], [, order]) => {
  const [m, n] = [rowsOf(l), columnsOf(u)];
  const k = columnsOf(l);
  const [l1, l2] = [l.narrow(1, 0, k), l.narrow(1, k, m - k)];
  const [u1, u2] = [u.narrow(2, 0, k), u.narrow(2, k, n - k)];
  let lower: Tensor | undefined;
  let upper: Tensor | undefined;
  let below: Tensor | undefined;
  let beside: Tensor | undefined;
  if (gL) {
    lower = matmul(l1.mT, gL.narrow(1, 0, k));
    if (m > k) {
      const g2 = gL.narrow(1, k, m - k);
      upper = matmul(l2.mT, g2).neg();
      below = solveRight(u.mT, g2, false);
    }
  }
  if (gU) {
    const inner = matmul(gU.narrow(2, 0, k), u1.mT);
    upper = upper ? upper.add(inner) : inner;
    if (n > k) {
      const g2 = gU.narrow(2, k, n - k);
      const outer = matmul(g2, u2.mT).neg();
      lower = lower ? lower.add(outer) : outer;
      beside = solveLeft(l.mT, g2, true, true);
    }
  }
  const sum = [lower?.tril(-1), upper?.triu()].filter((x) => x !== undefined);
  const middle = sum.reduce((x, y) => x.add(y));
  let g = solveRight(u1.mT, solveLeft(l1.mT, middle, true, true), false);
  if (m > k) g = cat([g, below ?? zerosFor(g, g.shape[0], m - k, n)], 1);
  if (n > k) g = cat([g, beside ?? zerosFor(g, g.shape[0], m, n - k)], 2);
  return [rowsAt(g, inverseOrder(order))];
};

/** The factors of matrices (B, m, n), with partial pivoting or none, and their derivatives. */
export function luFactors(a: Tensor, pivot = true): LuFactors {
  const { l, u, order, pivots } = factor(a, pivot);
  const [lower, upper] = withPullback([l, u], [a, order], pullback);
  return { l: lower, u: upper, order, pivots };
}

/** The factors as they were computed, for functions that have derivatives of their own. */
export const plainFactors = (a: Tensor): LuFactors => factor(a, true);

const solvePullback: Pullback = ([g], [x], [a, , l, u, order], { adjoint }) => {
  const toB = solveWith(a, g!, { l, u, order }, !adjoint);
  return [adjoint ? matmul(x, toB.mT).neg() : matmul(toB, x.mT).neg(), toB];
};

/** X of A X = B (of Aᵀ X = B with `adjoint`), where the plain factors of A (B, n, n) are known. */
export function solveWith(
  a: Tensor,
  b: Tensor,
  { l, u, order }: Pick<LuFactors, "l" | "u" | "order">,
  adjoint: boolean,
): Tensor {
  const x = adjoint
    ? rowsAt(solveLeft(l.mT, solveLeft(u.mT, b, false), true, true), inverseOrder(order))
    : solveLeft(u, solveLeft(l, rowsAt(b, order), false, true), true);
  return withPullback([x], [a, b, l, u, order], solvePullback, { adjoint })[0];
}

/** The sign (B) of the permutation of rows. */
export function permutationSign(pivots: Tensor, like: Tensor): Tensor {
  const swaps = pivots.ne(arange(pivots.shape[1])).to("i32").sum(1);
  return swaps.remainder(2).mul(-2).add(1).to(like.dtype);
}

/**
 * Matrices and their factors with pivots of 0 replaced by small ones, where there are any: what the
 * derivative of a determinant is computed from, which singular matrices have too.
 */
export function regular(a: Tensor, factors: LuFactors): [a: Tensor, factors: LuFactors] {
  const { l, u, order } = factors;
  const pivots = diagonalOf(u);
  const small = diagonals(pivots.eq(0).to(a.dtype).mul(epsilonOf(a.dtype)));
  const moved = rowsAt(matmul(l.detach(), small), inverseOrder(order));
  return [a.add(moved), { ...factors, u: u.add(small) }];
}
