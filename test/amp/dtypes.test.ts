import { type DType, rand } from "nabla";
import { autocast } from "nabla/amp";
import { describe, expect, test } from "vitest";
import { DOCUMENTED, dtypeName, ONE, TWO } from "./functions.ts";
import { HALVES, vectors } from "./vectors.ts";

describe.each(HALVES)("dtypes under autocast to %s as PyTorch's on CUDA", (half) => {
  const table = vectors.dtypes[half];
  const wanted = (name: string): readonly (DType | "int" | null)[] =>
    table[name].map((dtype, i) => {
      if (dtype !== null) return dtype;
      const known = DOCUMENTED[name][i];
      return known === "low" ? half : known;
    });

  test("of all functions that were asked for", () => {
    expect(Object.keys({ ...ONE, ...TWO }).sort()).toEqual(Object.keys(table).sort());
  });

  test.each(Object.keys(ONE))("%s", (name) => {
    const dtypes = (["f32", half] as const).map((dtype) => {
      const x = rand([4, 4]).to(dtype);
      const y = autocast({ dtype: half }, () => ONE[name](x));
      y.dataSync();
      return dtypeName(y.dtype);
    });
    expect(dtypes).toEqual(wanted(name));
  });

  test.each(Object.keys(TWO))("%s", (name) => {
    const pairs = [
      ["f32", "f32"],
      [half, half],
      [half, "f32"],
      ["f32", half],
    ] as const;
    const dtypes = pairs.map(([a, b]) => {
      const [x, y] = [rand([4, 4]).to(a), rand([4, 4]).to(b)];
      const z = autocast({ dtype: half }, () => TWO[name](x, y));
      z.dataSync();
      return dtypeName(z.dtype);
    });
    expect(dtypes).toEqual(wanted(name));
  });
});
