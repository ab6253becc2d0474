import { type DType } from "../ir/dtype.ts";
import { arange, scan, type Tensor, where } from "../tensor/index.ts";
import { diagonalOf, epsilonOf, units } from "./matrices.ts";

// Jacobi's methods: rotations of two rows at a time until all pairs are orthogonal. In a round each row
// meets another one, and all pairs are rotated at once (R. Brent, F. Luk, "The solution of singular-value and
// symmetric eigenvalue problems on multiprocessor arrays", 1985). After a sweep of rounds every pair has met.

/** Tangents of angles above which careful rounds do not rotate. */
const LARGE = 0.1;

/** The rounds of all sweeps: their numbers, and which of them are careful. */
interface Rounds {
  readonly j: Tensor;
  readonly careful: Tensor;
}

/** Number of rounds of a sweep: with an odd number of rows one of them stays alone in each. */
const roundsOf = (n: number): number => (n % 2 === 0 ? n - 1 : n);

/**
 * Whom the rows 0 … n - 1 meet in round j: those whose numbers add up to j, modulo the number of rounds. The
 * one that would meet itself meets the last row, where that is left over.
 */
function partners(n: number, j: Tensor): Tensor {
  const rounds = roundsOf(n);
  const rows = arange(n);
  const other = j.sub(rows).remainder(rounds);
  if (rounds === n) return other;
  const alone = j.mul(n / 2).remainder(rounds);
  return where(rows.eq(n - 1), alone, where(other.eq(rows), n - 1, other));
}

/** Squared lengths of a row and its partner and their product, or the entries of a symmetric matrix: (B, n). */
interface Pairs {
  readonly own: Tensor;
  readonly others: Tensor;
  readonly crossed: Tensor;
}

/**
 * Sines, and tangents of half the angles (B, n), of rotations that make [[own, crossed], [crossed, other]]
 * diagonal; those of partners are opposite. Where `crossed` is nothing but rounding there is no rotation, which
 * would only add to that; its derivative is there.
 */
function rotation(
  { own, others, crossed }: Pairs,
  partner: Tensor,
  careful: Tensor,
): [sine: Tensor, half: Tensor] {
  const rows = arange(own.shape[1]);
  const difference = others.sub(own);
  const twice = crossed.mul(2);
  const size = difference.square().add(twice.square());
  const none = size.eq(0).logicalOr(partner.eq(rows));
  const span = difference.abs().add(where(none, 1, size).sqrt());
  const negative = where(difference.eq(0), partner.lt(rows), difference.lt(0));
  const any = where(none, 0, where(negative, twice.neg(), twice).div(span));
  const tangent = where(careful.logicalAnd(any.abs().gt(LARGE)), 0, any);
  const cosine = tangent.square().add(1).rsqrt();
  const sine = cosine.mul(tangent);
  const bound = own
    .mul(others)
    .abs()
    .sqrt()
    .mul(epsilonOf(own.dtype) / 2);
  const rotated = where(crossed.abs().le(bound), sine.sub(sine.detach()), sine);
  return [rotated, rotated.div(cosine.add(1))];
}

/**
 * Rows (B, n, k) rotated with their partners. Each is changed by a small part of itself (H. Rutishauser, "The
 * Jacobi method for real symmetric matrices", 1966), so that lengths are kept better than by products with
 * rounded sines and cosines.
 */
function turned(x: Tensor, partner: Tensor, sine: Tensor, half: Tensor): Tensor {
  const other = x.indexSelect(1, partner);
  return x.sub(sine.unsqueeze(-1).mul(other.add(half.unsqueeze(-1).mul(x))));
}

/** Scaled so that no square overflows or loses digits; the scales (B, 1, 1). */
export function scaled(x: Tensor): [scaled: Tensor, scale: Tensor] {
  const largest = x.abs().amax([1, 2], { keepdim: true }).detach();
  const scale = where(largest.gt(0), largest, 1);
  return [x.div(scale), scale];
}

/**
 * After log₂ n + 1 sweeps the entries beside the diagonal are small, and shrink quadratically from then on
 * where eigenvalues differ. Rows of eigenvalues that are equal, or nearly so, turn by any angle, which mixes
 * what has become small with what has not. So every other sweep leaves out such rotations. The numbers of
 * sweeps were found by trying matrices with eigenvalues in clusters, down to a width of 1e-10.
 */
function schedule(n: number, dtype: DType): Rounds {
  const rounds = roundsOf(n);
  const first = Math.ceil(Math.log2(n)) + 1;
  const sweeps = first + (n <= 2 ? 1 : dtype === "f64" ? 10 : 6);
  const sweep = arange(rounds * sweeps)
    .floorDivide(rounds)
    .sub(first);
  const careful = sweep.ge(0).logicalAnd(sweep.remainder(2).eq(0));
  return { j: arange(rounds).repeat(sweeps), careful };
}

/**
 * Symmetric matrices (B, n, n) made diagonal: their eigenvalues (B, n) and eigenvectors as rows (B, n, n),
 * in no order.
 */
export function diagonalize(a: Tensor): [values: Tensor, vectors: Tensor] {
  const [batch, n] = a.shape;
  const [start, scale] = scaled(a);
  const step = ([x, v]: Tensor[], { j, careful }: Rounds): [Tensor[], Tensor[]] => {
    const partner = partners(n, j);
    const own = diagonalOf(x);
    const others = own.indexSelect(1, partner);
    const entries = x.gather(2, partner.reshape(1, n, 1).expand(batch, n, 1)).squeeze(2);
    // Rounding makes the two halves differ, and partners must turn by one angle.
    const crossed = entries.add(entries.indexSelect(1, partner)).div(2);
    const [s, t] = rotation({ own, others, crossed }, partner, careful);
    const rows = turned(x, partner, s, t);
    return [[turned(rows.mT, partner, s, t), turned(v, partner, s, t)], []];
  };
  const [[x, v]] = scan(step, [start, units(batch, n, a.dtype)], schedule(n, a.dtype));
  return [diagonalOf(x).mul(scale.squeeze(-1)), v];
}

/**
 * Rows of matrices X (B, n, k) made orthogonal: V X / c (B, n, k) in no order, the orthogonal V (B, n, n) and the
 * scale c (B, 1, 1) (M. Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958).
 */
export function orthogonalize(x: Tensor): [rows: Tensor, rotations: Tensor, scale: Tensor] {
  const [batch, n] = x.shape;
  const [start, scale] = scaled(x);
  const step = ([y, v]: Tensor[], { j, careful }: Rounds): [Tensor[], Tensor[]] => {
    const partner = partners(n, j);
    const own = y.square().sum(-1);
    const others = own.indexSelect(1, partner);
    const crossed = y.mul(y.indexSelect(1, partner)).sum(-1);
    const [s, t] = rotation({ own, others, crossed }, partner, careful);
    return [[turned(y, partner, s, t), turned(v, partner, s, t)], []];
  };
  const [[y, v]] = scan(step, [start, units(batch, n, x.dtype)], schedule(n, x.dtype));
  return [y, v, scale];
}
