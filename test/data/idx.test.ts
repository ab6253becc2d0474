import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { datasets, decodeIdx, ImageDataset, parseIdx, readIdx } from "../../src/data/index.ts";

/** An IDX file of this type code and shape. */
function idx(type: number, shape: readonly number[], data: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, type);
  header.setUint8(3, shape.length);
  shape.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  return Uint8Array.from([...new Uint8Array(header.buffer), ...data]);
}

const BYTES = idx(8, [2, 3], [1, 2, 3, 4, 5, 6]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nabla-idx-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("good files", () => {
  test("bytes", () => {
    expect(parseIdx(BYTES)).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  test("a view into a larger memory", () => {
    const memory = new Uint8Array(BYTES.length + 5);
    memory.set(BYTES, 3);
    const { data } = parseIdx(memory.subarray(3, 3 + BYTES.length));
    expect(Array.from(data)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("all other types, big-endian", () => {
    expect(parseIdx(idx(9, [2], [255, 1])).data).toEqual(Int8Array.of(-1, 1));
    expect(parseIdx(idx(0x0b, [2], [1, 2, 255, 254])).data).toEqual(Int16Array.of(258, -2));
    expect(parseIdx(idx(0x0c, [1], [0, 1, 0, 0])).data).toEqual(Int32Array.of(65536));
    expect(parseIdx(idx(0x0d, [1], [0x3f, 0x80, 0, 0])).data).toEqual(Float32Array.of(1));
    const eight = [0xc0, 0, 0, 0, 0, 0, 0, 0];
    expect(parseIdx(idx(0x0e, [1, 1], eight)).data).toEqual(Float64Array.of(-2));
  });

  test("no elements", () => {
    expect(parseIdx(idx(8, [0, 28], []))).toEqual({ shape: [0, 28], data: new Uint8Array(0) });
  });

  test("gzip, from memory and from files by path and by URL", async () => {
    const expected = parseIdx(BYTES);
    expect(await decodeIdx(gzipSync(BYTES))).toEqual(expected);
    expect(await decodeIdx(BYTES)).toEqual(expected);
    const path = join(folder, "good.gz");
    await writeFile(path, gzipSync(BYTES));
    expect(await readIdx(path)).toEqual(expected);
    expect(await readIdx(pathToFileURL(path))).toEqual(expected);
    expect(await readIdx(pathToFileURL(path).href)).toEqual(expected);
  });
});

describe("bad files", () => {
  const both = async (bytes: Uint8Array, message: string | RegExp): Promise<void> => {
    expect(() => parseIdx(bytes, "file")).toThrow(message);
    await expect(decodeIdx(gzipSync(bytes), "file")).rejects.toThrow(message);
  };

  test("truncated before the magic number, in the header and in the data", async () => {
    await both(
      Uint8Array.of(0, 0, 8),
      "file: truncated IDX file: expected a magic number of 4 bytes, got 3",
    );
    await both(
      BYTES.subarray(0, 9),
      "file: truncated IDX file: expected a header of 12 bytes for 2 axes, got 9",
    );
    await both(
      BYTES.subarray(0, 15),
      "file: truncated IDX file: expected 18 bytes for shape [2, 3] of unsigned byte, got 15",
    );
  });

  test("with a wrong magic number", async () => {
    const wrong = (...magic: number[]): Uint8Array => Uint8Array.from([...magic, 0, 0, 0, 1, 7]);
    for (const magic of [
      [1, 0, 8, 1],
      [0, 0, 7, 1],
      [0, 0, 8, 0],
      [0x50, 0x4b, 3, 4],
    ])
      await both(
        wrong(...magic),
        /file: not an IDX file: expected the magic number 00 00 \(08, .*\), got [0-9a-f ]+$/,
      );
  });

  test("with more data than announced", async () => {
    const long = Uint8Array.from([...BYTES, 0]);
    expect(() => parseIdx(long, "file")).toThrow(
      "file: bytes after the end of the IDX data: expected 18 bytes for shape [2, 3] of unsigned byte, got 19",
    );
    await expect(decodeIdx(gzipSync(long), "file")).rejects.toThrow(
      /bytes after the end of the IDX data: expected 18 bytes .* the gzip data hold more/,
    );
  });

  test("with absurd dimensions: an error before anything is allocated", async () => {
    const huge = idx(0x0e, [0xffffffff, 0xffffffff, 0xffffffff], []);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => parseIdx(huge, "file")).toThrow(
      /truncated IDX file: expected 6\.3\d*e\+29 bytes for shape \[4294967295, .*, got 16/,
    );
    await expect(decodeIdx(gzipSync(huge), "file")).rejects.toThrow(
      /shape \[4294967295, .* of double, more than \d+ bytes of gzip data can hold/,
    );
    const large = gzipSync(idx(8, [2 ** 28], []));
    await expect(decodeIdx(large, "file")).rejects.toThrow(
      /more than \d+ bytes of gzip data can hold/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  test("that are gzip bombs: no more is unpacked than the header announces", async () => {
    const bomb = gzipSync(Uint8Array.from([...BYTES, ...new Uint8Array(2 ** 20)]));
    await expect(decodeIdx(bomb, "file")).rejects.toThrow(/and the gzip data hold more/);
  });

  test("with damaged or truncated gzip data", async () => {
    const packed = gzipSync(Uint8Array.from([...idx(8, [4096], []), ...new Uint8Array(4096)]));
    await expect(decodeIdx(packed.subarray(0, packed.length - 12), "file")).rejects.toThrow(
      /file: damaged or truncated gzip data \(/,
    );
    const crc = Uint8Array.from(packed);
    crc[crc.length - 6] ^= 1;
    await expect(decodeIdx(crc, "file")).rejects.toThrow(/file: damaged or truncated gzip data/);
    const noHeader = Uint8Array.from([0x1f, 0x8b, 99, ...deflateRawSync(BYTES)]);
    await expect(decodeIdx(noHeader, "file")).rejects.toThrow(
      /file: damaged or truncated gzip data/,
    );
    expect(() => parseIdx(packed, "file")).toThrow(
      "file: compressed with gzip; read it with decodeIdx or readIdx",
    );
  });

  test("are named, and so are files that do not exist", async () => {
    const path = join(folder, "short");
    await writeFile(path, BYTES.subarray(0, 13));
    await expect(readIdx(path)).rejects.toThrow(`${path}: truncated IDX file: expected 18 bytes`);
    await expect(readIdx(join(folder, "absent"))).rejects.toThrow(/absent/);
  });

  test("with another SHA-256 than asked for", async () => {
    const path = join(folder, "sum");
    await writeFile(path, BYTES);
    await expect(readIdx(path, { sha256: "00" })).rejects.toThrow(
      /sum: expected SHA-256 00, got [0-9a-f]{64}/,
    );
  });
});

describe("image datasets", () => {
  const images = { shape: [2, 2, 2], data: Uint8Array.of(0, 51, 255, 0, 0, 0, 0, 102) };
  const labels = { shape: [2], data: Uint8Array.of(7, 3) };

  test("give normalised images and labels, one or many", () => {
    const set = new ImageDataset(images, labels, { normalize: { mean: 0.5, std: 0.5 } });
    const [image, label] = set.get(0);
    expect([image.shape, image.dtype, label.shape, label.dtype]).toEqual([
      [1, 2, 2],
      "f32",
      [],
      "i32",
    ]);
    const close = (values: number[]): unknown[] =>
      values.map((v) => expect.closeTo(v, 6) as unknown);
    expect(Array.from(image.dataSync())).toEqual(close([-1, -0.6, 1, -1]));
    const [batch, classes] = set.batch([1, 0, 1]);
    expect(batch.shape).toEqual([3, 1, 2, 2]);
    expect(Array.from(classes.dataSync())).toEqual([3, 7, 3]);
    expect(Array.from(batch.dataSync())).toEqual(
      close([-1, -1, -1, -0.2, -1, -0.6, 1, -1, -1, -1, -1, -0.2]),
    );
    expect(Array.from(set.pixels(1))).toEqual([0, 0, 0, 102]);
  });

  test("of any size and place in memory are the same", () => {
    const size = 3 * 3;
    const data = new Uint8Array(4 * size + 1).map((_, i) => (i % 3 === 0 ? 0 : (i * 37) & 255));
    for (const start of [0, 1]) {
      const bytes = data.subarray(start, start + 4 * size);
      const set = new ImageDataset(
        { shape: [4, 3, 3], data: bytes },
        { shape: [4], data: new Uint8Array(4) },
        { flatten: true },
      );
      const [batch] = set.batch([3, 0]);
      expect(batch.shape).toEqual([2, size]);
      expect(Array.from(batch.dataSync())).toEqual(
        [3, 0].flatMap((i) =>
          Array.from(bytes.subarray(i * size, (i + 1) * size), (v) => Math.fround(v / 255)),
        ),
      );
    }
  });

  test("refuse what does not belong together", () => {
    expect(() => new ImageDataset(images, { shape: [3], data: new Uint8Array(3) })).toThrow(
      "images: expected as many labels as images, got 3 labels and 2 images",
    );
    expect(() => new ImageDataset(labels, labels)).toThrow(
      "images: expected images (N, H, W) of bytes, got Uint8Array[2]",
    );
    expect(() => new ImageDataset(images, images)).toThrow(/expected labels \(N\) of integers/);
    expect(() => new ImageDataset(images, labels, { normalize: { mean: 0, std: 0 } })).toThrow(
      /std must be finite and > 0, got 0/,
    );
    const set = new ImageDataset(images, labels);
    expect(() => set.get(2)).toThrow("ImageDataset: index must be an integer in [0, 1], got 2");
    expect(() => set.batch([0, -1])).toThrow(/got -1/);
  });

  test("from two files", async () => {
    const paths = { images: join(folder, "images.gz"), labels: join(folder, "labels") };
    await writeFile(paths.images, gzipSync(idx(8, images.shape, Array.from(images.data))));
    await writeFile(paths.labels, idx(8, labels.shape, Array.from(labels.data)));
    const set = await datasets.idx(paths);
    expect(set.length).toBe(2);
    expect(Array.from(set.labels)).toEqual([7, 3]);
  });

  test("two files of which neither can be had: the images' error, though the labels' comes sooner", async () => {
    const images = join(folder, "damaged.gz");
    await writeFile(images, gzipSync(new Uint8Array(1 << 24)));
    const labels = join(folder, "none");
    for (let i = 0; i < 3; i++)
      await expect(datasets.idx({ images, labels })).rejects.toThrow(/damaged\.gz/);
  });

  test("MNIST: 70,000 digits from the package, an error for a folder without them", async () => {
    const train = await datasets.mnist({ flatten: true });
    const testSet = await datasets.mnist({ train: false });
    expect([train.length, testSet.length]).toEqual([60000, 10000]);
    expect(Array.from(train.labels.subarray(0, 10))).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect(Array.from(testSet.labels.subarray(0, 5))).toEqual([7, 2, 1, 0, 4]);
    const [batch] = train.batch(Array.from({ length: 2000 }, (_, i) => i * 30));
    expect(batch.mean().itemSync()).toBeCloseTo(0, 1);
    expect(batch.std().itemSync()).toBeCloseTo(1, 1);
    await expect(datasets.mnist({ root: folder })).rejects.toThrow(
      `datasets.mnist: expected the file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ${folder}, found neither`,
    );
  });
});
