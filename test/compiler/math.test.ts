import { beforeAll, describe, expect, test } from "vitest";
import { compileKernel } from "../../src/codegen/js/generate.ts";
import { Builder, int } from "../../src/compiler/loop/builder.ts";
import { type Kernel } from "../../src/compiler/loop/loop.ts";
import { expandMath } from "../../src/compiler/loop/math.ts";
import { newArray, type TypedArray } from "../../src/ir/dtype.ts";
import { erf, power } from "../../src/ir/special.ts";
import { compileAll } from "../codegen/c-kernel.ts";
import { type RunKernel } from "../codegen/operation-cases.ts";
import { runKernel } from "../codegen/wasm-kernel.ts";
import { rngOf } from "../ir/util.ts";

// The functions that targets without a mathematical library get, against those of JavaScript; on each
// target to the bit the same for any number of lanes.

type Float = "f32" | "f64";

/** A kernel `out[i] = op(inputs[i]…)`, written out in simpler operations. */
function expanded(op: string, dtype: Float, count: number, lanes: number): Kernel {
  const b = new Builder();
  const inputs = Array.from({ length: count }, () => b.buffer(dtype, "read"));
  const out = b.buffer(dtype, "write");
  b.for(b.begin, b.end, int(lanes), (i) => {
    const args = inputs.map((x) => b.load(b.address(x, i), 0, lanes));
    b.store(b.address(out, i), expandMath(b, op, args));
  });
  return b.finish(op);
}

const VECTOR_BYTES = 32;
const LANES = { wasm: { f32: 4, f64: 2 }, c: { f32: 8, f64: 4 } };
let runC: RunKernel;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The distance from |x| to the next number of the dtype. */
function lastPlace(x: number, dtype: Float): number {
  double[0] = x;
  const exponent = ((words[1] >>> 20) & 2047) - 1023;
  return dtype === "f32" ? 2 ** Math.max(exponent - 23, -149) : 2 ** Math.max(exponent - 52, -1074);
}

function distance(x: number, y: number, dtype: Float): number {
  if (Object.is(x, y)) return 0;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
  // Zeros differ by their sign.
  if (x === 0 && y === 0) return Infinity;
  return Math.abs(x - y) / lastPlace(y, dtype);
}

const SPECIAL = [0, -0, 1, -1, 0.5, -0.5, 2, 3, -3, Infinity, -Infinity, NaN, 1e-40, -5e-324, 1e30];

/** Special numbers, and others of all magnitudes up to `largest`. */
function samples(dtype: Float, largest: number, seed: number): TypedArray {
  const rng = rngOf(seed);
  const smallest = dtype === "f32" ? -30 : -300;
  const span = Math.log10(largest) - smallest;
  const random = Array.from({ length: 3000 }, (_, i) => {
    const sign = rng() < 0.5 ? -1 : 1;
    // Half of them where most happens.
    return sign * (i % 2 === 0 ? 10 ** (smallest + span * rng()) : Math.min(largest, 12) * rng());
  });
  const all = [...SPECIAL, ...random];
  const array = newArray(dtype, Math.ceil(all.length / 8) * 8);
  array.set(all);
  return array;
}

/** Checks all ways to compute `op` and returns the largest error, with the argument it is at. */
function worst(
  op: string,
  dtype: Float,
  inputs: readonly TypedArray[],
  exact: (...x: number[]) => number,
): { error: number; at: string } {
  const n = inputs[0].length;
  const round = dtype === "f32" ? Math.fround : (x: number): number => x;
  const kernel = (lanes: number): Kernel => expanded(op, dtype, inputs.length, lanes);
  const targets: [string, RunKernel, number[]][] = [
    ["js", (k, ...args) => compileKernel(k)(...args), [1]],
    ["wasm", runKernel, [1, LANES.wasm[dtype]]],
    ["C", runC, [1, LANES.c[dtype]]],
  ];
  let result = { error: 0, at: "" };
  for (const [target, run, widths] of targets) {
    const [found, ...others] = widths.map((lanes) => {
      const own = newArray(dtype, n);
      run(kernel(lanes), [...inputs, own], [], [], 0, n);
      return own;
    });
    for (const other of others) {
      const wrong = found.findIndex((x, i) => !Object.is(x, other[i]));
      const given = inputs.map((x) => x[wrong]).join();
      expect(wrong < 0 ? "the same" : `${op}(${given}) ${other[wrong]}`, target).toBe(
        wrong < 0 ? "the same" : `${op}(${given}) ${found[wrong]}`,
      );
    }
    for (let i = 0; i < n; i++) {
      const args = inputs.map((x) => x[i]);
      const wanted = round(exact(...args));
      const error = distance(found[i], wanted, dtype);
      if (error > result.error)
        result = { error, at: `${target}: ${op}(${args.join()}): ${found[i]}, not ${wanted}` };
    }
  }
  return result;
}

const LARGE = { f32: 3e38, f64: 1e308 };
const FUNCTIONS: readonly [string, (x: number) => number][] = [
  ...("exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh".split(" ") as "exp"[]).map(
    (name): [string, (x: number) => number] => [name, Math[name]],
  ),
  ["erf", erf],
  ["sign", (x) => Math.sign(x)],
];

const BINARY: readonly [string, (x: number, y: number) => number][] = [
  ["pow", power],
  ["atan2", (y, x) => Math.atan2(y, x)],
];

beforeAll(() => {
  const all = [
    ...FUNCTIONS.map(([op]) => [op, 1] as const),
    ...BINARY.map(([op]) => [op, 2] as const),
  ];
  const dtypes = ["f32", "f64"] as const;
  runC = compileAll(
    all.flatMap(([op, count]) =>
      dtypes.flatMap((dtype) => [1, LANES.c[dtype]].map((n) => expanded(op, dtype, count, n))),
    ),
    VECTOR_BYTES,
  );
});

// The functions of JavaScript have errors of their own.
const BOUND = { f32: 2, f64: 4 };

describe.each(["f32", "f64"] as const)("%s", (dtype) => {
  test.each(FUNCTIONS)("%s", (op, exact) => {
    const { error, at } = worst(op, dtype, [samples(dtype, LARGE[dtype], 1)], exact);
    const bound = op === "erf" && dtype === "f64" ? 12 : BOUND[dtype];
    expect(error, at).toBeLessThanOrEqual(bound);
  });

  test.each(BINARY)("%s", (op, exact) => {
    const x = samples(dtype, op === "pow" ? 1e4 : 1e30, 2);
    const y = samples(dtype, op === "pow" ? 1e3 : 1e30, 3);
    const pairs = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b]));
    pairs.forEach(([a, b], i) => {
      x[x.length - 1 - i] = a;
      y[y.length - 1 - i] = b;
    });
    const { error, at } = worst(op, dtype, [x, y], exact);
    expect(error, at).toBeLessThanOrEqual(BOUND[dtype]);
  });

  test.each(["sin", "cos", "tan"] as const)("%s of angles of any size", (op) => {
    const angles = [
      ...[99_999, 100_000, 100_001, 1_599_999, 1_600_000, 1_600_001, 1e6, 1e7, 1e15, 1e22, 1e30],
      // The double closest to a multiple of π / 2 (Kahan), and one whose digits end late.
      ...[6381956970095103 * 2 ** 797, 1.7976931348623157e308, 2 ** 1023, 2 ** 127, 3.4e38],
      ...Array.from({ length: 60 }, (_, i) => Math.round((i + 70_000) * (Math.PI / 2) * 1e4)),
      ...Array.from({ length: 100 }, (_, i) => 1.37 ** (i + 20)),
    ];
    const both = [...angles, ...angles.map((x) => -x)];
    const array = newArray(dtype, Math.ceil(both.length / 8) * 8);
    array.set(both);
    const { error, at } = worst(op, dtype, [array], (x) => Math[op](x));
    expect(error, at).toBeLessThanOrEqual(BOUND[dtype]);
  });
});
