import { isFloat, promote } from "../ir/dtype.ts";
import { broadcastShapes, showShape } from "../ir/shape.ts";
import { cos, mul, sin, stack, type Tensor } from "../tensor/index.ts";
import { checkTensor, describe } from "../tensor/operand.ts";
import { checkComplex, Complex, type ComplexOperand, toComplex, toReal } from "./complex.ts";

/** Both parts as tensors of one shape and dtype. */
export function pair(real: Tensor, imag: Tensor, what: string): Complex {
  const shape = broadcastShapes(real.shape, imag.shape, what);
  const dtype = promote(real.dtype, imag.dtype);
  const fit = (x: Tensor): Tensor => x.to(dtype).broadcastTo(shape);
  return new Complex(fit(real), fit(imag));
}

/** Throws unless `x` is a floating-point tensor. */
function checkPart(x: Tensor, what: string): void {
  checkTensor(x, what);
  if (!isFloat(x.dtype))
    throw new TypeError(
      `${what}: expected a floating-point tensor, got ${describe(x)}; use x.to("f32")`,
    );
}

/**
 * `real + i · imag` of floating-point tensors or numbers, which broadcast.
 *
 * Throws for integers.
 *
 * @example
 * complex(tensor([1, 2]), tensor([3, -4])); // [1+3i, 2-4i]
 * complex(0, 1); // 0+1i
 */
export function complex(real: Tensor | number, imag: Tensor | number): Complex {
  for (const x of [real, imag]) if (typeof x !== "number") checkPart(x, "complex");
  const parts = [toReal(real, "complex"), toReal(imag, "complex")];
  // A number takes the dtype of the other part.
  if (typeof real === "number") parts[0] = parts[0].to(parts[1].dtype);
  if (typeof imag === "number") parts[1] = parts[1].to(parts[0].dtype);
  return pair(parts[0], parts[1], "complex");
}

/**
 * `abs · (cos angle + i sin angle)`.
 *
 * @example
 * polar(tensor([2]), tensor([Math.PI / 2])).imag; // [2]
 */
export function polar(abs: Tensor, angle: Tensor): Complex {
  for (const x of [abs, angle]) checkPart(x, "polar");
  return pair(mul(abs, cos(angle)), mul(abs, sin(angle)), "polar");
}

/**
 * The parts along a new last axis of size 2.
 *
 * @example
 * viewAsReal(complex(tensor([1, 2]), tensor([3, 4]))); // [[1, 3], [2, 4]]
 */
export function viewAsReal(z: Complex): Tensor {
  checkComplex(z, "viewAsReal");
  return stack([z.real, z.imag], -1);
}

/**
 * A real tensor whose last axis, of size 2, holds real and imaginary parts.
 *
 * @example
 * viewAsComplex(tensor([[1, 3], [2, 4]])); // [1+3i, 2+4i]
 */
export function viewAsComplex(x: Tensor): Complex {
  checkPart(x, "viewAsComplex");
  if (x.ndim === 0 || x.shape[x.ndim - 1] !== 2)
    throw new RangeError(
      `viewAsComplex: the last axis must have size 2, got shape ${showShape(x.shape)}`,
    );
  return new Complex(x.select(-1, 0), x.select(-1, 1));
}

/**
 * The real parts; of a real tensor itself.
 *
 * @example
 * real(complex(tensor([1, 2]), tensor([3, 4]))); // [1, 2]
 */
export function real(z: Complex | Tensor): Tensor {
  if (z instanceof Complex) return z.real;
  checkTensor(z, "real");
  return z;
}

/**
 * The imaginary parts. Throws for real tensors, as PyTorch does.
 *
 * @example
 * imag(complex(tensor([1, 2]), tensor([3, 4]))); // [3, 4]
 */
export function imag(z: Complex): Tensor {
  checkComplex(z, "imag");
  return z.imag;
}

/**
 * Whether a value is a complex tensor.
 *
 * @example
 * isComplex(complex(1, 2)); // true
 * isComplex(tensor(1)); // false
 */
export const isComplex = (x: unknown): x is Complex => x instanceof Complex;

/**
 * Complex with parts in half precision, in which they are stored: functions compute in single precision, and round
 * what they give.
 *
 * @example
 * chalf(tensor([0.1, 2])); // [0.1000+0i, 2+0i]
 */
export const chalf = (x: ComplexOperand): Complex => toComplex(x, "chalf").to("f16");

/**
 * Complex with parts in single precision.
 *
 * @example
 * cfloat(tensor([1, 2])); // [1+0i, 2+0i]
 */
export const cfloat = (x: ComplexOperand): Complex => toComplex(x, "cfloat").to("f32");

/**
 * Complex with parts in double precision.
 *
 * @example
 * cdouble(tensor([1, 2])).dtype; // f64
 */
export function cdouble(x: ComplexOperand): Complex {
  if (x instanceof Complex || typeof x === "number") return toComplex(x, "cdouble").to("f64");
  checkTensor(x, "cdouble");
  return toComplex(x.to("f64"), "cdouble");
}
