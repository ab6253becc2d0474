import { describe, expect, it } from "vitest";
import { Builder, int } from "../../src/compiler/loop/builder.ts";
import { type Kernel } from "../../src/compiler/loop/loop.ts";
import { compileAll } from "./c-kernel.ts";

// Values that are too large for the caches are written past them, which only works at aligned addresses.

/** out[at + i] = 2 x[i], a vector at a time. */
function doubled(dtype: "f32" | "f64" | "i32" | "bool", lanes: number): Kernel {
  const b = new Builder();
  const x = b.buffer(dtype, "read");
  const out = b.buffer(dtype, "stream");
  const at = b.intParam();
  b.for(b.begin, b.end, int(lanes), (i) => {
    const value = b.load(b.address(x, i), 0, lanes);
    const op = dtype === "bool" ? "or" : "add";
    b.store(b.address(out, b.add(at, i)), b.op(op, value.type, value, value));
  });
  return b.finish("doubled");
}

const ARRAYS = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array };

describe.each([16, 32, 64])("vectors of %d bytes", (vectorBytes) => {
  it.each(["f32", "f64", "i32", "bool"] as const)("%s, at any address", (dtype) => {
    const lanes = vectorBytes / (dtype === "f64" ? 8 : 4);
    const kernel = doubled(dtype, lanes);
    const run = compileAll([kernel], vectorBytes);
    const n = 3 * lanes;
    for (const at of [0, 1, 3, 8, 16]) {
      const numbers = Array.from({ length: n }, (_, i) => (dtype === "bool" ? i % 2 : i - 5));
      const x = new ARRAYS[dtype](numbers);
      const out = new ARRAYS[dtype](n + 16);
      run(kernel, [x, out], [at], [], 0, n);
      const wanted = Array.from(x, (v) => (dtype === "bool" ? v : 2 * v));
      expect(Array.from(out.subarray(at, at + n))).toEqual(wanted);
      expect(Array.from(out.subarray(0, at)).every((v) => v === 0)).toBe(true);
      expect(Array.from(out.subarray(at + n)).every((v) => v === 0)).toBe(true);
    }
  });
});
