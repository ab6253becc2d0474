import { expect, test } from "vitest";
import { type DType } from "../../src/ir/dtype.ts";
import { make, type Node, primitive } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { type Shape } from "../../src/ir/shape.ts";

const node = (shape: Shape, dtype: DType = "f32"): Node => ops.placeholder(shape, dtype);
const apply = (name: string, ...inputs: Node[]): Node => make(primitive(name), inputs);
const noAxes = { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [] };
const plainConv = {
  stride: [1],
  padLo: [0],
  padHi: [0],
  dilation: [1],
  inputDilation: [1],
  groups: 1,
};
const plainWindow = { size: [2], stride: [1], padLo: [0], padHi: [0], dilation: [1] };
const two = node([2]);
const cell = node([2, 3]);

function badScan(change: "carry" | "sequence" | "next" | "count" | "none"): Node {
  const h = node([2]);
  const x = node([3]);
  const wrong = node([3]);
  const outputs = change === "none" ? [] : [change === "next" ? wrong : h];
  ops.scan(
    { params: [h, x], outputs },
    change === "none" ? [] : [change === "carry" ? wrong : node([2])],
    change === "count" ? [] : [change === "sequence" ? node([5, 3]) : node([4, 3])],
    change === "none" ? [node([3])] : [],
    4,
  );
  return h;
}

function openScan(): void {
  const h = node([2]);
  ops.scan({ params: [h], outputs: [ops.add(h, two)] }, [two], [], [], 4);
}

const ERRORS: readonly (readonly [message: string, make: () => unknown])[] = [
  ["const: unknown dtype f8", () => make(primitive("const"), [], { value: 1, dtype: "f8" })],
  [
    "const: 1.5 is not a value of i32",
    () => make(primitive("const"), [], { value: 1.5, dtype: "i32" }),
  ],
  ["input: is a leaf", () => make(primitive("input"), [])],
  ["placeholder: is a leaf", () => make(primitive("placeholder"), [])],
  ["iota: axis must be an integer from 0 to 0 for rank 1, got 1", () => ops.iota([2], 1)],
  ["iota: shape must hold integers of at least 0, got [-1]", () => ops.iota([-1], 0)],
  [
    "iota: expected dtype f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, got bool",
    () => ops.iota([2], 0, "bool"),
  ],
  ["random: expected dtype u32, got f32[]", () => apply("random", node([]), node([]), node([]))],
  [
    "random: seeds and stream must be scalars, got u32[2]",
    () => ops.randomBits(node([2], "u32"), node([], "u32"), node([], "u32"), [3]),
  ],
  ["stopGradient: expected 1 input, got 2", () => apply("stopGradient", two, two)],
  ["marker: expected 1 input, got 0", () => apply("marker")],
  ["pick: sin has one result", () => ops.pick(ops.sin(two), 0)],
  [
    "sin: expected dtype f32, f64, f16, bf16, got i32[2]: cast it first",
    () => ops.sin(node([2], "i32")),
  ],
  [
    "neg: expected dtype f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, got bool[2]",
    () => ops.neg(node([2], "bool")),
  ],
  ["not: expected dtype i64, i32, u32, i16, i8, u8, bool, got f32[2]", () => ops.not(two)],
  ["add: shapes differ, [2] and [2, 3]: expand them first", () => ops.add(two, cell)],
  [
    "mul: dtypes differ, f32[2] and f64[2]: cast one of them first",
    () => ops.mul(two, node([2], "f64")),
  ],
  ["and: expected dtype i64, i32, u32, i16, i8, u8, bool, got f32[2]", () => ops.and(two, two)],
  ["shl: expected dtype i64, i32, u32, got u8[2]", () => ops.shl(node([2], "u8"), node([2], "u8"))],
  [
    "pow: expected dtype f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, got bool[2]",
    () => ops.pow(node([2], "bool"), node([2], "bool")),
  ],
  ["lt: shapes differ, [2] and [2, 3]", () => ops.lt(two, cell)],
  ["select: expected dtype bool, got f32[2]", () => ops.select(two, two, node([2]))],
  ["select: shapes differ, [3] and [2]", () => ops.select(node([3], "bool"), two, node([2]))],
  ["cast: unknown dtype f8", () => make(primitive("cast"), [two], { dtype: "f8" })],
  [
    "bitcast: widths differ, f32[2] has 4 bytes an element and f64 has 8",
    () => ops.bitcast(two, "f64"),
  ],
  ["bitcast: u8[2] cannot be read as bool", () => ops.bitcast(node([2], "u8"), "bool")],
  ["reshape: [2, 3] has 6 elements and [4] has 4", () => ops.reshape(cell, [4])],
  [
    "reshape: shape must hold integers of at least 0, got [-2, -3]",
    () => ops.reshape(cell, [-2, -3]),
  ],
  ["permute: an axis is repeated in [1, 1]", () => ops.permute(cell, [1, 1])],
  ["permute: axes must have 2 entries, got 1", () => ops.permute(cell, [1])],
  [
    "expand: [2, 3] cannot become [4, 3], axis 0 has size 2, not 1 or 4",
    () => ops.expand(cell, [4, 3]),
  ],
  ["expand: ranks differ, [2, 3] and [3]", () => ops.expand(cell, [3])],
  ["pad: lo must hold integers of at least 0, got [-1]", () => ops.pad(two, [-1], [0])],
  ["pad: 0.5 is not a value of i32", () => ops.pad(node([2], "i32"), [1], [0], 0.5)],
  [
    "slice: axis 0 of [2] has size 2, but start 1, size 3 and step 1 reach entry 3",
    () => ops.slice(two, [1], [3]),
  ],
  ["slice: step must hold integers of at least 1, got [0]", () => ops.slice(two, [0], [1], [0])],
  ["flip: axis must be an integer from 0 to 1 for rank 2, got -1", () => ops.flip(cell, [-1])],
  [
    "reduceSum: axis must be an integer from 0 to 1 for rank 2, got 2",
    () => ops.reduceSum(cell, [2]),
  ],
  ["reduceMax: axes must ascend, got [1, 0]", () => ops.reduceMax(cell, [1, 0])],
  [
    "reduceSum: expected dtype f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, got bool[2]",
    () => ops.reduceSum(node([2], "bool"), [0]),
  ],
  ["argMax: axis 1 of [2, 0] is empty", () => ops.argMax(node([2, 0]), 1)],
  [
    "dot: inner sizes differ, [64, 784] × [768, 128] (784 ≠ 768)",
    () =>
      ops.dot(node([64, 784]), node([768, 128]), { ...noAxes, lhsContract: [1], rhsContract: [0] }),
  ],
  [
    "dot: batch sizes differ, [2, 3] × [3] (2 ≠ 3)",
    () => ops.dot(cell, node([3]), { ...noAxes, lhsBatch: [0], rhsBatch: [0] }),
  ],
  [
    "dot: inner axes do not pair up, [0] × []",
    () => ops.dot(two, two, { ...noAxes, lhsContract: [0] }),
  ],
  [
    "dot: an axis is repeated in [0, 0]",
    () => ops.dot(two, two, { ...noAxes, lhsBatch: [0], lhsContract: [0] }),
  ],
  ["dot: dtypes differ, f32[2] and f64[2]", () => ops.dot(two, node([2], "f64"), noAxes)],
  ["conv: expected an input (N, C, ...spatial)", () => ops.conv(cell, cell, plainConv)],
  [
    "conv: channels differ, [1, 3, 5] * [4, 2, 3] with 1 groups (expected 3 in axis 1 of the kernel, got 2)",
    () => ops.conv(node([1, 3, 5]), node([4, 2, 3]), plainConv),
  ],
  [
    "conv: groups must divide the channels, got 2 groups for 3 input and 4 output channels",
    () => ops.conv(node([1, 3, 5]), node([4, 1, 3]), { ...plainConv, groups: 2 }),
  ],
  [
    "conv: kernel does not fit, spatial axis 0 of [1, 1, 2] is 2 with padding and the kernel [1, 1, 3] spans 3",
    () => ops.conv(node([1, 1, 2]), node([1, 1, 3]), plainConv),
  ],
  [
    "conv: stride must have 1 entries, got 1,1",
    () => ops.conv(node([1, 1, 2]), node([1, 1, 1]), { ...plainConv, stride: [1, 1] }),
  ],
  [
    "windowSum: window does not fit, axis 0 of [1] is 1 with padding and the window spans 2",
    () => ops.windowSum(node([1]), plainWindow),
  ],
  [
    "windowSum: a window of 1 axes needs at least as many, got []",
    () => ops.windowSum(node([]), plainWindow),
  ],
  [
    "windowArgMax: padLo must hold integers of at least 0, got [-1]",
    () => ops.windowArgMax(two, { ...plainWindow, padLo: [-1] }),
  ],
  ["gather: expected dtype i32, got f32[2]", () => ops.gather(two, two, 0)],
  [
    "gather: index must have the shape of the values but along axis 0, got [2, 4] for [2, 3]",
    () => ops.gather(cell, node([2, 4], "i32"), 0),
  ],
  [
    "scatter: index and updates must have one shape, got [3] and [2]",
    () => ops.scatter(two, node([3], "i32"), two, 0, "add"),
  ],
  [
    "scatter (add): expected dtype f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, got bool[2]",
    () => ops.scatter(node([2], "bool"), node([2], "i32"), node([2], "bool"), 0, "add"),
  ],
  [
    "scatter: mode must be set, add, max or min, got mean",
    () => make(primitive("scatter"), [two, node([2], "i32"), two], { axis: 0, mode: "mean" }),
  ],
  [
    "argsort: axis must be an integer from 0 to -1 for rank 0, got 0",
    () => ops.argsort(node([]), 0),
  ],
  [
    "cumsum: expected dtype f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, got bool[2]",
    () => ops.cumsum(node([2], "bool"), 0),
  ],
  ["scan: carry 0 must be f32[2], got f32[3]", () => badScan("carry")],
  ["scan: next carry 0 must be f32[2], got f32[3]", () => badScan("next")],
  ["scan: sequence 0 must be f32[4, 3], got f32[5, 3]", () => badScan("sequence")],
  ["scan: expected 2 inputs, got 1", () => badScan("count")],
  ["scan: the body uses placeholder f32[2] from outside: pass it as a constant", openScan],
  ["scan: the body has no outputs", () => badScan("none")],
];

test.each(ERRORS)("%s", (message, build) => {
  expect(build).toThrow(message);
});
