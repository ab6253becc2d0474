import { showShape } from "../ir/shape.ts";
import { stack, type Tensor } from "../tensor/index.ts";
import { checkRank } from "../tensor/checks.ts";

/** One number for both axes of an image, or one for each. */
export type Pair = number | readonly [number, number];

/** Geometry of `unfold` and `fold`. */
export interface PatchOptions {
  /** Spacing of a patch's entries. Default 1. */
  readonly dilation?: Pair;
  /** Zeros around the image. Default 0. */
  readonly padding?: Pair;
  /** Distance of patches. Default 1. */
  readonly stride?: Pair;
}

const both = (x: Pair): readonly [number, number] => (typeof x === "number" ? [x, x] : x);

interface Patches {
  readonly size: readonly [number, number];
  readonly pad: readonly [number, number];
  readonly step: readonly [number, number];
  readonly apart: readonly [number, number];
  /** Number of patches along both axes. */
  readonly count: readonly number[];
}

function patchesOf(
  image: readonly number[],
  kernelSize: Pair,
  options: PatchOptions,
  what: string,
): Patches {
  const { dilation = 1, padding = 0, stride = 1 } = options;
  const [size, pad, step, apart] = [kernelSize, padding, stride, dilation].map(both);
  const count = image.map(
    (n, i) => Math.floor((n + 2 * pad[i] - apart[i] * (size[i] - 1) - 1) / step[i]) + 1,
  );
  if (!count.every((n) => n > 0))
    throw new RangeError(`${what}: patches of ${size.join(" × ")} do not fit ${showShape(image)}`);
  return { size, pad, step, apart, count };
}

/**
 * All patches of images (N, C, H, W) or (C, H, W), laid out as columns: (N, C·kh·kw, L) for L patches.
 *
 * @example
 * unfold(rand([2, 3, 4, 4]), 2); // (2, 12, 9)
 */
export function unfold(x: Tensor, kernelSize: Pair, options: PatchOptions = {}): Tensor {
  if (x.ndim === 3) return unfold(x.unsqueeze(0), kernelSize, options).squeeze(0);
  checkRank(x, 4, "unfold");
  const [n, c, ...image] = x.shape;
  const { size, pad, step, apart, count } = patchesOf(image, kernelSize, options, "unfold");
  let y = x.pad([pad[1], pad[1], pad[0], pad[0]]);
  // (N, C, H, W) with windows of each axis as an axis behind it: (N, C, kh, oh, kw, ow).
  [0, 1].forEach((i) => {
    const axis = i === 0 ? 2 : 4;
    y = windows(y, axis, size[i], step[i], apart[i], count[i]);
  });
  return y.permute(0, 1, 2, 4, 3, 5).reshape(n, c * size[0] * size[1], count[0] * count[1]);
}

/** Axis `axis` as two, (taps, windows). */
function windows(
  x: Tensor,
  axis: number,
  size: number,
  step: number,
  apart: number,
  count: number,
): Tensor {
  const taps = Array.from({ length: size }, (_, k) => {
    const whole = new Array<string>(axis).fill(":");
    return x.at(...whole, { start: k * apart, stop: k * apart + (count - 1) * step + 1, step });
  });
  return stack(taps, axis);
}

/**
 * Columns of patches (N, C·kh·kw, L) added up to images (N, C, H, W) of `outputSize`: the transpose of
 * `unfold`.
 *
 * @example
 * fold(ones([1, 4, 9]), [4, 4], 2); // (1, 1, 4, 4)
 */
export function fold(
  x: Tensor,
  outputSize: Pair,
  kernelSize: Pair,
  options: PatchOptions = {},
): Tensor {
  if (x.ndim === 2) return fold(x.unsqueeze(0), outputSize, kernelSize, options).squeeze(0);
  checkRank(x, 3, "fold");
  const image = both(outputSize);
  const { size, pad, step, apart, count } = patchesOf(image, kernelSize, options, "fold");
  const [n, columns, patches] = x.shape;
  const c = columns / (size[0] * size[1]);
  if (!Number.isInteger(c) || patches !== count[0] * count[1])
    throw new RangeError(
      `fold: expected columns (N, C · ${size[0] * size[1]}, ${count[0] * count[1]}), got ${showShape(x.shape)}`,
    );
  const y = x.reshape(n, c, size[0], size[1], count[0], count[1]);
  const full = image.map((m, i) => m + 2 * pad[i]);
  let sum: Tensor | undefined;
  for (let i = 0; i < size[0]; i++)
    for (let j = 0; j < size[1]; j++) {
      let part = y.select(2, i).select(2, j);
      [i, j].forEach((k, axis) => {
        part = spaced(part, axis + 2, k * apart[axis], step[axis], full[axis]);
      });
      sum = sum ? sum.add(part) : part;
    }
  return sum!.narrow(2, pad[0], image[0]).narrow(3, pad[1], image[1]);
}

/** Entries of an axis put `step` apart from `start` on, with zeros between, in an axis of `size`. */
function spaced(x: Tensor, axis: number, start: number, step: number, size: number): Tensor {
  const count = x.shape[axis];
  const tail = new Array<number>(2 * (x.ndim - 1 - axis)).fill(0);
  const apart = x
    .unsqueeze(axis + 1)
    .pad([...tail, 0, step - 1])
    .flatten(axis, axis + 1)
    .narrow(axis, 0, (count - 1) * step + 1);
  return apart.pad([...tail, start, size - start - apart.shape[axis]]);
}
