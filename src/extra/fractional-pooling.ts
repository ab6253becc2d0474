import { showShape } from "../ir/shape.ts";
import { arange, cat, type Generator, type PerAxis, rand, type Tensor } from "../tensor/index.ts";
import { perAxis } from "../tensor/spatial.ts";
import { checkFloat } from "../tensor/checks.ts";
import { type PooledIndices } from "./max-pooling.ts";

/** Options of fractional pools: one of `outputSize` and `outputRatio`. */
export interface FractionalPoolOptions {
  /** Spatial sizes of the result. */
  readonly outputSize?: PerAxis;
  /** Spatial sizes of the result as shares of the input's, between 0 and 1. */
  readonly outputRatio?: PerAxis;
  /** Where the first numbers of all axes come from, (N, C, axes) in [0, 1). Default: drawn. */
  readonly randomSamples?: Tensor;
  readonly generator?: Generator;
}

/** Sizes of the result of a fractional pool. */
export function fractionalSizes(
  spatial: readonly number[],
  { outputSize, outputRatio }: FractionalPoolOptions,
  what: string,
): number[] {
  if ((outputSize === undefined) === (outputRatio === undefined))
    throw new RangeError(`${what}: expected one of outputSize and outputRatio`);
  if (outputSize !== undefined) return perAxis(outputSize, spatial.length, "outputSize", what, 1);
  const ratios =
    typeof outputRatio === "number" ? spatial.map(() => outputRatio) : (outputRatio ?? []);
  if (ratios.length !== spatial.length || !ratios.every((r) => r > 0 && r < 1))
    throw new RangeError(
      `${what}: outputRatio must be a number between 0 and 1 or ${spatial.length} of them, got ${JSON.stringify(outputRatio)}`,
    );
  return spatial.map((n, i) => Math.floor(n * ratios[i]));
}

/** Starts (N, C, out) of `out` windows of `k` entries that cover an axis of `n`, from numbers (N, C). */
function starts(u: Tensor, n: number, k: number, out: number): Tensor {
  const last = u.fullLike(n - k).unsqueeze(-1);
  if (out === 1) return last.to("i32");
  const step = (n - k) / (out - 1);
  const first = u.unsqueeze(-1);
  const inner = first
    .add(arange(out - 1, { dtype: u.dtype }))
    .mul(step)
    .floor()
    .sub(first.mul(step).floor());
  return cat([inner, last], -1).to("i32");
}

function fractional(
  spatial: number,
  given: Tensor,
  kernelSize: PerAxis,
  options: FractionalPoolOptions,
): PooledIndices {
  const what = `fractionalMaxPool${spatial}d`;
  checkFloat(given, what);
  if (given.ndim !== spatial + 1 && given.ndim !== spatial + 2)
    throw new RangeError(
      `${what}: expected an input of ${spatial + 2} or ${spatial + 1} axes, got ${showShape(given.shape)}`,
    );
  if (given.ndim === spatial + 1) {
    const { values, indices } = fractional(spatial, given.unsqueeze(0), kernelSize, options);
    return { values: values.squeeze(0), indices: indices.squeeze(0) };
  }
  const [samples, channels, ...image] = given.shape;
  const size = perAxis(kernelSize, spatial, "kernelSize", what, 1);
  const out = fractionalSizes(image, options, what);
  image.forEach((n, i) => {
    if (out[i] < 1 || out[i] + size[i] - 1 > n)
      throw new RangeError(`${what}: ${out[i]} windows of ${size[i]} do not fit an axis of ${n}`);
  });
  const wanted = [samples, channels, spatial];
  const u =
    options.randomSamples ?? rand(wanted, { dtype: given.dtype, generator: options.generator });
  if (showShape(u.shape) !== showShape(wanted))
    throw new RangeError(
      `${what}: expected randomSamples ${showShape(wanted)}, got ${showShape(u.shape)}`,
    );
  // Positions (N, C, …out, …size) in the flattened spatial axes.
  let positions: Tensor | undefined;
  image.forEach((n, i) => {
    // PyTorch takes the numbers of the axes from the last on for images, and from the first for volumes.
    const own = u.select(-1, spatial === 2 ? spatial - 1 - i : i);
    const shape = [samples, channels, ...image.map((_, k) => (k === i ? out[i] : 1))];
    const taps = [...image.map(() => 1), ...image.map((_, k) => (k === i ? size[i] : 1))];
    const at = starts(own, n, size[i], out[i])
      .reshape(...shape, ...image.map(() => 1))
      .add(arange(size[i], { dtype: "i32" }).reshape(taps));
    positions = positions ? positions.mul(n).add(at) : at;
  });
  const windows = positions!.flatten(2 + spatial).flatten(2, 1 + spatial);
  const [count, taps] = windows.shape.slice(2);
  const rows = given
    .flatten(2)
    .takeAlongDim(windows.flatten(2), 2)
    .reshape(samples, channels, count, taps);
  const best = rows.argmax(-1, { keepdim: true });
  const shape = [samples, channels, ...out];
  return {
    values: rows.takeAlongDim(best, -1).reshape(shape),
    indices: windows.takeAlongDim(best, -1).reshape(shape),
  };
}

/**
 * The largest entries of windows of unequal distances along the last two axes (Graham 2014), and their
 * positions in the flattened image (i32). Distances are drawn for each channel of each sample.
 *
 * @param x - (N, C, H, W) or (C, H, W).
 * @throws RangeError for sizes that do not fit.
 *
 * @example
 * fractionalMaxPool2d(rand([2, 3, 9, 9]), 2, { outputSize: 5 }).values; // (2, 3, 5, 5)
 */
export const fractionalMaxPool2d = (
  x: Tensor,
  kernelSize: PerAxis,
  options: FractionalPoolOptions,
): PooledIndices => fractional(2, x, kernelSize, options);

/**
 * `fractionalMaxPool2d` along the last three axes of (N, C, D, H, W) or (C, D, H, W).
 *
 * @example
 * fractionalMaxPool3d(rand([1, 2, 6, 6, 6]), 2, { outputRatio: 0.5 }).values; // (1, 2, 3, 3, 3)
 */
export const fractionalMaxPool3d = (
  x: Tensor,
  kernelSize: PerAxis,
  options: FractionalPoolOptions,
): PooledIndices => fractional(3, x, kernelSize, options);
