import { full, ones, type TensorOptions, zeros } from "./create.ts";
import { rand, randn, type RandomOptions } from "./random.ts";
import type { Scalar } from "./operand.ts";
import type { Tensor } from "./tensor.ts";

/**
 * `value` everywhere, with x's shape and dtype.
 *
 * @example
 * tensor([1, 2]).fullLike(7); // [7, 7]
 */
export function fullLike(x: Tensor, value: Scalar, options: TensorOptions = {}): Tensor {
  return full(x.shape, value, { dtype: x.dtype, ...options });
}

/**
 * Zeros with x's shape and dtype.
 *
 * @example
 * tensor([1, 2]).zerosLike(); // [0, 0]
 */
export function zerosLike(x: Tensor, options?: TensorOptions): Tensor {
  return zeros(x.shape, { dtype: x.dtype, ...options });
}

/**
 * Ones with x's shape and dtype.
 *
 * @example
 * tensor([1, 2]).onesLike(); // [1, 1]
 */
export function onesLike(x: Tensor, options?: TensorOptions): Tensor {
  return ones(x.shape, { dtype: x.dtype, ...options });
}

/**
 * Uniform random numbers in [0, 1) with x's shape and dtype.
 *
 * @example
 * zeros([2, 3]).randLike(); // (2, 3)
 */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return rand(x.shape, { dtype: x.dtype, ...options });
}

/**
 * Standard normal random numbers with x's shape and dtype.
 *
 * @example
 * zeros([2, 3]).randnLike(); // (2, 3)
 */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return randn(x.shape, { dtype: x.dtype, ...options });
}
