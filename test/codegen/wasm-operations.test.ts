import { describe, expect, it } from "vitest";
import { compileKernel } from "../../src/codegen/js/generate.ts";
import { Builder, int, literal } from "../../src/compiler/loop/builder.ts";
import { type Kernel, type Value } from "../../src/compiler/loop/loop.ts";
import { type DType, newArray, type TypedArray } from "../../src/ir/dtype.ts";
import { runKernel } from "./wasm-kernel.ts";

// Every operation against the JavaScript generator, bit by bit (all NaN are one), as scalars and as
// vectors.

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
  2147483648,
  -2147483649,
  1e10,
  9223372036854775808,
  256.5,
  1.17549435e-38,
  2.2250738585072014e-308,
  3.4e38,
];
const VALUES: Record<DType, number[]> = {
  f32: FLOATS,
  f64: FLOATS,
  i32: [0, 1, -1, 2, -2, 3, 7, -7, 31, 255, 65536, -65537, 123456789, 2147483647, -2147483648],
  u32: [0, 1, 2, 3, 7, 31, 255, 65535, 65536, 65537, 123456789, 2147483647, 2147483648, 4294967295],
  u8: [0, 1, 2, 3, 7, 31, 100, 127, 128, 200, 255],
  bool: [0, 1],
};
/** Constants that generators may treat in ways of their own. */
const LITERALS: Record<DType, number[]> = {
  f32: [0, -0, 1, -0.7, 1e-40, Infinity, NaN],
  f64: [0, -0, 1, -0.7, 5e-324, Infinity, NaN],
  i32: [0, 1, -1, 7, 2147483647, -2147483648],
  u32: [0, 1, 7, 2147483648, 4294967295],
  u8: [0, 1, 7, 255],
  bool: [0, 1],
};
const DTYPES = Object.keys(VALUES) as DType[];

/** Array of `values` with as many more as fill vectors. */
function arrayOf(dtype: DType, values: readonly number[]): TypedArray {
  const array = newArray(dtype, Math.ceil(values.length / 4) * 4);
  array.set(values);
  return array;
}

/** A kernel `out[i] = op(inputs[i]...)` in steps of `lanes`; literals stay literals. */
function elementwise(
  op: string,
  to: DType,
  inputs: readonly (DType | { dtype: DType; value: number })[],
  lanes: number,
): Kernel {
  const b = new Builder();
  const params = inputs.map((x) => (typeof x === "string" ? b.buffer(x, "read") : x));
  const out = b.buffer(to, "write");
  b.for(b.begin, b.end, int(lanes), (i) => {
    const args = params.map((x): Value =>
      "value" in x ? literal(x.value, x.dtype, lanes) : b.load(b.address(x, i), 0, lanes),
    );
    b.store(b.address(out, i), b.op(op, { dtype: to, lanes }, ...args));
  });
  return b.finish(op);
}

/** The bits of elements, with one pattern for all NaN. */
function bits(array: TypedArray): string[] {
  return Array.from(array, (x) => (Object.is(x, -0) ? "-0" : String(x)));
}

function check(
  op: string,
  to: DType,
  inputs: readonly (readonly [DType, readonly number[]] | { dtype: DType; value: number })[],
  laneCounts: readonly number[],
): void {
  const arrays = inputs.flatMap((x) => ("value" in x ? [] : [arrayOf(x[0], x[1])]));
  const types = inputs.map((x) => ("value" in x ? x : x[0]));
  const count = arrays[0].length;
  const wanted = newArray(to, count);
  compileKernel(elementwise(op, to, types, 1))([...arrays, wanted], [], [], 0, count);
  for (const lanes of laneCounts) {
    const found = newArray(to, count);
    runKernel(elementwise(op, to, types, lanes), [...arrays, found], [], [], 0, count);
    const [a, w] = [bits(found), bits(wanted)];
    const wrong = w.findIndex((x, i) => x !== a[i]);
    const given = arrays.map((x) => x[wrong]).join();
    expect(wrong < 0 ? "" : `${op} x${lanes} (${given}) ${a[wrong]}`).toBe(
      wrong < 0 ? "" : `${op} x${lanes} (${given}) ${w[wrong]}`,
    );
  }
}

const lanesOf = (...dtypes: DType[]): number[] => (dtypes.includes("f64") ? [1, 2] : [1, 2, 4]);

function pairs(values: readonly number[]): [number[], number[]] {
  return [values.flatMap((x) => values.map(() => x)), values.flatMap(() => values)];
}

const INTS = "floor ceil trunc round neg abs not";
const UNARY: Record<DType, string> = {
  f32: "neg abs floor ceil trunc round sqrt exponent mantissa",
  f64: "neg abs floor ceil trunc round sqrt exponent mantissa",
  i32: INTS,
  u32: INTS,
  u8: INTS,
  bool: "not",
};
const INT_BINARY = "add sub mul div rem max min and or xor shl shr";
const BINARY: Record<DType, string> = {
  f32: "add sub mul div rem max min",
  f64: "add sub mul div rem max min",
  i32: INT_BINARY,
  u32: `${INT_BINARY} mulHigh`,
  u8: INT_BINARY,
  bool: "and or xor add mul max min",
};

describe.each(DTYPES)("%s", (dtype) => {
  const values = VALUES[dtype];
  const [left, right] = pairs(values);

  it.each(UNARY[dtype].split(" "))("%s", (op) => {
    check(op, dtype, [[dtype, values]], lanesOf(dtype));
  });

  it.each(BINARY[dtype].split(" "))("%s", (op) => {
    const counts = op === "shl" || op === "shr" ? right.map((_, i) => i % 8) : right;
    check(
      op,
      dtype,
      [
        [dtype, left],
        [dtype, counts],
      ],
      lanesOf(dtype),
    );
  });

  it.each(BINARY[dtype].split(" "))("%s with a literal", (op) => {
    for (const value of op === "shl" || op === "shr" ? [0, 1, 7] : LITERALS[dtype]) {
      check(op, dtype, [[dtype, values], { dtype, value }], lanesOf(dtype));
      if (op !== "shl" && op !== "shr")
        check(op, dtype, [{ dtype, value }, [dtype, values]], lanesOf(dtype));
    }
  });

  it.each(["eq", "ne", "lt", "le"])("%s", (op) => {
    check(
      op,
      "bool",
      [
        [dtype, left],
        [dtype, right],
      ],
      lanesOf(dtype),
    );
  });

  it("select and fma", () => {
    const choice = left.map((_, i) => i & 1);
    check(
      "select",
      dtype,
      [
        ["bool", choice],
        [dtype, left],
        [dtype, right],
      ],
      lanesOf(dtype),
    );
    // Whether the product is rounded is left to the target: where it is exact, all agree.
    const small = left.map((_, i) => (i % 16) - (dtype === "f32" || dtype === "f64" ? 8 : 0));
    const ones = left.map((_, i) => i % 2);
    const [x, y] = dtype === "bool" ? [ones, choice] : [small, right.map((_, i) => i % 5)];
    check("fma", dtype, [[dtype, x], [dtype, y], { dtype, value: 1 }], lanesOf(dtype));
  });

  it.each(DTYPES)("cast to %s", (to) => {
    check("cast", to, [[dtype, values]], lanesOf(dtype, to));
  });
});

it.each(["f32", "f64"] as const)("scale %s", (dtype) => {
  const steps = dtype === "f32" ? 252 : 2044;
  const powers = Array.from({ length: 2 * steps + 1 }, (_, i) => i - steps);
  for (const x of [1.7999999, 1.00001, -1.3, NaN, Infinity, 0])
    check(
      "scale",
      dtype,
      [
        [dtype, powers.map(() => x)],
        [dtype, powers],
      ],
      lanesOf(dtype),
    );
});

it("remainders of numbers far apart, subnormal and negative", () => {
  const values = [
    5e-324, 1.5e-320, 2.2250738585072014e-308, 3e-308, 1.7976931348623157e308, 1e16, 7, 0.3,
  ];
  const all = [...values, ...values.map((x) => -x)];
  const [left, right] = pairs(all);
  check(
    "rem",
    "f64",
    [
      ["f64", left],
      ["f64", right],
    ],
    [1, 2],
  );
  check(
    "rem",
    "f32",
    [
      ["f32", left],
      ["f32", right],
    ],
    [1, 4],
  );
});

it.each([
  ["f32", "i32"],
  ["f32", "u32"],
  ["i32", "f32"],
  ["u32", "f32"],
  ["i32", "u32"],
  ["u32", "i32"],
  ["u8", "bool"],
  ["bool", "u8"],
  ["f64", "f64"],
] as [DType, DType][])("bitcast %s to %s", (from, to) => {
  const values = VALUES[from].filter((x) => !Number.isNaN(x));
  check("bitcast", to, [[from, values]], lanesOf(from));
});

describe("lanes", () => {
  it.each(DTYPES.flatMap((d) => lanesOf(d).map((n) => [d, n] as const)))(
    "splat %s x%d",
    (dtype, lanes) => {
      const b = new Builder();
      const x = b.buffer(dtype, "read");
      const y = b.buffer(dtype, "write");
      const z = b.buffer(dtype, "write");
      b.store(b.address(y, int(0)), b.splat(b.load(b.address(x, int(2))), lanes));
      const shared = b.load(b.address(x, int(1)));
      b.store(b.address(z, int(0)), b.splat(shared, lanes));
      b.store(b.address(z, int(lanes)), shared);
      const [first, second] = [newArray(dtype, 4), newArray(dtype, 5)];
      const values = arrayOf(dtype, [0, 1, dtype === "bool" ? 1 : 7, 0]);
      runKernel(b.finish("splat"), [values, first, second], [], [], 0, 1);
      expect(Array.from(first)).toEqual([0, 1, 2, 3].map((i) => (i < lanes ? values[2] : 0)));
      expect(Array.from(second)).toEqual([0, 1, 2, 3, 4].map((i) => (i <= lanes ? 1 : 0)));
    },
  );

  it.each([2, 4])("ramp of %d", (lanes) => {
    const b = new Builder();
    const y = b.buffer("i32", "write");
    b.for(b.begin, b.end, int(lanes), (i) =>
      b.store(b.address(y, i), b.op("ramp", { dtype: "i32", lanes }, i)),
    );
    const found = newArray("i32", 8);
    runKernel(b.finish("ramp"), [found], [], [], 0, 8);
    expect(Array.from(found)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  const across = (op: string, dtype: DType, values: number[]): number => {
    const b = new Builder();
    const x = b.buffer(dtype, "read");
    const y = b.buffer(dtype, "write");
    const vector = b.load(b.address(x, int(0)), 0, values.length);
    b.store(b.address(y, int(0)), b.op(op, { dtype, lanes: 1 }, vector));
    const found = newArray(dtype, 1);
    runKernel(b.finish(op), [arrayOf(dtype, values), found], [], [], 0, 1);
    return found[0];
  };

  it("are combined in a fixed order", () => {
    // (1e8 + 1) + (-1e8 + 1) loses both ones, and every other order keeps one at least.
    expect(across("hadd", "f32", [1e8, -1e8, 1, 1])).toBe(0);
    expect(across("hadd", "f32", [1e8, 1, -1e8, 1])).toBe(2);
    expect(across("hmul", "f32", [1e-30, 1e30, 1e-30, 1e30])).toBe(NaN);
  });

  it("are combined in all dtypes", () => {
    expect(across("hadd", "i32", [2147483647, 1, -5, 3])).toBe(2147483646);
    expect(across("hadd", "u32", [4294967295, 1, 2, 3])).toBe(5);
    expect(across("hmul", "i32", [2, -3, 5, 7])).toBe(-210);
    expect(across("hmax", "u32", [1, 4294967295, 3, 0])).toBe(4294967295);
    expect(across("hmin", "u32", [1, 4294967295, 3, 2])).toBe(1);
    expect(across("hmax", "i32", [-1, -4, -3, -2])).toBe(-1);
    expect(across("hmax", "f32", [1, NaN, 3, 2])).toBe(NaN);
    expect(across("hmin", "f64", [1, -2])).toBe(-2);
    expect(across("hadd", "f64", [1, -2])).toBe(-1);
    expect(across("hadd", "u8", [200, 100, 1, 1])).toBe(46);
    expect(across("hmax", "bool", [0, 0, 1, 0])).toBe(1);
    expect(across("hmin", "bool", [1, 1, 1, 0])).toBe(0);
  });
});
