import { expect, test } from "vitest";
import { type NDArray } from "../../src/ir/ndarray.ts";
import { conv, type ConvAttrs } from "../../src/ir/ops.ts";
import { type Shape, stridesOf } from "../../src/ir/shape.ts";
import { randomConv } from "./geometries.ts";
import { array, difference, leaf, list, rngOf, uniform } from "./util.ts";

/** The element of an array at an index. */
const at = (x: NDArray, index: readonly number[]): number =>
  x.data[stridesOf(x.shape).reduce((sum, stride, i) => sum + stride * index[i], 0)];

/** One spatial axis, dilated, padded or cropped, as a list of entries of `x` or -1 for a zero. */
function prepared(n: number, attrs: ConvAttrs, axis: number): number[] {
  let line: number[] = [];
  for (let i = 0; i < n; i++) {
    if (i > 0) for (let k = 1; k < attrs.inputDilation[axis]; k++) line.push(-1);
    line.push(i);
  }
  const lo = attrs.padLo[axis];
  const hi = attrs.padHi[axis];
  line = lo >= 0 ? [...new Array<number>(lo).fill(-1), ...line] : line.slice(-lo);
  return hi >= 0 ? [...line, ...new Array<number>(hi).fill(-1)] : line.slice(0, line.length + hi);
}

/** The definition, for one or two spatial axes, over the lines made explicit. */
function bruteForce(x: NDArray, w: NDArray, attrs: ConvAttrs): number[] {
  const rank = x.shape.length - 2;
  const spans = [0, 1].map((axis) =>
    axis < rank ? prepared(x.shape[2 + axis], attrs, axis) : [0],
  );
  const kernel = [0, 1].map((axis) => (axis < rank ? w.shape[2 + axis] : 1));
  const step = [0, 1].map((axis) => (axis < rank ? attrs.stride[axis] : 1));
  const spread = [0, 1].map((axis) => (axis < rank ? attrs.dilation[axis] : 1));
  const cut = (index: number[]): number[] => index.slice(0, 2 + rank);
  const [inGroup, outGroup] = [w.shape[1], w.shape[0] / attrs.groups];
  const out: number[] = [];
  const last = (axis: number): number => spans[axis].length - (kernel[axis] - 1) * spread[axis];
  for (let n = 0; n < x.shape[0]; n++)
    for (let o = 0; o < w.shape[0]; o++)
      for (let i = 0; i < last(0); i += step[0])
        for (let j = 0; j < last(1); j += step[1]) {
          let sum = 0;
          for (let c = 0; c < inGroup; c++)
            for (let p = 0; p < kernel[0]; p++)
              for (let q = 0; q < kernel[1]; q++) {
                const row = spans[0][i + p * spread[0]];
                const column = spans[1][j + q * spread[1]];
                if (row < 0 || column < 0) continue;
                const channel = Math.floor(o / outGroup) * inGroup + c;
                sum += at(x, cut([n, channel, row, column])) * at(w, cut([o, c, p, q]));
              }
          out.push(sum);
        }
  return out;
}

test("conv equals its definition for random geometries", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const rng = rngOf(seed);
    const { x, w, attrs } = randomConv(rng);
    const [a, b] = [uniform(rng, x), uniform(rng, w)];
    const given = list(conv(leaf(a), leaf(b), attrs));
    expect(difference(given, bruteForce(a, b, attrs)), `seed ${seed}`).toBeLessThan(1e-12);
  }
});

const PLAIN = { stride: [1], padLo: [0], padHi: [0], dilation: [1], inputDilation: [1], groups: 1 };

test("conv is a cross-correlation: the kernel is not turned round", () => {
  const x = array([1, 2, 3, 4], "f64", [1, 1, 4]);
  const w = array([1, 10], "f64", [1, 1, 2]);
  expect(list(conv(x, w, PLAIN))).toEqual([21, 32, 43]);
});

test("conv of integers wraps", () => {
  const x = array([2147483647, 1], "i32", [1, 1, 2]);
  const w = array([1, 1], "i32", [1, 1, 2]);
  expect(list(conv(x, w, PLAIN))).toEqual([-2147483648]);
});

test("conv in three dimensions", () => {
  const shape: Shape = [1, 1, 2, 2, 2];
  const x = array([1, 2, 3, 4, 5, 6, 7, 8], "f64", shape);
  const three = [1, 1, 1];
  const zero = [0, 0, 0];
  const attrs = { ...PLAIN, stride: three, padLo: zero, padHi: zero, dilation: three };
  const w = array([1, 1, 1, 1, 1, 1, 1, 1], "f64", shape);
  expect(list(conv(x, w, { ...attrs, inputDilation: three }))).toEqual([36]);
});
