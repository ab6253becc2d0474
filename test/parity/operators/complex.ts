import * as C from "../../../src/complex/index.ts";
import { type Complex } from "../../../src/complex/index.ts";
import { numberOf, one, op, type Operator, two } from "../bind.ts";

/** An operator that takes real and complex samples alike. */
const both = (operator: Operator): Operator => ({ ...operator, complex: operator });

/** Operators that make complex numbers or take them apart. */
export const COMPLEX: Record<string, Operator> = {
  complex: op("real imag", (a) => C.complex(a.real, a.imag)),
  polar: op("abs angle", (a) => C.polar(a.abs, a.angle)),
  view_as_real: both(one(C.viewAsReal)),
  view_as_complex: one(C.viewAsComplex),
  imag: both(one(C.imag)),
  // Gradients of parts in double precision are rounded to single precision.
  cfloat: both(
    op("input memory_format", (a) => C.cfloat(a.input), { tolerance: { f64: [1e-6, 1e-6] } }),
  ),
  chalf: both(
    op("input memory_format", (a) => C.chalf(a.input), {
      // Gradients are rounded to half precision.
      tolerance: { f32: [1e-3, 1e-3], f64: [1e-3, 1e-3] },
    }),
  ),
  cdouble: both(op("input memory_format", (a) => C.cdouble(a.input))),
  "nn.functional.silu[complex]": both(op("input inplace", (a) => C.silu(a.input))),
};

// Rounding errors are those of the modulus, which may be much larger than a part.
const LARGE = { tolerance: { f32: [1e-3, 1e-3] } } as const;

const same = one((z: Complex) => z);

/** Of operators with real samples: how they are written for complex ones. */
export const COMPLEX_FORMS: Readonly<Record<string, Operator>> = {
  real: one(C.real),
  conj: one(C.conj),
  conj_physical: one(C.conj),
  resolve_conj: same,
  resolve_neg: same,
  abs: one(C.abs),
  angle: one(C.angle),
  sgn: one(C.sgn),
  neg: one(C.neg),
  reciprocal: one(C.reciprocal),
  square: one(C.square),
  sqrt: one(C.sqrt),
  exp: one(C.exp),
  log: one(C.log),
  sin: one(C.sin, LARGE),
  cos: one(C.cos, LARGE),
  tan: one(C.tan),
  sinh: one(C.sinh, LARGE),
  cosh: one(C.cosh, LARGE),
  tanh: one(C.tanh),
  sigmoid: one(C.sigmoid),

  add: op("input other alpha", (a) => C.add(a.input, a.other, { alpha: a.alpha })),
  sub: op("input other alpha", (a) => C.sub(a.input, a.other, { alpha: a.alpha })),
  mul: two(C.mul),
  div: op("input other rounding_mode", (a) => C.div(a.input, a.other)),
  true_divide: two(C.div),
  pow: op("input exponent", (a) => C.pow(a.input, a.exponent), LARGE),
  __radd__: op("input other", (a) => C.add(a.other, a.input)),
  __rsub__: op("input other", (a) => C.sub(a.other, a.input)),
  __rmul__: op("input other", (a) => C.mul(a.other, a.input)),
  __rdiv__: op("input other", (a) => C.div(a.other, a.input)),
  eq: two(C.eq),
  ne: two(C.ne),
  isclose: op("input other rtol atol equal_nan", (a) => C.isclose(a.input, a.other, a)),
  allclose: op("input other rtol atol equal_nan", (a) => C.allclose(a.input, a.other, a)),
  where: op("self condition other", (a) => C.where(a.condition, a.self, a.other)),

  sum: op("input dim keepdim", (a) => C.sum(a.input, a.dim, a)),
  mean: op("input dim keepdim", (a) => C.mean(a.input, a.dim, a)),
  prod: op("input dim keepdim", (a) => C.prod(a.input, a.dim, a)),
  cumsum: op("input dim", (a) => C.cumsum(a.input, a.dim)),
  matmul: two(C.matmul),
  mm: op("input mat2", (a) => C.matmul(a.input, a.mat2)),
  bmm: op("input mat2", (a) => C.matmul(a.input, a.mat2)),
  mv: op("input vec", (a) => C.matmul(a.input, a.vec)),
  dot: two(C.dot),
  vdot: two(C.vdot),

  cat: op("tensors dim", (a) => C.cat(a.tensors, a.dim)),
  stack: op("tensors dim", (a) => C.stack(a.tensors, a.dim)),
  reshape: op("input shape", (a) => (a.input as Complex).reshape(a.shape)),
  transpose: op("input dim0 dim1", (a) => (a.input as Complex).transpose(a.dim0, a.dim1)),
  permute: op("input dims", (a) => (a.input as Complex).permute(a.dims)),
  squeeze: op("input dim", (a) => (a.input as Complex).squeeze(a.dim)),
  unsqueeze: op("input dim", (a) => (a.input as Complex).unsqueeze(a.dim)),
  flip: op("input dims", (a) => (a.input as Complex).flip(a.dims)),
  roll: op("input shifts dims", (a) => (a.input as Complex).roll(a.shifts, a.dims)),
  narrow: op("input dim start length", (a) =>
    (a.input as Complex).narrow(a.dim, numberOf(a.start), a.length),
  ),
  select: op("input dim index", (a) => (a.input as Complex).select(a.dim, a.index)),
  chunk: op("input chunks dim", (a) => (a.input as Complex).chunk(a.chunks, a.dim)),
  unbind: op("input dim", (a) => (a.input as Complex).unbind(a.dim)),
  tril: op("input diagonal", (a) => (a.input as Complex).tril(a.diagonal)),
  diagonal: op("input offset dim1 dim2", (a) =>
    (a.input as Complex).diagonal(a.offset, a.dim1, a.dim2),
  ),
  trace: one((z: Complex) => z.trace()),
  T: one((z: Complex) => z.T),
  mT: one((z: Complex) => z.mT),
  mH: one((z: Complex) => z.mH),
};
