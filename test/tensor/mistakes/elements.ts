import * as T from "../../../src/tensor/index.ts";
import { apart, axis, b, d, f, i, type Mistakes, no, x } from "./helpers.ts";

/** Of functions of elements, reductions and products. */
export const ELEMENTS: Mistakes = {
  add: [
    [() => T.add(x, f(2)), apart("add")],
    [() => T.add(x, no), 'add: expected a tensor or a number, got "x"'],
    [() => T.add(x, null as never), "add: expected a tensor or a number, got null"],
  ],
  sub: [
    [() => T.sub(x, f(2)), apart("sub")],
    [() => T.sub(b(2), b(2)), "sub: not defined for bool; use logicalXor"],
    [() => T.sub(x, no), 'sub: expected a tensor or a number, got "x"'],
  ],
  mul: [
    [
      () => T.mul(x, f(4, 3)),
      "mul: shapes [2, 3] and [4, 3] do not broadcast (axis -2: 2 against 4; sizes must be equal or 1)",
    ],
  ],
  div: [
    [() => T.div(x, f(2)), apart("div")],
    [
      () => T.div(x, 2, { rounding: "up" as never }),
      'div: rounding must be "trunc" or "floor", got "up"',
    ],
    [
      () => T.div(b(2), b(2), { rounding: "trunc" }),
      "div with rounding: not defined for bool; use integers",
    ],
  ],
  floorDivide: [
    [() => T.floorDivide(x, f(2)), apart("floorDivide")],
    [() => T.floorDivide(b(2), b(2)), "floorDivide: not defined for bool; use integers"],
  ],
  remainder: [
    [() => T.remainder(x, f(2)), apart("remainder")],
    [() => T.remainder(b(2), b(2)), "remainder: not defined for bool; use integers"],
  ],
  fmod: [
    [() => T.fmod(x, f(2)), apart("fmod")],
    [() => T.fmod(b(2), b(2)), "fmod: not defined for bool; use integers"],
  ],
  pow: [
    [() => T.pow(x, f(2)), apart("pow")],
    [
      () => T.pow(i(2), -1),
      'pow: integers to negative integer powers are not defined, got i32 to the power -1; use x.to("f32")',
    ],
    [() => T.pow(b(2), b(2)), 'pow: not defined for bool; use x.to("i32")'],
  ],
  atan2: [[() => T.atan2(x, f(2)), apart("atan2")]],
  maximum: [[() => T.maximum(x, f(2)), apart("maximum")]],
  minimum: [[() => T.minimum(x, f(2)), apart("minimum")]],
  clamp: [
    [() => T.clamp(x), "clamp: expected a lower or an upper bound, got neither"],
    [() => T.clamp(x, f(2)), apart("clamp")],
    [() => T.clamp(x, no), 'clamp: expected a tensor or a number, got "x"'],
  ],
  lerp: [
    [
      () => T.lerp(x, f(2), 0.5),
      "lerp: shapes [2] and [2, 3] do not broadcast (axis -1: 2 against 3; sizes must be equal or 1)",
    ],
    [() => T.lerp(x, no, 0.5), 'lerp: expected a tensor or a number, got "x"'],
  ],
  addcmul: [
    [() => T.addcmul(x, f(2), f(2)), apart("addcmul")],
    [() => T.addcmul(x, x, f(2)), apart("addcmul")],
  ],
  addcdiv: [
    [() => T.addcdiv(x, f(2), f(2)), apart("addcdiv")],
    [() => T.addcdiv(x, x, f(2)), apart("addcdiv")],
  ],
  maskedFill: [
    [() => T.maskedFill(x, i(2, 3), 0), "maskedFill: expected a bool mask, got i32"],
    [() => T.maskedFill(x, b(2), 0), apart("maskedFill")],
    [() => T.maskedFill(x, no, 0), 'maskedFill: expected a tensor, got "x"'],
    [() => T.maskedFill(x, b(2, 3), f(2)), apart("maskedFill")],
    [() => T.maskedFill(x, b(2, 3), no), 'maskedFill: expected a tensor or a number, got "x"'],
  ],
  neg: [[() => T.neg(b(2)), "neg: not defined for bool; use logicalNot"]],
  eq: [[() => T.eq(x, f(2)), apart("eq")]],
  ne: [[() => T.ne(x, f(2)), apart("ne")]],
  lt: [[() => T.lt(x, f(2)), apart("lt")]],
  le: [[() => T.le(x, f(2)), apart("le")]],
  gt: [[() => T.gt(x, f(2)), apart("gt")]],
  ge: [[() => T.ge(x, f(2)), apart("ge")]],
  logicalAnd: [[() => T.logicalAnd(x, f(2)), apart("logicalAnd")]],
  logicalOr: [[() => T.logicalOr(x, f(2)), apart("logicalOr")]],
  logicalXor: [[() => T.logicalXor(x, f(2)), apart("logicalXor")]],
  isclose: [
    [() => T.isclose(x, f(2)), apart("isclose")],
    [() => T.isclose(x, no), 'isclose: expected a tensor or a number, got "x"'],
  ],
  allclose: [[() => T.allclose(x, f(2)), apart("allclose")]],
  equal: [[() => T.equal(x, no), 'equal: expected a tensor, got "x"']],
  sum: [
    [() => T.sum(x, 2), axis("sum", 2)],
    [() => T.sum(x, [0, 0]), "sum: an axis is named twice in [0, 0]"],
    [() => T.sum(x, 0.5), axis("sum", 0.5)],
    [
      () => T.sum(x, 0, { dtype: no }),
      'sum: expected a dtype (f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, bool), got "x"',
    ],
  ],
  prod: [
    [() => T.prod(x, -3), axis("prod", -3)],
    [() => T.prod(x, [0, -2]), "prod: an axis is named twice in [0, -2]"],
  ],
  mean: [
    [() => T.mean(x, 2), axis("mean", 2)],
    [() => T.mean(i(2)), 'mean: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  amax: [
    [() => T.amax(x, 2), axis("amax", 2)],
    [() => T.amax(f(0)), "amax: cannot reduce axis 0 of size 0, shape [0]"],
  ],
  amin: [
    [() => T.amin(x, 2), axis("amin", 2)],
    [() => T.amin(f(2, 0), 1), "amin: cannot reduce axis 1 of size 0, shape [2, 0]"],
  ],
  max: [
    [() => T.max(x, 2), axis("max", 2)],
    [() => T.max(f(0)), "amax: cannot reduce axis 0 of size 0, shape [0]"],
  ],
  min: [
    [() => T.min(x, 2), axis("min", 2)],
    [() => T.min(f(0)), "amin: cannot reduce axis 0 of size 0, shape [0]"],
  ],
  median: [
    [() => T.median(x, 2), axis("median", 2)],
    [() => T.median(f(2, 0), 1), "median: cannot reduce axis 1 of size 0, shape [2, 0]"],
  ],
  argmax: [
    [() => T.argmax(x, 2), axis("argmax", 2)],
    [() => T.argmax(f(0)), "argmax: cannot reduce axis 0 of size 0, shape [0]"],
  ],
  argmin: [
    [() => T.argmin(x, 2), axis("argmin", 2)],
    [() => T.argmin(f(0)), "argmin: cannot reduce axis 0 of size 0, shape [0]"],
  ],
  var: [
    [() => T.var(x, 2), axis("var", 2)],
    [() => T.var(i(2)), 'var: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  variance: [[() => T.variance(x, 2), axis("var", 2)]],
  std: [
    [() => T.std(x, 2), axis("std", 2)],
    [() => T.std(i(2)), 'std: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  all: [[() => T.all(x, 2), axis("all", 2)]],
  any: [[() => T.any(x, 2), axis("any", 2)]],
  countNonzero: [[() => T.countNonzero(x, 2), axis("countNonzero", 2)]],
  norm: [
    [() => T.norm(x, 2, 2), axis("norm", 2)],
    [() => T.norm(i(2)), 'norm: expected a floating-point tensor, got i32; use x.to("f32")'],
    [() => T.norm(f(0), Infinity), "norm: order Infinity of axis 0 of size 0 is not defined"],
    [() => T.norm(x, no), 'norm: the order must be a number, got "x"'],
  ],
  logsumexp: [[() => T.logsumexp(x, 2), axis("logsumexp", 2)]],
  cosineSimilarity: [
    [() => T.cosineSimilarity(x, f(2)), apart("cosineSimilarity")],
    [() => T.cosineSimilarity(x, x, { dim: 2 }), axis("cosineSimilarity", 2)],
  ],
  matmul: [
    [
      () => T.matmul(f(64, 784), f(768, 128)),
      "matmul: inner sizes differ, [64, 784] × [768, 128] (784 ≠ 768)",
    ],
    [
      () => T.matmul(x, f()),
      "matmul: expected at least 1 axis each, got [2, 3] × []; use mul for scalars",
    ],
    [
      () => T.matmul(x, i(3)),
      'matmul: expected equal dtypes, got f32 and i32; cast one, e.g. x.to("f32")',
    ],
    [() => T.matmul(b(2, 3), b(3)), 'matmul: not defined for bool; use x.to("f32")'],
    [
      () => T.matmul(f(2, 3, 4), f(3, 4, 5)),
      "matmul: shapes [2] and [3] do not broadcast (axis -1: 2 against 3; sizes must be equal or 1)",
    ],
    [() => T.matmul(x, no), 'matmul: expected a tensor, got "x"'],
  ],
  mm: [
    [() => T.mm(x, f(3)), "mm: expected two tensors of 2 axes, got [2, 3] and [3]"],
    [() => T.mm(x, x), "mm: inner sizes differ, [2, 3] × [2, 3] (3 ≠ 2)"],
    [() => T.mm(x, no), 'mm: expected two tensors of 2 axes, got [2, 3] and "x"'],
  ],
  bmm: [
    [() => T.bmm(f(2, 3, 4), f(3, 4, 5)), "bmm: batch sizes differ, [2, 3, 4] × [3, 4, 5]"],
    [() => T.bmm(x, x), "bmm: expected two tensors of 3 axes, got [2, 3] and [2, 3]"],
    [() => T.bmm(f(2, 3, 4), no), 'bmm: expected a tensor, got "x"'],
  ],
  mv: [
    [() => T.mv(x, f(2)), "mv: inner sizes differ, [2, 3] × [2] (3 ≠ 2)"],
    [() => T.mv(f(3), f(3)), "mv: expected a matrix and a vector, got [3] and [3]"],
    [() => T.mv(x, no), 'mv: expected a tensor, got "x"'],
  ],
  dot: [
    [() => T.dot(f(2), f(3)), "dot: inner sizes differ, [2] × [3] (2 ≠ 3)"],
    [() => T.dot(x, f(3)), "dot: expected two tensors of 1 axes, got [2, 3] and [3]"],
  ],
  outer: [
    [() => T.outer(x, f(2)), "outer: expected two vectors, got [2, 3] and [2]"],
    [() => T.outer(f(2), no), 'outer: expected a tensor, got "x"'],
  ],
  addmm: [
    [
      () => T.addmm(f(3), x, f(3, 2)),
      "addmm: shapes [3] and [2, 2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)",
    ],
    [() => T.addmm(x, x, x), "addmm: inner sizes differ, [2, 3] × [2, 3] (3 ≠ 2)"],
  ],
  linear: [
    [() => T.linear(x, f(4, 2)), "linear: input [2, 3] does not fit weight [4, 2] (3 ≠ 2)"],
    [
      () => T.linear(x, f(4, 3), f(3)),
      "linear: shapes [2, 4] and [3] do not broadcast (axis -1: 4 against 3; sizes must be equal or 1)",
    ],
    [
      () => T.linear(x, f(1, 2, 3)),
      "linear: expected input (…, in) and weight (out, in), got [2, 3] and [1, 2, 3]",
    ],
    [
      () => T.linear(x, d(4, 3)),
      'linear: expected equal dtypes, got f32 and f64; cast one, e.g. x.to("f32")',
    ],
  ],
  tensordot: [
    [
      () => T.tensordot(x, f(2, 3), 1),
      "tensordot: axes [1] of [2, 3] do not fit axes [0] of [2, 3]",
    ],
    [
      () => T.tensordot(x, x, [[0], [1, 0]]),
      "tensordot: axes [0] of [2, 3] do not fit axes [1, 0] of [2, 3]",
    ],
    [() => T.tensordot(x, x, 3), "tensordot: an axis is named twice in [1, 0, 1]"],
    [() => T.tensordot(x, x, -1), "tensordot: the number of axes must be an integer >= 0, got -1"],
    [
      () =>
        T.tensordot(x, x, [
          [0, 0],
          [0, 0],
        ]),
      "tensordot: an axis is named twice in [0, 0]",
    ],
  ],
  prelu: [
    [
      () => T.prelu(x, f(2)),
      "prelu: weight must have 1 element or one for each channel (axis 1), got [2] for [2, 3]",
    ],
    [
      () => T.prelu(x, d(3)),
      "prelu: expected tensors of one floating-point dtype, got f32 and f64",
    ],
    [() => T.prelu(x, no), 'prelu: expected a tensor, got "x"'],
  ],
  hardtanh: [[() => T.hardtanh(x, 1, -1), "hardtanh: the bounds must be in order, got 1 and -1"]],
  gelu: [
    [() => T.gelu(x, { approximate: no }), 'gelu: approximate must be "none" or "tanh", got "x"'],
  ],
  softmax: [[() => T.softmax(x, 2), axis("softmax", 2)]],
  softmin: [[() => T.softmin(x, 2), axis("softmin", 2)]],
  logSoftmax: [[() => T.logSoftmax(x, -3), axis("logSoftmax", -3)]],
  glu: [
    [() => T.glu(x, 1), "glu: axis 1 must have an even size, got shape [2, 3]"],
    [() => T.glu(x, 2), axis("glu", 2)],
  ],
};
