import { cat, eye, type Tensor, where } from "../tensor/index.ts";
import { orthogonalize } from "./jacobi.ts";
import {
  checkMatrices,
  columnsOf,
  diagonalOf,
  flat,
  leadOf,
  matmul,
  rowsAt,
  rowsOf,
  unflat,
  units,
  zerosFor,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { plainQr } from "./qr.ts";

/**
 * Of matrices (B, m, n) with m ≥ n the singular values, and the vectors: all m of the left ones if `full`.
 * R of A = Q R has its rows made orthogonal, which Jacobi's method does with high relative accuracy (Z.
 * Drmač, K. Veselić, "New fast and accurate Jacobi SVD algorithm", 2008). Where rows are 0 their directions are
 * those that a QR factorization completes the others with.
 */
function tall(a: Tensor, full: boolean): [u: Tensor, s: Tensor, vh: Tensor] {
  const [batch, m, n] = a.shape;
  const { q, r } = plainQr(a, full);
  const [found, rotations, scale] = orthogonalize(r.narrow(1, 0, n));
  const lengths = found.norm(2, -1);
  const order = lengths.argsort(1, { descending: true });
  const basis = plainQr(rowsAt(found, order).mT, true);
  const signs = where(diagonalOf(basis.r).lt(0), -1, 1);
  const left = rowsAt(rotations, order).mT;
  const u = matmul(q.narrow(2, 0, n), left);
  return [
    full && m > n ? cat([u, q.narrow(2, n, m - n)], 2) : u.reshape(batch, m, n),
    lengths.gather(1, order).mul(scale.squeeze(-1)),
    basis.q.mul(signs.unsqueeze(-2)).mT,
  ];
}

function factor(a: Tensor, full: boolean): [u: Tensor, s: Tensor, vh: Tensor] {
  const [batch, m, n] = a.shape;
  if (a.size === 0) {
    const k = Math.min(m, n);
    const u = full ? units(batch, m, a.dtype) : zerosFor(a, batch, m, k);
    const vh = full ? units(batch, n, a.dtype) : zerosFor(a, batch, k, n);
    return [u, zerosFor(a, batch, k), vh];
  }
  if (m >= n) return tall(a, full);
  const [v, s, uh] = tall(a.mT, full);
  return [uh.mT, s, v.mT];
}

// As in PyTorch: vectors that belong to no singular value have no derivative.
const pullback: Pullback = ([gU, gS, gVh], [uAll, s, vhAll]) => {
  const [m, n, k] = [rowsOf(uAll), columnsOf(vhAll), s.shape[1]];
  const u = uAll.narrow(2, 0, k);
  const vh = vhAll.narrow(1, 0, k);
  if (gS) return [matmul(u.mul(gS.unsqueeze(-2)), vh)];
  const off = eye(k, k, { dtype: "bool" }).logicalNot();
  const [row, column] = [s.unsqueeze(-2), s.unsqueeze(-1)];
  const gaps = where(off, row.sub(column).mul(row.add(column)), 1);
  const skew = (x: Tensor): Tensor => where(off, x.sub(x.mT).div(gaps), 0);
  if (gU) {
    const g = gU.narrow(2, 0, k);
    const inner = matmul(u.mT, g);
    let outer = matmul(u, skew(inner).mul(row));
    if (m > k) outer = outer.add(g.sub(matmul(u, inner)).div(row));
    return [matmul(outer, vh)];
  }
  const g = gVh!.narrow(1, 0, k);
  const inner = matmul(vh, g.mT);
  let outer = matmul(column.mul(skew(inner)), vh);
  if (n > k) outer = outer.add(g.sub(matmul(inner.mT, vh)).div(column));
  return [matmul(u, outer)];
};

/** @internal U, the singular values and Vᵀ of matrices (B, m, n), with derivatives. */
export function singular(a: Tensor, full: boolean): [u: Tensor, s: Tensor, vh: Tensor] {
  return withPullback(factor(a, full), [a], pullback) as [Tensor, Tensor, Tensor];
}

/** Options of `svd`. */
export interface SvdOptions {
  /** Whether U and Vᵀ are square: completed by vectors that belong to no singular value. Default true. */
  readonly fullMatrices?: boolean;
}

/**
 * A = U diag(s) Vᵀ of matrices A (…, m, n): orthonormal columns U (…, m, m), singular values s (…, k), descending,
 * k = min(m, n), and orthonormal rows Vᵀ (…, n, n); with `fullMatrices: false` U is (…, m, k) and Vᵀ (…, k, n).
 * The sign of a pair of vectors is not determined, and neither are bases for singular values that are equal
 * or 0; there the derivative of the vectors is not defined.
 *
 * @example
 * svd(tensor([[0, 2], [3, 0]])).s; // [3, 2]
 */
export function svd(a: Tensor, options: SvdOptions = {}): { u: Tensor; s: Tensor; vh: Tensor } {
  checkMatrices(a, "svd");
  const lead = leadOf(a);
  const [u, s, vh] = singular(flat(a), options.fullMatrices ?? true);
  return { u: unflat(u, lead), s: unflat(s, lead), vh: unflat(vh, lead) };
}

/**
 * Singular values (…, min(m, n)), descending, of matrices (…, m, n).
 *
 * @example
 * svdvals(tensor([[3, 0], [4, 0]])); // [5, 0]
 */
export function svdvals(a: Tensor): Tensor {
  checkMatrices(a, "svdvals");
  return unflat(singular(flat(a), false)[1], leadOf(a));
}
