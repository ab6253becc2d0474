import { renorm } from "../extra/products.ts";
import { frequencies } from "../extra/frequencies.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { type Parameter } from "./parameter.ts";

// What tables of vectors have in common.

/** A row's position that may count from the end. @throws RangeError when it is outside the table. */
export function checkPaddingIdx(
  paddingIdx: number | undefined,
  rows: number,
  what: string,
): number | undefined {
  if (paddingIdx === undefined) return undefined;
  if (!(Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows))
    throw new RangeError(
      `${what}: paddingIdx must be an integer from ${-rows} to ${rows - 1}, got ${paddingIdx}`,
    );
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/** Shortens the rows of `weight` that x names to the norm `maxNorm`. */
export function shorten(weight: Parameter, x: Tensor, maxNorm: number, normType: number): void {
  const used = frequencies(x, weight.shape[0], weight.dtype).gt(0).unsqueeze(1);
  const rows = weight.detach();
  weight.rebind(where(used, renorm(rows, normType, 0, maxNorm), rows));
}
