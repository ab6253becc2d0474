import * as T from "../tensor/index.ts";
import { type Tensor, type Tolerance } from "../tensor/index.ts";
import { sub } from "./arithmetic.ts";
import { type ComplexOperand, toComplex } from "./complex.ts";
import { abs } from "./elementary.ts";

/**
 * Whether both parts are equal, elementwise with broadcasting.
 *
 * @example
 * eq(complex(tensor([1, 2]), 0), 1); // [true, false]
 */
export function eq(a: ComplexOperand, b: ComplexOperand): Tensor {
  const [x, y] = [toComplex(a, "eq"), toComplex(b, "eq")];
  return x.real.eq(y.real).logicalAnd(x.imag.eq(y.imag));
}

/**
 * Whether a part differs, elementwise with broadcasting.
 *
 * @example
 * ne(complex(tensor([1, 2]), 0), 1); // [false, true]
 */
export const ne = (a: ComplexOperand, b: ComplexOperand): Tensor =>
  eq(toComplex(a, "ne"), toComplex(b, "ne")).logicalNot();

/**
 * Whether `|a - b| ≤ atol + rtol · |b|`, or both are equal (infinities), elementwise.
 *
 * @example
 * isclose(complex(1, 1), complex(1, 1.000001)); // true
 */
export function isclose(a: ComplexOperand, b: ComplexOperand, options: Tolerance = {}): Tensor {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  const [x, y] = [a, b].map((z) => {
    const w = toComplex(z, "isclose");
    return w.dtype === "f16" ? w.to("f32") : w;
  });
  const size = abs(y);
  const near = abs(sub(x, y)).le(size.mul(rtol).add(atol)).logicalAnd(size.isfinite());
  const same = near.logicalOr(eq(x, y));
  if (!equalNan) return same;
  const nan = (z: typeof x): Tensor => z.real.isnan().logicalOr(z.imag.isnan());
  return same.logicalOr(nan(x).logicalAnd(nan(y)));
}

/**
 * Whether all elements are close, see `isclose`.
 *
 * @example
 * await allclose(complex(1, 1), complex(1, 2)); // false
 */
export const allclose = async (
  a: ComplexOperand,
  b: ComplexOperand,
  options: Tolerance = {},
): Promise<boolean> =>
  (await isclose(toComplex(a, "allclose"), toComplex(b, "allclose"), options).all().item()) !== 0;

/**
 * Whether shape and all elements are equal.
 *
 * @example
 * await equal(complex(1, 2), complex(1, 2)); // true
 */
export async function equal(a: ComplexOperand, b: ComplexOperand): Promise<boolean> {
  const [x, y] = [toComplex(a, "equal"), toComplex(b, "equal")];
  return (await T.equal(x.real, y.real)) && (await T.equal(x.imag, y.imag));
}
