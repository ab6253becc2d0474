import { isFloat } from "../ir/dtype.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import { eye, matmul, type Operand, stack, type Tensor, where } from "../tensor/index.ts";
import { checkOption, checkRank, checkTensor, checkTensors } from "../tensor/checks.ts";

/** Options of products that are added to something. */
export interface ScaledSum {
  /** Factor of what is added to. Default 1. */
  readonly beta?: number;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}

/** `beta · x + alpha · product`; with beta 0, x does not count even where it is NaN. */
function scaledSum(x: Tensor, product: Tensor, { beta = 1, alpha = 1 }: ScaledSum): Tensor {
  // Factors have the dtype of what they multiply.
  const factor = (v: number): number | boolean =>
    x.dtype === "bool" ? v !== 0 : isFloat(x.dtype) ? v : Math.trunc(v);
  const [b, a] = [factor(beta), factor(alpha)];
  const scaled = alpha === 1 ? product : product.mul(a);
  if (Number(b) === 0) return scaled;
  return (beta === 1 ? x : x.mul(b)).add(scaled);
}

/**
 * `beta · x + alpha · (matrix × vector)`.
 *
 * @example
 * addmv(ones([1]), tensor([[1, 2]]), tensor([3, 4])); // [12]
 */
export const addmv = (x: Tensor, matrix: Tensor, vector: Tensor, options: ScaledSum = {}): Tensor =>
  scaledSum(x, matrix.mv(vector), options);

/**
 * `beta · x + alpha · (a ⊗ b)` for vectors a and b.
 *
 * @example
 * addr(ones([1, 2]), tensor([2]), tensor([3, 4])); // [[7, 9]]
 */
export const addr = (x: Tensor, a: Tensor, b: Tensor, options: ScaledSum = {}): Tensor =>
  scaledSum(x, a.outer(b), options);

/**
 * `beta · x + alpha · Σ aᵢ × bᵢ` over a batch of matrix products.
 *
 * @example
 * addbmm(zeros([1, 1]), ones([3, 1, 2]), ones([3, 2, 1])); // [[6]]
 */
export const addbmm = (x: Tensor, a: Tensor, b: Tensor, options: ScaledSum = {}): Tensor =>
  scaledSum(x, a.bmm(b).sum(0, { dtype: a.dtype }), options);

/**
 * `beta · x + alpha · (aᵢ × bᵢ)` for each matrix of a batch.
 *
 * @example
 * baddbmm(zeros([1, 1, 1]), ones([1, 1, 2]), ones([1, 2, 1])); // [[[2]]]
 */
export const baddbmm = (x: Tensor, a: Tensor, b: Tensor, options: ScaledSum = {}): Tensor =>
  scaledSum(x, a.bmm(b), options);

/**
 * Sum of the products of two vectors.
 *
 * @example
 * vdot(tensor([1, 2]), tensor([3, 4])); // 11
 */
export const vdot = (a: Tensor, b: Tensor): Tensor => a.dot(b);

/**
 * Sums of products along axis `dim` (the last by default), with broadcasting.
 *
 * @example
 * vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 1])); // [3, 7]
 */
export function vecdot(a: Tensor, b: Tensor, dim = -1): Tensor {
  const products = a.mul(b);
  return products.sum(dim, { dtype: products.dtype });
}

/**
 * Products summed along the last axes of both: of (…, K) and (…, K) all pairs.
 *
 * @example
 * inner(tensor([1, 2]), tensor([[3, 4], [5, 6]])); // [11, 17]
 */
export function inner(a: Tensor, b: Tensor): Tensor {
  checkTensor(b, "inner");
  if (a.ndim === 0 || b.ndim === 0) return a.mul(b);
  if (a.shape[a.ndim - 1] !== b.shape[b.ndim - 1])
    throw new Error(
      `inner: last axes must have equal sizes, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  return a.tensordot(b, [[-1], [-1]]);
}

/**
 * Kronecker product: every element of a times the whole of b.
 *
 * @example
 * kron(tensor([1, 10]), tensor([1, 2])); // [1, 2, 10, 20]
 */
export function kron(a: Tensor, b: Tensor): Tensor {
  checkTensor(b, "kron");
  const rank = Math.max(a.ndim, b.ndim);
  const padded = (x: Tensor): number[] => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const [p, q] = [padded(a), padded(b)];
  const left = a.reshape(p.flatMap((n) => [n, 1]));
  const right = b.reshape(q.flatMap((n) => [1, n]));
  return left.mul(right).reshape(p.map((n, i) => n * q[i]));
}

/**
 * Cross product of vectors of 3 entries along axis `dim` (the last by default), with broadcasting.
 *
 * @example
 * cross(tensor([1, 0, 0]), tensor([0, 1, 0])); // [0, 0, 1]
 */
export function cross(a: Tensor, b: Tensor, dim = -1): Tensor {
  checkTensor(b, "cross");
  const axes = [a, b].map((x) => normalizeAxis(dim, x.ndim, "cross"));
  if (a.shape[axes[0]] !== 3 || b.shape[axes[1]] !== 3)
    throw new RangeError(
      `cross: axis ${dim} must have size 3, got shapes ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  const part = (x: Tensor, i: number): Tensor => x.narrow(dim, i % 3, 1);
  const entries = [0, 1, 2].map((i) =>
    part(a, i + 1)
      .mul(part(b, i + 2))
      .sub(part(a, i + 2).mul(part(b, i + 1)))
      .movedim(dim, -1)
      .squeeze(-1),
  );
  return stack(entries, -1).movedim(-1, dim < 0 ? dim : dim - Math.max(a.ndim, b.ndim));
}

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
 * Matrices (…, N, N) multiplied `n` times with themselves, n ≥ 0.
 *
 * @example
 * matrixPower(tensor([[1, 1], [0, 1]]), 3); // [[1, 3], [0, 1]]
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  if (x.ndim < 2 || x.shape[x.ndim - 1] !== x.shape[x.ndim - 2])
    throw new RangeError(`matrixPower: expected square matrices, got ${showShape(x.shape)}`);
  if (!Number.isInteger(n) || n < 0)
    throw new RangeError(`matrixPower: the power must be an integer >= 0, got ${n}`);
  if (n === 0) return eye(x.shape[x.ndim - 1], undefined, { dtype: x.dtype }).expand(...x.shape);
  let result: Tensor | undefined;
  for (let square = x; ; square = matmul(square, square)) {
    if (n % 2 === 1) result = result ? matmul(result, square) : square;
    n = Math.floor(n / 2);
    if (n === 0) return result!;
  }
}

/**
 * `p`-norm of the difference of two tensors.
 *
 * @example
 * dist(tensor([1, 2]), tensor([4, 6])); // 5
 */
export const dist = (a: Tensor, b: Operand, p = 2): Tensor => a.sub(b).norm(p);

/**
 * Norms of differences along the last axis: of a (…, D) and b (…, D), `‖a - b + eps‖`.
 *
 * @example
 * pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])); // [5.0000]
 */
export function pairwiseDistance(
  a: Tensor,
  b: Tensor,
  options: { readonly p?: number; readonly eps?: number; readonly keepdim?: boolean } = {},
): Tensor {
  const { p = 2, eps = 1e-6, keepdim } = options;
  return a.sub(b).add(eps).norm(p, -1, { keepdim });
}

/**
 * Distances of all rows of a (…, M, D) to all rows of b (…, N, D) in the `p`-norm: (…, M, N).
 *
 * @example
 * cdist(tensor([[0, 0]]), tensor([[3, 4], [0, 1]])); // [[5, 1]]
 */
export function cdist(a: Tensor, b: Tensor, p = 2): Tensor {
  checkTensor(b, "cdist");
  if (a.ndim < 2 || b.ndim < 2 || a.shape[a.ndim - 1] !== b.shape[b.ndim - 1])
    throw new RangeError(
      `cdist: expected rows of one length, (…, M, D) and (…, N, D), got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  return a.unsqueeze(-2).sub(b.unsqueeze(-3)).norm(p, -1);
}

/**
 * Distances of all pairs of rows of a matrix (N, D) in the `p`-norm, a vector (N (N - 1) / 2).
 *
 * @example
 * pdist(tensor([[0], [3], [4]])); // [3, 4, 1]
 */
export function pdist(x: Tensor, p = 2): Tensor {
  checkRank(x, 2, "pdist");
  const first: number[] = [];
  const second: number[] = [];
  for (let i = 0; i < x.shape[0]; i++)
    for (let j = i + 1; j < x.shape[0]; j++) {
      first.push(i);
      second.push(j);
    }
  return x.at(first).sub(x.at(second)).norm(p, -1);
}

/**
 * Entries of axis `dim` with a `p`-norm above `maxnorm` made shorter, to that norm.
 *
 * @example
 * renorm(tensor([[3, 4], [0, 1]]), 2, 0, 1); // [[0.6000, 0.8000], [0, 1]]
 */
export function renorm(x: Tensor, p: number, dim: number, maxnorm: number): Tensor {
  const axis = normalizeAxis(dim, x.ndim, "renorm");
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const length = others.length > 0 ? x.norm(p, others, { keepdim: true }) : x.abs();
  const factor = where(length.gt(maxnorm), length.add(1e-7).reciprocal().mul(maxnorm), 1);
  return x.mul(factor.to(x.dtype));
}

/**
 * `x₁ᵀ · W · x₂ + b` for each row: x1 (…, I), x2 (…, J), weight (O, I, J), bias (O) give (…, O).
 *
 * @example
 * bilinear(ones([4, 2]), ones([4, 3]), ones([5, 2, 3])); // (4, 5)
 */
export function bilinear(x1: Tensor, x2: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  checkRank(weight, 3, "bilinear");
  const pairs = x1.unsqueeze(-1).mul(x2.unsqueeze(-2)).flatten(-2);
  return pairs.linear(weight.flatten(1), bias);
}

/** How `normOf` measures matrices. */
export type MatrixOrder = number | "fro";

/**
 * Norms of matrices along two axes: `"fro"` (the default) the root of the sum of squares, 1 and -1 the
 * largest and smallest sum of a column, ±Infinity of a row.
 *
 * @example
 * matrixNorm(tensor([[1, 2], [3, 4]]), 1); // 6
 */
export function matrixNorm(
  x: Tensor,
  order: MatrixOrder = "fro",
  dims: readonly [number, number] = [-2, -1],
  options: { readonly keepdim?: boolean } = {},
): Tensor {
  const what = "matrixNorm";
  const [a, b] = dims.map((d) => normalizeAxis(d, x.ndim, what));
  if (a === b) throw new RangeError(`${what}: the axes must differ, got [${dims.join(", ")}]`);
  if (order === "fro") return x.norm(2, [a, b], options);
  checkOption(String(Math.abs(order)), ["1", "Infinity"], "the order", what);
  const [inside, outside] = Math.abs(order) === 1 ? [a, b] : [b, a];
  const sums = x.norm(1, inside, { keepdim: true });
  const found =
    order > 0 ? sums.amax(outside, { keepdim: true }) : sums.amin(outside, { keepdim: true });
  return options.keepdim ? found : found.squeeze([a, b]);
}
