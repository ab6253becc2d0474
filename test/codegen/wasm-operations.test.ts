import { describe, expect, it } from "vitest";
import { Builder, int } from "../../src/compiler/loop/builder.ts";
import {
  coerce,
  type DType,
  itemBytes,
  limits,
  newArray,
  type TypedArray,
} from "../../src/ir/dtype.ts";
import { operationCases, runCheck } from "./operation-cases.ts";
import { runKernel } from "./wasm-kernel.ts";

it.each(operationCases(16))("$title", ({ checks }) => {
  for (const one of checks) runCheck(one, runKernel);
});

const DTYPES: readonly DType[] = ["f32", "f64", "i64", "i32", "u32", "u8", "bool"];
const lanesOf = (dtype: DType): number[] => (itemBytes(dtype) === 8 ? [1, 2] : [1, 2, 4]);

/** Array of `values` with as many more as fill vectors. */
function arrayOf(dtype: DType, values: readonly number[]): TypedArray {
  const array = newArray(dtype, Math.ceil(values.length / 4) * 4);
  array.set(values.map((x) => coerce(dtype, x)));
  return array;
}

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
      const [zero, one] = values;
      expect(Array.from(first)).toEqual([0, 1, 2, 3].map((i) => (i < lanes ? values[2] : zero)));
      expect(Array.from(second)).toEqual([0, 1, 2, 3, 4].map((i) => (i <= lanes ? one : zero)));
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
    const [lowest, highest] = limits("i64");
    expect(across("hadd", "i64", [highest, 1])).toBe(lowest);
    expect(across("hmul", "i64", [2 ** 62, -2])).toBe(lowest);
    expect(across("hmax", "i64", [-1, lowest])).toBe(-1n);
    expect(across("hmin", "i64", [-1, lowest])).toBe(lowest);
    expect(across("hadd", "u8", [200, 100, 1, 1])).toBe(46);
    expect(across("hmax", "bool", [0, 0, 1, 0])).toBe(1);
    expect(across("hmin", "bool", [1, 1, 1, 0])).toBe(0);
  });
});
