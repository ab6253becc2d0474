import { type DType } from "../ir/dtype.ts";
import { cat, scan, type Tensor, where } from "../tensor/index.ts";
import { diagonalOf, epsilonOf, padTo, rowsOf, units } from "./matrices.ts";

// Jacobi's methods: rotations of two rows at a time until all pairs are orthogonal. The n rows meet in n - 1
// rounds of n / 2 pairs that are rotated at once: entry i of the upper half with entry i of the lower one,
// after which all but the first move on by one place (R. Brent, F. Luk, "The solution of singular-value and
// symmetric eigenvalue problems on multiprocessor arrays", 1985). After n - 1 rounds, a sweep, every pair has
// met and every row is where it was.

/** Sweeps after which all pairs are orthogonal to rounding: measured, and one or two more. */
function sweepsFor(n: number, dtype: DType): number {
  if (n <= 2) return 2;
  return Math.ceil(Math.log2(n)) + (dtype === "f64" ? 5 : 4);
}

/**
 * Sines, and tangents of half the angles (B, h), of rotations that make [[p, c], [c, q]] diagonal. Where c is
 * nothing but rounding there is no rotation, which would only add to that; its derivative is there.
 */
function rotation(p: Tensor, q: Tensor, c: Tensor): [sine: Tensor, half: Tensor] {
  const difference = q.sub(p);
  const twice = c.mul(2);
  const size = difference.square().add(twice.square());
  const none = size.eq(0);
  const span = difference.abs().add(where(none, 1, size).sqrt());
  const tangent = where(none, 0, where(difference.lt(0), twice.neg(), twice).div(span));
  const cosine = tangent.square().add(1).rsqrt();
  const sine = cosine.mul(tangent);
  const settled = c.abs().le(
    p
      .mul(q)
      .abs()
      .sqrt()
      .mul(epsilonOf(c.dtype) / 2),
  );
  const rotated = where(settled, sine.sub(sine.detach()), sine);
  return [rotated, rotated.div(cosine.add(1))];
}

/**
 * Rows (B, n, k) rotated in pairs, and moved on to their places of the next round. Each row is changed by a
 * small part of itself (H. Rutishauser, "The Jacobi method for real symmetric matrices", 1966), so that lengths
 * are kept better than by products with rounded sines and cosines.
 */
function turned(x: Tensor, sine: Tensor, half: Tensor): Tensor {
  const [upper, lower] = x.chunk(2, 1);
  const [s, t] = [sine.unsqueeze(-1), half.unsqueeze(-1)];
  const above = upper.sub(s.mul(lower.add(t.mul(upper))));
  const below = lower.add(s.mul(upper.sub(t.mul(lower))));
  const h = rowsOf(above);
  if (h === 1) return cat([above, below], 1);
  const part = (rows: Tensor, from: number, to: number): Tensor => rows.narrow(1, from, to - from);
  return cat(
    [
      part(above, 0, 1),
      part(below, 0, 1),
      part(above, 1, h - 1),
      part(below, 1, h),
      part(above, h - 1, h),
    ],
    1,
  );
}

/** The number of rows made even. */
const even = (n: number): number => n + (n % 2);

/** Scaled so that no square overflows or loses digits; the scales (B, 1, 1). */
function scaled(x: Tensor): [scaled: Tensor, scale: Tensor] {
  const largest = x.abs().amax([1, 2], { keepdim: true }).detach();
  const scale = where(largest.gt(0), largest, 1);
  return [x.div(scale), scale];
}

/**
 * Symmetric matrices (B, n, n) made diagonal: their eigenvalues (B, n) and eigenvectors as rows (B, n, n),
 * in no order.
 */
export function diagonalize(a: Tensor): [values: Tensor, vectors: Tensor] {
  const [batch, n] = a.shape;
  const size = even(n);
  const h = size / 2;
  const [start, scale] = scaled(padTo(a, size, size));
  const step = ([x, v]: Tensor[]): [Tensor[], Tensor[]] => {
    const d = diagonalOf(x);
    const crossed = diagonalOf(x.narrow(1, 0, h).narrow(2, h, h));
    const [s, t] = rotation(d.narrow(1, 0, h), d.narrow(1, h, h), crossed);
    return [[turned(turned(x, s, t).mT, s, t), turned(v, s, t)], []];
  };
  const length = sweepsFor(n, a.dtype) * (size - 1);
  const [[x, v]] = scan(step, [start, units(batch, size, a.dtype)], [], { length });
  const values = diagonalOf(x).mul(scale.squeeze(-1));
  return [values.narrow(1, 0, n), v.narrow(1, 0, n).narrow(2, 0, n)];
}

/**
 * Rows of matrices (B, n, k) made orthogonal: V (B, n, n), orthogonal, and V X (B, n, k), in no order
 * (M. Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958).
 */
export function orthogonalize(x: Tensor): [rows: Tensor, rotations: Tensor] {
  const [batch, n, k] = x.shape;
  const size = even(n);
  const [start, scale] = scaled(padTo(x, size, k));
  const step = ([y, v]: Tensor[]): [Tensor[], Tensor[]] => {
    const [upper, lower] = y.chunk(2, 1);
    const dots = (p: Tensor, q: Tensor): Tensor => p.mul(q).sum(-1);
    const [s, t] = rotation(dots(upper, upper), dots(lower, lower), dots(upper, lower));
    return [[turned(y, s, t), turned(v, s, t)], []];
  };
  const length = sweepsFor(n, x.dtype) * (size - 1);
  const [[y, v]] = scan(step, [start, units(batch, size, x.dtype)], [], { length });
  return [y.narrow(1, 0, n).mul(scale), v.narrow(1, 0, n).narrow(2, 0, n)];
}
