import * as C from "../complex/index.ts";
import { Complex } from "../complex/index.ts";
import * as T from "../tensor/index.ts";
import { Tensor } from "../tensor/index.ts";
import { checkFloat } from "../tensor/checks.ts";
import { asWritten } from "../tensor/precision.ts";

// What functions of real and of complex matrices are written with; real ones stay real.

/** Real or complex numbers. */
export type Numbers = Tensor | Complex;

/** Throws unless `x` is complex, or a real floating-point tensor. */
export function checkNumbers(x: Numbers, what: string): void {
  if (!(x instanceof Complex)) checkFloat(x, what);
}

/** `f` of both parts, or of the only one. */
export const each = <N extends Numbers>(x: N, f: (part: Tensor) => Tensor): N =>
  (x instanceof Complex ? x.map(f) : f(x)) as N;

const isReal = (x: Numbers | number): x is Tensor => x instanceof Tensor;

export const times = (x: Numbers, y: Numbers): Numbers =>
  isReal(x) && isReal(y) ? x.mul(y) : C.mul(x, y);

export const minus = (x: Numbers, y: Numbers): Numbers =>
  isReal(x) && isReal(y) ? x.sub(y) : C.sub(x, y);

export const over = (x: Numbers, y: Numbers): Numbers =>
  isReal(x) && isReal(y) ? x.div(y) : C.div(x, y);

export const product = (x: Numbers, y: Numbers): Numbers =>
  asWritten(() => (isReal(x) && isReal(y) ? T.matmul(x, y) : C.matmul(x, y)));

/** `x` where `cond` holds, else `y`; one of them is a tensor. */
export const choose = (cond: Tensor, x: Numbers | number, y: Numbers | number): Numbers =>
  x instanceof Complex || y instanceof Complex ? C.where(cond, x, y) : T.where(cond, x, y);

export const joined = (xs: readonly Numbers[], dim: number): Numbers =>
  xs.every(isReal) ? T.cat(xs, dim) : C.cat(xs, dim);

export const conjugate = (x: Numbers): Numbers => (x instanceof Complex ? C.conj(x) : x);

export const modulus = (x: Numbers): Tensor => (x instanceof Complex ? C.abs(x) : x.abs());

/** |x| + |y| of x + iy: what LAPACK compares pivots by. */
export const magnitude = (x: Numbers): Tensor =>
  x instanceof Complex ? x.real.abs().add(x.imag.abs()) : x.abs();

/** Real numbers as complex ones where `like` is. */
export const asForm = (x: Tensor, like: Numbers): Numbers =>
  like instanceof Complex ? C.complex(x, x.zerosLike()) : x;
