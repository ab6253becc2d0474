import { showShape } from "../ir/shape.ts";
import { isFloat } from "../ir/dtype.ts";
import { type Tensor } from "./tensor.ts";
import { checkInteger, checkOption, checkTensor, describe } from "./operand.ts";

// Checks that several families share.

export { checkInteger, checkOption, checkTensor };

/** Throws unless `x` is a tensor of at least `rank` axes. */
export function checkAtLeast(x: Tensor, rank: number, what: string): void {
  checkTensor(x, what);
  if (x.ndim < rank)
    throw new RangeError(
      `${what}: expected at least ${rank} ${rank === 1 ? "axis" : "axes"}, got shape ${showShape(x.shape)}`,
    );
}

/** Throws unless `x` is a tensor of exactly `rank` axes. */
export function checkRank(x: Tensor, rank: number, what: string): void {
  checkTensor(x, what);
  if (x.ndim !== rank)
    throw new RangeError(
      `${what}: expected a tensor of ${rank} ${rank === 1 ? "axis" : "axes"}, got shape ${showShape(x.shape)}`,
    );
}

/** Throws unless `tensors` is an array of one or more tensors. */
export function checkTensors(tensors: readonly Tensor[], what: string): void {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new TypeError(
      `${what}: expected an array of one or more tensors, got ${describe(tensors)}`,
    );
  for (const x of tensors as unknown[]) checkTensor(x, what);
}

/** Throws for tensors that are not of a floating-point dtype. */
export function checkFloat(x: Tensor, what: string): void {
  checkTensor(x, what);
  if (!isFloat(x.dtype))
    throw new TypeError(
      `${what}: expected a floating-point tensor, got ${x.dtype}; use x.to("f32")`,
    );
}
