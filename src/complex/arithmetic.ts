import * as T from "../tensor/index.ts";
import { type Operand, type Tensor, where } from "../tensor/index.ts";
import { Complex, type ComplexOperand, inSingle, isStored, toComplex, toReal } from "./complex.ts";
import { exp, log, sqrt } from "./elementary.ts";
import { pair } from "./make.ts";

/** Parts of an operand; none stands for an imaginary part of 0. Numbers stay, so that they widen nothing. */
interface Parts {
  readonly re: Operand;
  readonly im: Tensor | undefined;
}

function partsOf(x: ComplexOperand, what: string): Parts {
  if (x instanceof Complex) return { re: x.real, im: x.imag };
  return { re: typeof x === "number" ? x : toReal(x, what), im: undefined };
}

/** A part that may be 0 altogether, beside the other one. */
const joined = (re: Tensor, im: Tensor | undefined, what: string): Complex =>
  pair(re, im ?? re.zerosLike(), what);

/** Options of `add` and `sub`. */
export interface ScaledOptions {
  /** Factor of the second operand. Default 1. */
  readonly alpha?: number;
}

/**
 * `a + alpha · b`, elementwise with broadcasting.
 *
 * @example
 * add(complex(1, 2), complex(tensor([3, 4]), 1)); // [4+3i, 5+3i]
 * complex(1, 2).add(1); // 2+2i
 */
export function add(a: ComplexOperand, b: ComplexOperand, options?: ScaledOptions): Complex {
  if (isStored(a, b)) return inSingle(add, a, b, options);
  const [x, y] = [partsOf(a, "add"), partsOf(b, "add")];
  const re = T.add(x.re, y.re, options);
  const { alpha = 1 } = options ?? {};
  if (!y.im) return joined(re, x.im, "add");
  return joined(re, x.im ? T.add(x.im, y.im, options) : y.im.mul(alpha), "add");
}

/**
 * `a - alpha · b`, elementwise with broadcasting.
 *
 * @example
 * sub(complex(1, 2), complex(tensor([3, 4]), 1)); // [-2+1i, -3+1i]
 */
export function sub(a: ComplexOperand, b: ComplexOperand, options?: ScaledOptions): Complex {
  if (isStored(a, b)) return inSingle(sub, a, b, options);
  const [x, y] = [partsOf(a, "sub"), partsOf(b, "sub")];
  const re = T.sub(x.re, y.re, options);
  const { alpha = 1 } = options ?? {};
  if (!y.im) return joined(re, x.im, "sub");
  return joined(re, x.im ? T.sub(x.im, y.im, options) : y.im.mul(-alpha), "sub");
}

/**
 * `a · b`, elementwise with broadcasting.
 *
 * @example
 * mul(complex(1, 2), complex(3, 4)); // -5+10i
 */
export function mul(a: ComplexOperand, b: ComplexOperand): Complex {
  if (isStored(a, b)) return inSingle(mul, a, b);
  const [x, y] = [partsOf(a, "mul"), partsOf(b, "mul")];
  const re = T.mul(x.re, y.re);
  if (!x.im || !y.im) {
    const im = x.im ? T.mul(x.im, y.re) : y.im && T.mul(x.re, y.im);
    return joined(re, im, "mul");
  }
  return new Complex(re.sub(x.im.mul(y.im)), T.mul(x.re, y.im).add(T.mul(x.im, y.re)));
}

/**
 * `a / b`, elementwise with broadcasting.
 *
 * @example
 * div(complex(-5, 10), complex(3, 4)); // 1+2i
 */
export function div(a: ComplexOperand, b: ComplexOperand): Complex {
  if (isStored(a, b)) return inSingle(div, a, b);
  const [x, y] = [partsOf(a, "div"), partsOf(b, "div")];
  if (!y.im) return joined(T.div(x.re, y.re), x.im && T.div(x.im, y.re), "div");
  const { real, imag } = toComplex(b, "div");
  // In units of the divisor's larger part, squares neither overflow nor vanish. The quotient does not
  // depend on the unit.
  const unit = real.abs().maximum(imag.abs()).detach();
  const [c, d] = [real.div(unit), imag.div(unit)];
  const squares = c.square().add(d.square());
  const re = T.div(x.re, unit);
  if (!x.im) return joined(re.mul(c).div(squares), re.mul(d).neg().div(squares), "div");
  const im = T.div(x.im, unit);
  const [p, q] = [re.mul(c).add(im.mul(d)), im.mul(c).sub(re.mul(d))];
  return joined(p.div(squares), q.div(squares), "div");
}

/**
 * `1 / z`.
 *
 * @example
 * reciprocal(complex(3, 4)); // 0.12-0.16i
 */
export const reciprocal = (z: ComplexOperand): Complex => div(1, toComplex(z, "reciprocal"));

/**
 * `-z`.
 *
 * @example
 * neg(complex(1, -2)); // -1+2i
 */
export const neg = (z: ComplexOperand): Complex => toComplex(z, "neg").map((x) => x.neg());

/**
 * The conjugate: the imaginary part with the other sign.
 *
 * @example
 * conj(complex(1, 2)); // 1-2i
 */
export function conj(z: ComplexOperand): Complex {
  const { real, imag } = toComplex(z, "conj");
  return new Complex(real, imag.neg());
}

/**
 * `z²`.
 *
 * @example
 * square(complex(1, 2)); // -3+4i
 */
export const square = (z: ComplexOperand): Complex => mul(z, z);

const LARGEST_POWER = 64;

/**
 * `aᵇ`, elementwise with broadcasting: the principal value, `exp(b · log a)`. `0ᵇ` is 0, and 1 where b is 0.
 *
 * @example
 * pow(complex(1, 2), 3); // -11-2i
 * pow(complex(0, 1), complex(0, 1)).real; // 0.2079
 */
export function pow(a: ComplexOperand, b: ComplexOperand): Complex {
  if (isStored(a, b)) return inSingle(pow, a, b);
  if (typeof b === "number") {
    if (b === 0.5) return sqrt(a);
    if (Number.isInteger(b) && Math.abs(b) <= LARGEST_POWER) return wholePower(a, b);
  }
  const base = toComplex(a, "pow");
  const zero = base.real.eq(0).logicalAnd(base.imag.eq(0));
  const safe = new Complex(where(zero, 1, base.real), base.imag);
  const power = exp(mul(log(safe), b));
  const exponent = toComplex(b, "pow");
  const none = exponent.real.eq(0).logicalAnd(exponent.imag.eq(0));
  const one = none.to(power.dtype);
  return new Complex(where(zero, one, power.real), where(zero, 0, power.imag));
}

function wholePower(a: ComplexOperand, n: number): Complex {
  const z = toComplex(a, "pow");
  if (n < 0) return reciprocal(wholePower(z, -n));
  let result: Complex | undefined;
  let factor = z;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result ? mul(result, factor) : factor;
    if (left > 1) factor = mul(factor, factor);
  }
  return result ?? new Complex(z.real.onesLike(), z.imag.zerosLike());
}
