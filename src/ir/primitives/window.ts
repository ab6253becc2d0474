import { coerce, newArray } from "../dtype.ts";
import { forEachIndex, type NDArray } from "../ndarray.ts";
import { type Attrs, definePrimitive, make, type Node } from "../node.ts";
import { type WindowAttrs, windowSum, zerosLike } from "../ops.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import { checkCount, checkDType, checkInts, type Kinds, NUMBERS } from "./common.ts";
import { dilate, padOrCrop } from "./views.ts";

const windowAttrs = (attrs: Attrs): WindowAttrs => attrs as unknown as WindowAttrs;

function outputShape(name: string, inputs: readonly Node[], attrs: Attrs, on: Kinds): number[] {
  checkCount(name, inputs, 1);
  const [x] = inputs;
  checkDType(name, x, on);
  const { size, stride, padLo, padHi, dilation } = windowAttrs(attrs);
  checkInts(name, "size", size, size.length, 1);
  checkInts(name, "stride", stride, size.length, 1);
  checkInts(name, "padLo", padLo, size.length, 0);
  checkInts(name, "padHi", padHi, size.length, 0);
  checkInts(name, "dilation", dilation, size.length, 1);
  const before = x.shape.length - size.length;
  if (before < 0)
    throw new Error(
      `${name}: a window of ${size.length} axes needs at least as many, got ${showShape(x.shape)}`,
    );
  const out = x.shape.slice(0, before);
  for (let i = 0; i < size.length; i++) {
    const padded = x.shape[before + i] + padLo[i] + padHi[i];
    const window = (size[i] - 1) * dilation[i] + 1;
    if (padded < window)
      throw new Error(
        `${name}: window does not fit, axis ${before + i} of ${showShape(x.shape)} is ${padded} ` +
          `with padding and the window spans ${window}`,
      );
    out.push(Math.floor((padded - window) / stride[i]) + 1);
  }
  return out;
}

/** Calls `visit` with each entry of each window: its output position, and where it lies in `x`. */
function forEachEntry(
  x: NDArray,
  shape: Shape,
  attrs: WindowAttrs,
  visit: (out: number, at: number, inWindowedAxes: number) => void,
): void {
  const { size, stride, padLo, dilation } = attrs;
  const before = x.shape.length - size.length;
  const strides = stridesOf(x.shape);
  const plane = sizeOf(x.shape.slice(before));
  const windows = sizeOf(shape.slice(before));
  forEachIndex(shape, (index, flat) => {
    const start = Math.floor(flat / windows) * plane;
    forEachIndex(size, (tap) => {
      let at = 0;
      for (let i = 0; i < size.length; i++) {
        const entry = index[before + i] * stride[i] + tap[i] * dilation[i] - padLo[i];
        if (entry < 0 || entry >= x.shape[before + i]) return;
        at += entry * strides[before + i];
      }
      visit(flat, start + at, at);
    });
  });
}

const cost = (node: Node): number => sizeOf(node.shape) * sizeOf(windowAttrs(node.attrs).size);

definePrimitive({
  name: "windowSum",
  infer: (inputs, attrs) => ({
    shape: outputShape("windowSum", inputs, attrs, NUMBERS),
    dtype: inputs[0].dtype,
  }),
  // Entry i is in window t by tap k when t * stride + k * dilation - padLo = i: the windows that hold
  // it are themselves a window of the cotangent, once that is dilated by the stride.
  vjp(node, g) {
    const [x] = node.inputs;
    if (sizeOf(x.shape) === 0) return [zerosLike(x)];
    const { size, stride, padLo, dilation } = windowAttrs(node.attrs);
    const before = x.shape.length - size.length;
    const none = x.shape.slice(0, before).map(() => 0);
    const dilated = dilate(g, [...none.map(() => 1), ...stride]);
    const lo = size.map((k, i) => (k - 1) * dilation[i] - padLo[i]);
    const hi = size.map((_, i) => x.shape[before + i] - dilated.shape[before + i] + padLo[i]);
    const padded = padOrCrop(dilated, [...none, ...lo], [...none, ...hi]);
    const zeros = size.map(() => 0);
    const ones = size.map(() => 1);
    return [windowSum(padded, { size, stride: ones, padLo: zeros, padHi: zeros, dilation })];
  },
  jvp: (node, [t]) => t && windowSum(t, windowAttrs(node.attrs)),
  batch: (node, [x]) => make(node.op, [x], node.attrs),
  evaluate([x], { shape, dtype, attrs }) {
    // Floats and integers of 32 bits add up exactly or nearly so in double precision.
    const total =
      dtype === "i64" ? newArray(dtype, sizeOf(shape)) : new Float64Array(sizeOf(shape));
    forEachEntry(x, shape, windowAttrs(attrs), (out, at) => (total[out] += x.data[at]));
    const data = newArray(dtype, total.length);
    for (let i = 0; i < data.length; i++) data[i] = coerce(dtype, total[i]);
    return { shape, dtype, data };
  },
  cost,
});

definePrimitive({
  name: "windowArgMax",
  infer: (inputs, attrs) => ({
    shape: outputShape("windowArgMax", inputs, attrs, NUMBERS),
    dtype: "i32",
  }),
  batch: (node, [x]) => make(node.op, [x], node.attrs),
  // A window that holds nothing but padding gets -1.
  evaluate([x], { shape, dtype, attrs }) {
    const data = newArray(dtype, sizeOf(shape)).fill(-1);
    const best = new Array<number>(data.length).fill(0);
    forEachEntry(x, shape, windowAttrs(attrs), (out, at, inWindowedAxes) => {
      const value = x.data[at];
      const most = best[out];
      if (data[out] >= 0 && !(value > most) && !(value !== value && most === most)) return;
      data[out] = inWindowedAxes;
      best[out] = value;
    });
    return { shape, dtype, data };
  },
  cost,
});
