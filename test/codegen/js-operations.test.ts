import { describe, expect, it } from "vitest";
import { compileKernel } from "../../src/codegen/js/generate.ts";
import { Builder, int } from "../../src/compiler/loop/builder.ts";
import { type DType, newArray, type TypedArray } from "../../src/ir/dtype.ts";

/** A kernel `out[i] = op(inputs[i]...)`, run over all elements. */
function apply(op: string, to: DType, inputs: readonly (readonly [DType, number[]])[]): TypedArray {
  const b = new Builder();
  const params = inputs.map(([dtype]) => b.buffer(dtype, "read"));
  const out = b.buffer(to, "write");
  b.for(b.begin, b.end, int(1), (i) => {
    const args = params.map((param) => b.load(b.address(param, i)));
    b.store(b.address(out, i), b.op(op, { dtype: to, lanes: 1 }, ...args));
  });
  const count = inputs[0][1].length;
  const buffers = inputs.map(([dtype, values]) => {
    const array = newArray(dtype, count);
    array.set(values);
    return array;
  });
  const result = newArray(to, count);
  compileKernel(b.finish(op))([...buffers, result], [], [], 0, count);
  return result;
}

const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  0.1,
  -0.7,
  3.25,
  1e-40,
  -1e-310,
  5e-324,
  1e20,
  -1e30,
  1e300,
  8388609.5,
  16777216,
  Infinity,
  -Infinity,
  NaN,
  2,
  3,
  -3,
  7.75,
  4503599627370497.5,
];
const INTS: Record<string, number[]> = {
  i32: [0, 1, -1, 2, -2, 3, 7, -7, 31, 255, 65536, -65537, 123456789, 2147483647, -2147483648],
  u32: [0, 1, 2, 3, 7, 31, 255, 65535, 65536, 65537, 123456789, 2147483647, 2147483648, 4294967295],
  u8: [0, 1, 2, 3, 7, 31, 100, 127, 128, 200, 255],
  bool: [0, 1],
};

/** All pairs of `values`. */
function pairs(values: number[]): [number[], number[]] {
  return [values.flatMap((x) => values.map(() => x)), values.flatMap(() => values)];
}

/** Element by element, -0 differing from 0 and NaN equal to NaN. */
function expectEqual(actual: TypedArray, dtype: DType, expected: (i: number) => number): void {
  const wanted = newArray(dtype, actual.length);
  for (let i = 0; i < actual.length; i++) wanted[i] = expected(i);
  const wrong = wanted.findIndex((x, i) => !Object.is(x, actual[i]));
  expect(wrong < 0 ? "equal" : `[${wrong}]: ${actual[wrong]}`).toBe(
    wrong < 0 ? "equal" : `[${wrong}]: ${wanted[wrong]}`,
  );
}

function roundHalfToEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

describe.each(["f32", "f64"] as const)("%s operations", (dtype) => {
  const array = newArray(dtype, FLOATS.length);
  array.set(FLOATS);
  const values = Array.from(array);
  const [left, right] = pairs(values);

  it.each([
    ["neg", (x: number) => -x],
    ["round", roundHalfToEven],
    ...["abs", "floor", "ceil", "trunc", "sqrt", "sign", "exp", "expm1", "log", "log1p", "sin"].map(
      (name) => [name, Math[name as "sin"]] as const,
    ),
    ...["cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"].map(
      (name) => [name, Math[name as "sin"]] as const,
    ),
  ] as [string, (x: number) => number][])("%s", (op, f) => {
    expectEqual(apply(op, dtype, [[dtype, values]]), dtype, (i) => f(values[i]));
  });

  it.each([
    ["add", (x, y) => x + y],
    ["sub", (x, y) => x - y],
    ["mul", (x, y) => x * y],
    ["div", (x, y) => x / y],
    ["rem", (x, y) => x % y],
    ["max", Math.max],
    ["min", Math.min],
    ["atan2", Math.atan2],
    ["pow", (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y)],
  ] as [string, (x: number, y: number) => number][])("%s", (op, f) => {
    const result = apply(op, dtype, [
      [dtype, left],
      [dtype, right],
    ]);
    expectEqual(result, dtype, (i) => f(left[i], right[i]));
  });

  it.each([
    ["eq", (x, y) => x === y],
    ["ne", (x, y) => x !== y],
    ["lt", (x, y) => x < y],
    ["le", (x, y) => x <= y],
  ] as [string, (x: number, y: number) => boolean][])("%s", (op, f) => {
    const result = apply(op, "bool", [
      [dtype, left],
      [dtype, right],
    ]);
    expectEqual(result, "bool", (i) => Number(f(left[i], right[i])));
  });

  it("select and fma", () => {
    const chosen = apply("select", dtype, [
      ["bool", left.map((_, i) => i & 1)],
      [dtype, left],
      [dtype, right],
    ]);
    expectEqual(chosen, dtype, (i) => (i & 1 ? left[i] : right[i]));
    const fused = apply("fma", dtype, [
      [dtype, [2, 0.5]],
      [dtype, [3, 8]],
      [dtype, [4, -1]],
    ]);
    expect(Array.from(fused)).toEqual([10, 3]);
  });

  it("erf", () => {
    const [zero, one, minus, far, nan] = apply("erf", dtype, [[dtype, [0, 1, -1, 40, NaN]]]);
    expect([zero, far, nan]).toEqual([0, 1, NaN]);
    expect(one).toBeCloseTo(0.8427007929497149, dtype === "f32" ? 6 : 14);
    expect(minus).toBe(-one);
  });

  it("exponent, mantissa and scale", () => {
    const normal = values.filter((x) => Math.abs(x) >= 1e-37 && Math.abs(x) < Infinity);
    const e = apply("exponent", dtype, [[dtype, normal]]);
    const m = apply("mantissa", dtype, [[dtype, normal]]);
    expectEqual(e, dtype, (i) => Math.floor(Math.log2(Math.abs(normal[i]))));
    expectEqual(m, dtype, (i) => Math.abs(normal[i]) / 2 ** e[i]);
    const bias = dtype === "f32" ? 127 : 1023;
    const special = apply("exponent", dtype, [[dtype, [0, -0, Infinity, NaN]]]);
    expect(Array.from(special)).toEqual([-bias, -bias, bias + 1, bias + 1]);
    const [steps, from] = dtype === "f32" ? [252, 1.7999999523162842] : [2044, 1.7999999999];
    const powers = Array.from({ length: 2 * steps + 1 }, (_, i) => i - steps);
    const scaled = apply("scale", dtype, [
      [dtype, powers.map(() => from)],
      [dtype, powers],
    ]);
    expectEqual(scaled, dtype, (i) => {
      const half = Math.trunc(powers[i] / 2);
      return from * 2 ** half * 2 ** (powers[i] - half);
    });
  });
});

describe.each(["i32", "u32", "u8"] as const)("%s operations", (dtype) => {
  const values = INTS[dtype];
  const [left, right] = pairs(values);
  const big = (f: (x: bigint, y: bigint) => bigint) => (x: number, y: number) =>
    Number(BigInt.asUintN(32, f(BigInt(x), BigInt(y))));

  it.each([
    ["add", (x, y) => x + y],
    ["sub", (x, y) => x - y],
    ["mul", big((x, y) => x * y)],
    ["div", (x, y) => (y === 0 ? 0 : Math.trunc(x / y))],
    ["rem", (x, y) => (y === 0 ? 0 : x % y)],
    ["max", Math.max],
    ["min", Math.min],
    ["and", (x, y) => x & y],
    ["or", (x, y) => x | y],
    ["xor", (x, y) => x ^ y],
  ] as [string, (x: number, y: number) => number][])("%s", (op, f) => {
    const result = apply(op, dtype, [
      [dtype, left],
      [dtype, right],
    ]);
    expectEqual(result, dtype, (i) => f(left[i], right[i]));
  });

  it("shl and shr", () => {
    const counts = left.map((_, i) => i % (dtype === "u8" ? 8 : 32));
    const shift = (op: string) =>
      apply(op, dtype, [
        [dtype, left],
        [dtype, counts],
      ]);
    expectEqual(shift("shl"), dtype, (i) => left[i] << counts[i]);
    expectEqual(shift("shr"), dtype, (i) => Math.floor(left[i] / 2 ** counts[i]));
  });

  it("unary and comparisons", () => {
    const unary = (op: string) => apply(op, dtype, [[dtype, values]]);
    expectEqual(unary("neg"), dtype, (i) => -values[i]);
    expectEqual(unary("abs"), dtype, (i) => Math.abs(values[i]));
    expectEqual(unary("sign"), dtype, (i) => Math.sign(values[i]));
    expectEqual(unary("not"), dtype, (i) => ~values[i]);
    for (const op of ["floor", "ceil", "trunc", "round"])
      expectEqual(unary(op), dtype, (i) => values[i]);
    const less = apply("lt", "bool", [
      [dtype, left],
      [dtype, right],
    ]);
    expectEqual(less, "bool", (i) => Number(left[i] < right[i]));
  });
});

it("mulHigh is exact", () => {
  const values = [...INTS.u32, 0xdeadbeef, 0xd2511f53, 0xcd9e8d57, 0x12345678];
  const [left, right] = pairs(values);
  const result = apply("mulHigh", "u32", [
    ["u32", left],
    ["u32", right],
  ]);
  expectEqual(result, "u32", (i) => Number((BigInt(left[i]) * BigInt(right[i])) >> 32n));
});

it("bool operations", () => {
  const both = (op: string) =>
    Array.from(
      apply(op, "bool", [
        ["bool", [0, 0, 1, 1]],
        ["bool", [0, 1, 0, 1]],
      ]),
    );
  expect(both("and")).toEqual([0, 0, 0, 1]);
  expect(both("mul")).toEqual([0, 0, 0, 1]);
  expect(both("or")).toEqual([0, 1, 1, 1]);
  expect(both("add")).toEqual([0, 1, 1, 1]);
  expect(both("xor")).toEqual([0, 1, 1, 0]);
  expect(both("max")).toEqual([0, 1, 1, 1]);
  expect(both("min")).toEqual([0, 0, 0, 1]);
  expect(both("eq")).toEqual([1, 0, 0, 1]);
  expect(Array.from(apply("not", "bool", [["bool", [0, 1]]]))).toEqual([1, 0]);
});

describe("cast", () => {
  const dtypes: DType[] = ["f32", "f64", "i32", "u32", "u8", "bool"];
  it.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))(
    "%s to %s",
    (from, to) => {
      const source = newArray(from, 12);
      source.set([0, 1, 2.75, 127, 200, 255, 16777217, 2147483647, -1, -2.75, NaN, 0.25]);
      const values = Array.from(source, (x) => (from === "bool" ? Number(x !== 0) : x));
      expectEqual(apply("cast", to, [[from, values]]), to, (i) =>
        to === "bool" ? Number(values[i] !== 0) : values[i],
      );
    },
  );
});

it("bitcast", () => {
  const floats = [1, -0, 1e-45, -123.456, Infinity];
  const bits = new Uint32Array(new Float32Array(floats).buffer);
  expect(apply("bitcast", "u32", [["f32", floats]])).toEqual(bits);
  expect(apply("bitcast", "i32", [["f32", floats]])).toEqual(new Int32Array(bits.buffer));
  expect(apply("bitcast", "f32", [["u32", Array.from(bits)]])).toEqual(new Float32Array(floats));
  expect(apply("bitcast", "i32", [["u32", [4294967295]]])[0]).toBe(-1);
  expect(apply("bitcast", "u32", [["i32", [-1]]])[0]).toBe(4294967295);
});
