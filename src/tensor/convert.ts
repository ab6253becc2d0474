import { type DType } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { checkDType, checkTensor } from "./operand.ts";
import { Tensor } from "./tensor.ts";

/**
 * The elements as another dtype. Floats become integers toward zero; anything but 0 becomes `true`.
 *
 * @example
 * tensor([1.7, -1.7]).to("i32"); // [1, -1]
 */
export function to(x: Tensor, dtype: DType): Tensor {
  if (dtype === undefined) throw new TypeError("to: expected a dtype, got undefined");
  checkDType(dtype, "to");
  return dtype === x.dtype ? x : new Tensor(ops.cast(x.node, dtype));
}

/**
 * `x.to("f32")`.
 *
 * @example
 * tensor([1, 2], { dtype: "i32" }).float().dtype; // f32
 */
export const float = (x: Tensor): Tensor => to(x, "f32");
/**
 * `x.to("f64")`.
 *
 * @example
 * tensor([1, 2]).double().dtype; // f64
 */
export const double = (x: Tensor): Tensor => to(x, "f64");
/**
 * `x.to("i32")`.
 *
 * @example
 * tensor([1.7, -1.7]).int(); // [1, -1]
 */
export const int = (x: Tensor): Tensor => to(x, "i32");
/**
 * `x.to("bool")`: true where x is not 0.
 *
 * @example
 * tensor([0, 0.5]).bool(); // [false, true]
 */
export const bool = (x: Tensor): Tensor => to(x, "bool");
/**
 * x as the dtype of `other`.
 *
 * @example
 * tensor([1.5, 2]).typeAs(arange(3)); // [1, 2]
 */
export function typeAs(x: Tensor, other: Tensor): Tensor {
  checkTensor(other, "typeAs");
  return to(x, other.dtype);
}
