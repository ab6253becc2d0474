import { coerce, newArray } from "../dtype.ts";
import { type NDArray } from "../ndarray.ts";
import { definePrimitive, type Node, type Spec } from "../node.ts";
import { expand, flip, pad, permute, reduceSum, reshape, slice, zerosLike } from "../ops.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import {
  checkAxes,
  checkCount,
  checkInts,
  checkShape,
  inverse,
  positions,
  range,
  shift,
} from "./common.ts";

/** The elements of `x` at memory positions given by strides. */
function strided(x: NDArray, node: Spec, strides: readonly number[], start = 0): NDArray {
  const { shape, dtype } = node;
  const from = positions(shape, strides, start);
  const data = newArray(dtype, from.length);
  for (let i = 0; i < data.length; i++) data[i] = x.data[from[i]];
  return { shape, dtype, data };
}

const free = (): number => 0;

definePrimitive({
  name: "reshape",
  view: true,
  infer(inputs, attrs) {
    checkCount("reshape", inputs, 1);
    const [x] = inputs;
    const shape = attrs.shape as Shape;
    checkShape("reshape", shape);
    if (sizeOf(shape) !== sizeOf(x.shape))
      throw new Error(
        `reshape: ${showShape(x.shape)} has ${sizeOf(x.shape)} elements and ${showShape(shape)} ` +
          `has ${sizeOf(shape)}`,
      );
    return { shape, dtype: x.dtype };
  },
  vjp: (node, g) => [reshape(g, node.inputs[0].shape)],
  jvp: (node, [t]) => t && reshape(t, node.shape),
  batch: (node, [x], _, size) => reshape(x, [size, ...node.shape]),
  evaluate: ([x], { shape, dtype }) => ({ shape, dtype, data: x.data }),
  cost: free,
});

definePrimitive({
  name: "permute",
  view: true,
  infer(inputs, attrs) {
    checkCount("permute", inputs, 1);
    const [x] = inputs;
    const axes = attrs.axes as readonly number[];
    checkInts("permute", "axes", axes, x.shape.length, 0);
    checkAxes("permute", axes, x.shape.length);
    return { shape: axes.map((axis) => x.shape[axis]), dtype: x.dtype };
  },
  vjp: (node, g) => [permute(g, inverse(node.attrs.axes as readonly number[]))],
  jvp: (node, [t]) => t && permute(t, node.attrs.axes as readonly number[]),
  batch: (node, [x]) => permute(x, [0, ...shift(node.attrs.axes as readonly number[])]),
  evaluate([x], node) {
    const from = stridesOf(x.shape);
    return strided(
      x,
      node,
      (node.attrs.axes as readonly number[]).map((axis) => from[axis]),
    );
  },
  cost: free,
});

definePrimitive({
  name: "expand",
  view: true,
  infer(inputs, attrs) {
    checkCount("expand", inputs, 1);
    const [x] = inputs;
    const shape = attrs.shape as Shape;
    checkShape("expand", shape);
    if (shape.length !== x.shape.length)
      throw new Error(
        `expand: ranks differ, ${showShape(x.shape)} and ${showShape(shape)}: reshape it first`,
      );
    for (let axis = 0; axis < shape.length; axis++)
      if (x.shape[axis] !== 1 && x.shape[axis] !== shape[axis])
        throw new Error(
          `expand: ${showShape(x.shape)} cannot become ${showShape(shape)}, axis ${axis} has ` +
            `size ${x.shape[axis]}, not 1 or ${shape[axis]}`,
        );
    return { shape, dtype: x.dtype };
  },
  vjp(node, g) {
    const { shape } = node.inputs[0];
    const axes = range(shape.length).filter((axis) => shape[axis] !== node.shape[axis]);
    return [reshape(reduceSum(g, axes), shape)];
  },
  jvp: (node, [t]) => t && expand(t, node.shape),
  batch: (node, [x], _, size) => expand(x, [size, ...node.shape]),
  evaluate([x], node) {
    const strides = stridesOf(x.shape);
    return strided(
      x,
      node,
      strides.map((stride, axis) => (x.shape[axis] === node.shape[axis] ? stride : 0)),
    );
  },
  cost: free,
});

interface PadAttrs {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly value: number;
}
const padAttrs = (node: Node): PadAttrs => node.attrs as unknown as PadAttrs;

definePrimitive({
  name: "pad",
  view: true,
  infer(inputs, attrs) {
    checkCount("pad", inputs, 1);
    const [x] = inputs;
    const { lo, hi, value } = attrs as unknown as PadAttrs;
    checkInts("pad", "lo", lo, x.shape.length, 0);
    checkInts("pad", "hi", hi, x.shape.length, 0);
    if (!Object.is(coerce(x.dtype, value), value))
      throw new TypeError(`pad: ${String(value)} is not a value of ${x.dtype}`);
    return { shape: x.shape.map((size, axis) => lo[axis] + size + hi[axis]), dtype: x.dtype };
  },
  vjp(node, g) {
    return [slice(g, padAttrs(node).lo, node.inputs[0].shape)];
  },
  jvp(node, [t]) {
    const { lo, hi } = padAttrs(node);
    return t && pad(t, lo, hi);
  },
  batch(node, [x]) {
    const { lo, hi, value } = padAttrs(node);
    return pad(x, [0, ...lo], [0, ...hi], value);
  },
  evaluate([x], node) {
    const { lo, value } = padAttrs(node);
    const { shape, dtype } = node;
    const data = newArray(dtype, sizeOf(shape)).fill(value);
    const strides = stridesOf(shape);
    const start = lo.reduce((sum, n, axis) => sum + n * strides[axis], 0);
    const to = positions(x.shape, strides, start);
    for (let i = 0; i < to.length; i++) data[to[i]] = x.data[i];
    return { shape, dtype, data };
  },
  cost: free,
});

interface SliceAttrs {
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}
const sliceAttrs = (node: Node): SliceAttrs => node.attrs as unknown as SliceAttrs;

/**
 * `x` with step[i] - 1 zeros between the entries of axis i. By views alone: each entry becomes a row
 * that is padded, the rows are joined, and what follows the last entry is cut off.
 */
export function dilate(x: Node, step: readonly number[]): Node {
  for (let axis = 0; axis < step.length; axis++) {
    const n = x.shape[axis];
    if (step[axis] === 1 || n <= 1) continue;
    const { shape } = x;
    const rows = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
    const hi = rows.map((_, i) => (i === axis + 1 ? step[axis] - 1 : 0));
    const padded = pad(
      reshape(x, rows),
      rows.map(() => 0),
      hi,
    );
    const joined = reshape(
      padded,
      shape.map((size, i) => (i === axis ? n * step[axis] : size)),
    );
    x = slice(
      joined,
      shape.map(() => 0),
      shape.map((size, i) => (i === axis ? (n - 1) * step[axis] + 1 : size)),
    );
  }
  return x;
}

/** Pads with zeros, or cuts off where `lo` or `hi` is negative. */
export function padOrCrop(x: Node, lo: readonly number[], hi: readonly number[]): Node {
  // Padding comes first: a cut on one side may reach into what the other side adds.
  const clip = (list: readonly number[]): number[] => list.map((n) => Math.max(n, 0));
  const size = x.shape.map((n, axis) => lo[axis] + n + hi[axis]);
  return slice(
    pad(x, clip(lo), clip(hi)),
    lo.map((n) => Math.max(-n, 0)),
    size,
  );
}

definePrimitive({
  name: "slice",
  view: true,
  infer(inputs, attrs) {
    checkCount("slice", inputs, 1);
    const [x] = inputs;
    const { start, size, step } = attrs as unknown as SliceAttrs;
    const rank = x.shape.length;
    checkInts("slice", "start", start, rank, 0);
    checkInts("slice", "size", size, rank, 0);
    checkInts("slice", "step", step, rank, 1);
    for (let axis = 0; axis < rank; axis++) {
      const last = start[axis] + (size[axis] - 1) * step[axis];
      if (size[axis] > 0 && last >= x.shape[axis])
        throw new RangeError(
          `slice: axis ${axis} of ${showShape(x.shape)} has size ${x.shape[axis]}, but start ` +
            `${start[axis]}, size ${size[axis]} and step ${step[axis]} reach entry ${last}`,
        );
    }
    return { shape: size, dtype: x.dtype };
  },
  vjp(node, g) {
    const { start, size, step } = sliceAttrs(node);
    const [x] = node.inputs;
    if (sizeOf(size) === 0) return [zerosLike(x)];
    const hi = x.shape.map((n, axis) => n - start[axis] - (size[axis] - 1) * step[axis] - 1);
    return [pad(dilate(g, step), start, hi)];
  },
  jvp(node, [t]) {
    const { start, size, step } = sliceAttrs(node);
    return t && slice(t, start, size, step);
  },
  batch(node, [x], _, entries) {
    const { start, size, step } = sliceAttrs(node);
    return slice(x, [0, ...start], [entries, ...size], [1, ...step]);
  },
  evaluate([x], node) {
    const { start, step } = sliceAttrs(node);
    const strides = stridesOf(x.shape);
    return strided(
      x,
      node,
      strides.map((stride, axis) => stride * step[axis]),
      start.reduce((sum, n, axis) => sum + n * strides[axis], 0),
    );
  },
  cost: free,
});

definePrimitive({
  name: "flip",
  view: true,
  infer(inputs, attrs) {
    checkCount("flip", inputs, 1);
    const [x] = inputs;
    checkAxes("flip", attrs.axes as readonly number[], x.shape.length);
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: (node, g) => [flip(g, node.attrs.axes as readonly number[])],
  jvp: (node, [t]) => t && flip(t, node.attrs.axes as readonly number[]),
  batch: (node, [x]) => flip(x, shift(node.attrs.axes as readonly number[])),
  evaluate([x], node) {
    const axes = node.attrs.axes as readonly number[];
    const strides = stridesOf(x.shape);
    const start = axes.reduce((sum, axis) => sum + (x.shape[axis] - 1) * strides[axis], 0);
    return strided(
      x,
      node,
      strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      start,
    );
  },
  cost: free,
});
