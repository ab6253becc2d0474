import { atan2, type Tensor, where } from "../tensor/index.ts";
import { Complex, type ComplexOperand, inSingle, isStored, toComplex } from "./complex.ts";

/** Whether numbers are below zero, -0 among them. */
const isNegative = (x: Tensor): Tensor => where(x.eq(0), x.reciprocal().lt(0), x.lt(0));

/**
 * The absolute value `√(x² + y²)`, a real tensor; its derivative at 0 is 0.
 *
 * @example
 * abs(complex(3, 4)); // 5
 */
export function abs(z: ComplexOperand): Tensor {
  if (isStored(z)) return inSingle(abs, z);
  const { real, imag } = toComplex(z, "abs");
  // In units of the larger part, squares neither overflow nor vanish. The result does not depend on it.
  const largest = real.abs().maximum(imag.abs()).detach();
  const zero = largest.eq(0);
  const size = where(zero.logicalOr(largest.isinf()), 1, largest);
  const squares = real.div(size).square().add(imag.div(size).square());
  return where(zero, 0, where(zero, 1, squares).sqrt().mul(size));
}

/**
 * The angle between the positive real axis and z, from -π to π, a real tensor; its derivative at 0 is 0.
 *
 * @example
 * angle(complex(tensor([1, 0, -1]), tensor([0, 1, 0]))); // [0, 1.5708, 3.1416]
 */
export function angle(z: ComplexOperand): Tensor {
  if (isStored(z)) return inSingle(angle, z);
  const { real, imag } = toComplex(z, "angle");
  const zero = real.eq(0).logicalAnd(imag.eq(0));
  const value = atan2(where(zero, imag.detach(), imag), where(zero, real.onesLike(), real));
  return where(zero, atan2(imag.detach(), real.detach()), value);
}

/**
 * `z / |z|`, and 0 where z is 0.
 *
 * @example
 * sgn(complex(tensor([3, 0]), tensor([4, 0]))); // [0.6+0.8i, 0+0i]
 */
export function sgn(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(sgn, z);
  const w = toComplex(z, "sgn");
  const size = abs(w);
  const safe = where(size.eq(0), 1, size);
  return w.map((x) => x.div(safe));
}

/**
 * The exponential function `eˣ (cos y + i sin y)`.
 *
 * @example
 * exp(complex(0, Math.PI)); // -1+0i
 */
export function exp(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(exp, z);
  const { real, imag } = toComplex(z, "exp");
  const size = real.exp();
  return new Complex(size.mul(imag.cos()), size.mul(imag.sin()));
}

/**
 * The natural logarithm `log |z| + i angle(z)`, with a cut along the negative real axis.
 *
 * @example
 * log(complex(-1, 0)); // 0+3.1416i
 */
export function log(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(log, z);
  const w = toComplex(z, "log");
  return new Complex(abs(w).log(), angle(w));
}

/**
 * The square root whose real part is not negative, with a cut along the negative real axis.
 *
 * @example
 * sqrt(complex(-4, 0)); // 0+2i
 * sqrt(complex(3, 4)); // 2+1i
 */
export function sqrt(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(sqrt, z);
  const { real, imag } = toComplex(z, "sqrt");
  const zero = real.eq(0).logicalAnd(imag.eq(0));
  // The part in which nothing cancels; the other follows from 2 · re · im = y.
  const size = abs(new Complex(where(zero, 1, real), imag));
  const large = size.add(real.abs()).mul(0.5).sqrt();
  const small = imag.div(large.mul(2));
  const left = real.lt(0);
  const down = isNegative(imag);
  const re = where(left, small.abs(), large);
  const im = where(left, where(down, large.neg(), large), small);
  return new Complex(where(zero, 0, re), where(zero, imag, im));
}

/**
 * The sine.
 *
 * @example
 * sin(complex(0, 1)); // 0+1.1752i
 */
export function sin(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(sin, z);
  const { real, imag } = toComplex(z, "sin");
  return new Complex(real.sin().mul(imag.cosh()), real.cos().mul(imag.sinh()));
}

/**
 * The cosine.
 *
 * @example
 * cos(complex(0, 1)).real; // 1.5431
 */
export function cos(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(cos, z);
  const { real, imag } = toComplex(z, "cos");
  return new Complex(real.cos().mul(imag.cosh()), real.sin().mul(imag.sinh()).neg());
}

/**
 * The tangent.
 *
 * @example
 * tan(complex(0, 1)); // 0+0.7616i
 */
export function tan(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(tan, z);
  const { real, imag } = toComplex(z, "tan");
  // tan z = -i tanh(i z)
  const turned = tanh(new Complex(imag.neg(), real));
  return new Complex(turned.imag, turned.real.neg());
}

/**
 * The hyperbolic sine.
 *
 * @example
 * sinh(complex(1, 0)); // 1.1752+0i
 */
export function sinh(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(sinh, z);
  const { real, imag } = toComplex(z, "sinh");
  return new Complex(real.sinh().mul(imag.cos()), real.cosh().mul(imag.sin()));
}

/**
 * The hyperbolic cosine.
 *
 * @example
 * cosh(complex(1, 0)).real; // 1.5431
 */
export function cosh(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(cosh, z);
  const { real, imag } = toComplex(z, "cosh");
  return new Complex(real.cosh().mul(imag.cos()), real.sinh().mul(imag.sin()));
}

/**
 * The hyperbolic tangent.
 *
 * @example
 * tanh(complex(1, 0)); // 0.7616+0i
 */
export function tanh(z: ComplexOperand): Complex {
  if (isStored(z)) return inSingle(tanh, z);
  const { real, imag } = toComplex(z, "tanh");
  // (sinh 2x + i sin 2y) / (cosh 2x + cos 2y), times e^(-2|x|) so that nothing overflows, and in terms of
  // which none cancel near the poles.
  const left = real.lt(0);
  const down = where(left, real, real.neg()).mul(2);
  const t = down.exp();
  const rest = down.expm1().neg();
  const [c, s] = [imag.cos(), imag.sin()];
  const below = rest.square().add(t.mul(c.square()).mul(4));
  const above = rest.mul(t.add(1));
  return new Complex(where(left, above.neg(), above).div(below), t.mul(s).mul(c).mul(4).div(below));
}
