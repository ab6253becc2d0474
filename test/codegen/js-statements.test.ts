import { expect, it } from "vitest";
import { compileKernel, printSource } from "../../src/codegen/js/generate.ts";
import { Builder, int, literal } from "../../src/compiler/loop/builder.ts";
import { type Type } from "../../src/compiler/loop/loop.ts";

const F32: Type = { dtype: "f32", lanes: 1 };
const I32: Type = { dtype: "i32", lanes: 1 };
const BOOL: Type = { dtype: "bool", lanes: 1 };

it("prints readable source", () => {
  const b = new Builder();
  const x = b.buffer("f32", "read");
  const y = b.buffer("f32", "write");
  const n = b.intParam();
  const scale = b.scalarParam("f32");
  b.for(b.begin, b.end, int(1), (row) => {
    b.for(int(0), n, int(1), (i) => {
      const at = b.add(b.mul(row, n), i);
      const product = b.op("mul", F32, b.load(b.address(x, at)), scale);
      b.store(b.address(y, at), b.op("add", F32, product, literal(-1.5, "f32")));
    });
  });
  expect(printSource(b.finish("2 scale rows"))).toMatchInlineSnapshot(`
    "function kernel_2_scale_rows(buffers, ints, scalars, v0, v1) {
      const b0 = buffers[0]; // read f32
      const b1 = buffers[1]; // write f32
      const v2 = ints[0] | 0;
      const v3 = fround(scalars[0]);
      for (let v4 = v0; v4 < v1; v4++) {
        const v6 = imul(v4, v2);
        for (let v5 = 0; v5 < v2; v5++) {
          const v7 = v6 + v5 | 0;
          const v8 = v7;
          const v9 = b0[v8];
          const v10 = fround(v9 * v3);
          const v11 = v7;
          const v12 = fround(v10 + (-1.5));
          b1[v11] = v12;
        }
      }
    }"
  `);
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
  const y1 = new Float32Array(3);
  const run = compileKernel(b.finish("columnSums"));
  run([new Float32Array([1, 2, 3, 4, 5, 6]), y1], [2, 3], [], 0, 3);
  expect(Array.from(y1)).toEqual([5, 7, 9]);
  // Only the pieces asked for.
  const y2 = new Float32Array(3);
  run([new Float32Array([1, 2, 3, 4, 5, 6]), y2], [2, 3], [], 1, 2);
  expect(Array.from(y2)).toEqual([0, 7, 0]);
});

it("loads and stores at offsets, and relative to a pointer", () => {
  const b = new Builder();
  const x = b.buffer("i32", "read");
  const y = b.buffer("i32", "readwrite");
  const p = b.address(b.address(x, int(2)), int(1));
  b.store(b.address(y, int(1)), b.load(p, -1), 1);
  b.store(b.address(y, int(1)), b.load(p, 1), 0);
  const out = new Int32Array(3);
  compileKernel(b.finish("offsets"))([new Int32Array([10, 11, 12, 13, 14]), out], [], [], 0, 1);
  expect(Array.from(out)).toEqual([0, 14, 12]);
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
  compileKernel(b.finish("collatz"))([new Int32Array([1, 6, 7, 27]), out], [], [], 0, 4);
  expect(Array.from(out)).toEqual([0, 8, 16, -1]);
});

it("refuses vectors", () => {
  const b = new Builder();
  const x = b.buffer("f32", "read");
  const y = b.buffer("f32", "write");
  b.store(b.address(y, int(0)), b.load(b.address(x, int(0)), 0, 4));
  expect(() => printSource(b.finish("wide"))).toThrow(
    /kernel wide: JavaScript has one lane, not 4/,
  );
});
