import { describe, expect, test } from "vitest";
import { type DType } from "../../src/ir/dtype.ts";
import { make, primitive } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { array, leaf, list, rngOf, uniform } from "./util.ts";

const pair = (name: string, dtype: DType, a: readonly number[], b: readonly number[]): number[] =>
  list(make(primitive(name), [array(a, dtype), array(b, dtype)]));
const one = (name: string, dtype: DType, a: readonly number[]): number[] =>
  list(make(primitive(name), [array(a, dtype)]));

describe("integers", () => {
  test("wrap around", () => {
    expect(pair("add", "i32", [2147483647], [1])).toEqual([-2147483648]);
    expect(pair("mul", "i32", [123456789], [987654321])).toEqual([Math.imul(123456789, 987654321)]);
    expect(pair("mul", "u32", [4294967295], [4294967295])).toEqual([1]);
    expect(pair("sub", "u32", [0], [1])).toEqual([4294967295]);
    expect(pair("mul", "u8", [200], [3])).toEqual([88]);
    expect(one("neg", "u8", [1])).toEqual([255]);
    expect(one("abs", "i32", [-2147483648])).toEqual([-2147483648]);
  });
  test("divide toward zero, and by zero to 0", () => {
    expect(pair("div", "i32", [7, -7, 7, -7, 5], [2, 2, -2, -2, 0])).toEqual([3, -3, -3, 3, 0]);
    expect(pair("div", "i32", [-2147483648], [-1])).toEqual([-2147483648]);
    expect(pair("rem", "i32", [7, -7, 7, 5], [3, 3, -3, 0])).toEqual([1, -1, 1, 0]);
    expect(pair("div", "u32", [4294967295, 1], [2, 0])).toEqual([2147483647, 0]);
  });
  test("have bits", () => {
    expect(pair("and", "u32", [0xf0f0f0f0], [0xff00ff00])).toEqual([0xf000f000]);
    expect(pair("or", "i32", [-8], [3])).toEqual([-5]);
    expect(pair("xor", "u8", [255], [15])).toEqual([240]);
    expect(pair("shl", "u32", [3], [31])).toEqual([2147483648]);
    expect(pair("shr", "u32", [0x80000000], [4])).toEqual([0x08000000]);
    expect(pair("shr", "i32", [-16], [2])).toEqual([-4]);
    expect(one("not", "i32", [0, 5])).toEqual([-1, -6]);
    expect(one("not", "u32", [0])).toEqual([4294967295]);
    expect(one("not", "u8", [1])).toEqual([254]);
    expect(one("not", "bool", [0, 1])).toEqual([1, 0]);
  });
  test("reduce and contract with wrapping", () => {
    expect(list(ops.reduceProd(array([65537, 65537], "i32"), [0]))).toEqual([131073]);
    expect(list(ops.reduceSum(array([200, 100], "u8"), [0]))).toEqual([44]);
    expect(list(ops.reduceMax(array([0, 1, 0], "bool"), [0]))).toEqual([1]);
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] };
    expect(list(ops.dot(array([4e9, 1], "u32"), array([2, 5], "u32"), attrs))).toEqual([
      (8e9 + 5) % 2 ** 32,
    ]);
    expect(list(ops.cumsum(array([200, 100, 1], "u8"), 0))).toEqual([200, 44, 45]);
  });
});

describe("floats", () => {
  test("f32 rounds once", () => {
    const f = Math.fround;
    expect(pair("add", "f32", [0.1], [0.2])).toEqual([f(f(0.1) + f(0.2))]);
    expect(one("exp", "f32", [1])).toEqual([f(Math.E)]);
    expect(list(ops.reduceSum(array([1e8, 1, -1e8], "f32"), [0]))).toEqual([1]);
  });
  test("max and min pass NaN on", () => {
    expect(pair("max", "f64", [NaN, 1, 2], [1, NaN, 3])).toEqual([NaN, NaN, 3]);
    expect(pair("min", "f64", [NaN, 1, 2], [1, NaN, 3])).toEqual([NaN, NaN, 2]);
    expect(list(ops.reduceMax(array([1, NaN, 3]), [0]))).toEqual([NaN]);
    expect(list(ops.reduceMin(array([1, NaN, 3]), [0]))).toEqual([NaN]);
  });
  test("rem has the sign of the dividend", () => {
    expect(pair("rem", "f64", [5.5, -5.5, 5.5], [2, 2, -2])).toEqual([1.5, -1.5, 1.5]);
  });
  test("comparisons with NaN fail but for ne", () => {
    expect(["eq", "ne", "lt", "le"].map((name) => pair(name, "f32", [NaN], [NaN])[0])).toEqual([
      0, 1, 0, 0,
    ]);
    expect(list(ops.gt(array([2, 1]), array([1, 1])))).toEqual([1, 0]);
    expect(list(ops.ge(array([2, 1]), array([1, 1])))).toEqual([1, 1]);
  });
});

test("casts convert as C does, and NaN to 0", () => {
  const x = array([1.9, -1.9, NaN, 300, 0]);
  expect(list(ops.cast(x, "i32"))).toEqual([1, -1, 0, 300, 0]);
  expect(list(ops.cast(x, "u8"))).toEqual([1, 255, 0, 44, 0]);
  expect(list(ops.cast(x, "bool"))).toEqual([1, 1, 1, 1, 0]);
  expect(list(ops.cast(array([0.1]), "f32"))).toEqual([Math.fround(0.1)]);
});

test("bitcast keeps the bits", () => {
  expect(list(ops.bitcast(array([1, -2], "f32"), "u32"))).toEqual([0x3f800000, 0xc0000000]);
  const back = ops.bitcast(ops.bitcast(array([0.1], "f32"), "i32"), "f32");
  expect(list(back)).toEqual([Math.fround(0.1)]);
});

test("views rename elements", () => {
  const x = array([0, 1, 2, 3, 4, 5], "f64", [2, 3]);
  expect(list(ops.permute(x, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
  expect(list(ops.expand(array([1, 2], "i32", [2, 1]), [2, 2]))).toEqual([1, 1, 2, 2]);
  expect(list(ops.pad(x, [0, 1], [0, 0], 9))).toEqual([9, 0, 1, 2, 9, 3, 4, 5]);
  expect(list(ops.pad(array([1], "f32"), [1], [0], 0.1))).toEqual([Math.fround(0.1), 1]);
  expect(list(ops.slice(x, [0, 0], [2, 2], [1, 2]))).toEqual([0, 2, 3, 5]);
  expect(list(ops.flip(x, [1]))).toEqual([2, 1, 0, 5, 4, 3]);
  expect(list(ops.iota([2, 3], 1))).toEqual([0, 1, 2, 0, 1, 2]);
  expect(list(ops.iota([2, 3], 0, "u8"))).toEqual([0, 0, 0, 1, 1, 1]);
});

test("reductions of nothing give the identity", () => {
  const none = array([], "f64", [2, 0]);
  expect(list(ops.reduceSum(none, [1]))).toEqual([0, 0]);
  expect(list(ops.reduceProd(none, [1]))).toEqual([1, 1]);
  expect(list(ops.reduceMax(none, [1]))).toEqual([-Infinity, -Infinity]);
  expect(list(ops.reduceMin(array([], "i32", [0]), [0]))).toEqual([2147483647]);
});

test("positions of extrema: the first, and NaN before all", () => {
  const x = array([1, 3, 3, 0, NaN, 9, 2, 2, 2], "f64", [3, 3]);
  expect(list(ops.argMax(x, 1))).toEqual([1, 1, 0]);
  expect(list(ops.argMin(x, 1))).toEqual([0, 1, 0]);
  expect(list(ops.argMax(x, 0))).toEqual([2, 1, 1]);
});

test("argsort is stable both ways, with NaN as the largest", () => {
  const x = array([2, NaN, 1, 2, -1]);
  expect(list(ops.argsort(x, 0))).toEqual([4, 2, 0, 3, 1]);
  expect(list(ops.argsort(x, 0, true))).toEqual([1, 0, 3, 2, 4]);
});

test("cumsum runs both ways", () => {
  const x = array([1, 2, 3, 4], "i32", [2, 2]);
  expect(list(ops.cumsum(x, 0))).toEqual([1, 2, 4, 6]);
  expect(list(ops.cumsum(x, 1, true))).toEqual([3, 2, 7, 4]);
});

test("gather outside the axis reads NaN, or 0 for integers", () => {
  const at = array([2, -1, 3, 0], "i32");
  expect(list(ops.gather(array([5, 6, 7]), at, 0))).toEqual([7, NaN, NaN, 5]);
  expect(list(ops.gather(array([5, 6, 7], "i32"), at, 0))).toEqual([7, 0, 0, 5]);
});

test("scatter combines in ascending order and drops positions outside", () => {
  const base = array([10, 20, 30]);
  const at = array([1, 1, 3, -1, 0], "i32");
  const updates = array([1, 25, 100, 100, NaN]);
  const modes = ["set", "add", "max", "min"] as const;
  expect(modes.map((mode) => list(ops.scatter(base, at, updates, 0, mode)))).toEqual([
    [NaN, 25, 30],
    [NaN, 46, 30],
    [NaN, 25, 30],
    [NaN, 1, 30],
  ]);
});

test("windows skip their padding", () => {
  const attrs = { size: [2], stride: [1], padLo: [1], padHi: [1], dilation: [1] };
  const x = array([-3, -1, -1, NaN, 7]);
  expect(list(ops.windowSum(array([1, 2, 3]), attrs))).toEqual([1, 3, 5, 3]);
  expect(list(ops.windowArgMax(x, attrs))).toEqual([0, 1, 1, 3, 3, 4]);
  const far = { size: [1], stride: [1], padLo: [1], padHi: [0], dilation: [1] };
  expect(list(ops.windowArgMax(array([4]), far))).toEqual([-1, 0]);
  const plane = { size: [2, 2], stride: [2, 1], padLo: [0, 0], padHi: [0, 0], dilation: [1, 1] };
  const images = array([1, 2, 3, 6, 5, 4, 9, 1, 1, 1, 9, 1], "i32", [2, 2, 3]);
  expect(list(ops.windowArgMax(images, plane))).toEqual([3, 4, 0, 4]);
});

test("dot equals its definition by sums", () => {
  const rng = rngOf(1);
  const a = uniform(rng, [2, 3, 4]);
  const b = uniform(rng, [4, 5, 2]);
  const attrs = { lhsBatch: [0], rhsBatch: [2], lhsContract: [2], rhsContract: [0] };
  const node = ops.dot(leaf(a), leaf(b), attrs);
  expect(node.shape).toEqual([2, 3, 5]);
  const expected: number[] = [];
  for (let p = 0; p < 2; p++)
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 5; j++) {
        let sum = 0;
        for (let k = 0; k < 4; k++)
          sum += a.data[(p * 3 + i) * 4 + k] * b.data[(k * 5 + j) * 2 + p];
        expected.push(sum);
      }
  expect(list(node)).toEqual(expected);
});

test("scan keeps the positions of its sequences in both directions", () => {
  for (const reverse of [false, true]) {
    const total = ops.placeholder([], "i32");
    const x = ops.placeholder([], "i32");
    const next = ops.add(total, x);
    const body = { params: [total, x], outputs: [next, ops.mul(x, x)] };
    const loop = ops.scan(
      body,
      [ops.constant(100, "i32")],
      [array([1, 2, 3], "i32")],
      [],
      3,
      reverse,
    );
    expect(list(loop.carries[0])).toEqual([106]);
    expect(list(loop.ys[0])).toEqual([1, 4, 9]);
    expect(list(loop.histories[0])).toEqual(reverse ? [105, 103, 100] : [100, 101, 103]);
  }
});

test("constants are computed at once", () => {
  const sum = ops.add(ops.constant(2, "f32"), ops.constant(3, "f32"));
  expect(sum).toBe(ops.constant(5, "f32"));
  expect(ops.constantOf(ops.full([2, 3], 5, "f32"))).toBe(5);
});
