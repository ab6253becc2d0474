import * as diagonals from "../tensor/diagonal.ts";
import * as T from "../tensor/index.ts";
import * as indexing from "../tensor/indexing.ts";
import * as shapes from "../tensor/shape.ts";
import { describe } from "../tensor/operand.ts";
import { Complex, type ComplexOperand, toComplex } from "./complex.ts";

// What only moves elements is done to both parts alike.

const { diag, diagonal, trace, tril, triu } = diagonals;
const { at, gather, indexSelect, maskedSelect, take, takeAlongDim } = indexing;

/** @internal Functions of a real tensor that become methods of complex ones. */
export const SHAPES = {
  ...shapes,
  at,
  diag,
  diagonal,
  gather,
  indexSelect,
  maskedSelect,
  take,
  takeAlongDim,
  trace,
  tril,
  triu,
};

type Lifted<R> = R extends T.Tensor[] ? Complex[] : Complex;
type LiftedMethod<F> = F extends (x: never, ...args: infer A) => infer R
  ? (...args: A) => Lifted<R>
  : never;

/** What moves elements: methods with the parameters of those of real tensors. */
export type ShapeMethods = { [K in keyof typeof SHAPES]: LiftedMethod<(typeof SHAPES)[K]> };

/** @internal `f` of both parts, which gives a tensor or a list of them. */
export function lifted(
  z: Complex,
  f: (part: T.Tensor) => T.Tensor | T.Tensor[],
): Complex | Complex[] {
  const [real, imag] = [f(z.real), f(z.imag)];
  if (!Array.isArray(real)) return new Complex(real, imag as T.Tensor);
  return real.map((part, i) => new Complex(part, (imag as T.Tensor[])[i]));
}

function joined(
  tensors: readonly ComplexOperand[],
  join: (parts: T.Tensor[]) => T.Tensor,
  what: string,
): Complex {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new TypeError(
      `${what}: expected an array of one or more tensors, got ${describe(tensors)}`,
    );
  const all = tensors.map((z: ComplexOperand) => toComplex(z, what));
  return new Complex(join(all.map((z) => z.real)), join(all.map((z) => z.imag)));
}

/**
 * Tensors, complex or real, one after the other along axis `dim`.
 *
 * @example
 * cat([complex(tensor([1]), tensor([2])), tensor([3])]); // [1+2i, 3+0i]
 */
export const cat = (tensors: readonly ComplexOperand[], dim = 0): Complex =>
  joined(tensors, (parts) => T.cat(parts, dim), "cat");

/**
 * Tensors of one shape, complex or real, along a new axis `dim`.
 *
 * @example
 * stack([complex(1, 2), complex(3, 4)]); // [1+2i, 3+4i]
 */
export const stack = (tensors: readonly ComplexOperand[], dim = 0): Complex =>
  joined(tensors, (parts) => T.stack(parts, dim), "stack");

/**
 * `a` where `cond` (bool) holds, else `b`; all three broadcast.
 *
 * @example
 * where(tensor([true, false]), complex(1, 2), 0); // [1+2i, 0+0i]
 */
export function where(cond: T.Tensor, a: ComplexOperand, b: ComplexOperand): Complex {
  const [x, y] = [toComplex(a, "where"), toComplex(b, "where")];
  return new Complex(T.where(cond, x.real, y.real), T.where(cond, x.imag, y.imag));
}
