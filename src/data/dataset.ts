import { newArray } from "../ir/dtype.ts";
import { showShape, sizeOf } from "../ir/shape.ts";
import { defaultGenerator, fromTypedArray, type Tensor } from "../tensor/index.ts";
import { type Collated } from "./collate.ts";
import { permutation } from "./random.ts";

/**
 * Samples that can be asked for by position. A sample is whatever `get` returns: usually a tuple such
 * as `[data, target]`.
 */
export interface Dataset<S> {
  /** Number of samples. */
  readonly length: number;
  /** Sample `index`, 0 ≤ index < length. */
  get(index: number): S | Promise<S>;
  /**
   * Many samples at once, collated: for samples that are tuples of tensors the same tuple, each tensor
   * with a leading axis. A `DataLoader` uses it where it exists, because one copy of many rows is
   * cheaper than many tensors.
   */
  batch?(indices: readonly number[]): Collated<S> | Promise<Collated<S>>;
}

export function checkIndex(index: number, length: number, what: string): void {
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new RangeError(`${what}: index must be an integer in [0, ${length - 1}], got ${index}`);
}

/** The rows `indices` of `x`, copied on the host. */
async function takeRows(x: Tensor, indices: readonly number[]): Promise<Tensor> {
  const data = await x.data();
  const row = x.shape.slice(1);
  const size = sizeOf(row);
  const out = newArray(x.dtype, indices.length * size);
  indices.forEach((index, i) => {
    if (size === 1) out[i] = data[index];
    else out.set(data.subarray(index * size, (index + 1) * size), i * size);
  });
  return fromTypedArray(out, [indices.length, ...row], { dtype: x.dtype });
}

/**
 * Tensors whose first axes run over the same samples.
 *
 * @example
 * const dataset = new TensorDataset(images, labels); // (N, 784) and (N)
 * const [x, y] = await dataset.get(3); // (784) and ()
 */
export class TensorDataset<T extends readonly Tensor[]> implements Dataset<T> {
  readonly tensors: T;

  /** @throws Error when there is no tensor, or when first axes are missing or differ. */
  constructor(...tensors: T) {
    if (tensors.length === 0)
      throw new Error("TensorDataset: expected at least one tensor, got none");
    tensors.forEach((t, i) => {
      if (t.ndim === 0 || t.shape[0] !== tensors[0].shape[0])
        throw new Error(
          `TensorDataset: all first axes must have one size, got ${showShape(tensors[0].shape)} and, ` +
            `as tensor ${i}, ${showShape(t.shape)}`,
        );
    });
    this.tensors = tensors;
  }

  get length(): number {
    return this.tensors[0].shape[0];
  }

  async get(index: number): Promise<T> {
    checkIndex(index, this.length, "TensorDataset");
    const rows = await this.rows([index]);
    return rows.map((t) => t.reshape(t.shape.slice(1))) as readonly Tensor[] as T;
  }

  async batch(indices: readonly number[]): Promise<Collated<T>> {
    for (const index of indices) checkIndex(index, this.length, "TensorDataset");
    return (await this.rows(indices)) as unknown as Collated<T>;
  }

  private rows(indices: readonly number[]): Promise<Tensor[]> {
    return Promise.all(this.tensors.map((t) => takeRows(t, indices)));
  }
}

/**
 * Those samples of a dataset whose positions are listed, in that order.
 *
 * @example
 * const first = new Subset(dataset, [0, 1, 2]);
 * first.length; // 3
 */
export class Subset<S> implements Dataset<S> {
  readonly dataset: Dataset<S>;
  readonly indices: readonly number[];
  /** Present where the dataset has it. */
  readonly batch?: (indices: readonly number[]) => Collated<S> | Promise<Collated<S>>;

  /** @throws RangeError for a position outside the dataset. */
  constructor(dataset: Dataset<S>, indices: readonly number[]) {
    for (const index of indices) checkIndex(index, dataset.length, "Subset");
    this.dataset = dataset;
    this.indices = indices;
    if (dataset.batch)
      this.batch = (positions) => dataset.batch!(positions.map((position) => this.at(position)));
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): S | Promise<S> {
    return this.dataset.get(this.at(index));
  }

  private at(position: number): number {
    checkIndex(position, this.length, "Subset");
    return this.indices[position];
  }
}

/**
 * A dataset whose samples are `transform` of another's, made when they are asked for.
 *
 * @example
 * const noisy = new MappedDataset(dataset, ([x, y]) => [x.add(randnLike(x).mul(0.1)), y] as const);
 * const [x, y] = await noisy.get(0); // (784) and ()
 */
export class MappedDataset<S, R> implements Dataset<R> {
  readonly dataset: Dataset<S>;
  private readonly transform: (sample: S, index: number) => R | Promise<R>;

  constructor(dataset: Dataset<S>, transform: (sample: S, index: number) => R | Promise<R>) {
    this.dataset = dataset;
    this.transform = transform;
  }

  get length(): number {
    return this.dataset.length;
  }

  async get(index: number): Promise<R> {
    return this.transform(await this.dataset.get(index), index);
  }
}

/**
 * Parts of a dataset, without overlap, drawn at random.
 *
 * @param sizes - Numbers of samples that add up to the dataset's length, or fractions that add up to 1
 * (each part gets its share rounded down; what is left goes to the first parts, one each).
 * @param options - `seed`: the same seed gives the same parts. Default: that of `manualSeed`.
 * @throws RangeError when the sizes do not add up.
 *
 * @example
 * const [train, validation] = randomSplit(dataset, [0.9, 0.1], { seed: 1 });
 */
export function randomSplit<S>(
  dataset: Dataset<S>,
  sizes: readonly number[],
  options: { readonly seed?: number } = {},
): Subset<S>[] {
  const counts = splitSizes(sizes, dataset.length);
  const order = permutation(dataset.length, options.seed ?? defaultGenerator.seed);
  let start = 0;
  return counts.map((count) => new Subset(dataset, order.slice(start, (start += count))));
}

function splitSizes(sizes: readonly number[], length: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length > 0 && sizes.every((size) => Number.isInteger(size) && size >= 0)) {
    // [1] is the whole, and not one sample.
    if (total === length) return [...sizes];
    if (total !== 1 || sizes.includes(0)) {
      throw new RangeError(
        `randomSplit: sizes must add up to the dataset's length ${length}, got [${sizes.join(", ")}] ` +
          `with sum ${total}`,
      );
    }
  }
  if (!sizes.every((size) => size >= 0) || Math.abs(total - 1) > 1e-6)
    throw new RangeError(
      `randomSplit: sizes must be counts that add up to ${length} or fractions that add up to 1, ` +
        `got [${sizes.join(", ")}]`,
    );
  const counts = sizes.map((fraction) => Math.floor(fraction * length + 1e-9));
  const left = length - counts.reduce((sum, count) => sum + count, 0);
  for (let i = 0; i < left; i++) counts[i % counts.length]++;
  return counts;
}
