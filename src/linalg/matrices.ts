import { type DType } from "../ir/dtype.ts";
import { type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { checkFloat } from "../tensor/checks.ts";
import { arange, eye, matmul as product, type Tensor, where, zeros } from "../tensor/index.ts";
import { asWritten } from "../tensor/precision.ts";

// What the functions of matrices share. Inside, a batch of any rank is one of one axis: (B, m, n).

/** Throws unless `x` is a floating-point tensor of matrices (…, m, n). */
export function checkMatrices(x: Tensor, what: string): void {
  checkFloat(x, what);
  if (x.ndim < 2)
    throw new RangeError(`${what}: expected matrices (…, m, n), got ${showShape(x.shape)}`);
}

/** Throws unless `x` is a floating-point tensor of square matrices (…, n, n). */
export function checkSquare(x: Tensor, what: string): void {
  checkFloat(x, what);
  if (x.ndim < 2 || rowsOf(x) !== columnsOf(x))
    throw new RangeError(`${what}: expected square matrices (…, n, n), got ${showShape(x.shape)}`);
}

/** Throws unless two tensors have one dtype. */
export function checkSameDType(a: Tensor, b: Tensor, what: string): void {
  if (a.dtype !== b.dtype)
    throw new TypeError(
      `${what}: expected equal dtypes, got ${a.dtype} and ${b.dtype}; cast one, e.g. x.to("${a.dtype}")`,
    );
}

/** Products within an algorithm, which mixed precision leaves alone. */
export const matmul = (a: Tensor, b: Tensor): Tensor => asWritten(() => product(a, b));

export const rowsOf = (x: Tensor): number => x.shape[x.ndim - 2];
export const columnsOf = (x: Tensor): number => x.shape[x.ndim - 1];
/** The axes of a batch: all but those of the matrix. */
export const leadOf = (x: Tensor): Shape => x.shape.slice(0, -2);

/** Matrices (…, m, n) as (B, m, n). */
export const flat = (x: Tensor): Tensor => x.reshape(sizeOf(leadOf(x)), rowsOf(x), columnsOf(x));

/** The first axis of a result (B, …) as the axes `lead` of a batch. */
export const unflat = (x: Tensor, lead: Shape): Tensor => x.reshape(...lead, ...x.shape.slice(1));

/** The distance from 1 to the next number of a floating-point dtype. */
export const epsilonOf = (dtype: DType): number => (dtype === "f64" ? 2 ** -52 : 2 ** -23);

/** Unit matrices (B, n, n). */
export const units = (batch: number, n: number, dtype: DType): Tensor =>
  eye(n, n, { dtype }).expand(batch, n, n);

/** Entry j of axis `dim`, which stays with size 1; j is a scalar tensor of positions. */
export const entry = (x: Tensor, dim: number, j: Tensor): Tensor =>
  x.indexSelect(dim, j.reshape(1));

/** Rows of matrices (B, m, n) in the order (B, k) of their positions. */
export const rowsAt = (x: Tensor, order: Tensor): Tensor =>
  x.gather(1, order.unsqueeze(-1).expand(...order.shape, columnsOf(x)));

/** Matrices with `d` (B, n) on the diagonal. */
export function diagonals(d: Tensor): Tensor {
  const [batch, n] = d.shape;
  const unit = eye(n, n, { dtype: "bool" }).expand(batch, n, n);
  return where(unit, d.unsqueeze(-1).expand(batch, n, n), 0);
}

/** The main diagonals (…, k) of matrices (…, m, n). */
export const diagonalOf = (x: Tensor): Tensor => x.diagonal(0, -2, -1);

/** `x` with rows and columns of zeros after its own, to (…, m, n). */
export const padTo = (x: Tensor, m: number, n: number): Tensor =>
  x.pad([0, n - columnsOf(x), 0, m - rowsOf(x)]);

/** Whether entry i of a vector of n has a position below, at or above that of the scalar tensor j. */
export const positions = (n: number): Tensor => arange(n);

/** Zeros of a shape in the dtype of `x`. */
export const zerosFor = (x: Tensor, ...shape: number[]): Tensor => zeros(shape, { dtype: x.dtype });
