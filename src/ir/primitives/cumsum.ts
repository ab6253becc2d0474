import { coerce, isFloat, newArray } from "../dtype.ts";
import { definePrimitive, type Node } from "../node.ts";
import { cumsum } from "../ops.ts";
import { sizeOf } from "../shape.ts";
import { checkAxis, checkCount, checkDType, lines, NUMBERS } from "./common.ts";

const axisOf = (node: Node): number => node.attrs.axis as number;
const reverseOf = (node: Node): boolean => node.attrs.reverse as boolean;

definePrimitive({
  name: "cumsum",
  infer(inputs, attrs) {
    checkCount("cumsum", inputs, 1);
    const [x] = inputs;
    checkDType("cumsum", x, NUMBERS);
    checkAxis("cumsum", attrs.axis as number, x.shape.length);
    if (typeof attrs.reverse !== "boolean")
      throw new TypeError(`cumsum: reverse must be a boolean, got ${String(attrs.reverse)}`);
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: (node, g) => [cumsum(g, axisOf(node), !reverseOf(node))],
  jvp: (node, [t]) => t && cumsum(t, axisOf(node), reverseOf(node)),
  batch: (node, [x]) => cumsum(x, axisOf(node) + 1, reverseOf(node)),
  evaluate([x], node) {
    const { shape, dtype } = node;
    const { outer, n, inner } = lines(shape, axisOf(node));
    const reverse = reverseOf(node);
    const data = newArray(dtype, sizeOf(shape));
    for (let o = 0; o < outer; o++)
      for (let k = 0; k < inner; k++) {
        let sum = coerce(dtype, 0);
        for (let step = 0; step < n; step++) {
          const at = (o * n + (reverse ? n - 1 - step : step)) * inner + k;
          sum += x.data[at];
          if (!isFloat(dtype)) sum = coerce(dtype, sum);
          data[at] = sum;
        }
      }
    return { shape, dtype, data };
  },
  cost: (node) => sizeOf(node.shape),
});
