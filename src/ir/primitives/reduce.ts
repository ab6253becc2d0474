import { coerce, isFloat, limits, newArray } from "../dtype.ts";
import { definePrimitive, make, type Node, type Primitive } from "../node.ts";
import {
  cast,
  div,
  eq,
  fullLike,
  max,
  mul,
  pad,
  permute,
  reduceSum,
  reshape,
  select,
  slice,
  zerosLike,
} from "../ops.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import { definitionOf } from "./binary.ts";
import {
  ANY,
  checkAxes,
  checkAxis,
  checkCount,
  checkDType,
  inverse,
  type Kinds,
  lines,
  NUMBERS,
  positions,
  range,
  restore,
  shift,
} from "./common.ts";

const axesOf = (node: Node): readonly number[] => node.attrs.axes as readonly number[];
const without = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, axis) => !axes.includes(axis));

/** What the reductions share: all but their derivatives. `combine` is the binary primitive that is repeated. */
function reduction(
  name: string,
  combine: string,
  on: Kinds,
  first: (lowest: number, highest: number) => number,
): Pick<Primitive, "name" | "infer" | "batch" | "evaluate" | "cost"> {
  return {
    name,
    infer(inputs, attrs) {
      checkCount(name, inputs, 1);
      const [x] = inputs;
      checkDType(name, x, on);
      const axes = attrs.axes as readonly number[];
      checkAxes(name, axes, x.shape.length);
      for (let i = 1; i < axes.length; i++)
        if (axes[i] < axes[i - 1])
          throw new RangeError(`${name}: axes must ascend, got [${axes.join(", ")}]`);
      return { shape: without(x.shape, axes), dtype: x.dtype };
    },
    batch: (node, [x]) => make(node.op, [x], { axes: shift(axesOf(node)) }),
    // Floats accumulate in double precision and are rounded once; integers wrap at every step.
    evaluate([x], { shape, dtype, attrs }) {
      const axes = attrs.axes as readonly number[];
      const outer = stridesOf(shape);
      let kept = 0;
      const strides = x.shape.map((_, axis) => (axes.includes(axis) ? 0 : outer[kept++]));
      const to = positions(x.shape, strides);
      const float = isFloat(dtype);
      const f = definitionOf(combine, dtype);
      const size = sizeOf(shape);
      const data = newArray(dtype, size);
      const total = float ? new Float64Array(size) : data;
      total.fill(coerce(dtype, first(...limits(dtype))));
      for (let i = 0; i < to.length; i++) total[to[i]] = f(total[to[i]], x.data[i]);
      if (float) data.set(total);
      return { shape, dtype, data };
    },
    cost: (node) => sizeOf(node.inputs[0].shape),
  };
}

definePrimitive({
  ...reduction("reduceSum", "add", NUMBERS, () => 0),
  vjp: (node, g) => [restore(g, axesOf(node), node.inputs[0].shape)],
  jvp: (node, [t]) => t && reduceSum(t, axesOf(node)),
});

/** Running products along the last axis that leave out the entry itself, from the front or the end. */
function exclusiveProducts(x: Node, fromEnd: boolean): Node {
  const { shape } = x;
  const last = shape.length - 1;
  const n = shape[last];
  const at = (value: number): number[] => shape.map((_, axis) => (axis === last ? value : 0));
  /** Entry i becomes entry i - by (or i + by), and 1 where there is none. */
  const moved = (y: Node, by: number): Node => {
    const size = shape.map((entries, axis) => (axis === last ? entries - by : entries));
    return fromEnd
      ? pad(slice(y, at(by), size), at(0), at(by), 1)
      : pad(slice(y, at(0), size), at(by), at(0), 1);
  };
  let products = moved(x, 1);
  // Hillis and Steele's doubling: log2(n) products of whole arrays, differentiable any number of times.
  for (let by = 1; by < n; by *= 2) products = mul(products, moved(products, by));
  return products;
}

/** For each entry of `x`, the product of all others along `axes`: right for any number of zeros. */
function productsOfOthers(x: Node, axes: readonly number[]): Node {
  const kept = range(x.shape.length).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const moved = permute(x, order);
  const n = sizeOf(axes.map((axis) => x.shape[axis]));
  if (sizeOf(x.shape) === 0) return x;
  const flat = reshape(moved, [...kept.map((axis) => x.shape[axis]), n]);
  const others = mul(exclusiveProducts(flat, false), exclusiveProducts(flat, true));
  return permute(reshape(others, moved.shape), inverse(order));
}

definePrimitive({
  ...reduction("reduceProd", "mul", NUMBERS, () => 1),
  vjp(node, g) {
    const [x] = node.inputs;
    return [mul(restore(g, axesOf(node), x.shape), productsOfOthers(x, axesOf(node)))];
  },
  jvp(node, [t]) {
    const [x] = node.inputs;
    return t && reduceSum(mul(t, productsOfOthers(x, axesOf(node))), axesOf(node));
  },
});

/** Where `x` equals its extremum along the axes, and how often it does, both in the shape of `x`. */
function ties(node: Node): { equal: Node; count: Node } {
  const [x] = node.inputs;
  const equal = eq(x, restore(node, axesOf(node), x.shape));
  const count = reduceSum(cast(equal, x.dtype), axesOf(node));
  return { equal, count };
}

const extremum: Pick<Primitive, "vjp" | "jvp"> = {
  vjp(node, g) {
    const [x] = node.inputs;
    const { equal, count } = ties(node);
    return [select(equal, restore(div(g, count), axesOf(node), x.shape), zerosLike(x))];
  },
  jvp(node, [t]) {
    if (!t) return undefined;
    const { equal, count } = ties(node);
    // Nothing equals the extremum of no entries, or a NaN.
    const shares = max(count, fullLike(count, 1));
    return div(reduceSum(select(equal, t, zerosLike(t)), axesOf(node)), shares);
  },
};

definePrimitive({
  ...reduction("reduceMax", "max", ANY, (lowest) => lowest),
  ...extremum,
});
definePrimitive({
  ...reduction("reduceMin", "min", ANY, (_, highest) => highest),
  ...extremum,
});

function argExtremum(name: string, beats: (x: number, best: number) => boolean): void {
  definePrimitive({
    name,
    infer(inputs, attrs) {
      checkCount(name, inputs, 1);
      const [x] = inputs;
      const axis = attrs.axis as number;
      checkAxis(name, axis, x.shape.length);
      if (x.shape[axis] === 0)
        throw new Error(`${name}: axis ${axis} of ${showShape(x.shape)} is empty`);
      return { shape: without(x.shape, [axis]), dtype: "i32" };
    },
    batch: (node, [x]) => make(node.op, [x], { axis: (node.attrs.axis as number) + 1 }),
    evaluate([x], { shape, dtype, attrs }) {
      const { outer, n, inner } = lines(x.shape, attrs.axis as number);
      const data = newArray(dtype, outer * inner);
      for (let o = 0; o < outer; o++)
        for (let k = 0; k < inner; k++) {
          let best = 0;
          for (let i = 1; i < n; i++) {
            const value = x.data[(o * n + i) * inner + k];
            const most = x.data[(o * n + best) * inner + k];
            if (beats(value, most) || (value !== value && most === most)) best = i;
          }
          data[o * inner + k] = best;
        }
      return { shape, dtype, data };
    },
    cost: (node) => 2 * sizeOf(node.inputs[0].shape),
  });
}
argExtremum("argMax", (x, best) => x > best);
argExtremum("argMin", (x, best) => x < best);
