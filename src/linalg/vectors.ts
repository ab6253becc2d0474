import { normalizeAxis, showShape } from "../ir/shape.ts";
import { stack, type Tensor } from "../tensor/index.ts";
import { checkTensor } from "../tensor/checks.ts";
import { atPrecision } from "../tensor/precision.ts";

/**
 * Sums of products along axis `dim` (the last by default), with broadcasting.
 *
 * @example
 * vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 1])); // [3, 7]
 */
export function vecdot(a: Tensor, b: Tensor, dim = -1): Tensor {
  [a, b] = atPrecision("low", a, b);
  const products = a.mul(b);
  return products.sum(dim, { dtype: products.dtype });
}

/**
 * Cross product of vectors of 3 entries along axis `dim` (the last by default), with broadcasting.
 *
 * @example
 * cross(tensor([1, 0, 0]), tensor([0, 1, 0])); // [0, 0, 1]
 */
export function cross(a: Tensor, b: Tensor, dim = -1): Tensor {
  checkTensor(b, "cross");
  [a, b] = atPrecision("widest", a, b);
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

/** Options of `diagonal`. */
export interface DiagonalOptions {
  /** Which diagonal: > 0 above the main one, < 0 below. Default 0. */
  readonly offset?: number;
  /** The axis of rows. Default -2. */
  readonly dim1?: number;
  /** The axis of columns. Default -1. */
  readonly dim2?: number;
}

/**
 * The diagonals (…, k) of matrices (…, m, n): `Tensor.diagonal` for the last two axes.
 *
 * @example
 * diagonal(tensor([[[1, 2], [3, 4]]])); // [[1, 4]]
 */
export function diagonal(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkTensor(x, "diagonal");
  const { offset = 0, dim1 = -2, dim2 = -1 } = options;
  return x.diagonal(offset, dim1, dim2);
}
