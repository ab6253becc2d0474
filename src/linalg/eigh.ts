import { eye, type Tensor, where } from "../tensor/index.ts";
import { checkOption } from "../tensor/checks.ts";
import { diagonalize } from "./jacobi.ts";
import { checkSquare, flat, leadOf, matmul, rowsAt, rowsOf, unflat, zerosFor } from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";

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

/** @internal Ascending eigenvalues (B, n) and eigenvectors as columns (B, n, n) of symmetric matrices. */
export function symmetricEigen(a: Tensor, uplo: "L" | "U"): [values: Tensor, vectors: Tensor] {
  const [batch, n] = a.shape;
  if (a.size === 0) return [zerosFor(a, batch, n), a];
  const lower = uplo === "L" ? a : a.mT;
  const [found, rows] = diagonalize(lower.tril().add(lower.tril(-1).mT));
  const order = found.argsort(1);
  const plain = [found.gather(1, order), rowsAt(rows, order).mT];
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
 * Source: Jacobi's method, all pairs of a round at once.
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
