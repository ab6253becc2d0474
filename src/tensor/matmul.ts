import { isFloat, isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { broadcastShapes, showShape } from "../ir/shape.ts";
import { callInSingle, checkTensor, describe, elementwise, reducedShape } from "./operand.ts";
import { atPrecision, type Want } from "./precision.ts";
import { Tensor } from "./tensor.ts";

function factors(a: Tensor, b: Tensor, what: string, want: Want = "low"): [Node, Node] {
  [a, b] = atPrecision(want, a, b);
  if (!(b instanceof Tensor)) throw new TypeError(`${what}: expected a tensor, got ${describe(b)}`);
  const [x, y] = [a.node, b.node];
  if (x.dtype !== y.dtype)
    throw new TypeError(
      `${what}: expected equal dtypes, got ${x.dtype} and ${y.dtype}; cast one, e.g. x.to("${isFloat(x.dtype) ? x.dtype : y.dtype}")`,
    );
  if (x.dtype === "bool") throw new TypeError(`${what}: not defined for bool; use x.to("f32")`);
  return [x, y];
}

function checkInner(x: Node, y: Node, inner: number, outer: number, what: string): void {
  if (inner !== outer)
    throw new Error(
      `${what}: inner sizes differ, ${showShape(x.shape)} × ${showShape(y.shape)} (${inner} ≠ ${outer})`,
    );
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * Matrix product with PyTorch's rules of rank: vectors (K) and matrices (…, M, K) × (…, K, N), whose
 * leading axes broadcast. A vector on the left is a row, on the right a column, and that axis is
 * dropped.
 *
 * Throws when the inner sizes or the dtypes differ.
 *
 * @example
 * rand([64, 784]).matmul(rand([784, 128])); // (64, 128)
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return product(a, b, "matmul");
}

function product(a: Tensor, b: Tensor, what: string, want?: Want): Tensor {
  let [x, y] = factors(a, b, what, want);
  const [m, n] = [x.shape.length, y.shape.length];
  if (m === 0 || n === 0)
    throw new RangeError(
      `${what}: expected at least 1 axis each, got ${showShape(x.shape)} × ${showShape(y.shape)}; use mul for scalars`,
    );
  checkInner(x, y, x.shape[m - 1], y.shape[n === 1 ? 0 : n - 2], what);
  // A matrix or vector on the right serves all rows of the left: one contraction, no batch.
  if (n <= 2) {
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [m - 1], rhsContract: [0] };
    return new Tensor(ops.dot(x, y, attrs));
  }
  if (m === 1) {
    // The row joins every matrix of the batch: (…, K, N) with K contracted leaves (…, N).
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [n - 2] };
    return new Tensor(ops.dot(x, y, attrs));
  }
  const lead = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2), what);
  x = ops.broadcastTo(x, [...lead, ...x.shape.slice(-2)]);
  y = ops.broadcastTo(y, [...lead, ...y.shape.slice(-2)]);
  const batch = upTo(lead.length);
  return new Tensor(
    ops.dot(x, y, {
      lhsBatch: batch,
      rhsBatch: batch,
      lhsContract: [lead.length + 1],
      rhsContract: [lead.length],
    }),
  );
}

function ranked(a: Tensor, b: Tensor, rank: number, what: string, want?: Want): Tensor {
  if (a.ndim !== rank || !(b instanceof Tensor) || b.ndim !== rank)
    throw new RangeError(
      `${what}: expected two tensors of ${rank} axes, got ${showShape(a.shape)} and ${b instanceof Tensor ? showShape(b.shape) : describe(b)}`,
    );
  return product(a, b, what, want);
}

/**
 * Matrix product of two matrices.
 *
 * @example
 * tensor([[1, 2]]).mm(tensor([[3], [4]])); // [[11]]
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  return ranked(a, b, 2, "mm");
}

/**
 * Matrix products of two batches of matrices (B, M, K) × (B, K, N).
 *
 * @example
 * rand([8, 2, 3]).bmm(rand([8, 3, 4])); // (8, 2, 4)
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkTensor(b, "bmm");
  if (a.ndim === 3 && b.ndim === 3 && a.shape[0] !== b.shape[0])
    throw new Error(`bmm: batch sizes differ, ${showShape(a.shape)} × ${showShape(b.shape)}`);
  return ranked(a, b, 3, "bmm");
}

/**
 * Matrix (M, K) times vector (K).
 *
 * @example
 * tensor([[1, 2], [3, 4]]).mv(tensor([1, 10])); // [21, 43]
 */
export function mv(a: Tensor, b: Tensor): Tensor {
  checkTensor(b, "mv");
  if (a.ndim !== 2 || b.ndim !== 1)
    throw new RangeError(
      `mv: expected a matrix and a vector, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  return product(a, b, "mv");
}

/**
 * Sum of the products of two vectors.
 *
 * @example
 * tensor([1, 2]).dot(tensor([3, 4])); // 11
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  return ranked(a, b, 1, "dot", "widest");
}

/**
 * All products of two vectors: (M) and (N) give (M, N).
 *
 * @example
 * tensor([1, 2]).outer(tensor([3, 4])); // [[3, 4], [6, 8]]
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkTensor(b, "outer");
  if (a.ndim !== 1 || b.ndim !== 1)
    throw new RangeError(
      `outer: expected two vectors, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  return a.unsqueeze(1).mul(b.unsqueeze(0));
}

/**
 * `beta · x + alpha · (a × b)` for matrices a and b.
 *
 * @example
 * ones([1, 1]).addmm(tensor([[1, 2]]), tensor([[3], [4]]), { beta: 2 }); // [[13]]
 */
export function addmm(
  x: Tensor,
  a: Tensor,
  b: Tensor,
  options: { beta?: number; alpha?: number } = {},
): Tensor {
  const { beta = 1, alpha = 1 } = options;
  [x, a, b] = atPrecision("low", x, a, b);
  const products = ranked(a, b, 2, "addmm");
  return elementwise(
    "addmm",
    beta === 1 ? x : x.mul(beta),
    alpha === 1 ? products : products.mul(alpha),
    ops.add,
  );
}

/**
 * `x · weightᵀ + bias`: x (…, in), weight (out, in) or (in), bias (out) give (…, out).
 *
 * @example
 * rand([64, 784]).linear(rand([128, 784]), zeros([128])); // (64, 128)
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  [x, weight, bias] = atPrecision("low", x, weight, bias);
  const [a, w] = factors(x, weight, "linear");
  const [m, n] = [a.shape.length, w.shape.length];
  if (m === 0 || n === 0 || n > 2)
    throw new RangeError(
      `linear: expected input (…, in) and weight (out, in), got ${showShape(a.shape)} and ${showShape(w.shape)}`,
    );
  if (a.shape[m - 1] !== w.shape[n - 1])
    throw new Error(
      `linear: input ${showShape(a.shape)} does not fit weight ${showShape(w.shape)} (${a.shape[m - 1]} ≠ ${w.shape[n - 1]})`,
    );
  const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [m - 1], rhsContract: [n - 1] };
  // Halves are rounded once, after the bias.
  if (bias && isHalf(a.dtype) && bias.dtype === a.dtype)
    return callInSingle(linear, new Tensor(a), new Tensor(w), bias);
  const products = new Tensor(ops.dot(a, w, attrs));
  return bias ? elementwise("linear", products, bias, ops.add) : products;
}

/**
 * Sum of the products along all pairs of axes: `dims` last axes of a with as many first axes of b.
 *
 * @example
 * rand([2, 3, 4]).tensordot(rand([3, 4, 5])); // (2, 5)
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  let [x, y] = factors(a, b, "tensordot", "widest");
  const [m, n] = [x.shape.length, y.shape.length];
  if (typeof dims === "number" && (!Number.isInteger(dims) || dims < 0))
    throw new RangeError(`tensordot: the number of axes must be an integer >= 0, got ${dims}`);
  const [left, right] =
    typeof dims === "number" ? [upTo(dims).map((i) => m - dims + i), upTo(dims)] : dims;
  const lhsContract = left.map((d) => (d < 0 ? d + m : d));
  const rhsContract = right.map((d) => (d < 0 ? d + n : d));
  for (const axes of [lhsContract, rhsContract])
    if (new Set(axes).size !== axes.length)
      throw new RangeError(`tensordot: an axis is named twice in [${axes.join(", ")}]`);
  // Where one side has size 1 it broadcasts: the sum goes over the other alone.
  const narrow = (
    node: Node,
    axes: readonly number[],
    other: Node,
    others: readonly number[],
  ): Node => {
    const wide = axes.filter((axis, i) => node.shape[axis] > 1 && other.shape[others[i]] === 1);
    if (wide.length === 0) return node;
    const reduced = ops.reduceSum(
      node,
      wide.slice().sort((p, q) => p - q),
    );
    return ops.reshape(reduced, reducedShape(node.shape, wide, true));
  };
  if (lhsContract.length === rhsContract.length)
    [x, y] = [narrow(x, lhsContract, y, rhsContract), narrow(y, rhsContract, x, lhsContract)];
  const sizes = (node: Node, axes: readonly number[]): (number | undefined)[] =>
    axes.map((axis) => node.shape[axis]);
  const [p, q] = [sizes(x, lhsContract), sizes(y, rhsContract)];
  if (p.length !== q.length || p.some((size, i) => size === undefined || size !== q[i]))
    throw new Error(
      `tensordot: axes [${left.join(", ")}] of ${showShape(x.shape)} do not fit axes ` +
        `[${right.join(", ")}] of ${showShape(y.shape)}`,
    );
  return new Tensor(ops.dot(x, y, { lhsBatch: [], rhsBatch: [], lhsContract, rhsContract }));
}
