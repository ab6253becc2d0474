import { full, type TensorOptions } from "./create.ts";
import { rand, randn, type RandomOptions } from "./random.ts";
import type { Tensor } from "./tensor.ts";

/** `value` everywhere, with x's shape and dtype. */
export function fullLike(x: Tensor, value: number | boolean, options: TensorOptions = {}): Tensor {
  return full(x.shape, value, { dtype: x.dtype, ...options });
}

/** Zeros with x's shape and dtype. */
export function zerosLike(x: Tensor, options?: TensorOptions): Tensor {
  return fullLike(x, 0, options);
}

/** Ones with x's shape and dtype. */
export function onesLike(x: Tensor, options?: TensorOptions): Tensor {
  return fullLike(x, 1, options);
}

/** Uniform random numbers in [0, 1) with x's shape and dtype. */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return rand(x.shape, { dtype: x.dtype, ...options });
}

/** Standard normal random numbers with x's shape and dtype. */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return randn(x.shape, { dtype: x.dtype, ...options });
}
