import { newArray } from "../dtype.ts";
import { definePrimitive } from "../node.ts";
import { argsort } from "../ops.ts";
import { sizeOf } from "../shape.ts";
import { checkAxis, checkCount, lines } from "./common.ts";

/** Negative when a comes first in ascending order; NaN is the largest, and equal to itself. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(a !== a) - Number(b !== b);
}

definePrimitive({
  name: "argsort",
  infer(inputs, attrs) {
    checkCount("argsort", inputs, 1);
    const [x] = inputs;
    checkAxis("argsort", attrs.axis as number, x.shape.length);
    if (typeof attrs.descending !== "boolean")
      throw new TypeError(`argsort: descending must be a boolean, got ${String(attrs.descending)}`);
    return { shape: x.shape, dtype: "i32" };
  },
  batch: (node, [x]) =>
    argsort(x, (node.attrs.axis as number) + 1, node.attrs.descending as boolean),
  evaluate([x], { shape, dtype, attrs }) {
    const { outer, n, inner } = lines(shape, attrs.axis as number);
    const direction = attrs.descending ? -1 : 1;
    const data = newArray(dtype, sizeOf(shape));
    for (let o = 0; o < outer; o++)
      for (let k = 0; k < inner; k++) {
        const value = (i: number): number => x.data[(o * n + i) * inner + k];
        const order = Array.from({ length: n }, (_, i) => i);
        order.sort((i, j) => direction * compare(value(i), value(j)));
        for (let i = 0; i < n; i++) data[(o * n + i) * inner + k] = order[i];
      }
    return { shape, dtype, data };
  },
  cost: (node) => {
    const n = node.shape[node.attrs.axis as number];
    return 4 * sizeOf(node.shape) * Math.ceil(Math.log2(n + 1));
  },
});
