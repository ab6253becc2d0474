import { type DType } from "../ir/dtype.ts";
import { full, type Tensor } from "../tensor/index.ts";

/** How often each of `rows` positions is in x. */
export const frequencies = (x: Tensor, rows: number, dtype: DType): Tensor =>
  full([rows], 0, { dtype }).scatterAdd(0, x.flatten(), 1);

/** The rows y (…, dim) at positions x with gradients that are divided by how often each is used. */
export function scaledByFrequency(y: Tensor, x: Tensor, rows: number): Tensor {
  const count = frequencies(x, rows, y.dtype).take(x).unsqueeze(-1);
  const still = y.detach();
  // The difference is 0, so that the values stay as they are.
  return y.sub(still).div(count).add(still);
}
