import { arange, cat, scan, type Tensor, where } from "../tensor/index.ts";
import { epsilonOf, matmul, rowsAt, units } from "./matrices.ts";

// Eigenvalues and eigenvectors of symmetric tridiagonal matrices by division: without the entry that couples its
// halves, a matrix is two smaller ones, and with it their diagonal forms and a matrix of rank 1 (J. Cuppen, "A
// divide and conquer method for the symmetric tridiagonal eigenproblem", 1981). All matrices of one size are
// joined at once. What other programs leave out where it does not count (eigenvalues that are equal, entries that
// couple nothing) is moved by a rounding error instead, so that sizes do not depend on values.

/**
 * Steps towards the eigenvalues. The first ones halve the range of their orders of magnitude, after which they are
 * known within a factor of 2; the others converge quadratically.
 */
const COARSE = 8;
const STEPS = 24;
/** Distances from poles are not below this part of what they are between. */
const LEAST = { f64: 2 ** -160, f32: 2 ** -70 } as const;

/** Ascending poles (G, n) no two of which are closer than a few rounding errors of 1. */
function apart(poles: Tensor): Tensor {
  const n = poles.shape[1];
  const least = arange(n)
    .mul(2 * epsilonOf(poles.dtype))
    .to(poles.dtype);
  const place = arange(n);
  const before = place.unsqueeze(-1).ge(place);
  const pushed = where(before, poles.sub(least).unsqueeze(1), -Infinity).amax(-1);
  return pushed.add(least);
}

/** Roots as distances from the nearest pole, of which what is near them keeps all its digits. */
interface Roots {
  /** The pole that each root is measured from, (G, n). */
  readonly origin: Tensor;
  readonly distance: Tensor;
}

/**
 * The roots of 1 + Σ wᵢ² / (dᵢ - λ), one behind each of the poles d (G, n), ascending; w > 0 (R.-C. Li, "Solving
 * secular equations stably and efficiently", 1993: the middle way, between bounds).
 */
function secularRoots(d: Tensor, w: Tensor): Roots {
  const n = d.shape[1];
  const squares = w.square();
  const total = squares.sum(1, { keepdim: true });
  // Behind the last pole there is as much room as the sum of all squares.
  const gap = cat([d.diff(1, 1), total], 1);
  const next = cat([d.narrow(1, 1, n - 1), d.narrow(1, n - 1, 1).add(total)], 1);
  const isLast = arange(n).eq(n - 1);
  const middle = d.add(gap.mul(0.5));
  const atMiddle = squares
    .unsqueeze(1)
    .div(d.unsqueeze(1).sub(middle.unsqueeze(2)))
    .sum(-1)
    .add(1);
  const isLeft = atMiddle.ge(0).logicalOr(isLast);
  const origin = where(isLeft, d, next);
  // Row j has the poles as root j sees them.
  const shifted = d.unsqueeze(1).sub(origin.unsqueeze(2));
  const [own, other] = [where(isLeft, 0, gap.neg()), where(isLeft, gap, 0)];
  const isOwn = arange(n).unsqueeze(-1).ge(arange(n));
  const farthest = where(isLast, gap, gap.mul(0.5));
  const nearest = farthest.mul(LEAST[d.dtype as keyof typeof LEAST]);
  const side = where(isLeft, 1, -1).to(d.dtype);
  const start = {
    lo: where(isLeft, nearest, farthest.neg()),
    hi: where(isLeft, farthest, nearest.neg()),
    x: farthest.mul(side).mul(where(isLast, 0.5, 1)),
  };
  const step = ({ lo, hi, x }: typeof start, coarse: Tensor): [typeof start, Tensor[]] => {
    const inverse = shifted.sub(x.unsqueeze(-1)).reciprocal();
    const terms = squares.unsqueeze(1).mul(inverse);
    const slopes = terms.mul(inverse);
    const f = terms.sum(-1).add(1);
    const left = where(isOwn, slopes, 0).sum(-1);
    const right = where(isOwn, 0, slopes).sum(-1);
    const [p, q] = [own.sub(x), other.sub(x)];
    // The root of c + s / (own - x) + t / (other - x), measured from one of the two poles like x itself, so that
    // nothing cancels however near to it the root is.
    const c = f.sub(p.mul(left)).sub(q.mul(right));
    const [s, t] = [p.square().mul(left), q.square().mul(right)];
    const a = c.mul(own.add(other)).add(s).add(t);
    const b = s.mul(other).add(t.mul(own));
    const root = a.square().sub(b.mul(c).mul(4)).clamp(0).sqrt();
    const moved = where(a.gt(0), b.mul(2).div(a.add(root)), a.sub(root).div(c.mul(2)));
    const below = f.lt(0);
    const [low, high] = [where(below, x, lo), where(below, hi, x)];
    // Where f is nothing but rounding the root is found; shortly before, the next one may be beside a bound.
    const noise = terms
      .abs()
      .sum(-1)
      .add(1)
      .mul(8 * epsilonOf(x.dtype));
    const near = moved
      .sub(x)
      .abs()
      .le(x.abs().mul(Math.sqrt(epsilonOf(x.dtype))));
    const inside = near.logicalOr(moved.gt(low).logicalAnd(moved.lt(high)));
    const halved = low.abs().sqrt().mul(high.abs().sqrt()).mul(side);
    const onward = where(inside.logicalAnd(coarse.logicalNot()), moved, halved);
    return [{ lo: low, hi: high, x: where(f.abs().le(noise), x, onward) }, []];
  };
  const [{ x }] = scan(step, start, arange(STEPS).lt(COARSE));
  return { origin, distance: x };
}

/**
 * Two matrices of size m become one of 2m: values (2G, m) and vectors as columns (2G, m, m), coupled by `e` (G), which
 * was taken off the diagonals beside it.
 */
function join(values: Tensor, vectors: Tensor, e: Tensor): [values: Tensor, vectors: Tensor] {
  const [groups, m] = [e.shape[0], values.shape[1]];
  const n = 2 * m;
  const pairs = vectors.reshape(groups, 2, m, m);
  const ends = cat([pairs.select(1, 0).select(1, m - 1), pairs.select(1, 1).select(1, 0)], 1);
  const sign = where(e.lt(0).unsqueeze(-1).logicalAnd(arange(n).ge(m)), -1, 1);
  const unsorted = values.reshape(groups, n);
  const order = unsorted.argsort(1);
  const d = apart(unsorted.gather(1, order));
  const z = ends.mul(sign).gather(1, order).mul(e.abs().sqrt().unsqueeze(-1));
  const { origin, distance } = secularRoots(d, z.abs().clamp(epsilonOf(d.dtype)));
  // Row i, column j: dᵢ - λⱼ.
  const gaps = d.unsqueeze(2).sub(origin.unsqueeze(1)).sub(distance.unsqueeze(1));
  // The vector that has exactly these roots (M. Gu, S. Eisenstat, "A stable and efficient algorithm for the rank-one
  // modification of the symmetric eigenproblem", 1994): with it, eigenvectors are orthogonal.
  const place = arange(n);
  const isSame = place.unsqueeze(-1).eq(place);
  const between = where(isSame, 1, d.unsqueeze(2).sub(d.unsqueeze(1)));
  const squares = where(isSame, gaps.neg(), gaps.div(between)).prod(-1);
  const weights = where(z.lt(0), -1, 1).mul(squares.clamp(0).sqrt());
  const plain = weights.unsqueeze(-1).div(gaps);
  const unit = plain.div(plain.norm(2, 1, { keepdim: true }));
  const back = place.expand(groups, n).scatter(1, order, place.expand(groups, n));
  const rows = rowsAt(unit, back).reshape(groups, 2, m, n);
  return [origin.add(distance), matmul(pairs, rows).reshape(groups, n, n)];
}

/**
 * Eigenvectors as columns (B, n, n), by ascending eigenvalues, of tridiagonal matrices of diagonals `d` (B, n) and `e`
 * (B, n - 1) beside them, whose rows have sums up to 1.
 */
export function tridiagonalVectors(d: Tensor, e: Tensor): Tensor {
  const [batch, n] = d.shape;
  const size = 2 ** Math.ceil(Math.log2(n));
  // What makes the size a power of 2 has larger eigenvalues than the rest.
  const more = arange(size - n)
    .mul(0.01)
    .add(4)
    .to(d.dtype);
  const all = cat([d, more.expand(batch, size - n)], 1);
  const beside = e.pad([0, size - n + 1]);
  const sizes = beside.abs();
  let values = all
    .sub(sizes)
    .sub(sizes.pad([1, 0]).narrow(1, 0, size))
    .reshape(batch * size, 1);
  let vectors = units(batch * size, 1, d.dtype);
  for (let m = 1; m < size; m *= 2) {
    const groups = (batch * size) / (2 * m);
    const coupling = beside.reshape(groups, 2 * m).select(1, m - 1);
    [values, vectors] = join(values, vectors, coupling);
  }
  return vectors.reshape(batch, size, size).narrow(1, 0, n).narrow(2, 0, n);
}
