import { type DType, isFloat, isHalf, isSmall } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import { clamp } from "./arithmetic.ts";
import {
  callInSingle,
  checkDType,
  countOf,
  describe,
  type Dim,
  elementwise,
  inSingle,
  reduceAxes,
  reducedShape,
  toFloat,
} from "./operand.ts";
import { atPrecision } from "./precision.ts";
import { Tensor } from "./tensor.ts";

/** Options of reductions. */
export interface ReduceOptions {
  /** Whether reduced axes stay, with size 1. Default false. */
  keepdim?: boolean;
}

const keep = (reduced: Node, x: Node, axes: readonly number[], options?: ReduceOptions): Node =>
  options?.keepdim ? ops.reshape(reduced, reducedShape(x.shape, axes, true)) : reduced;

const needFloat = (x: Tensor, what: string): Node => {
  if (!isFloat(x.dtype))
    throw new TypeError(
      `${what}: expected a floating-point tensor, got ${x.dtype}; use x.to("f32")`,
    );
  return x.node;
};

/**
 * Sums and products; those of bool and integers of 8 and 16 bits are i32, as a count should be, unless
 * another dtype is asked for.
 */
function total(
  x: Tensor,
  dim: Dim | undefined,
  options: (ReduceOptions & { dtype?: DType }) | undefined,
  reduce: (x: Node, axes: readonly number[]) => Node,
  what: string,
): Tensor {
  const axes = reduceAxes(dim, x.ndim, what);
  const node = summable(atPrecision("single", x)[0].node, options?.dtype, what);
  // Of bools they are whether there is a true one, and whether all are.
  const numbers = node.dtype === "bool" ? ops.cast(node, "i32") : node;
  return new Tensor(keep(ops.cast(reduce(numbers, axes), node.dtype), node, axes, options));
}

function summable(x: Node, dtype: DType | undefined, what: string): Node {
  checkDType(dtype, what);
  return ops.cast(x, dtype ?? (isSmall(x.dtype) ? "i32" : x.dtype));
}

/**
 * Sum over the axes `dim` (all by default). Of bool and integers of 8 and 16 bits it is i32. 0 for no elements.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).sum(0); // [4, 6]
 * tensor([[1, 2], [3, 4]]).sum(-1, { keepdim: true }); // [[3], [7]]
 */
export function sum(x: Tensor, dim?: Dim, options?: ReduceOptions & { dtype?: DType }): Tensor {
  return total(x, dim, options, ops.reduceSum, "sum");
}

/**
 * Product over the axes `dim` (all by default); of bool and integers of 8 and 16 bits it is i32. 1 for no
 * elements.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).prod(1); // [2, 12]
 */
export function prod(x: Tensor, dim?: Dim, options?: ReduceOptions & { dtype?: DType }): Tensor {
  return total(x, dim, options, ops.reduceProd, "prod");
}

/**
 * Mean over the axes `dim` (all by default); NaN for no elements. Throws for integers and bools.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).mean(0); // [2, 3]
 */
export function mean(x: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
  const node = needFloat(x, "mean");
  const axes = reduceAxes(dim, x.ndim, "mean");
  return new Tensor(keep(meanNode(node, axes), node, axes, options));
}

const meanNode = (x: Node, axes: readonly number[]): Node =>
  inSingle(x, (wide) => {
    const total = ops.reduceSum(wide, axes);
    return ops.div(total, ops.fullLike(total, countOf(x.shape, axes)));
  });

function extreme(
  what: string,
  x: Tensor,
  dim: Dim | undefined,
  options: ReduceOptions | undefined,
  reduce: (x: Node, axes: readonly number[]) => Node,
): Tensor {
  const axes = reduceAxes(dim, x.ndim, what);
  checkNotEmpty(what, x, axes);
  return new Tensor(keep(reduce(x.node, axes), x.node, axes, options));
}

function checkNotEmpty(what: string, x: Tensor, axes: readonly number[]): void {
  for (const axis of axes)
    if (x.shape[axis] === 0)
      throw new RangeError(
        `${what}: cannot reduce axis ${axis} of size 0, shape ${showShape(x.shape)}`,
      );
}

/**
 * The largest element over the axes `dim` (all by default); ties share the gradient; NaN wins.
 *
 * @example
 * tensor([[1, 9], [7, 3]]).amax(1); // [9, 7]
 */
export function amax(x: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
  return extreme("amax", x, dim, options, ops.reduceMax);
}

/**
 * The smallest element over the axes `dim` (all by default); ties share the gradient; NaN wins.
 *
 * @example
 * tensor([[1, 9], [7, 3]]).amin(1); // [1, 3]
 */
export function amin(x: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
  return extreme("amin", x, dim, options, ops.reduceMin);
}

function position(
  what: string,
  x: Tensor,
  dim: number | undefined,
  options: ReduceOptions | undefined,
  find: (x: Node, axis: number) => Node,
): Tensor {
  if (dim === undefined) {
    checkNotEmpty(what, x, reduceAxes(undefined, x.ndim, what));
    const found = find(ops.reshape(x.node, [x.size]), 0);
    return new Tensor(
      options?.keepdim
        ? ops.reshape(
            found,
            x.shape.map(() => 1),
          )
        : found,
    );
  }
  const axis = normalizeAxis(dim, x.ndim, what);
  if (x.ndim === 0) return new Tensor(ops.constant(0, "i32"));
  checkNotEmpty(what, x, [axis]);
  return new Tensor(keep(find(x.node, axis), x.node, [axis], options));
}

/**
 * Position (i32) of the first largest element along axis `dim`, or in the flattened tensor. NaN counts
 * as largest.
 *
 * @example
 * tensor([[1, 9], [7, 3]]).argmax(1); // [1, 0]
 */
export function argmax(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  return position("argmax", x, dim, options, ops.argMax);
}

/**
 * Position (i32) of the first smallest element along axis `dim`, or in the flattened tensor.
 *
 * @example
 * tensor([[1, 9], [7, 3]]).argmin(1); // [0, 1]
 */
export function argmin(x: Tensor, dim?: number, options?: ReduceOptions): Tensor {
  return position("argmin", x, dim, options, ops.argMin);
}

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the count: 1 (default) estimates without bias, 0 is the population's. */
  correction?: number;
}

/**
 * Variance over the axes `dim` (all by default), divided by `count - correction`. As a method: `x.var()`.
 *
 * @example
 * tensor([1, 2, 3, 4]).var(); // 1.6667
 */
export function variance(x: Tensor, dim?: Dim, options?: VarianceOptions): Tensor {
  const of = (node: Node): Node => varianceNode(node, dim, options, "var");
  return new Tensor(inSingle(needFloat(x, "var"), of));
}

function varianceNode(
  node: Node,
  dim: Dim | undefined,
  options: VarianceOptions | undefined,
  what: string,
): Node {
  const axes = reduceAxes(dim, node.shape.length, what);
  const center = ops.reshape(meanNode(node, axes), reducedShape(node.shape, axes, true));
  const apart = ops.sub(node, ops.expand(center, node.shape));
  const total = ops.reduceSum(ops.mul(apart, apart), axes);
  const count = Math.max(0, countOf(node.shape, axes) - (options?.correction ?? 1));
  return keep(ops.div(total, ops.fullLike(total, count)), node, axes, options);
}

export { variance as var };

/**
 * Standard deviation over the axes `dim` (all by default): the root of the variance.
 *
 * @example
 * tensor([1, 2, 3, 4]).std(); // 1.2910
 */
export function std(x: Tensor, dim?: Dim, options?: VarianceOptions): Tensor {
  const of = (node: Node): Node => rootNode(varianceNode(node, dim, options, "std"));
  return new Tensor(inSingle(needFloat(x, "std"), of));
}

/** The square root with gradient 0 at 0 (a subgradient), not 0 / 0. */
function rootNode(x: Node): Node {
  if (!x.requiresGrad) return ops.sqrt(x);
  const zero = ops.eq(x, ops.zerosLike(x));
  const safe = ops.select(zero, ops.fullLike(x, 1), x);
  return ops.select(zero, ops.zerosLike(x), ops.sqrt(safe));
}

/**
 * Whether all elements over the axes `dim` are not 0: bool. True for no elements.
 *
 * @example
 * tensor([[1, 0], [2, 3]]).all(1); // [false, true]
 */
export function all(x: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
  const axes = reduceAxes(dim, x.ndim, "all");
  const node = ops.cast(x.node, "bool");
  return new Tensor(keep(ops.reduceMin(node, axes), node, axes, options));
}

/**
 * Whether any element over the axes `dim` is not 0: bool. False for no elements.
 *
 * @example
 * tensor([[0, 0], [2, 0]]).any(1); // [false, true]
 */
export function any(x: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
  const axes = reduceAxes(dim, x.ndim, "any");
  const node = ops.cast(x.node, "bool");
  return new Tensor(keep(ops.reduceMax(node, axes), node, axes, options));
}

/**
 * How many elements over the axes `dim` are not 0: i32.
 *
 * @example
 * tensor([[1, 0], [2, 3]]).countNonzero(); // 3
 */
export function countNonzero(x: Tensor, dim?: Dim): Tensor {
  const axes = reduceAxes(dim, x.ndim, "countNonzero");
  return new Tensor(ops.reduceSum(ops.cast(ops.cast(x.node, "bool"), "i32"), axes));
}

/**
 * The `p`-norm `(Σ |x|ᵖ)^(1/p)` over the axes `dim` (all by default); p may be Infinity (largest
 * magnitude), -Infinity (smallest) or 0 (count of elements that are not 0).
 *
 * @example
 * tensor([3, 4]).norm(); // 5
 */
export function norm(x: Tensor, p = 2, dim?: Dim, options?: ReduceOptions): Tensor {
  const node = needFloat(atPrecision("single", x)[0], "norm");
  if (typeof p !== "number" || Number.isNaN(p))
    throw new TypeError(`norm: the order must be a number, got ${describe(p)}`);
  const axes = reduceAxes(dim, x.ndim, "norm");
  const found = inSingle(node, (wide) => normNode(wide, p, axes));
  return new Tensor(keep(found, node, axes, options));
}

function normNode(x: Node, p: number, axes: readonly number[]): Node {
  if (p === 2) return rootNode(ops.reduceSum(ops.mul(x, x), axes));
  const size = ops.abs(x);
  if (p === 1) return ops.reduceSum(size, axes);
  if (p === 0) return ops.reduceSum(ops.cast(ops.ne(x, ops.zerosLike(x)), x.dtype), axes);
  if (p === Infinity || p === -Infinity) {
    for (const axis of axes)
      if (x.shape[axis] === 0)
        throw new RangeError(`norm: order ${p} of axis ${axis} of size 0 is not defined`);
    return p > 0 ? ops.reduceMax(size, axes) : ops.reduceMin(size, axes);
  }
  const total = ops.reduceSum(powerOf(size, p), axes);
  return powerOf(total, 1 / p);
}

/** xᵖ of x ≥ 0 with gradient 0 at 0, where that of a root is infinite. */
function powerOf(x: Node, p: number): Node {
  const zero = ops.eq(x, ops.zerosLike(x));
  const safe = ops.select(zero, ops.fullLike(x, 1), x);
  const atZero = ops.fullLike(x, p > 0 ? 0 : Infinity);
  return ops.select(zero, atZero, ops.pow(safe, ops.fullLike(x, p)));
}

/**
 * `log Σ exp(x)` over the axes `dim`, without overflow.
 *
 * @example
 * tensor([1000, 1000]).logsumexp(0); // 1000.6931
 */
export function logsumexp(x: Tensor, dim: Dim, options?: ReduceOptions): Tensor {
  [x] = atPrecision("single", x);
  if (isHalf(x.dtype)) return callInSingle(logsumexp, x, dim, options);
  const node = toFloat(x.node);
  const axes = reduceAxes(dim, x.ndim, "logsumexp");
  if (countOf(node.shape, axes) === 0) {
    const total = ops.reduceSum(node, axes);
    return new Tensor(keep(ops.fullLike(total, -Infinity), node, axes, options));
  }
  const top = ops.stopGradient(ops.reduceMax(node, axes));
  // Of infinities alone the difference would be NaN.
  const finite = ops.lt(ops.abs(top), ops.fullLike(top, Infinity));
  const shift = ops.select(finite, top, ops.zerosLike(top));
  const wide = ops.expand(ops.reshape(shift, reducedShape(node.shape, axes, true)), node.shape);
  const total = ops.reduceSum(ops.exp(ops.sub(node, wide)), axes);
  return new Tensor(keep(ops.add(ops.log(total), shift), node, axes, options));
}

/**
 * Cosine of the angle between `a` and `b` along axis `dim` (1 by default). Norms count as at least
 * `eps`.
 *
 * @example
 * tensor([[3, 4]]).cosineSimilarity(tensor([[4, 3]])); // [0.96]
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  options: { dim?: number; eps?: number } = {},
): Tensor {
  const { dim = 1, eps = 1e-8 } = options;
  [a, b] = atPrecision("single", a, b);
  const products = elementwise("cosineSimilarity", a, b, ops.mul);
  const axis = normalizeAxis(dim, products.ndim, "cosineSimilarity");
  const scale = (x: Tensor): Tensor => {
    const wide = new Tensor(ops.broadcastTo(x.node, products.shape));
    return clamp(norm(wide, 2, axis), eps);
  };
  return sum(products, axis).div(scale(a).mul(scale(b)));
}
