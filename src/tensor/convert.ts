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
 * `x.to("f16")`: 5 bits of exponent and 10 of fraction; beyond 65504 are infinities.
 *
 * @example
 * tensor([0.1, 70000]).half(); // [0.0999755859375, Infinity]
 */
export const half = (x: Tensor): Tensor => to(x, "f16");
/**
 * `x.to("bf16")`: the upper half of an f32, 8 bits of exponent and 7 of fraction.
 *
 * @example
 * tensor([0.1, 70000]).bfloat16(); // [0.10009765625, 70144]
 */
export const bfloat16 = (x: Tensor): Tensor => to(x, "bf16");
/**
 * `x.to("i8")`.
 *
 * @example
 * tensor([1.7, 130]).char(); // [1, -126]
 */
export const char = (x: Tensor): Tensor => to(x, "i8");
/**
 * `x.to("i16")`.
 *
 * @example
 * tensor([1.7, 40000]).short(); // [1, -25536]
 */
export const short = (x: Tensor): Tensor => to(x, "i16");
/**
 * `x.to("i32")`.
 *
 * @example
 * tensor([1.7, -1.7]).int(); // [1, -1]
 */
export const int = (x: Tensor): Tensor => to(x, "i32");
/**
 * `x.to("i64")`.
 *
 * @example
 * tensor([1.7, 2 ** 40]).long(); // [1, 1099511627776]
 */
export const long = (x: Tensor): Tensor => to(x, "i64");
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
