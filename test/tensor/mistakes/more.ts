import * as T from "../../../src/tensor/index.ts";
import { apart, axis, b, f, i, type Mistakes, no, x } from "./helpers.ts";

/** Of functions of pairs, running reductions, and what else is beyond plain arithmetic. */
export const MORE: Mistakes = {
  hypot: [
    [() => T.hypot(x, f(2)), apart("hypot")],
    [() => T.hypot(x, no), 'hypot: expected a tensor or a number, got "x"'],
  ],
  copysign: [[() => T.copysign(x, f(2)), apart("copysign")]],
  fmax: [[() => T.fmax(x, f(2)), apart("fmax")]],
  fmin: [[() => T.fmin(x, f(2)), apart("fmin")]],
  logaddexp: [[() => T.logaddexp(x, f(2)), apart("logaddexp")]],
  logaddexp2: [[() => T.logaddexp2(x, f(2)), apart("logaddexp2")]],
  xlogy: [[() => T.xlogy(x, f(2)), apart("xlogy")]],
  heaviside: [[() => T.heaviside(x, f(2)), apart("heaviside")]],
  floatPower: [[() => T.floatPower(x, no), 'pow: expected a tensor or a number, got "x"']],
  bitwiseAnd: [
    [() => T.bitwiseAnd(i(2, 3), i(2)), apart("bitwiseAnd")],
    [() => T.bitwiseAnd(x, x), 'bitwiseAnd: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseOr: [
    [() => T.bitwiseOr(x, x), 'bitwiseOr: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseXor: [
    [() => T.bitwiseXor(x, x), 'bitwiseXor: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseNot: [
    [() => T.bitwiseNot(x), 'bitwiseNot: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseLeftShift: [
    [
      () => T.bitwiseLeftShift(x, 1),
      'bitwiseLeftShift: expected integers or bools, got f32; use x.to("i32")',
    ],
    [() => T.bitwiseLeftShift(b(2), b(2)), "bitwiseLeftShift: not defined for bool; use integers"],
  ],
  bitwiseRightShift: [
    [
      () => T.bitwiseRightShift(x, 1),
      'bitwiseRightShift: expected integers or bools, got f32; use x.to("i32")',
    ],
  ],
  round: [[() => T.round(x, 0.5), "round: decimals must be an integer, got 0.5"]],
  nanmean: [
    [() => T.nanmean(i(2)), 'nanmean: expected a floating-point tensor, got i32; use x.to("f32")'],
    [() => T.nanmean(x, 2), axis("nanmean", 2)],
  ],
  nansum: [[() => T.nansum(x, 2), axis("nansum", 2)]],
  cumprod: [[() => T.cumprod(x, 2), axis("cumprod", 2)]],
  logcumsumexp: [[() => T.logcumsumexp(x, 2), axis("logcumsumexp", 2)]],
  cummax: [[() => T.cummax(x, 2), axis("cummax", 2)]],
  cummin: [[() => T.cummin(x, 2), axis("cummin", 2)]],
  kthvalue: [
    [() => T.kthvalue(x, 4), "kthvalue: k must be an integer from 1 to 3, got 4"],
    [() => T.kthvalue(x, 0), "kthvalue: k must be an integer from 1 to 3, got 0"],
    [() => T.kthvalue(x, 1, 2), axis("kthvalue", 2)],
  ],
  aminmax: [
    [() => T.aminmax(x, 2), axis("amin", 2)],
    [() => T.aminmax(f(0)), "amin: cannot reduce axis 0 of size 0, shape [0]"],
  ],
};
