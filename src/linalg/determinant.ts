import { type Tensor } from "../tensor/index.ts";
import { type LuFactors, permutationSign, plainFactors, regular, solveWith } from "./lu-factors.ts";
import { checkSquare, diagonalOf, diagonals, flat, leadOf, rowsOf, unflat } from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";

/** g on the diagonal of matrices (B, n, n), g (B). */
const scaledUnits = (g: Tensor, n: number): Tensor =>
  diagonals(g.unsqueeze(-1).expand(g.shape[0], n));

const factorsOf = ([, l, u, order, pivots]: readonly Tensor[]): LuFactors => ({
  l,
  u,
  order,
  pivots,
});

// The derivative of a determinant is the matrix of cofactors, det(A) A⁻ᵀ.
const detPullback: Pullback = ([g], _, operands) => {
  const [a, factors] = regular(operands[0], factorsOf(operands));
  const scale = g!.mul(determinant(a, factors));
  return [solveWith(a, scaledUnits(scale, rowsOf(a)), factors, true)];
};

function determinant(a: Tensor, factors: LuFactors): Tensor {
  const { l, u, order, pivots } = factors;
  const plain = diagonalOf(u).prod(-1).mul(permutationSign(pivots, a));
  return withPullback([plain], [a, l, u, order, pivots], detPullback)[0];
}

/**
 * Determinants (…) of square matrices (…, n, n).
 *
 * @example
 * det(tensor([[1, 2], [3, 4]])); // -2
 */
export function det(a: Tensor): Tensor {
  checkSquare(a, "det");
  const x = flat(a);
  return unflat(determinant(x, plainFactors(x)), leadOf(a));
}

const logPullback: Pullback = ([, g], _, operands) => {
  if (!g) return [];
  const [a] = operands;
  return [solveWith(a, scaledUnits(g, rowsOf(a)), factorsOf(operands), true)];
};

function signAndLog(a: Tensor): { sign: Tensor; logabsdet: Tensor } {
  const x = flat(a);
  const { l, u, order, pivots } = plainFactors(x);
  const d = diagonalOf(u);
  const sign = d.sign().prod(-1).mul(permutationSign(pivots, x));
  const plain = [sign.detach(), d.abs().log().sum(-1)];
  const [s, logabsdet] = withPullback(plain, [x, l, u, order, pivots], logPullback);
  return { sign: unflat(s, leadOf(a)), logabsdet: unflat(logabsdet, leadOf(a)) };
}

/**
 * Signs and logarithms of the magnitude of determinants of square matrices (…, n, n), where the determinants
 * themselves may be too large or too small for a number. A singular matrix has sign 0 and logarithm
 * -Infinity.
 *
 * @example
 * slogdet(tensor([[0, 2], [3, 0]])).sign; // -1
 */
export function slogdet(a: Tensor): { sign: Tensor; logabsdet: Tensor } {
  checkSquare(a, "slogdet");
  return signAndLog(a);
}

/**
 * Logarithms of determinants of square matrices (…, n, n): NaN where a determinant is negative, -Infinity
 * where it is 0.
 *
 * @example
 * logdet(tensor([[2, 0], [0, 3]])); // 1.7918
 */
export function logdet(a: Tensor): Tensor {
  checkSquare(a, "logdet");
  const { sign, logabsdet } = signAndLog(a);
  return logabsdet.add(sign.log());
}
