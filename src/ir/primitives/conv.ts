import { coerce, newArray } from "../dtype.ts";
import { forEachIndex } from "../ndarray.ts";
import { type Attrs, definePrimitive, type Node } from "../node.ts";
import { add, conv, type ConvAttrs, flip, full, permute, reshape, zerosLike } from "../ops.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import {
  checkCount,
  checkDType,
  checkInts,
  checkSameDType,
  isExact,
  NUMBERS,
  range,
} from "./common.ts";

const convAttrs = (attrs: Attrs): ConvAttrs => attrs as unknown as ConvAttrs;

/** The extent of n entries that lie `step` apart. */
const extent = (n: number, step: number): number => (n === 0 ? 0 : (n - 1) * step + 1);

/** The spatial axes of a value (…, …, ...spatial). */
const spatial = (shape: Shape): number[] => shape.slice(2);

function outputShape(x: Shape, w: Shape, attrs: ConvAttrs): number[] {
  const rank = x.length - 2;
  if (rank < 1 || w.length !== x.length)
    throw new Error(
      `conv: expected an input (N, C, ...spatial) and a kernel (O, C / groups, ...spatial) of ` +
        `the same rank, at least 3, got ${showShape(x)} and ${showShape(w)}`,
    );
  const { stride, padLo, padHi, dilation, inputDilation, groups } = attrs;
  checkInts("conv", "stride", stride, rank, 1);
  checkInts("conv", "padLo", padLo, rank);
  checkInts("conv", "padHi", padHi, rank);
  checkInts("conv", "dilation", dilation, rank, 1);
  checkInts("conv", "inputDilation", inputDilation, rank, 1);
  checkInts("conv", "groups", [groups], 1, 1);
  if (x[1] % groups !== 0 || w[0] % groups !== 0)
    throw new Error(
      `conv: groups must divide the channels, got ${groups} groups for ${x[1]} input and ` +
        `${w[0]} output channels`,
    );
  if (w[1] * groups !== x[1])
    throw new Error(
      `conv: channels differ, ${showShape(x)} * ${showShape(w)} with ${groups} groups ` +
        `(expected ${x[1] / groups} in axis 1 of the kernel, got ${w[1]})`,
    );
  const out = [x[0], w[0]];
  for (let i = 0; i < rank; i++) {
    const padded = extent(x[i + 2], inputDilation[i]) + padLo[i] + padHi[i];
    const window = extent(w[i + 2], dilation[i]);
    if (window < 1 || padded < window)
      throw new Error(
        `conv: kernel does not fit, spatial axis ${i} of ${showShape(x)} is ${padded} with ` +
          `padding and the kernel ${showShape(w)} spans ${window}`,
      );
    out.push(Math.floor((padded - window) / stride[i]) + 1);
  }
  return out;
}

/** Splits axis `axis` into `parts` and the rest. */
const split = (x: Node, axis: number, parts: number): Node =>
  reshape(x, [...x.shape.slice(0, axis), parts, x.shape[axis] / parts, ...x.shape.slice(axis + 1)]);

/** Joins axes `axis` and `axis + 1`. */
const join = (x: Node, axis: number): Node =>
  reshape(x, [
    ...x.shape.slice(0, axis),
    x.shape[axis] * x.shape[axis + 1],
    ...x.shape.slice(axis + 2),
  ]);

/** Permutes the leading axes by `axes`; those behind stay. */
const permuteFront = (x: Node, axes: readonly number[]): Node =>
  permute(x, [...axes, ...range(x.shape.length).slice(axes.length)]);

/**
 * The transpose of the linear map `x -> conv(x, w, attrs)` at `g` (N, O, ...): g dilated by the stride,
 * with the kernel (O, C / groups, ...) turned round. `size`: the spatial sizes of x, which those of g
 * leave open. `padHi` is not looked at.
 */
export function transposedConv(
  g: Node,
  w: Node,
  { stride, padLo, dilation, inputDilation, groups }: ConvAttrs,
  size: readonly number[],
): Node {
  const spans = spatial(w.shape).map((k, i) => (k - 1) * dilation[i]);
  const lo = spans.map((span, i) => span - padLo[i]);
  // As much padding behind as makes the result as large as the dilated input.
  const hi = spans.map(
    (_, i) => extent(size[i], inputDilation[i]) - extent(g.shape[i + 2], stride[i]) + padLo[i],
  );
  const turned = flip(w, range(w.shape.length).slice(2));
  const kernel = join(permuteFront(split(turned, 0, groups), [0, 2, 1]), 0);
  return conv(g, kernel, {
    stride: inputDilation,
    padLo: lo,
    padHi: hi,
    dilation,
    inputDilation: stride,
    groups,
  });
}

/** The cotangent of the input. */
function inputCotangent(node: Node, g: Node): Node {
  const [x, w] = node.inputs;
  return sizeOf(x.shape) === 0
    ? zerosLike(x)
    : transposedConv(g, w, convAttrs(node.attrs), spatial(x.shape));
}

/** The cotangent of the kernel: the input with the cotangent as its kernel, samples summed as channels. */
function kernelCotangent(node: Node, g: Node): Node {
  const [x, w] = node.inputs;
  const { stride, padLo, dilation, inputDilation, groups } = convAttrs(node.attrs);
  // (N, g, C/g, …) to (C/g, g, N, …): channels are samples and the samples of a group its channels.
  const lhs = join(permuteFront(split(x, 1, groups), [2, 1, 0]), 1);
  const rhs = permuteFront(g, [1, 0]);
  // Windows that stop before the end leave some of the padded input unread: it is cropped.
  const hi = spatial(w.shape).map(
    (k, i) =>
      (k - 1) * dilation[i] +
      extent(g.shape[i + 2], stride[i]) -
      extent(x.shape[i + 2], inputDilation[i]) -
      padLo[i],
  );
  const result = conv(lhs, rhs, {
    stride: dilation,
    padLo,
    padHi: hi,
    dilation: stride,
    inputDilation,
    groups,
  });
  return permuteFront(result, [1, 0]);
}

definePrimitive({
  name: "conv",
  infer(inputs, attrs) {
    checkCount("conv", inputs, 2);
    const [x, w] = inputs;
    checkSameDType("conv", x, w);
    checkDType("conv", x, NUMBERS);
    return { shape: outputShape(x.shape, w.shape, convAttrs(attrs)), dtype: x.dtype };
  },
  vjp: (node, g, needs) => [
    needs[0] ? inputCotangent(node, g) : undefined,
    needs[1] ? kernelCotangent(node, g) : undefined,
  ],
  jvp(node, [tx, tw]) {
    const [x, w] = node.inputs;
    const attrs = convAttrs(node.attrs);
    const dx = tx && conv(tx, w, attrs);
    const dw = tw && conv(x, tw, attrs);
    return dx && dw ? add(dx, dw) : (dx ?? dw);
  },
  batch(node, [x, w], [xBatched, wBatched], size) {
    const attrs = convAttrs(node.attrs);
    const { groups } = attrs;
    const [samples, channels, ...out] = node.shape;
    // Entries of a batched input are more samples.
    if (!wBatched) {
      const result = conv(join(x, 0), w, attrs);
      return reshape(result, [size, ...node.shape]);
    }
    // Entries of a batched kernel are more output channels, within each group.
    if (!xBatched) {
      const kernel = permuteFront(split(w, 1, groups), [1, 0, 2]);
      const result = conv(x, join(join(kernel, 0), 0), attrs);
      const parts = reshape(result, [samples, groups, size, channels / groups, ...out]);
      return reshape(permuteFront(parts, [2, 0, 1, 3]), [size, ...node.shape]);
    }
    // With both batched they are more groups, of which there must be one at least.
    if (size === 0) return full([0, ...node.shape], 0, node.dtype);
    const result = conv(join(permuteFront(x, [1, 0]), 1), join(w, 0), {
      ...attrs,
      groups: groups * size,
    });
    return permuteFront(reshape(result, [samples, size, channels, ...out]), [1, 0]);
  },
  evaluate([x, w], { shape, dtype, attrs }) {
    const { stride, padLo, dilation, inputDilation, groups } = convAttrs(attrs);
    const data = newArray(dtype, sizeOf(shape));
    const xStrides = stridesOf(x.shape);
    const wStrides = stridesOf(w.shape);
    const perGroup = w.shape[1];
    const outPerGroup = w.shape[0] / groups;
    const taps = spatial(w.shape);
    const exact = isExact(dtype);
    const zero = coerce(dtype, 0);
    forEachIndex(shape, (index, flat) => {
      const group = Math.floor(index[1] / outPerGroup);
      let sum = zero;
      forEachIndex(taps, (tap) => {
        let xAt = index[0] * xStrides[0] + group * perGroup * xStrides[1];
        let wAt = index[1] * wStrides[0];
        let inside = true;
        for (let i = 0; i < taps.length; i++) {
          const at = index[i + 2] * stride[i] + tap[i] * dilation[i] - padLo[i];
          const entry = at / inputDilation[i];
          inside &&= at >= 0 && entry < x.shape[i + 2] && Number.isInteger(entry);
          xAt += entry * xStrides[i + 2];
          wAt += tap[i] * wStrides[i + 2];
        }
        for (let c = 0; c < perGroup; c++) {
          // Padding holds zeros, which are multiplied like all others: of NaN they make NaN.
          const a = inside ? x.data[xAt + c * xStrides[1]] : zero;
          const b = w.data[wAt + c * wStrides[1]];
          sum = exact ? sum + a * b : (sum + Math.imul(a, b)) | 0;
        }
      });
      data[flat] = sum;
    });
    return { shape, dtype, data };
  },
  cost: (node) => 2 * sizeOf(node.shape) * sizeOf(node.inputs[1].shape.slice(1)),
});
