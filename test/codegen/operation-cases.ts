import { expect } from "vitest";
import { compileKernel } from "../../src/codegen/js/generate.ts";
import { Builder, int, literal } from "../../src/compiler/loop/builder.ts";
import { type Kernel, type Value } from "../../src/compiler/loop/loop.ts";
import {
  coerce,
  type DType,
  isFloat,
  itemBytes,
  limits,
  newArray,
  type TypedArray,
} from "../../src/ir/dtype.ts";

// Every operation against the JavaScript generator, bit by bit (all NaN are one), as scalars and as
// vectors: what every code generator must do.

/** Runs pieces `begin` … `end - 1` of a kernel on arrays, one a buffer. */
export type RunKernel = (
  kernel: Kernel,
  arrays: readonly TypedArray[],
  ints: readonly number[],
  scalars: readonly number[],
  begin: number,
  end: number,
) => void;

/** A kernel, what it reads, and what it must write to its last buffer. */
interface Check {
  readonly kernel: Kernel;
  readonly inputs: readonly TypedArray[];
  readonly wanted: () => TypedArray;
}

export interface OperationCase {
  readonly title: string;
  readonly checks: readonly Check[];
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
  2147483648,
  -2147483649,
  1e10,
  9223372036854775808,
  256.5,
  1.17549435e-38,
  2.2250738585072014e-308,
  3.4e38,
];
/** The dtypes that values have; others are in memory only. */
type Held = "f32" | "f64" | "i64" | "i32" | "u32" | "u8" | "bool";
const [LOWEST, HIGHEST] = limits("i64");
const VALUES: Record<Held, number[]> = {
  f32: FLOATS,
  f64: FLOATS,
  i64: [
    LOWEST,
    HIGHEST,
    ...[
      0,
      1,
      -1,
      2,
      -2,
      3,
      7,
      -7,
      31,
      255,
      65536,
      2147483648,
      -4294967297,
      2 ** 53,
      2 ** 62 - 1024,
    ],
    ...[2n ** 53n + 1n, 2n ** 60n + 2n ** 36n + 1n, -(2n ** 55n) - 3n].map((x) => coerce("i64", x)),
  ].map((x) => coerce("i64", x)),
  i32: [0, 1, -1, 2, -2, 3, 7, -7, 31, 255, 65536, -65537, 123456789, 2147483647, -2147483648],
  u32: [0, 1, 2, 3, 7, 31, 255, 65535, 65536, 65537, 123456789, 2147483647, 2147483648, 4294967295],
  u8: [0, 1, 2, 3, 7, 31, 100, 127, 128, 200, 255],
  bool: [0, 1],
};
/** Constants that generators may treat in ways of their own. */
const LITERALS: Record<Held, number[]> = {
  f32: [0, -0, 1, -0.7, 1e-40, Infinity, NaN],
  f64: [0, -0, 1, -0.7, 5e-324, Infinity, NaN],
  i64: [0, 1, -1, 7, LOWEST, HIGHEST].map((x) => coerce("i64", x)),
  i32: [0, 1, -1, 7, 2147483647, -2147483648],
  u32: [0, 1, 7, 2147483648, 4294967295],
  u8: [0, 1, 7, 255],
  bool: [0, 1],
};
const DTYPES = Object.keys(VALUES) as Held[];

/** Array of `values` with as many more as fill vectors. */
function arrayOf(dtype: DType, values: readonly number[]): TypedArray {
  const array = newArray(dtype, Math.ceil(values.length / 16) * 16);
  array.set(values.map((x) => (dtype === "i64" ? coerce(dtype, x) : x)));
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

/** Runs a check by a generator's kernel and compares. */
export function runCheck({ kernel, inputs, wanted }: Check, run: RunKernel): void {
  const expected = wanted();
  const dtype = kernel.buffers[kernel.buffers.length - 1].dtype;
  const found = newArray(dtype, expected.length);
  run(kernel, [...inputs, found], [], [], 0, expected.length);
  const [a, w] = [bits(found), bits(expected)];
  const wrong = w.findIndex((x, i) => x !== a[i]);
  const given = inputs.map((x) => x[wrong]).join();
  expect(wrong < 0 ? "" : `${kernel.key}\n(${given}) ${a[wrong]}`).toBe(
    wrong < 0 ? "" : `${kernel.key}\n(${given}) ${w[wrong]}`,
  );
}

type Input = readonly [DType, readonly number[]] | { dtype: DType; value: number };

/** An operation at these numbers of lanes. */
function check(
  op: string,
  to: DType,
  inputs: readonly Input[],
  laneCounts: readonly number[],
): Check[] {
  const arrays = inputs.flatMap((x) => ("value" in x ? [] : [arrayOf(x[0], x[1])]));
  const types = inputs.map((x) => ("value" in x ? x : x[0]));
  const count = arrays[0].length;
  const wanted = (): TypedArray => {
    const result = newArray(to, count);
    compileKernel(elementwise(op, to, types, 1))([...arrays, result], [], [], 0, count);
    return result;
  };
  return laneCounts.map((lanes) => ({
    kernel: elementwise(op, to, types, lanes),
    inputs: arrays,
    wanted,
  }));
}

function pairs(values: readonly number[]): [number[], number[]] {
  return [values.flatMap((x) => values.map(() => x)), values.flatMap(() => values)];
}

const INTS = "floor ceil trunc round neg abs not";
const UNARY: Record<Held, string> = {
  f32: "neg abs floor ceil trunc round sqrt exponent mantissa",
  f64: "neg abs floor ceil trunc round sqrt exponent mantissa",
  i64: INTS,
  i32: INTS,
  u32: INTS,
  u8: INTS,
  bool: "not",
};
const INT_BINARY = "add sub mul div rem max min and or xor shl shr";
const BINARY: Record<Held, string> = {
  f32: "add sub mul div rem max min",
  f64: "add sub mul div rem max min",
  i64: INT_BINARY,
  i32: INT_BINARY,
  u32: `${INT_BINARY} mulHigh`,
  u8: INT_BINARY,
  bool: "and or xor add mul max min",
};

/** All operations, for vectors of this many bytes. */
export function operationCases(vectorBytes: number): OperationCase[] {
  const cases: OperationCase[] = [];
  const add = (title: string, ...checks: Check[][]): void =>
    void cases.push({ title, checks: checks.flat() });
  const lanesOf = (...dtypes: DType[]): number[] =>
    dtypes.some((dtype) => itemBytes(dtype) === 8)
      ? [1, vectorBytes / 8]
      : [1, vectorBytes / 8, vectorBytes / 4];

  for (const dtype of DTYPES) {
    const values = VALUES[dtype];
    const lanes = lanesOf(dtype);
    const [left, right] = pairs(values);
    for (const op of UNARY[dtype].split(" "))
      add(`${dtype} ${op}`, check(op, dtype, [[dtype, values]], lanes));
    for (const op of BINARY[dtype].split(" ")) {
      const shifts = op === "shl" || op === "shr";
      const counts = shifts ? right.map((_, i) => i % 8) : right;
      add(
        `${dtype} ${op}`,
        check(
          op,
          dtype,
          [
            [dtype, left],
            [dtype, counts],
          ],
          lanes,
        ),
      );
      for (const value of shifts ? [0, 1, 7] : LITERALS[dtype]) {
        const constant = { dtype, value };
        add(
          `${dtype} ${op} with ${Object.is(value, -0) ? "-0" : value}`,
          check(op, dtype, [[dtype, values], constant], lanes),
          shifts ? [] : check(op, dtype, [constant, [dtype, values]], lanes),
        );
      }
    }
    for (const op of ["eq", "ne", "lt", "le"])
      add(
        `${dtype} ${op}`,
        check(
          op,
          "bool",
          [
            [dtype, left],
            [dtype, right],
          ],
          lanes,
        ),
      );
    const choice = left.map((_, i) => i & 1);
    add(
      `${dtype} select`,
      check(
        "select",
        dtype,
        [
          ["bool", choice],
          [dtype, left],
          [dtype, right],
        ],
        lanes,
      ),
    );
    // Whether the product is rounded is left to the target: where it is exact, all agree.
    const small = left.map((_, i) => (i % 16) - (dtype === "f32" || dtype === "f64" ? 8 : 0));
    const ones = left.map((_, i) => i % 2);
    const [x, y] = dtype === "bool" ? [ones, choice] : [small, right.map((_, i) => i % 5)];
    const factors = [[dtype, x] as const, [dtype, y] as const, { dtype, value: 1 }] as const;
    add(`${dtype} fma`, check("fma", dtype, [...factors], lanes));
    if (isFloat(dtype)) add(`${dtype} mulAdd`, check("mulAdd", dtype, [...factors], lanes));
    for (const to of DTYPES)
      add(`cast ${dtype} to ${to}`, check("cast", to, [[dtype, values]], lanesOf(dtype, to)));
  }

  for (const dtype of ["f32", "f64"] as const) {
    const steps = dtype === "f32" ? 252 : 2044;
    const powers = Array.from({ length: 2 * steps + 1 }, (_, i) => i - steps);
    for (const x of [1.7999999, 1.00001, -1.3, NaN, Infinity, 0])
      add(
        `scale ${dtype} ${x}`,
        check(
          "scale",
          dtype,
          [
            [dtype, powers.map(() => x)],
            [dtype, powers],
          ],
          lanesOf(dtype),
        ),
      );
    const apart = [
      5e-324, 1.5e-320, 2.2250738585072014e-308, 3e-308, 1.7976931348623157e308, 1e16, 7, 0.3,
    ];
    const [left, right] = pairs([...apart, ...apart.map((x) => -x)]);
    add(
      `${dtype} remainders of numbers far apart, subnormal and negative`,
      check(
        "rem",
        dtype,
        [
          [dtype, left],
          [dtype, right],
        ],
        lanesOf(dtype),
      ),
    );
  }

  const casts = [
    ["f32", "i32"],
    ["f32", "u32"],
    ["i32", "f32"],
    ["u32", "f32"],
    ["i32", "u32"],
    ["u32", "i32"],
    ["u8", "bool"],
    ["bool", "u8"],
    ["f64", "f64"],
    ["f64", "i64"],
    ["i64", "f64"],
  ] as const;
  for (const [from, to] of casts) {
    const values = VALUES[from].filter((x) => !Number.isNaN(x));
    add(`bitcast ${from} to ${to}`, check("bitcast", to, [[from, values]], lanesOf(from)));
  }
  return cases;
}
