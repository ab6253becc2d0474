import * as X from "../../../src/extra/index.ts";
import { apart, b, d, f, i, no, x, type Mistakes } from "../../tensor/mistakes/helpers.ts";

/** Of products, layers and sets. */
export const PRODUCTS: Mistakes = {
  einsum: [
    [() => X.einsum("ij,jk->ik", x), 'einsum: "ij,jk->ik" describes 2 operands, got 1'],
    [() => X.einsum("ij,jk->ik", x, x), 'einsum: "j" stands for sizes 3 and 2'],
    [() => X.einsum("ijk->i", x), 'einsum: "ijk" names 3 axes, but the tensor has 2'],
    [() => X.einsum("i1->i", x), 'einsum: cannot read "i1" in the equation "i1->i"'],
    [
      () => X.einsum("ij->k", x),
      'einsum: "k" in the result of "ij->k" must be an axis of an operand, named once',
    ],
    [() => X.einsum("ii", x), 'einsum: "i" stands for sizes 2 and 3'],
    [() => X.einsum("ij"), "einsum: expected an array of one or more tensors, got an array"],
  ],
  trapezoid: [
    [() => X.trapezoid(x, 2), "trapezoid: axis must be an integer in [-2, 1], got 2"],
    [() => X.trapezoid(f()), "trapezoid: expected at least 1 axis, got a scalar"],
    [() => X.trapezoid(x, 1, { x: f(2) }), "trapezoid: expected 3 positions, got 2"],
  ],
  cumulativeTrapezoid: [
    [
      () => X.cumulativeTrapezoid(x, 2),
      "cumulativeTrapezoid: axis must be an integer in [-2, 1], got 2",
    ],
  ],
  gradient: [
    [() => X.gradient(x, { dim: 2 }), "gradient: axis must be an integer in [-2, 1], got 2"],
    [
      () => X.gradient(x, { dim: 0, edgeOrder: 2 }),
      "gradient: axis 0 must have more than 2 entries, got 2",
    ],
    [() => X.gradient(x, { edgeOrder: 3 as never }), "gradient: edgeOrder must be 1 or 2, got 3"],
  ],
  celu: [[() => X.celu(x, 0), "celu: alpha must not be 0"]],
  softshrink: [[() => X.softshrink(x, -1), "softshrink: lambda must be >= 0, got -1"]],
  rrelu: [
    [() => X.rrelu(x, { lower: 1, upper: 0 }), "rrelu: the bounds must be in order, got 1 and 0"],
    [() => X.rrelu(i(2)), 'rrelu: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  normalize: [
    [() => X.normalize(x, { dim: 2 }), "norm: axis must be an integer in [-2, 1], got 2"],
  ],
  pixelShuffle: [
    [
      () => X.pixelShuffle(f(3, 2, 2), 2),
      "pixelShuffle: expected a factor whose square divides 3 channels, got 2",
    ],
    [() => X.pixelShuffle(x, 2), "pixelShuffle: expected at least 3 axes, got shape [2, 3]"],
  ],
  pixelUnshuffle: [
    [
      () => X.pixelUnshuffle(f(1, 3, 2), 2),
      "pixelUnshuffle: expected a factor whose value divides 3, got 2",
    ],
  ],
  channelShuffle: [
    [
      () => X.channelShuffle(f(1, 3, 2), 2),
      "channelShuffle: expected a factor whose value divides 3, got 2",
    ],
    [() => X.channelShuffle(x, 1), "channelShuffle: expected at least 3 axes, got shape [2, 3]"],
  ],
  localResponseNorm: [
    [
      () => X.localResponseNorm(x, 2),
      "localResponseNorm: expected at least 3 axes, got shape [2, 3]",
    ],
    [
      () => X.localResponseNorm(f(1, 2, 3), 0),
      "localResponseNorm: the size must be a positive integer, got 0",
    ],
  ],
  unfold: [
    [() => X.unfold(x, 2), "unfold: expected a tensor of 4 axes, got shape [2, 3]"],
    [() => X.unfold(f(1, 1, 2, 2), 3), "unfold: patches of 3 × 3 do not fit [2, 2]"],
  ],
  fold: [
    [() => X.fold(f(1, 4, 3), 3, 2), "fold: expected columns (N, C · 4, 4), got [1, 4, 3]"],
    [() => X.fold(f(1), 3, 2), "fold: expected a tensor of 3 axes, got shape [1]"],
  ],
  gcd: [
    [() => X.gcd(x, 2), 'gcd: expected integers, got f32; use x.to("i32")'],
    [() => X.gcd(b(2), b(2)), "gcd: not defined for bool; use integers"],
    [() => X.gcd(i(2, 3), i(2)), apart("gcd")],
  ],
  lcm: [[() => X.lcm(x, 2), 'lcm: expected integers, got f32; use x.to("i32")']],
  ldexp: [[() => X.ldexp(x, f(2)), apart("ldexp")]],
  nextafter: [[() => X.nextafter(x, f(2)), apart("nextafter")]],
  positive: [[() => X.positive(b(2)), "positive: not defined for bool; use numbers"]],
  addmv: [
    [() => X.addmv(f(2), x, f(2)), "mv: inner sizes differ, [2, 3] × [2] (3 ≠ 2)"],
    [
      () => X.addmv(f(3), x, f(3)),
      "add: shapes [3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)",
    ],
  ],
  addr: [[() => X.addr(x, x, f(2)), "outer: expected two vectors, got [2, 3] and [2]"]],
  addbmm: [[() => X.addbmm(x, x, x), "bmm: expected two tensors of 3 axes, got [2, 3] and [2, 3]"]],
  baddbmm: [
    [() => X.baddbmm(x, x, x), "bmm: expected two tensors of 3 axes, got [2, 3] and [2, 3]"],
  ],
  vdot: [[() => X.vdot(f(2), f(3)), "dot: inner sizes differ, [2] × [3] (2 ≠ 3)"]],
  vecdot: [
    [
      () => X.vecdot(x, f(2)),
      "mul: shapes [2, 3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)",
    ],
  ],
  inner: [
    [() => X.inner(x, f(2)), "inner: last axes must have equal sizes, got [2, 3] and [2]"],
    [() => X.inner(x, no), 'inner: expected a tensor, got "x"'],
  ],
  kron: [[() => X.kron(x, no), 'kron: expected a tensor, got "x"']],
  cross: [
    [() => X.cross(x, x, 0), "cross: axis 0 must have size 3, got shapes [2, 3] and [2, 3]"],
    [() => X.cross(x, no), 'cross: expected a tensor, got "x"'],
  ],
  multiDot: [
    [() => X.multiDot([x]), "multiDot: expected at least 2 tensors, got 1"],
    [
      () => X.multiDot([x, f(1, 2, 3), x]),
      "multiDot: expected a tensor of 2 axes, got shape [1, 2, 3]",
    ],
    [() => X.multiDot([x, x]), "matmul: inner sizes differ, [2, 3] × [2, 3] (3 ≠ 2)"],
  ],
  matrixPower: [
    [() => X.matrixPower(x, 2), "matrixPower: expected square matrices (…, n, n), got [2, 3]"],
    [() => X.matrixPower(f(2, 2), 0.5), "matrixPower: the power must be an integer, got 0.5"],
  ],
  dist: [
    [
      () => X.dist(x, f(2)),
      "sub: shapes [2, 3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)",
    ],
  ],
  pairwiseDistance: [
    [
      () => X.pairwiseDistance(x, f(2)),
      "sub: shapes [2, 3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)",
    ],
  ],
  cdist: [
    [
      () => X.cdist(x, f(2, 2)),
      "cdist: expected rows of one length, (…, M, D) and (…, N, D), got [2, 3] and [2, 2]",
    ],
  ],
  pdist: [[() => X.pdist(f(2)), "pdist: expected a tensor of 2 axes, got shape [2]"]],
  renorm: [[() => X.renorm(x, 2, 2, 1), "renorm: axis must be an integer in [-2, 1], got 2"]],
  bilinear: [
    [() => X.bilinear(x, x, x), "bilinear: expected a tensor of 3 axes, got shape [2, 3]"],
    [() => X.bilinear(x, x, f(1, 2, 2)), "linear: input [2, 9] does not fit weight [1, 4] (9 ≠ 4)"],
  ],
  matrixNorm: [
    [
      () => X.matrixNorm(x, 3),
      'matrixNorm: the order must be "fro", "nuc", 1, -1, 2, -2 or ±Infinity, got 3',
    ],
    [() => X.matrixNorm(x, "fro", [0, 0]), "matrixNorm: the axes must differ, got [0, 0]"],
  ],
  unique: [
    [() => X.unique(x, { dim: 2 }), "unique: axis must be an integer in [-2, 1], got 2"],
    [() => X.unique(no), 'unique: expected a tensor, got "x"'],
  ],
  uniqueConsecutive: [
    [
      () => X.uniqueConsecutive(x, { dim: 2 }),
      "uniqueConsecutive: axis must be an integer in [-2, 1], got 2",
    ],
  ],
  isin: [
    [() => X.isin(no, x), 'tensor: expected numbers, nested arrays or a typed array, got "x"'],
  ],
  combinations: [
    [() => X.combinations(x), "combinations: expected a tensor of 1 axis, got shape [2, 3]"],
    [() => X.combinations(f(2), -1), "combinations: r must be an integer >= 0, got -1"],
  ],
  cartesianProd: [
    [() => X.cartesianProd(x), "cartesianProd: expected a tensor of 1 axis, got shape [2, 3]"],
    [
      () => X.cartesianProd(),
      "cartesianProd: expected an array of one or more tensors, got an array",
    ],
  ],
  searchsorted: [
    [() => X.searchsorted(f(), x), "searchsorted: expected at least 1 axis, got a scalar"],
    [
      () => X.searchsorted(x, f(3, 2)),
      "searchsorted: expected a row of values for each of [2, 3], got [3, 2]",
    ],
  ],
  bucketize: [
    [() => X.bucketize(x, x), "bucketize: expected a tensor of 1 axis, got shape [2, 3]"],
  ],
  msort: [[() => X.msort(no), 'msort: expected a tensor, got "x"']],
  indexReduce: [
    [
      () => X.indexReduce(x, 0, i(2), x, "sum" as never),
      'indexReduce: reduce must be "prod" or "mean" or "amax" or "amin", got "sum"',
    ],
    [
      () => X.indexReduce(x, 2, i(2), x, "mean"),
      "indexReduce: axis must be an integer in [-2, 1], got 2",
    ],
  ],
  indexFill: [
    [() => X.indexFill(x, 2, i(1), 0), "indexFill: axis must be an integer in [-2, 1], got 2"],
  ],
  maskedScatter: [
    [
      () => X.maskedScatter(x, b(2, 3), d(2)),
      "maskedScatter: expected values of dtype f32, got f64",
    ],
    [
      () => X.maskedScatter(x, b(2), f(2)),
      "broadcastTensors: shapes [2] and [2, 3] do not broadcast (axis -1: 2 against 3; sizes must be equal or 1)",
    ],
  ],
  put: [[() => X.put(x, i(2), f(3)), "put: expected a value for each position, got [3] for [2]"]],
  nonzeroStatic: [
    [() => X.nonzeroStatic(x, -1), "nonzeroStatic: the size must be an integer >= 0, got -1"],
  ],
  rot90: [
    [() => X.rot90(x, 1, [0, 0]), "rot90: the axes must differ, got [0, 0]"],
    [() => X.rot90(x, 0.5), "rot90: k must be an integer, got 0.5"],
  ],
  fliplr: [[() => X.fliplr(f(2)), "fliplr: expected at least 2 axes, got shape [2]"]],
  flipud: [[() => X.flipud(f()), "flipud: expected at least 1 axis, got shape []"]],
  columnStack: [
    [
      () => X.columnStack([]),
      "columnStack: expected an array of one or more tensors, got an array",
    ],
  ],
  dstack: [
    [() => X.dstack([]), "dstack: expected an array of one or more tensors, got an array"],
    [
      () => X.dstack([x, f(3)]),
      "cat: shapes may differ along axis 2 only, got [2, 3, 1] and [1, 3, 1]",
    ],
  ],
  tensorSplit: [
    [
      () => X.tensorSplit(x, 0),
      "tensorSplit: the number of parts must be a positive integer, got 0",
    ],
    [() => X.tensorSplit(f(), 2), "tensorSplit: expected at least 1 axis, got shape []"],
    [() => X.tensorSplit(x, [0.5]), "tensorSplit: positions must be an integer, got 0.5"],
  ],
  hsplit: [
    [() => X.hsplit(x, 2), "hsplit: 2 does not divide axis 1 of [2, 3]"],
    [() => X.hsplit(f(), 2), "hsplit: expected at least 1 axis, got shape []"],
  ],
};
