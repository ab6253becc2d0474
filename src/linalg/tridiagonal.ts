import { arange, scan, type Tensor, where } from "../tensor/index.ts";
import { tridiagonalVectors } from "./divide.ts";
import { entry, matmul, rowsOf } from "./matrices.ts";
import { apply, reflection } from "./qr.ts";

/** Symmetric matrices (B, n, n), n > 2, as H₁ H₂ … T … H₂ H₁: T's diagonals, and the reflections. */
function tridiagonal(a: Tensor): { d: Tensor; e: Tensor; v: Tensor; tau: Tensor } {
  const n = rowsOf(a);
  interface Step {
    v: Tensor;
    tau: Tensor;
    d: Tensor;
    e: Tensor;
  }
  const step = (rest: Tensor, j: Tensor): [Tensor, Step] => {
    const column = entry(rest, 2, j).squeeze(2);
    const [v, tau] = reflection(column, j.add(1));
    const along = v.mul(column).sum(1, { keepdim: true });
    const e = entry(column, 1, j.add(1)).sub(tau.mul(along));
    const p = matmul(rest, v.unsqueeze(2)).squeeze(2).mul(tau);
    const w = p.sub(v.mul(p.mul(v).sum(1, { keepdim: true }).mul(tau).mul(0.5)));
    const [x, y] = [v.unsqueeze(2).mul(w.unsqueeze(1)), w.unsqueeze(2).mul(v.unsqueeze(1))];
    return [
      rest.sub(x.add(y)),
      { v, tau: tau.squeeze(1), d: entry(column, 1, j).squeeze(1), e: e.squeeze(1) },
    ];
  };
  const [rest, { v, tau, d, e }] = scan(step, a, arange(n - 2));
  const last = rest.narrow(1, n - 2, 2).narrow(2, n - 2, 2);
  return {
    d: d.T.pad([0, 2]).add(last.diagonal(0, 1, 2).pad([n - 2, 0])),
    e: e.T.pad([0, 1]).add(
      last
        .select(1, 1)
        .narrow(1, 0, 1)
        .pad([n - 2, 0]),
    ),
    v: v.permute(1, 0, 2),
    tau: tau.T,
  };
}

/**
 * Ascending eigenvalues (B, n) and eigenvectors as columns (B, n, n) of symmetric matrices (B, n, n) whose squares do
 * not overflow, by tridiagonal ones.
 */
export function eigenByTridiagonal(a: Tensor): [values: Tensor, vectors: Tensor] {
  const { d, e, v, tau } = tridiagonal(a);
  const sizes = e.abs();
  const sums = d
    .abs()
    .add(sizes.pad([0, 1]))
    .add(sizes.pad([1, 0]));
  const widest = sums.amax(1, { keepdim: true });
  const scale = where(widest.gt(0), widest, 1);
  const inner = tridiagonalVectors(d.div(scale), e.div(scale));
  const vectors = apply(v, tau, inner, false);
  // More exact than those of the tridiagonal matrix, of which the smallest differences were widened.
  return [vectors.mul(matmul(a, vectors)).sum(1), vectors];
}
