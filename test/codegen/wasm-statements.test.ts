import { describe, expect, it } from "vitest";
import { compileKernel } from "../../src/codegen/js/generate.ts";
import { argumentLayout } from "../../src/codegen/wasm/abi.ts";
import { generateKernel, supportsRelaxedSimd } from "../../src/codegen/wasm/generate.ts";
import { Builder, int, literal } from "../../src/compiler/loop/builder.ts";
import { type Kernel, type Type } from "../../src/compiler/loop/loop.ts";
import { coerce, type DType, itemBytes, newArray } from "../../src/ir/dtype.ts";
import { runKernel } from "./wasm-kernel.ts";

const F32: Type = { dtype: "f32", lanes: 1 };
const I32: Type = { dtype: "i32", lanes: 1 };
const BOOL: Type = { dtype: "bool", lanes: 1 };
const OPTIONS = { shared: false, maximumPages: 1, relaxed: false };
const DTYPES: readonly DType[] = ["f32", "f64", "i64", "i32", "u32", "u8", "bool"];

it("reads arguments of every dtype", () => {
  const b = new Builder();
  const outs = DTYPES.map((dtype) => b.buffer(dtype, "write"));
  const scalars = DTYPES.map((dtype) => b.scalarParam(dtype));
  b.scalarParam("f64");
  const ints = [b.intParam(), b.intParam()];
  outs.forEach((out, i) => b.store(b.address(out, int(0)), scalars[i]));
  b.store(b.address(outs[3], int(1)), b.sub(ints[0], ints[1]));
  const arrays = DTYPES.map((dtype) => newArray(dtype, 2));
  const kernel = b.finish("arguments");
  runKernel(kernel, arrays, [5, -8], [0.1, 0.1, -(2 ** 60), -7, 4294967295, 200, 1, 3], 0, 1);
  const read = [Math.fround(0.1), 0.1, -(2n ** 60n), -7, 4294967295, 200, 1];
  expect(arrays.map((x) => x[0])).toEqual(read);
  expect(arrays[3][1]).toBe(13);
  expect(argumentLayout(kernel)).toEqual({
    scalars: [0, 8, 16, 24, 32, 40, 48, 56],
    buffers: [64, 68, 72, 76, 80, 84, 88],
    ints: [92, 96],
    bytes: 100,
  });
});

it("sums with a mutable variable and a moving pointer", () => {
  const b = new Builder();
  const x = b.buffer("f32", "read");
  const y = b.buffer("f32", "write");
  const n = b.intParam();
  const stride = b.intParam();
  b.for(b.begin, b.end, int(1), (column) => {
    const sum = b.mutable(literal(0, "f32"));
    const p = b.mutable(b.address(x, column));
    b.for(int(0), n, int(1), () => {
      b.set(sum, b.op("add", F32, sum, b.load(p)));
      b.advance(p, stride);
    });
    b.store(b.address(y, column), sum);
  });
  const kernel = b.finish("columnSums");
  const y1 = new Float32Array(3);
  const x1 = new Float32Array([1, 2, 3, 4, 5, 6]);
  runKernel(kernel, [x1, y1], [2, 3], [], 0, 3);
  expect(Array.from(y1)).toEqual([5, 7, 9]);
  // Only the pieces asked for, and none where there are none.
  const y2 = new Float32Array(3);
  runKernel(kernel, [x1, y2], [2, 3], [], 1, 2);
  expect(Array.from(y2)).toEqual([0, 7, 0]);
  runKernel(kernel, [x1, y2], [0, 3], [], 1, 1);
  expect(Array.from(y2)).toEqual([0, 7, 0]);
});

it("loops by a step that is a value", () => {
  const b = new Builder();
  const y = b.buffer("i32", "readwrite");
  const step = b.intParam();
  const to = b.mutable(int(10));
  b.for(int(1), to, step, (i) => b.store(b.address(y, i), i));
  const out = new Int32Array(12);
  runKernel(b.finish("steps"), [out], [4], [], 0, 1);
  expect(Array.from(out)).toEqual([0, 1, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0]);
});

it.each([1, 3])("moves pointers by constants in a loop by steps of %d", (step) => {
  const V4: Type = { dtype: "f32", lanes: 4 };
  const b = new Builder();
  const [x, factors] = [b.buffer("f32", "read"), b.buffer("f32", "read")];
  const [y, sums] = [b.buffer("f32", "write"), b.buffer("f32", "write")];
  const [from, to] = [b.intParam(), b.intParam()];
  const [left, right] = [b.mutable(b.address(x, int(0))), b.mutable(b.address(factors, int(1)))];
  const out = b.mutable(b.address(y, int(0)));
  const sum = b.mutable(literal(0, "f32", 4));
  b.for(from, to, int(step), () => {
    const product = b.op("mul", V4, b.load(left, 4, 4), b.splat(b.load(right, -1), 4));
    b.set(sum, b.op("add", V4, sum, product));
    b.store(out, product);
    b.advance(left, int(4));
    b.advance(right, int(2));
    b.advance(out, int(5));
  });
  b.store(b.address(sums, int(0)), sum);
  // Where the pointers stand after the loop.
  b.store(out, b.splat(b.load(right), 4));
  const kernel = b.finish("walk");
  const xs = Float32Array.from({ length: 80 }, (_, i) => i + 1);
  const fs = Float32Array.from({ length: 40 }, (_, i) => 2 * i - 3);
  for (let turns = 0; turns <= 14; turns++) {
    const [wantedY, wantedSums] = [new Float32Array(80), new Float32Array(4)];
    for (let t = 0; t < turns; t++)
      for (let lane = 0; lane < 4; lane++) {
        const product = xs[4 * t + 4 + lane] * fs[2 * t];
        wantedY[5 * t + lane] = product;
        wantedSums[lane] += product;
      }
    wantedY.fill(fs[2 * turns + 1], 5 * turns, 5 * turns + 4);
    const [foundY, foundSums] = [new Float32Array(80), new Float32Array(4)];
    const end = turns === 0 ? -7 : 2 + step * turns - (step - 1);
    runKernel(kernel, [xs, fs, foundY, foundSums], [2, end], [], 0, 1);
    expect([turns, foundY, foundSums]).toEqual([turns, wantedY, wantedSums]);
  }
});

it.each(DTYPES)("loads and stores %s at offsets, also negative ones", (dtype) => {
  const b = new Builder();
  const x = b.buffer(dtype, "read");
  const y = b.buffer(dtype, "readwrite");
  const p = b.address(b.address(x, int(2)), int(1));
  b.store(b.address(y, int(1)), b.load(p, -1), 1);
  b.store(b.address(y, int(1)), b.load(p, 1), 0);
  b.store(b.address(y, int(1)), b.load(p, -3), -1);
  const out = newArray(dtype, 3);
  const values = newArrayOf(dtype, dtype === "bool" ? [1, 0, 1, 0, 1] : [10, 11, 12, 13, 14]);
  runKernel(b.finish("offsets"), [values, out], [], [], 0, 1);
  expect(out).toEqual(newArrayOf(dtype, [values[0], values[4], values[2]]));
});

function newArrayOf(dtype: DType, values: readonly number[]) {
  const array = newArray(dtype, values.length);
  array.set(values.map((x) => coerce(dtype, x)));
  return array;
}

describe.each(
  DTYPES.flatMap((dtype) =>
    (itemBytes(dtype) === 8 ? [2] : [2, 4]).map((lanes) => [dtype, lanes] as const),
  ),
)("vectors of %s x%d", (dtype, lanes) => {
  const source = newArrayOf(
    dtype,
    Array.from({ length: 24 }, (_, i) => (dtype === "bool" ? ((i * i) % 3) % 2 : i * 9)),
  );

  /** out[0 …] = x[3 …] by steps of `from`, stored by steps of `to`; as arguments or written in. */
  const copy = (from: number, to: number, asArguments: boolean): Kernel => {
    const b = new Builder();
    const x = b.buffer(dtype, "read");
    const y = b.buffer(dtype, "write");
    const strides = [from, to].map((n) => (asArguments ? b.intParam() : int(n)));
    const value = b.load(b.address(x, int(8)), 3, lanes, from === 1 ? undefined : strides[0]);
    b.store(b.address(y, int(8)), value, -2, to === 1 ? undefined : strides[1]);
    return b.finish("copy");
  };

  it.each([
    [1, 1],
    [3, 1],
    [1, 2],
    [-2, 4],
    [2, -2],
  ])("load by steps of %d, store by %d", (from, to) => {
    const wanted = newArray(dtype, 24);
    for (let i = 0; i < lanes; i++) wanted[6 + i * to] = source[11 + i * from];
    for (const asArguments of [true, false]) {
      const found = newArray(dtype, 24);
      runKernel(copy(from, to, asArguments), [source, found], [from, to], [], 0, 1);
      expect(found).toEqual(wanted);
    }
  });

  it("as mutable variables", () => {
    const b = new Builder();
    const x = b.buffer(dtype, "read");
    const y = b.buffer(dtype, "write");
    const type: Type = { dtype, lanes };
    const sum = b.mutable(literal(0, dtype, lanes));
    b.for(int(0), int(8), int(lanes), (i) =>
      b.set(sum, b.op("max", type, sum, b.load(b.address(x, i), 0, lanes))),
    );
    b.store(b.address(y, int(0)), sum);
    const found = newArray(dtype, lanes);
    runKernel(b.finish("mutable"), [source, found], [], [], 0, 1);
    const columns = Array.from({ length: lanes }, (_, i) =>
      Array.from(source.slice(0, 8))
        .filter((_, j) => j % lanes === i)
        .reduce((a, b) => (a > b ? a : b)),
    );
    expect(Array.from(found)).toEqual(columns);
  });
});

it("keeps scratch buffers apart, in the memory of the thread", () => {
  const b = new Builder();
  const first = b.buffer("f32", "scratch");
  const x = b.buffer("f32", "read");
  const second = b.buffer("f64", "scratch");
  const y = b.buffer("f64", "write");
  b.for(int(0), int(4), int(1), (i) => {
    const value = b.load(b.address(x, i));
    b.store(b.address(first, i), value);
    b.store(b.address(second, i), b.op("cast", { dtype: "f64", lanes: 1 }, value));
  });
  b.for(int(0), int(4), int(1), (i) => {
    const wide = b.op("cast", { dtype: "f64", lanes: 1 }, b.load(b.address(first, i)));
    b.store(b.address(y, i), b.op("add", wide.type, wide, b.load(b.address(second, i))));
  });
  const out = new Float64Array(4);
  const kernel = b.finish("scratch");
  runKernel(kernel, [undefined, new Float32Array([1, 2, 3, 4]), undefined, out], [], [], 0, 1);
  expect(Array.from(out)).toEqual([2, 4, 6, 8]);
});

it("loops while a condition holds, and branches", () => {
  // Steps of the Collatz sequence from n to 1.
  const b = new Builder();
  const x = b.buffer("i32", "read");
  const y = b.buffer("i32", "write");
  b.for(b.begin, b.end, int(1), (i) => {
    const n = b.mutable(b.load(b.address(x, i)));
    const steps = b.mutable(int(0));
    b.while(
      () => b.op("ne", BOOL, n, int(1)),
      () => {
        const odd = b.op("eq", BOOL, b.op("and", I32, n, int(1)), int(1));
        b.if(
          odd,
          () => b.set(n, b.add(b.mul(n, int(3)), int(1))),
          () => b.set(n, b.op("div", I32, n, int(2))),
        );
        b.set(steps, b.add(steps, int(1)));
      },
    );
    b.if(b.op("lt", BOOL, steps, int(100)), () => b.store(b.address(y, i), steps));
  });
  const out = new Int32Array([-1, -1, -1, -1]);
  runKernel(b.finish("collatz"), [new Int32Array([1, 6, 7, 27]), out], [], [], 0, 4);
  expect(Array.from(out)).toEqual([0, 8, 16, -1]);
});

describe("values with a single use", () => {
  it("are read before what changes them", () => {
    const b = new Builder();
    const x = b.buffer("i32", "readwrite");
    const p = b.mutable(b.address(x, int(0)));
    const m = b.mutable(int(5));
    // Each is used once, after the memory, the variable or the pointer it came from has changed.
    const loaded = b.load(p);
    const doubled = b.op("add", I32, m, m);
    const sum = b.op("add", I32, loaded, doubled);
    b.store(p, int(100));
    b.set(m, int(1000));
    const next = b.load(p, 1);
    b.advance(p, int(2));
    b.store(p, sum);
    b.if(b.op("lt", BOOL, int(0), m), () => b.store(p, b.add(next, m), 1));
    const array = new Int32Array([1, 2, 3, 4]);
    const again = array.slice();
    const kernel = b.finish("order");
    runKernel(kernel, [array], [], [], 0, 1);
    compileKernel(kernel)([again], [], [], 0, 1);
    expect(Array.from(again)).toEqual([100, 2, 11, 1002]);
    expect(Array.from(array)).toEqual([100, 2, 11, 1002]);
  });

  it("swap two elements", () => {
    const b = new Builder();
    const x = b.buffer("f32", "readwrite");
    const p = b.address(x, int(0));
    const first = b.load(p);
    const second = b.load(p, 1);
    b.store(p, second);
    b.store(p, first, 1);
    const array = new Float32Array([1, 2]);
    runKernel(b.finish("swap"), [array], [], [], 0, 1);
    expect(Array.from(array)).toEqual([2, 1]);
  });
});

it.each([true, false])("imports memory, shared: %s", (shared) => {
  const b = new Builder();
  const y = b.buffer("i32", "write");
  b.for(b.begin, b.end, int(1), (i) => b.store(b.address(y, i), b.mul(i, i)));
  const out = new Int32Array(4);
  runKernel(b.finish("squares"), [out], [], [], 0, 4, { shared });
  expect(Array.from(out)).toEqual([0, 1, 4, 9]);
});

it.runIf(supportsRelaxedSimd())("multiplies and adds in one instruction where it may", () => {
  const b = new Builder();
  const x = b.buffer("f32", "read");
  const v = b.load(b.address(x, int(0)), 0, 4);
  b.store(b.address(b.buffer("f32", "write"), int(0)), b.op("fma", v.type, v, v, v));
  const out = new Float32Array(4);
  const kernel = b.finish("fused");
  runKernel(kernel, [new Float32Array([1, 2, 3, 4]), out], [], [], 0, 1, { relaxed: true });
  expect(Array.from(out)).toEqual([2, 6, 12, 20]);
});

describe("refuses, by the kernel's name,", () => {
  const generate = (write: (b: Builder) => void) => (): unknown => {
    const b = new Builder();
    write(b);
    return generateKernel(b.finish("broken"), OPTIONS);
  };

  it("an unknown operation", () => {
    expect(
      generate((b) => {
        const value = b.op("gamma", F32, literal(1, "f32"));
        b.store(b.address(b.buffer("f32", "write"), int(0)), value);
      }),
    ).toThrow("kernel broken: cannot be made WebAssembly: operation gamma does not exist for f32");
  });

  it("vectors that are too long", () => {
    expect(
      generate((b) => b.store(b.address(b.buffer("f64", "write"), int(0)), literal(1, "f64", 4))),
    ).toThrow(
      "kernel broken: cannot be made WebAssembly: expected 2 lanes, or 4 of at most 4 bytes, got f64x4",
    );
  });

  it("a variable that has no value", () => {
    expect(
      generate((b) => {
        const other = new Builder();
        for (let i = 0; i < 4; i++) other.intParam();
        b.store(b.address(b.buffer("i32", "write"), int(0)), other.intParam());
      }),
    ).toThrow(
      "kernel broken: cannot be made WebAssembly: variable 6 is used where it has no value",
    );
  });

  it("a value of another type than its place", () => {
    expect(
      generate((b) => {
        const sum = b.mutable(literal(0, "f32"));
        b.set(sum, literal(1, "f64"));
        b.store(b.address(b.buffer("f32", "write"), int(0)), sum);
      }),
    ).toThrow(/^kernel broken: cannot be made WebAssembly: .*local.set.*expected type f32/);
  });
});
