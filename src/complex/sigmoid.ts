import { add, mul, neg, reciprocal } from "./arithmetic.ts";
import { type Complex, type ComplexOperand, inSingle, isStored } from "./complex.ts";
import { exp } from "./elementary.ts";

/**
 * The logistic function `1 / (1 + exp(-z))`.
 *
 * @example
 * sigmoid(complex(0, 0)); // 0.5+0i
 */
export const sigmoid = (z: ComplexOperand): Complex =>
  isStored(z) ? inSingle(sigmoid, z) : reciprocal(add(exp(neg(z)), 1));

/**
 * `z · sigmoid(z)`.
 *
 * @example
 * silu(complex(1, 0)); // 0.7311+0i
 */
export const silu = (z: ComplexOperand): Complex =>
  isStored(z) ? inSingle(silu, z) : mul(z, sigmoid(z));
