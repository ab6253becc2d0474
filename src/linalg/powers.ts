import { isHalf } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { arange, cat, eye, matmul, scan, type Tensor, where } from "../tensor/index.ts";
import { checkInteger, checkRank, checkTensor, checkTensors } from "../tensor/checks.ts";
import { callInSingle } from "../tensor/operand.ts";
import {
  checkSquare,
  columnsOf,
  flat,
  leadOf,
  matmul as exact,
  rowsOf,
  unflat,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { inverse } from "./solve.ts";

/**
 * The product of several matrices, in the order of the fewest multiplications. The first and the last may
 * be vectors.
 *
 * @example
 * multiDot([ones([10, 2]), ones([2, 10]), ones([10, 1])]); // (10, 1)
 */
export function multiDot(matrices: readonly Tensor[]): Tensor {
  checkTensors(matrices, "multiDot");
  const n = matrices.length;
  if (n < 2) throw new RangeError(`multiDot: expected at least 2 tensors, got ${n}`);
  const [first, last] = [matrices[0], matrices[n - 1]];
  const list = matrices.map((x, i) => {
    if (x.ndim === 1 && i === 0) return x.unsqueeze(0);
    if (x.ndim === 1 && i === n - 1) return x.unsqueeze(1);
    checkRank(x, 2, "multiDot");
    return x;
  });
  const size = [...list.map((x) => x.shape[0]), list[n - 1].shape[1]];
  // The table of costs of all stretches (Cormen et al., Introduction to Algorithms, 15.2).
  const cost = list.map(() => new Array<number>(n).fill(0));
  const cut = list.map(() => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++)
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i][j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + size[i] * size[k + 1] * size[j + 1];
        if (total < cost[i][j]) [cost[i][j], cut[i][j]] = [total, k];
      }
    }
  const build = (i: number, j: number): Tensor =>
    i === j ? list[i] : matmul(build(i, cut[i][j]), build(cut[i][j] + 1, j));
  const result = build(0, n - 1);
  if (first.ndim === 1) return last.ndim === 1 ? result.reshape([]) : result.squeeze(0);
  return last.ndim === 1 ? result.squeeze(1) : result;
}

/**
 * Matrices (…, N, N) multiplied `n` times with themselves; with n < 0 their inverses, -n times.
 *
 * @example
 * matrixPower(tensor([[1, 1], [0, 1]]), 3); // [[1, 3], [0, 1]]
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  checkTensor(x, "matrixPower");
  if (x.ndim < 2 || columnsOf(x) !== rowsOf(x))
    throw new RangeError(
      `matrixPower: expected square matrices (…, n, n), got ${showShape(x.shape)}`,
    );
  checkInteger(n, "the power", "matrixPower");
  if (n < 0) return matrixPower(inverse(x, "matrixPower").inverse, -n);
  if (n === 0) return eye(x.shape[x.ndim - 1], undefined, { dtype: x.dtype }).expand(...x.shape);
  let result: Tensor | undefined;
  for (let square = x; ; square = matmul(square, square)) {
    if (n % 2 === 1) result = result ? matmul(result, square) : square;
    n = Math.floor(n / 2);
    if (n === 0) return result!;
  }
}

/** Squarings: enough for norms up to 2 ** 31 at least. */
const SQUARINGS = 32;
/** The norms up to which Taylor's polynomial of degree 16 is exact to rounding. */
const SMALL = { f32: 2, f64: 0.75 };

/** Taylor's polynomial of degree 16 by six products (M. Paterson, L. Stockmeyer, 1973). */
function taylor(x: Tensor): Tensor {
  const powers: Tensor[] = [eye(rowsOf(x), rowsOf(x), { dtype: x.dtype }), x];
  for (let i = 2; i <= 4; i++) powers.push(exact(powers[i - 1], x));
  const coefficients = [1];
  for (let i = 1; i <= 16; i++) coefficients.push(coefficients[i - 1] / i);
  let sum = powers[4].mul(coefficients[16]);
  for (let block = 3; block >= 0; block--) {
    if (block < 3) sum = exact(sum, powers[4]);
    for (let i = 3; i >= 0; i--) sum = sum.add(powers[i].mul(coefficients[4 * block + i]));
  }
  return sum;
}

// The exponential of a block triangle holds the derivative (R. Mathias, "A chain rule for matrix functions
// and applications", 1996).
const expPullback: Pullback = ([g], _, [a]) => {
  const n = rowsOf(a);
  const largest = g!.abs().amax([1, 2], { keepdim: true }).detach();
  const scale = where(largest.gt(0), largest, 1);
  const upper = cat([a.mT, g!.div(scale)], 2);
  const lower = cat([a.zerosLike(), a.mT], 2);
  const whole = exponential(cat([upper, lower], 1));
  return [whole.narrow(1, 0, n).narrow(2, n, n).mul(scale)];
};

function exponential(a: Tensor): Tensor {
  if (a.size === 0) return a;
  const size = a.abs().sum(1).amax(1).detach();
  const small = SMALL[a.dtype as "f32" | "f64"];
  const turns = where(size.gt(small), size.div(small), 1).log2().ceil();
  const few = turns.le(SQUARINGS);
  const scale = where(few, turns.neg().exp2(), NaN).reshape(-1, 1, 1);
  const step = (x: Tensor, j: Tensor): [Tensor, Tensor[]] => [
    where(turns.gt(j).reshape(-1, 1, 1), exact(x, x), x),
    [],
  ];
  const [plain] = scan(step, taylor(a.mul(scale)), arange(SQUARINGS));
  return withPullback([plain], [a], expPullback)[0];
}

/**
 * Exponentials (…, n, n) of square matrices: `1 + A + A²/2! + …`, by squaring that of a small matrix. NaN for
 * norms beyond 2 ** 31.
 *
 * @example
 * matrixExp(tensor([[0, 1], [0, 0]])); // [[1, 1], [0, 1]]
 */
export function matrixExp(a: Tensor): Tensor {
  checkSquare(a, "matrixExp");
  if (isHalf(a.dtype)) return callInSingle(matrixExp, a);
  return unflat(exponential(flat(a)), leadOf(a));
}
