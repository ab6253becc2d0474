import * as X from "../../../src/extra/index.ts";
import { apart, axis, b, f, i, type Mistakes, no, x } from "../../tensor/mistakes/helpers.ts";

/** Of functions of elements, running reductions, and what replaces a smaller function of the core. */
export const ELEMENTS: Mistakes = {
  hypot: [
    [() => X.hypot(x, f(2)), apart("hypot")],
    [() => X.hypot(x, no), 'hypot: expected a tensor or a number, got "x"'],
  ],
  copysign: [[() => X.copysign(x, f(2)), apart("copysign")]],
  fmax: [[() => X.fmax(x, f(2)), apart("fmax")]],
  fmin: [[() => X.fmin(x, f(2)), apart("fmin")]],
  logaddexp: [[() => X.logaddexp(x, f(2)), apart("logaddexp")]],
  logaddexp2: [[() => X.logaddexp2(x, f(2)), apart("logaddexp2")]],
  xlogy: [[() => X.xlogy(x, f(2)), apart("xlogy")]],
  heaviside: [[() => X.heaviside(x, f(2)), apart("heaviside")]],
  floatPower: [[() => X.floatPower(x, no), 'pow: expected a tensor or a number, got "x"']],
  bitwiseAnd: [
    [() => X.bitwiseAnd(i(2, 3), i(2)), apart("bitwiseAnd")],
    [() => X.bitwiseAnd(x, x), 'bitwiseAnd: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseOr: [
    [() => X.bitwiseOr(x, x), 'bitwiseOr: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseXor: [
    [() => X.bitwiseXor(x, x), 'bitwiseXor: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseNot: [
    [() => X.bitwiseNot(x), 'bitwiseNot: expected integers or bools, got f32; use x.to("i32")'],
  ],
  bitwiseLeftShift: [
    [
      () => X.bitwiseLeftShift(x, 1),
      'bitwiseLeftShift: expected integers or bools, got f32; use x.to("i32")',
    ],
    [() => X.bitwiseLeftShift(b(2), b(2)), "bitwiseLeftShift: not defined for bool; use integers"],
  ],
  bitwiseRightShift: [
    [
      () => X.bitwiseRightShift(x, 1),
      'bitwiseRightShift: expected integers or bools, got f32; use x.to("i32")',
    ],
  ],
  nanmean: [
    [() => X.nanmean(i(2)), 'nanmean: expected a floating-point tensor, got i32; use x.to("f32")'],
    [() => X.nanmean(x, 2), axis("sum", 2)],
  ],
  nansum: [[() => X.nansum(x, 2), axis("sum", 2)]],
  cumprod: [[() => X.cumprod(x, 2), axis("cumprod", 2)]],
  logcumsumexp: [[() => X.logcumsumexp(x, 2), axis("logcumsumexp", 2)]],
  cummax: [[() => X.cummax(x, 2), axis("cummax", 2)]],
  cummin: [[() => X.cummin(x, 2), axis("cummin", 2)]],
  aminmax: [
    [() => X.aminmax(x, 2), axis("amin", 2)],
    [() => X.aminmax(f(0)), "amin: cannot reduce axis 0 of size 0, shape [0]"],
  ],
  scatterReduce: [
    [
      () => X.scatterReduce(x, 0, i(2, 3), x, "median" as never),
      'scatterReduce: reduce must be "sum" or "prod" or "mean" or "amax" or "amin", got "median"',
    ],
    [
      () => X.scatterReduce(x, 0, i(2), x, "prod"),
      "scatterReduce: the index [2] must have as many axes as the tensor [2, 3], none larger but axis 0",
    ],
  ],
  segmentReduce: [
    [
      () => X.segmentReduce(f(3), "median" as never, { lengths: i(2) }),
      'segmentReduce: reduce must be "sum" or "mean" or "max" or "min" or "prod", got "median"',
    ],
    [() => X.segmentReduce(f(3), "sum", {}), "segmentReduce: expected one of lengths and offsets"],
    [
      () => X.segmentReduce(x, "sum", { lengths: i(2), axis: 1 }),
      "segmentReduce: expected lengths (2, segments), got [2]",
    ],
    [
      () => X.segmentReduce(f(3), "sum", { offsets: i(0) }),
      "segmentReduce: expected offsets (segments + 1), got [0]",
    ],
    [
      () => X.segmentReduce(i(3), "sum", { lengths: i(2) }),
      'segmentReduce: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
  ],
  interpolate: [
    [
      () => X.interpolate(f(1, 1, 2), { size: 3, antialias: true }),
      'interpolate: antialias is for mode "bilinear" and "bicubic", got "nearest"',
    ],
    [
      () => X.interpolate(f(1, 1, 2), { size: 3, mode: "x" as never }),
      'interpolate: mode must be "nearest" or "nearest-exact" or "linear" or "bilinear" or "trilinear" or "bicubic" or "area", got "x"',
    ],
    [
      () => X.interpolate(f(1, 1, 2), { size: 3, mode: "bilinear" }),
      'interpolate: mode "bilinear" is for 2 spatial axes, got 1',
    ],
    [
      () => X.interpolate(f(1, 1, 2), { mode: "linear" }),
      "interpolate: expected one of size and scaleFactor",
    ],
    [
      () => X.interpolate(f(1, 1, 2), { size: 3, recomputeScaleFactor: true }),
      "interpolate: recomputeScaleFactor is for a scaleFactor; a size is its own ratio",
    ],
  ],
};
