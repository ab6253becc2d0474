import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { DType } from "../../src/ir/dtype.ts";
import { tensor, vmap, zeros } from "../../src/tensor/index.ts";

// Made by tools/fixtures-tensor.py: NumPy's array2string.
interface Printed {
  dtype: DType;
  shape: number[];
  data: (number | string)[];
  text: string;
}

const url = new URL("./print.json", import.meta.url);
const cases = JSON.parse(readFileSync(url, "utf8")) as Printed[];
const special: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

describe("prints as NumPy", () => {
  test.each(cases.map((c, i) => [i, c.dtype, c.shape.join("×"), c] as const))(
    "case %i: %s %s",
    (_i, dtype, _shape, { shape, data, text }) => {
      const values = data.map((v) => (typeof v === "string" ? special[v] : v));
      const suffix = dtype === "f32" || dtype === "bool" ? ")" : `, dtype=${dtype})`;
      expect(String(tensor(values, { dtype }).reshape(shape))).toBe(`tensor(${text}${suffix}`);
    },
  );
});

test("empty tensors show their shape", () => {
  expect(String(zeros([0, 3]))).toBe("tensor([], shape=[0, 3])");
  expect(String(zeros([0]))).toBe("tensor([])");
  expect(String(zeros([2, 0], { dtype: "i32" }))).toBe("tensor([], shape=[2, 0], dtype=i32)");
});

test("console.log shows the elements, and of what has none shape and dtype", () => {
  expect(inspect(tensor([1, 2]))).toBe("tensor([1., 2.])");
  let shown = "";
  vmap((row) => {
    shown = inspect(row);
    return row;
  })(zeros([4, 2]));
  expect(shown).toBe("Tensor(f32[2])");
});
