import { coerce, isFloat, newArray } from "../dtype.ts";
import { definePrimitive, make, type Node } from "../node.ts";
import {
  and,
  cast,
  div,
  eq,
  full,
  fullLike,
  gather,
  iota,
  le,
  lt,
  max,
  scatter,
  type ScatterMode,
  select,
  zerosLike,
} from "../ops.ts";
import { type Shape, showShape, sizeOf } from "../shape.ts";
import { definitionOf } from "./binary.ts";
import {
  ANY,
  checkAxis,
  checkCount,
  checkDType,
  checkSameDType,
  lines,
  NUMBERS,
  spreadAll,
} from "./common.ts";

function checkIndex(name: string, x: Node, index: Node, axis: number): void {
  checkAxis(name, axis, x.shape.length);
  checkDType(name, index, ["i32"]);
  const fits =
    index.shape.length === x.shape.length &&
    index.shape.every((size, i) => i === axis || size === x.shape[i]);
  if (!fits)
    throw new Error(
      `${name}: index must have the shape of the values but along axis ${axis}, got ` +
        `${showShape(index.shape)} for ${showShape(x.shape)}`,
    );
}

const axisOf = (node: Node): number => node.attrs.axis as number;
const modeOf = (node: Node): ScatterMode => node.attrs.mode as ScatterMode;

/** `values` where the index lies inside the axis, 0 where the position is dropped. */
function whereInside(index: Node, shape: Shape, axis: number, values: Node): Node {
  const like = (value: number): Node => full(index.shape, value, "i32");
  const inside = and(le(like(0), index), lt(index, like(shape[axis])));
  return select(inside, values, zerosLike(values));
}

definePrimitive({
  name: "gather",
  infer(inputs, attrs) {
    checkCount("gather", inputs, 2);
    const [x, index] = inputs;
    checkIndex("gather", x, index, attrs.axis as number);
    return { shape: index.shape, dtype: x.dtype };
  },
  vjp(node, g) {
    const [x, index] = node.inputs;
    return [scatter(zerosLike(x), index, g, axisOf(node), "add"), undefined];
  },
  jvp(node, [t]) {
    const [x, index] = node.inputs;
    return t && whereInside(index, x.shape, axisOf(node), gather(t, index, axisOf(node)));
  },
  batch(node, inputs, batched, size) {
    const [x, index] = spreadAll(inputs, batched, size);
    return gather(x, index, axisOf(node) + 1);
  },
  evaluate([x, index], { shape, dtype, attrs }) {
    const axis = attrs.axis as number;
    const { outer, n, inner } = lines(shape, axis);
    const size = x.shape[axis];
    const data = newArray(dtype, sizeOf(shape));
    const outside = coerce(dtype, isFloat(dtype) ? NaN : 0);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < n; i++)
        for (let k = 0; k < inner; k++) {
          const at = (o * n + i) * inner + k;
          const from = index.data[at];
          data[at] = from >= 0 && from < size ? x.data[(o * size + from) * inner + k] : outside;
        }
    return { shape, dtype, data };
  },
  cost: (node) => sizeOf(node.shape),
});

/** Whether each update is the one that stays: the last of those for its position. */
function stays(index: Node, base: Node, axis: number): Node {
  const order = iota(index.shape, axis);
  const last = scatter(full(base.shape, -1, "i32"), index, order, axis, "set");
  return eq(gather(last, index, axis), order);
}

/** For max and min: which of the base and the updates are the result, and how many of them. */
function winners(node: Node): { base: Node; updates: Node; count: Node } {
  const [base, index, updates] = node.inputs;
  const axis = axisOf(node);
  const isBase = eq(base, node);
  const isUpdate = eq(updates, gather(node, index, axis));
  const count = scatter(cast(isBase, node.dtype), index, cast(isUpdate, node.dtype), axis, "add");
  // Nothing equals a NaN, and then nothing receives a share.
  return { base: isBase, updates: isUpdate, count: max(count, fullLike(count, 1)) };
}

const masked = (mask: Node, x: Node): Node => select(mask, x, zerosLike(x));

definePrimitive({
  name: "scatter",
  infer(inputs, attrs) {
    checkCount("scatter", inputs, 3);
    const [base, index, updates] = inputs;
    checkIndex("scatter", base, index, attrs.axis as number);
    checkSameDType("scatter", base, updates);
    const mode = attrs.mode as ScatterMode;
    if (!["set", "add", "max", "min"].includes(mode))
      throw new Error(`scatter: mode must be set, add, max or min, got ${mode}`);
    checkDType(`scatter (${mode})`, base, mode === "add" ? NUMBERS : ANY);
    if (
      updates.shape.length !== index.shape.length ||
      updates.shape.some((size, i) => size !== index.shape[i])
    )
      throw new Error(
        `scatter: index and updates must have one shape, got ${showShape(index.shape)} and ` +
          showShape(updates.shape),
      );
    return { shape: base.shape, dtype: base.dtype };
  },
  vjp(node, g, needs) {
    const [base, index] = node.inputs;
    const axis = axisOf(node);
    const mode = modeOf(node);
    const atUpdates = (values: Node): Node =>
      whereInside(index, base.shape, axis, gather(values, index, axis));
    if (mode === "add")
      return [needs[0] ? g : undefined, undefined, needs[2] ? atUpdates(g) : undefined];
    if (mode === "set")
      return [
        needs[0] ? scatter(g, index, full(index.shape, 0, g.dtype), axis, "set") : undefined,
        undefined,
        needs[2] ? masked(stays(index, base, axis), atUpdates(g)) : undefined,
      ];
    const won = winners(node);
    const share = div(g, won.count);
    return [
      needs[0] ? masked(won.base, share) : undefined,
      undefined,
      needs[2] ? masked(won.updates, atUpdates(share)) : undefined,
    ];
  },
  jvp(node, [tBase, , tUpdates]) {
    const [base, index, updates] = node.inputs;
    const axis = axisOf(node);
    const mode = modeOf(node);
    if (!tBase && !tUpdates) return undefined;
    const tb = tBase ?? zerosLike(base);
    const tu = tUpdates ?? zerosLike(updates);
    if (mode === "add" || mode === "set") return scatter(tb, index, tu, axis, mode);
    const won = winners(node);
    const total = scatter(masked(won.base, tb), index, masked(won.updates, tu), axis, "add");
    return div(total, won.count);
  },
  batch: (node, inputs, batched, size) =>
    make(node.op, spreadAll(inputs, batched, size), {
      ...node.attrs,
      axis: axisOf(node) + 1,
    }),
  evaluate([base, index, updates], { shape, dtype, attrs }) {
    const axis = attrs.axis as number;
    const { outer, n, inner } = lines(index.shape, axis);
    const size = shape[axis];
    const data = base.data.slice();
    const mode = attrs.mode as ScatterMode;
    const combine =
      mode === "set" ? (_: number, update: number): number => update : definitionOf(mode, dtype);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < n; i++)
        for (let k = 0; k < inner; k++) {
          const at = (o * n + i) * inner + k;
          const to = index.data[at];
          if (to < 0 || to >= size) continue;
          const there = (o * size + to) * inner + k;
          data[there] = combine(data[there], updates.data[at]);
        }
    return { shape, dtype, data };
  },
  cost: (node) => sizeOf(node.shape) + 2 * sizeOf(node.inputs[1].shape),
});
