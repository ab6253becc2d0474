import { normalizeAxis, showShape } from "../ir/shape.ts";
import { type Dim, type ReduceOptions, type Tensor } from "../tensor/index.ts";
import { checkFloat } from "../tensor/checks.ts";
import { describe } from "../tensor/operand.ts";
import { svdvals } from "./svd.ts";

/** How `matrixNorm` measures matrices. */
export type MatrixOrder = "fro" | "nuc" | number;

const ORDERS: readonly MatrixOrder[] = ["fro", "nuc", 1, -1, 2, -2, Infinity, -Infinity];

/**
 * Norms of matrices along two axes: `"fro"` (the default) the root of the sum of squares, `"nuc"` the sum of
 * the singular values, 2 and -2 the largest and smallest of them, 1 and -1 the largest and smallest sum of a
 * column's magnitudes, ±Infinity of a row's.
 *
 * @example
 * matrixNorm(tensor([[1, 2], [3, 4]]), 1); // 6
 */
export function matrixNorm(
  x: Tensor,
  order: MatrixOrder = "fro",
  dims: readonly [number, number] = [-2, -1],
  options: ReduceOptions = {},
): Tensor {
  const what = "matrixNorm";
  checkFloat(x, what);
  const [a, b] = dims.map((d) => normalizeAxis(d, x.ndim, what));
  if (a === b) throw new RangeError(`${what}: the axes must differ, got [${dims.join(", ")}]`);
  if (!ORDERS.includes(order))
    throw new RangeError(
      `${what}: the order must be "fro", "nuc", 1, -1, 2, -2 or ±Infinity, got ${describe(order)}`,
    );
  if (order === "fro") return x.norm(2, [a, b], options);
  const { keepdim = false } = options;
  if (order === "nuc" || Math.abs(order) === 2) {
    const s = svdvals(x.movedim([a, b], [-2, -1]));
    const found = order === "nuc" ? s.sum(-1) : order > 0 ? s.amax(-1) : s.amin(-1);
    return keepdim
      ? [a, b].sort((p, q) => p - q).reduce((y, axis) => y.unsqueeze(axis), found)
      : found;
  }
  const [inside, outside] = Math.abs(order) === 1 ? [a, b] : [b, a];
  const sums = x.norm(1, inside, { keepdim: true });
  const found =
    order > 0 ? sums.amax(outside, { keepdim: true }) : sums.amin(outside, { keepdim: true });
  return keepdim ? found : found.squeeze([a, b]);
}

/**
 * The norm of order `order` (2 by default) over the axes `dim` as one vector, all by default: `(Σ |x|ᵖ)^(1/p)`;
 * Infinity and -Infinity are the largest and smallest magnitude, 0 counts what is not 0.
 *
 * @example
 * vectorNorm(tensor([[3, 0], [0, 4]])); // 5
 */
export function vectorNorm(x: Tensor, order = 2, dim?: Dim, options?: ReduceOptions): Tensor {
  checkFloat(x, "vectorNorm");
  return x.norm(order, dim, options);
}

/**
 * `matrixNorm` over two axes, `vectorNorm` over one. Without `dim` that of a vector or a matrix; without
 * `order` the root of the sum of squares of all elements.
 *
 * @example
 * norm(tensor([[3, 0], [0, 4]]), "nuc"); // 7
 */
export function norm(x: Tensor, order?: MatrixOrder, dim?: Dim, options?: ReduceOptions): Tensor {
  checkFloat(x, "norm");
  if (order === undefined) return x.norm(2, dim, options);
  const axes = dim === undefined ? x.shape.map((_, i) => i) : typeof dim === "number" ? [dim] : dim;
  if (axes.length === 1 && typeof order === "number") return vectorNorm(x, order, axes, options);
  if (axes.length !== 2)
    throw new RangeError(
      `norm: order ${describe(order)} is one of ${typeof order === "number" ? "vectors or " : ""}matrices, got ${showShape(x.shape)}${dim === undefined ? "" : ` and axes [${axes.join(", ")}]`}`,
    );
  return matrixNorm(x, order, [axes[0], axes[1]], options);
}
