import { isFloat } from "../ir/dtype.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import { type Operand, type Tensor, where } from "../tensor/index.ts";
import { checkRank, checkTensor } from "../tensor/checks.ts";
import { asWritten, atPrecision } from "../tensor/precision.ts";

/** Options of products that are added to something. */
export interface ScaledSum {
  /** Factor of what is added to. Default 1. */
  readonly beta?: number;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}

/** `beta · x + alpha · product`; with beta 0, x does not count even where it is NaN. */
function scaledSum(x: Tensor, product: Tensor, { beta = 1, alpha = 1 }: ScaledSum): Tensor {
  [x, product] = atPrecision("low", x, product);
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
export function addr(x: Tensor, a: Tensor, b: Tensor, options: ScaledSum = {}): Tensor {
  [a, b] = atPrecision("low", a, b);
  return scaledSum(x, a.outer(b), options);
}

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
 * `p`-norm of the difference of two tensors.
 *
 * @example
 * dist(tensor([1, 2]), tensor([4, 6])); // 5
 */
export function dist(a: Tensor, b: Operand, p = 2): Tensor {
  [a, b] = atPrecision("single", a, b);
  return a.sub(b).norm(p);
}

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
  [a, b] = atPrecision("single", a, b);
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
  [x] = atPrecision("single", x);
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
  [x] = atPrecision("single", x);
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
  [x1, x2, weight, bias] = atPrecision("widest", x1, x2, weight, bias);
  const pairs = x1.unsqueeze(-1).mul(x2.unsqueeze(-2)).flatten(-2);
  return asWritten(() => pairs.linear(weight.flatten(1), bias));
}
