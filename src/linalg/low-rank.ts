import { type Generator, randn, type Tensor } from "../tensor/index.ts";
import {
  checkMatrices,
  checkSameDType,
  columnsOf,
  flat,
  leadOf,
  matmul,
  rowsOf,
  unflat,
} from "./matrices.ts";
import { reducedQr } from "./qr.ts";
import { singular } from "./svd.ts";

/** Options of `svdLowrank`. */
export interface LowrankOptions {
  /** Number of singular values, best somewhat above the rank. Default 6. */
  readonly q?: number;
  /** Number of iterations that improve the subspace. Default 2. */
  readonly niter?: number;
  /** Source of the random numbers. */
  readonly generator?: Generator;
}

function checkCounts(a: Tensor, q: number, niter: number, what: string): void {
  const most = Math.min(rowsOf(a), columnsOf(a));
  if (!Number.isInteger(q) || q < 0 || q > most)
    throw new RangeError(`${what}: q must be an integer from 0 to ${most}, got ${q}`);
  if (!Number.isInteger(niter) || niter < 0)
    throw new RangeError(`${what}: niter must be an integer >= 0, got ${niter}`);
}

/** The leading q singular values of matrices (B, m, n) with m ≥ n, from a random subspace. */
function tall(
  a: Tensor,
  q: number,
  niter: number,
  generator: Generator | undefined,
): [u: Tensor, s: Tensor, v: Tensor] {
  const start = randn([columnsOf(a), q], { dtype: a.dtype, generator });
  let [basis] = reducedQr(matmul(a, start));
  for (let i = 0; i < niter; i++) {
    [basis] = reducedQr(matmul(a.mT, basis));
    [basis] = reducedQr(matmul(a, basis));
  }
  const [u, s, vh] = singular(matmul(basis.mT, a), false);
  return [matmul(basis, u), s, vh.mT];
}

function lowrank(
  a: Tensor,
  q: number,
  niter: number,
  generator: Generator | undefined,
): { u: Tensor; s: Tensor; v: Tensor } {
  const lead = leadOf(a);
  const x = flat(a);
  const isTall = rowsOf(a) >= columnsOf(a);
  const [left, s, right] = tall(isTall ? x : x.mT, q, niter, generator);
  const [u, v] = isTall ? [left, right] : [right, left];
  return { u: unflat(u, lead), s: unflat(s, lead), v: unflat(v, lead) };
}

/**
 * The leading q singular values s (…, q) of matrices A (…, m, n), or of A - `mean`, with their vectors U (…, m,
 * q) and V (…, n, q), from a random subspace: exact where the rank is at most q, else near.
 *
 * Source: N. Halko, P. Martinsson, J. Tropp, "Finding structure with randomness", 2011, algorithms 4.4 and 5.1.
 *
 * @example
 * svdLowrank(tensor([[3, 0], [4, 0]]), { q: 1 }).s; // [5.0000]
 */
export function svdLowrank(
  a: Tensor,
  options: LowrankOptions & { readonly mean?: Tensor } = {},
): { u: Tensor; s: Tensor; v: Tensor } {
  checkMatrices(a, "svdLowrank");
  const { q = 6, niter = 2, mean, generator } = options;
  checkCounts(a, q, niter, "svdLowrank");
  if (mean) checkSameDType(a, mean, "svdLowrank");
  return lowrank(mean ? a.sub(mean) : a, q, niter, generator);
}

/**
 * Principal components of data A (…, samples, features): `svdLowrank` of A without the mean of each feature, or
 * with `center: false` of A itself. The columns of V are the directions, s² / (samples - 1) the variances.
 * q is min(6, samples, features) by default.
 *
 * @example
 * pcaLowrank(tensor([[1, 1], [2, 2], [3, 3]]), { q: 1 }).s; // [2.0000]
 */
export function pcaLowrank(
  a: Tensor,
  options: LowrankOptions & { readonly center?: boolean } = {},
): { u: Tensor; s: Tensor; v: Tensor } {
  checkMatrices(a, "pcaLowrank");
  const { q = Math.min(6, rowsOf(a), columnsOf(a)), niter = 2, center = true, generator } = options;
  checkCounts(a, q, niter, "pcaLowrank");
  return lowrank(center ? a.sub(a.mean(-2, { keepdim: true })) : a, q, niter, generator);
}
