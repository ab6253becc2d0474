import { eye, type Tensor, where } from "../tensor/index.ts";
import { checkOption } from "../tensor/checks.ts";
import { diagonalize, scaled } from "./jacobi.ts";
import {
  checkSquare,
  diagonalOf,
  flat,
  leadOf,
  matmul,
  rowsAt,
  rowsOf,
  unflat,
  zerosFor,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { eigenByTridiagonal } from "./tridiagonal.ts";

/** Which triangle of symmetric matrices is read. */
export interface TriangleOption {
  /** The lower or the upper triangle. Default `"L"`. */
  readonly uplo?: "L" | "U";
}

// M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
// differentiation", 2008. As in PyTorch the derivative is that by the whole of A, though one triangle is read.
const pullback: Pullback = ([gL, gV], [values, vectors]) => {
  if (gL) return [matmul(vectors.mul(gL.unsqueeze(-2)), vectors.mT)];
  const n = rowsOf(vectors);
  const off = eye(n, n, { dtype: "bool" }).logicalNot();
  const gaps = where(off, values.unsqueeze(-2).sub(values.unsqueeze(-1)), 1);
  const turned = matmul(vectors.mT, gV!);
  const inner = where(off, turned.sub(turned.mT).mul(0.5).div(gaps), 0);
  return [matmul(matmul(vectors, inner), vectors.mT)];
};

/** Larger matrices are made tridiagonal; Jacobi's rotations are as fast for smaller ones, and more exact. */
const LARGE = 40;

/** Scaled so that no square overflows or loses digits. */
function large(a: Tensor): [values: Tensor, vectors: Tensor] {
  const [x, scale] = scaled(a);
  const [values, vectors] = eigenByTridiagonal(x);
  return [values.mul(scale.squeeze(-1)), vectors];
}

/**
 * To first order in A the eigenvalues and eigenvectors that are there, whose own derivatives do not come from how
 * they were computed: what `jvp` sees.
 */
function followed(a: Tensor, values: Tensor, v: Tensor): [values: Tensor, vectors: Tensor] {
  const n = rowsOf(a);
  const moved = matmul(v.mT, matmul(a, v));
  const change = moved.sub(moved.detach());
  const off = eye(n, n, { dtype: "bool" }).logicalNot();
  const gaps = where(off, values.unsqueeze(-2).sub(values.unsqueeze(-1)), 1);
  return [values.add(diagonalOf(change)), v.add(matmul(v, where(off, change.div(gaps), 0)))];
}

function factor(a: Tensor): [values: Tensor, vectors: Tensor] {
  const isLarge = rowsOf(a) > LARGE;
  const [found, columns] = isLarge ? large(a.detach()) : small(a);
  const order = found.argsort(1);
  const values = found.gather(1, order);
  const vectors = rowsAt(columns.mT, order).mT;
  return isLarge && a.requiresGrad ? followed(a, values, vectors) : [values, vectors];
}

function small(a: Tensor): [values: Tensor, vectors: Tensor] {
  const [values, rows] = diagonalize(a);
  return [values, rows.mT];
}

/** @internal Ascending eigenvalues (B, n) and eigenvectors as columns (B, n, n) of symmetric matrices. */
export function symmetricEigen(a: Tensor, uplo: "L" | "U"): [values: Tensor, vectors: Tensor] {
  const [batch, n] = a.shape;
  if (a.size === 0) return [zerosFor(a, batch, n), a];
  const lower = uplo === "L" ? a : a.mT;
  const plain = factor(lower.tril().add(lower.tril(-1).mT));
  return withPullback(plain, [a], pullback) as [Tensor, Tensor];
}

function eigen(a: Tensor, { uplo = "L" }: TriangleOption, what: string): [Tensor, Tensor] {
  checkSquare(a, what);
  checkOption(uplo, ["L", "U"], "uplo", what);
  return symmetricEigen(flat(a), uplo);
}

/**
 * Eigenvalues (…, n), ascending, and eigenvectors (…, n, n), a column for each, of symmetric matrices A (…, n, n)
 * of which one triangle is read: A = V diag(λ) Vᵀ. The sign of an eigenvector is not determined, and neither
 * is a basis for eigenvalues that are equal; there the derivative of the vectors is not defined.
 *
 * Source: Jacobi's method, all pairs of a round at once; for more than 40 rows J. Cuppen, "A divide and conquer method
 * for the symmetric tridiagonal eigenproblem", 1981.
 *
 * @example
 * eigh(tensor([[2, 1], [1, 2]])).eigenvalues; // [1, 3]
 */
export function eigh(
  a: Tensor,
  options: TriangleOption = {},
): { eigenvalues: Tensor; eigenvectors: Tensor } {
  const [values, vectors] = eigen(a, options, "eigh");
  const lead = leadOf(a);
  return { eigenvalues: unflat(values, lead), eigenvectors: unflat(vectors, lead) };
}

/**
 * Eigenvalues (…, n), ascending, of symmetric matrices (…, n, n) of which one triangle is read.
 *
 * @example
 * eigvalsh(tensor([[2, 1], [1, 2]])); // [1, 3]
 */
export function eigvalsh(a: Tensor, options: TriangleOption = {}): Tensor {
  return unflat(eigen(a, options, "eigvalsh")[0], leadOf(a));
}
