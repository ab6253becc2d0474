import { broadcastShapes, type Shape, showShape } from "../ir/shape.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { ldlFactors, ldlParts, overDiagonal } from "./ldl-factors.ts";
import { inverseOrder } from "./lu-factors.ts";
import { firstZero } from "./lu.ts";
import { diagonalOf, flat, rowsAt, unflat } from "./matrices.ts";
import { checkNumbers, conjugate, each, magnitude, type Numbers } from "./numbers.ts";
import { solveRaw } from "./triangular.ts";

/** Options of the factorizations A = L D Lᵀ. */
export interface LdlOptions {
  /** Whether complex matrices are Hermitian (A = L D Lᴴ) and not symmetric. Default false. */
  readonly hermitian?: boolean;
}

const leadOf = (x: Numbers): Shape => x.shape.slice(0, -2);

/** Throws unless `x` is real or complex and of square matrices (…, n, n). */
function checkSquares(x: Numbers, what: string): void {
  checkNumbers(x, what);
  if (x.ndim < 2 || x.shape[x.ndim - 2] !== x.shape[x.ndim - 1])
    throw new RangeError(`${what}: expected square matrices (…, n, n), got ${showShape(x.shape)}`);
}

function factors<N extends Numbers>(
  a: N,
  { hermitian = false }: LdlOptions,
  what: string,
): { ld: N; pivots: Tensor } {
  checkSquares(a, what);
  const { ld, pivots } = ldlFactors(each(a, flat), hermitian);
  const lead = leadOf(a);
  return { ld: each(ld, (x) => unflat(x, lead)) as N, pivots: unflat(pivots, lead) };
}

/**
 * P A Pᵀ = L D Lᵀ of symmetric matrices A (…, n, n), which need not be positive definite, real or complex; with
 * `hermitian` L D Lᴴ of complex Hermitian ones. Only the lower triangle of A is read. D has blocks of size 1 and 2
 * on its diagonal (Bunch and Kaufman's pivoting). The result is LAPACK's compact form: D and L (without its ones)
 * in one lower triangle (…, n, n), and for each row the number (from 1) of the row it was exchanged with, negative
 * in both rows of a block of size 2, (…, n). `ldlSolve` takes it.
 *
 * Source: J. Bunch, L. Kaufman, "Some stable methods for calculating inertia and solving symmetric linear
 * systems", 1977.
 *
 * @example
 * ldlFactor(tensor([[4, 2], [2, 5]])).ld; // [[4, 0], [0.5, 4]]
 */
export function ldlFactor<N extends Numbers>(
  a: N,
  options: LdlOptions = {},
): { ld: N; pivots: Tensor } {
  return factors(a, options, "ldlFactor");
}

/**
 * `ldlFactor`, and with it the number (from 1) of the first pivot that is 0; 0 where none is.
 *
 * @example
 * ldlFactorEx(tensor([[1, 1], [1, 1]])).info; // 2
 */
export function ldlFactorEx<N extends Numbers>(
  a: N,
  options: LdlOptions = {},
): { ld: N; pivots: Tensor; info: Tensor } {
  const { ld, pivots } = factors(a, options, "ldlFactorEx");
  const sizes = each<Tensor>(magnitude(ld), diagonalOf);
  return { ld, pivots, info: firstZero(where(pivots.gt(0), sizes, 1)) };
}

/**
 * The solution X of A X = B for matrices A (…, n, n) of which `ldlFactor` gave the factors with the same option
 * `hermitian`, and B (…, n, k) of their dtype. Batches broadcast.
 *
 * @example
 * const { ld, pivots } = ldlFactor(tensor([[0, 2], [2, 0]]));
 * ldlSolve(ld, pivots, tensor([[2], [4]])); // [[2], [1]]
 */
export function ldlSolve<N extends Numbers>(
  ld: N,
  pivots: Tensor,
  b: N,
  options: LdlOptions = {},
): N {
  const what = "ldlSolve";
  const { hermitian = false } = options;
  checkSquares(ld, what);
  checkNumbers(b, what);
  const n = ld.shape[ld.ndim - 1];
  const expected = [...leadOf(ld), n];
  if (pivots.dtype !== "i32" || showShape(pivots.shape) !== showShape(expected))
    throw new RangeError(
      `${what}: expected pivots i32${showShape(expected)}, got ${pivots.dtype}${showShape(pivots.shape)}`,
    );
  const formOf = (x: Numbers): string => ("imag" in x ? `complex ${x.dtype}` : x.dtype);
  if (formOf(ld) !== formOf(b))
    throw new TypeError(`${what}: expected equal dtypes, got ${formOf(ld)} and ${formOf(b)}`);
  if (b.ndim < 2 || b.shape[b.ndim - 2] !== n)
    throw new RangeError(
      `${what}: the right-hand side ${showShape(b.shape)} does not fit matrices ${showShape(ld.shape)}`,
    );
  const lead = broadcastShapes(leadOf(ld), leadOf(b), what);
  if (b.size === 0 || n === 0)
    return each(b, (x) => x.broadcastTo([...lead, ...b.shape.slice(-2)]));
  const spread = (x: Numbers): Numbers =>
    each(x, (part) => flat(part.broadcastTo([...lead, ...x.shape.slice(-2)])));
  const rows = spread(ld);
  const parts = ldlParts(rows, pivots.broadcastTo([...lead, n]).reshape(rows.shape[0], n));
  const { l, order } = parts;
  const right = each(spread(b), (x) => rowsAt(x, order));
  const middle = overDiagonal(parts, solveRaw(l, right, false, true), hermitian);
  const upper = each(hermitian ? conjugate(l) : l, (x) => x.mT);
  const solved = solveRaw(upper, middle, true, true);
  const back = inverseOrder(order);
  return each(solved, (x) => unflat(rowsAt(x, back), lead)) as N;
}
