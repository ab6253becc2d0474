import { broadcastShapes, sameShape, showShape } from "../ir/shape.ts";
import { eye, type Operand, Tensor, where, zeros } from "../tensor/index.ts";
import { checkOption, checkTensor } from "../tensor/checks.ts";
import { symmetricEigen } from "./eigh.ts";
import {
  checkMatrices,
  checkSameDType,
  checkSquare,
  columnsOf,
  epsilonOf,
  flat,
  leadOf,
  matmul,
  rowsOf,
  unflat,
  zerosFor,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { reducedQr } from "./qr.ts";
import { inv, invEx } from "./solve.ts";
import { singular, svdvals } from "./svd.ts";
import { solveLeft, together } from "./triangular.ts";
import { matrixNorm, type MatrixOrder } from "./norms.ts";

/** Which singular values count as 0: those not above the larger of `atol` and `rtol` times the largest. */
export interface RankOptions {
  /** A number, or one for each matrix. Default 0. */
  readonly atol?: Operand;
  /**
   * A number, or one for each matrix. Default max(m, n) times the distance from 1 to the next number of the
   * dtype, or 0 where `atol` is given.
   */
  readonly rtol?: Operand;
  /** Whether the matrices are symmetric; then their lower triangle is read. Default false. */
  readonly hermitian?: boolean;
}

/** The bound (…) below which singular values s (…, k) count as 0. */
function cutoff(s: Tensor, a: Tensor, { atol, rtol }: RankOptions): Tensor {
  const largest = s.amax(-1).detach();
  const usual = Math.max(rowsOf(a), columnsOf(a)) * epsilonOf(a.dtype);
  let relative = rtol ?? (atol === undefined ? usual : 0);
  if (atol instanceof Tensor && rtol === undefined) relative = where(atol.gt(0), 0, usual);
  if (typeof atol === "number" && atol <= 0 && rtol === undefined) relative = usual;
  const bound = largest.mul(relative);
  return bound.maximum(atol ?? 0).to(a.dtype);
}

function checkKind(a: Tensor, { hermitian = false }: RankOptions, what: string): void {
  if (hermitian) checkSquare(a, what);
  else checkMatrices(a, what);
}

const magnitudes = (a: Tensor, hermitian = false): Tensor =>
  hermitian ? unflat(symmetricEigen(flat(a), "L")[0], leadOf(a)).abs() : svdvals(a);

/**
 * Ranks (…), i32, of matrices (…, m, n): how many singular values do not count as 0.
 *
 * @example
 * matrixRank(tensor([[1, 2], [2, 4]])); // 1
 */
export function matrixRank(a: Tensor, options: RankOptions = {}): Tensor {
  checkKind(a, options, "matrixRank");
  if (a.size === 0) return zeros(leadOf(a), { dtype: "i32" });
  const s = magnitudes(a, options.hermitian);
  return s
    .gt(cutoff(s, a, options).unsqueeze(-1))
    .to("i32")
    .sum(-1);
}

// G. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
// variables separate", 1973.
const pullback: Pullback = ([g], [p], [a]) => {
  const [m, n] = [rowsOf(a), columnsOf(a)];
  const gT = g!.mT;
  const outside = (x: Tensor, size: number): Tensor => eye(size, size, { dtype: a.dtype }).sub(x);
  const inner = matmul(matmul(p.mT, g!), p.mT).neg();
  const left = matmul(matmul(outside(matmul(a, p), m), gT), matmul(p, p.mT));
  const right = matmul(matmul(p.mT, p), matmul(gT, outside(matmul(p, a), n)));
  return [inner.add(left).add(right)];
};

/** Eigenvalues and their vectors as singular ones, in no order of size. */
function symmetricFactors(x: Tensor): [u: Tensor, s: Tensor, vh: Tensor] {
  const [values, vectors] = symmetricEigen(x, "L");
  return [vectors, values.abs(), vectors.mul(values.sign().unsqueeze(-2)).mT];
}

function pseudoInverse(a: Tensor, options: RankOptions): Tensor {
  const x = flat(a);
  const lead = leadOf(a);
  const [m, n] = [rowsOf(a), columnsOf(a)];
  if (a.size === 0) return zerosFor(a, ...lead, n, m);
  const [u, s, vh] = options.hermitian ? symmetricFactors(x) : singular(x, false);
  const bound = cutoff(unflat(s, lead), a, options).broadcastTo(lead).reshape(s.shape[0], 1);
  const counts = s.gt(bound);
  const inverse = where(counts, where(counts, s, 1).reciprocal(), 0);
  const plain = matmul(vh.mT.mul(inverse.unsqueeze(-2)), u.mT);
  return unflat(withPullback([plain], [x], pullback)[0], lead);
}

/**
 * Pseudo-inverses (…, n, m) of matrices (…, m, n) (Moore and Penrose), from their singular values; those that
 * count as 0 are left out.
 *
 * @example
 * pinv(tensor([[2, 0], [0, 0]])); // [[0.5, 0], [0, 0]]
 */
export function pinv(a: Tensor, options: RankOptions = {}): Tensor {
  checkKind(a, options, "pinv");
  return pseudoInverse(a, options);
}

/** Which norm `cond` uses. */
export type ConditionOrder = MatrixOrder;

/**
 * Condition numbers (…) of matrices: in the norm `order` 2 (the default) the quotient of the largest and the
 * smallest singular value, with -2 its reciprocal; in another that of the matrix times that of its inverse,
 * for square ones.
 *
 * @example
 * cond(tensor([[3, 0], [0, 2]])); // 1.5
 */
export function cond(a: Tensor, order: ConditionOrder = 2): Tensor {
  checkMatrices(a, "cond");
  if (a.size === 0) return zerosFor(a, ...leadOf(a));
  if (order === 2 || order === -2) {
    const s = svdvals(a);
    const [first, last] = [s.select(-1, 0), s.select(-1, s.shape[s.ndim - 1] - 1)];
    return order === 2 ? first.div(last) : last.div(first);
  }
  checkSquare(a, "cond");
  const product = matrixNorm(a, order).mul(matrixNorm(inv(a), order));
  return where(invEx(a).info.eq(0), product, Infinity);
}

/** How `lstsq` finds its solution: the names of LAPACK's drivers. */
export type LstsqDriver = "gels" | "gelsy" | "gelsd" | "gelss";

/** Options of `lstsq`. */
export interface LstsqOptions {
  /** Singular values up to `rcond` times the largest count as 0. Default as `rtol` of `pinv`. */
  readonly rcond?: number;
  /**
   * `"gels"`: by a QR factorization, for matrices of full rank; the others (default `"gelsy"`) by singular
   * values, for any. They differ in what is returned besides the solution.
   */
  readonly driver?: LstsqDriver;
}

/**
 * The X for which ‖A X - B‖ is smallest, for A (…, m, n) and B (…, m, k), or vectors (…, m); where several are, the
 * shortest. Also the squared norms of A X - B, for m > n and the drivers that give them (for any rank, as
 * that is only known when it is computed), ranks of A (but for `"gels"`) and singular values (`"gelsd"` and
 * `"gelss"`); what is not given is empty.
 *
 * @example
 * lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([[1], [3], [5]])).solution; // [[1.0000], [2.0000]]
 */
export function lstsq(
  a: Tensor,
  b: Tensor,
  options: LstsqOptions = {},
): { solution: Tensor; residuals: Tensor; rank: Tensor; singularValues: Tensor } {
  const what = "lstsq";
  const { rcond, driver = "gelsy" } = options;
  checkOption(driver, ["gels", "gelsy", "gelsd", "gelss"], "the driver", what);
  checkMatrices(a, what);
  checkTensor(b, what);
  checkSameDType(a, b, what);
  const isVector = b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1));
  const sides = isVector ? b.unsqueeze(-1) : b;
  if (sides.ndim < 2 || rowsOf(sides) !== rowsOf(a))
    throw new RangeError(
      `${what}: the right-hand side ${showShape(b.shape)} does not fit matrices ${showShape(a.shape)}`,
    );
  broadcastShapes(leadOf(a), leadOf(sides), what);
  const [m, n] = [rowsOf(a), columnsOf(a)];
  const rank = { rtol: rcond };
  const solution =
    driver === "gels" ? fullRankSolution(a, sides, what) : matmul(pseudoInverse(a, rank), sides);
  const none = zerosFor(a, 0);
  const hasResiduals = m > n && driver !== "gelsy";
  return {
    solution: isVector ? solution.squeeze(-1) : solution,
    residuals: hasResiduals ? matmul(a, solution).sub(sides).square().sum(-2) : none,
    rank: driver === "gels" ? none.to("i32") : matrixRank(a, rank),
    singularValues: driver === "gelsd" || driver === "gelss" ? svdvals(a).detach() : none,
  };
}

function fullRankSolution(a: Tensor, b: Tensor, what: string): Tensor {
  const [x, y, lead] = together(a, b, what);
  if (rowsOf(a) >= columnsOf(a)) {
    const [q, r] = reducedQr(x);
    return unflat(solveLeft(r, matmul(q.mT, y), true), lead);
  }
  const [q, r] = reducedQr(x.mT);
  return unflat(matmul(q, solveLeft(r.mT, y, false)), lead);
}
