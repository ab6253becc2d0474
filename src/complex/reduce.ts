import { normalizeAxis } from "../ir/shape.ts";
import * as T from "../tensor/index.ts";
import { type Dim, type ReduceOptions } from "../tensor/index.ts";
import { reduceAxes, reducedShape } from "../tensor/operand.ts";
import { mul } from "./arithmetic.ts";
import { Complex, type ComplexOperand, inSingle, isStored, toComplex } from "./complex.ts";

/**
 * Sum over the axes `dim` (all by default).
 *
 * @example
 * sum(complex(tensor([1, 2]), tensor([3, -1]))); // 3+2i
 */
export const sum = (z: ComplexOperand, dim?: Dim, options?: ReduceOptions): Complex =>
  toComplex(z, "sum").map((x) => T.sum(x, dim, options));

/**
 * Mean over the axes `dim` (all by default).
 *
 * @example
 * mean(complex(tensor([1, 2]), tensor([3, -1]))); // 1.5+1i
 */
export const mean = (z: ComplexOperand, dim?: Dim, options?: ReduceOptions): Complex =>
  toComplex(z, "mean").map((x) => T.mean(x, dim, options));

/**
 * Product over the axes `dim` (all by default), by halves. 1 for no elements.
 *
 * @example
 * prod(complex(tensor([1, 3]), tensor([2, 4]))); // -5+10i
 */
export function prod(z: ComplexOperand, dim?: Dim, options: ReduceOptions = {}): Complex {
  if (isStored(z)) return inSingle(prod, z, dim, options);
  const w = toComplex(z, "prod");
  const axes = reduceAxes(dim, w.ndim, "prod");
  const others = w.real.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const kept = others.map((i) => w.shape[i]);
  const count = axes.reduce((n, axis) => n * w.shape[axis], 1);
  const last = kept.length;
  let factors = w.map((x) => x.permute([...others, ...axes]).reshape([...kept, count]));
  if (count === 0) {
    const one = factors.real.sum(last).onesLike();
    factors = new Complex(one, one.zerosLike()).map((x) => x.unsqueeze(last));
  }
  for (let n = factors.shape[last]; n > 1; n = factors.shape[last]) {
    const half = Math.floor(n / 2);
    const part = (start: number, length: number): Complex =>
      factors.map((x) => x.narrow(last, start, length));
    const products = mul(part(0, half), part(half, half));
    const odd = part(2 * half, n % 2);
    factors = new Complex(
      T.cat([products.real, odd.real], last),
      T.cat([products.imag, odd.imag], last),
    );
  }
  return factors.map((x) => x.reshape(reducedShape(w.shape, axes, options.keepdim ?? false)));
}

/** A product that is linear in both factors, of their parts. */
function bilinear(
  a: ComplexOperand,
  b: ComplexOperand,
  product: (a: T.Tensor, b: T.Tensor) => T.Tensor,
  what: string,
): Complex {
  if (isStored(a, b)) return inSingle((x, y) => bilinear(x, y, product, what), a, b);
  const [x, y] = [toComplex(a, what), toComplex(b, what)];
  const real = (z: ComplexOperand): boolean => !(z instanceof Complex);
  if (real(a)) return y.map((part) => product(x.real, part));
  if (real(b)) return x.map((part) => product(part, y.real));
  return new Complex(
    product(x.real, y.real).sub(product(x.imag, y.imag)),
    product(x.real, y.imag).add(product(x.imag, y.real)),
  );
}

/**
 * Matrix product with the rules of `matmul` of real tensors; one factor may be real.
 *
 * @example
 * const [a, b] = [complex(tensor([[1, 0]]), 1), tensor([[1], [2]])];
 * matmul(a, b); // [[1+3i]]
 */
export const matmul = (a: ComplexOperand, b: ComplexOperand): Complex =>
  bilinear(a, b, T.matmul, "matmul");

/**
 * Sum of the products of two vectors; neither is conjugated.
 *
 * @example
 * dot(complex(tensor([1, 0]), 1), complex(tensor([1, 1]), 0)); // 1+2i
 */
export const dot = (a: ComplexOperand, b: ComplexOperand): Complex => bilinear(a, b, T.dot, "dot");

/**
 * Sum of the products of two vectors, the first of them conjugated.
 *
 * @example
 * vdot(complex(tensor([0, 0]), tensor([1, 2])), complex(tensor([0, 0]), tensor([1, 2]))); // 5+0i
 */
export const vdot = (a: ComplexOperand, b: ComplexOperand): Complex => {
  const { real, imag } = toComplex(a, "vdot");
  return bilinear(new Complex(real, imag.neg()), b, T.dot, "vdot");
};

/**
 * Running sum along axis `dim`.
 *
 * @example
 * cumsum(complex(tensor([1, 2]), tensor([3, -1])), 0); // [1+3i, 3+2i]
 */
export function cumsum(z: ComplexOperand, dim: number): Complex {
  const w = toComplex(z, "cumsum");
  normalizeAxis(dim, w.ndim, "cumsum");
  return w.map((x) => T.cumsum(x, dim));
}
