import { describe, expect, test } from "vitest";
import {
  collate,
  compose,
  DataLoader,
  type Dataset,
  MappedDataset,
  normalize,
  oneHot,
  randomSplit,
  Subset,
  TensorDataset,
  toUnit,
  WeightedRandomSampler,
} from "../../src/data/index.ts";
import { arange, type Tensor, tensor } from "../../src/tensor/index.ts";

/** The numbers 0 … length - 1. */
const numbers = (length: number): Dataset<number> => ({ length, get: (i) => i });

async function batches(loader: AsyncIterable<Tensor>): Promise<number[][]> {
  const seen: number[][] = [];
  for await (const batch of loader) seen.push(Array.from(await batch.data()));
  return seen;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const tick = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("batches", () => {
  test("come in order, the last one smaller", async () => {
    const loader = new DataLoader(numbers(7), { batchSize: 3 });
    expect(loader.length).toBe(3);
    expect(await batches(loader)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  test("dropLast leaves the smaller one out", async () => {
    const loader = new DataLoader(numbers(7), { batchSize: 3, dropLast: true });
    expect(loader.length).toBe(2);
    expect(await batches(loader)).toEqual([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
  });

  test("of an empty dataset there are none", async () => {
    expect(await batches(new DataLoader(numbers(0), { batchSize: 3 }))).toEqual([]);
  });

  test("shuffled: each sample once, anew each epoch, the same from the same seed", async () => {
    const make = (seed: number): DataLoader<number, Tensor> =>
      new DataLoader(numbers(50), { batchSize: 8, shuffle: true, seed });
    const loader = make(3);
    const [first, second] = [await batches(loader), await batches(loader)];
    expect(first.flat().sort((a, b) => a - b)).toEqual(upTo(50));
    expect(first.flat()).not.toEqual(upTo(50));
    expect(second).not.toEqual(first);
    expect(await batches(make(3))).toEqual(first);
    expect(await batches(make(4))).not.toEqual(first);
    const later = make(3);
    later.epoch = 1;
    expect(await batches(later)).toEqual(second);
  });

  test("keep their order however long the samples take and however far ahead they are made", async () => {
    for (const prefetch of [0, 1, 5]) {
      const slow: Dataset<number> = {
        length: 12,
        get: async (i) => {
          await tick((i * 7) % 5);
          return i;
        },
      };
      const seen = await batches(new DataLoader(slow, { batchSize: 2, prefetch }));
      expect(seen.flat()).toEqual(upTo(12));
    }
  });

  test("are made ahead while the loop awaits, as many as asked for", async () => {
    let made = 0;
    const counted: Dataset<number> = { length: 10, get: (i) => (made++, i) };
    const ahead: number[] = [];
    let given = 0;
    for await (const batch of new DataLoader(counted, { batchSize: 1, prefetch: 2 })) {
      expect(batch.shape).toEqual([1]);
      given++;
      // However slow the machine is: first as many as may be, then no more.
      const most = Math.min(2, counted.length - given);
      for (let i = 0; i < 200 && made - given < most; i++) await tick(5);
      await tick(5);
      ahead.push(made - given);
    }
    expect(ahead).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 1, 0]);
  });

  test("two loops over one loader at a time are two epochs", async () => {
    const loader = new DataLoader(numbers(6), { batchSize: 2 });
    const [a, b] = await Promise.all([batches(loader), batches(loader)]);
    expect(a).toEqual(b);
    expect(loader.epoch).toBe(2);
  });
});

describe("errors and early ends", () => {
  const failing = (at: number, asked: number[] = []): Dataset<number> => ({
    length: 20,
    get: async (i) => {
      asked.push(i);
      await tick();
      if (i === at) throw new Error(`sample ${i} is broken`);
      return i;
    },
  });

  test("an error of the dataset reaches the loop, after the batches before it", async () => {
    const seen: number[] = [];
    await expect(async () => {
      for await (const batch of new DataLoader(failing(5), { batchSize: 2, prefetch: 3 }))
        seen.push(...(await batch.data()));
    }).rejects.toThrow("sample 5 is broken");
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  test("an error in a batch that nobody asks for any more is silent", async () => {
    for await (const batch of new DataLoader(failing(3), { batchSize: 2, prefetch: 3 })) {
      await tick(10);
      expect(batch.shape).toEqual([2]);
      break;
    }
    await tick(10);
  });

  test("after a break or an error in the loop nothing more is asked for", async () => {
    for (const leave of ["break", "throw"]) {
      const asked: number[] = [];
      const loader = new DataLoader(failing(-1, asked), { batchSize: 1, prefetch: 4 });
      const loop = async (): Promise<void> => {
        for await (const batch of loader) {
          expect(batch.shape).toEqual([1]);
          if (leave === "break") break;
          throw new Error("enough");
        }
      };
      if (leave === "throw") await expect(loop()).rejects.toThrow("enough");
      else await loop();
      const count = asked.length;
      expect(count).toBeLessThan(6);
      await tick(20);
      expect(asked.length).toBe(count);
    }
  });

  test("wrong options", () => {
    const make = (options: object) => () => new DataLoader(numbers(3), options);
    expect(make({ batchSize: 0 })).toThrow(
      new RangeError("DataLoader: batchSize must be an integer >= 1, got 0"),
    );
    expect(make({ prefetch: -1 })).toThrow(/prefetch must be an integer >= 0, got -1/);
    expect(make({ shuffle: true, seed: 0.5 })).toThrow(/seed must be an integer >= 0, got 0.5/);
    const sampler = new WeightedRandomSampler([1, 1, 1], 3, 0);
    expect(make({ shuffle: true, sampler })).toThrow(/sampler and shuffle exclude each other/);
  });
});

describe("collate", () => {
  test("tensors, numbers, booleans, strings, arrays and records", async () => {
    const batch = await collate([
      { x: tensor([1, 2]), y: [0, 0.5] as [number, number], name: "a", ok: true },
      { x: tensor([3, 4]), y: [1, 1] as [number, number], name: "b", ok: false },
    ]);
    expect(await batch.x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(batch.y.map((t) => t.dtype)).toEqual(["i32", "f32"]);
    expect(batch.name).toEqual(["a", "b"]);
    expect(await batch.ok.toArray()).toEqual([true, false]);
  });

  test("samples that differ are named", async () => {
    await expect(collate([tensor([1]), tensor([1, 2])])).rejects.toThrow(
      /tensors differ at sample: expected \w+\[1\], got \w+\[2\]/,
    );
    await expect(collate([{ a: [1, 2] }, { a: [1] }])).rejects.toThrow(
      "collate: samples differ at sample.a: expected an array of 2 entries, got an array of 1 entries",
    );
    await expect(collate<unknown>([1, "a"])).rejects.toThrow(/expected a number, got string/);
    await expect(collate<unknown>([null])).rejects.toThrow(/cannot join null at sample/);
    await expect(collate([])).rejects.toThrow(/expected at least one sample, got none/);
  });
});

describe("datasets", () => {
  const x = arange(12).reshape(6, 2);
  const y = tensor([0, 1, 2, 3, 4, 5]);

  test("TensorDataset: single samples and batches", async () => {
    const set = new TensorDataset(x, y);
    const [row, label] = await set.get(2);
    expect([await row.toArray(), await label.item()]).toEqual([[4, 5], 2]);
    for await (const [rows, labels] of new DataLoader(set, { batchSize: 4 })) {
      expect(rows.shape).toEqual([labels.size, 2]);
      expect((await rows.data())[0]).toBe(2 * (await labels.data())[0]);
    }
    await expect(set.get(6)).rejects.toThrow(/index must be an integer in \[0, 5\], got 6/);
    expect(() => new TensorDataset(x, tensor([1]))).toThrow(/got \[6, 2\] and, as tensor 1, \[1\]/);
    expect(() => new TensorDataset()).toThrow(/at least one tensor/);
  });

  test("Subset and MappedDataset", async () => {
    const subset = new Subset(numbers(10), [7, 3]);
    expect(await batches(new DataLoader(subset, { batchSize: 2 }))).toEqual([[7, 3]]);
    const squares = new MappedDataset(subset, (n, i) => n * n + i);
    expect(await batches(new DataLoader(squares, { batchSize: 2 }))).toEqual([[49, 10]]);
    expect(() => new Subset(numbers(3), [3])).toThrow(
      /index must be an integer in \[0, 2\], got 3/,
    );
  });

  test("randomSplit: counts and fractions, without overlap, by seed", () => {
    const parts = randomSplit(numbers(10), [0.75, 0.25], { seed: 1 });
    expect(parts.map((part) => part.length)).toEqual([8, 2]);
    expect(parts.flatMap((part) => part.indices).sort((a, b) => a - b)).toEqual(upTo(10));
    const again = randomSplit(numbers(10), [8, 2], { seed: 1 });
    expect(again[1].indices).toEqual(parts[1].indices);
    expect(() => randomSplit(numbers(10), [5, 4])).toThrow(
      /must add up to the dataset's length 10/,
    );
    expect(() => randomSplit(numbers(10), [0.5, 0.4])).toThrow(/fractions that add up to 1/);
  });

  test("WeightedRandomSampler draws in proportion", () => {
    const drawn = new WeightedRandomSampler([1, 0, 3], 4000, 5).indices(0);
    const counts = upTo(3).map((i) => drawn.filter((d) => d === i).length);
    expect(counts[1]).toBe(0);
    // Five standard deviations around 1,000.
    expect(Math.abs(counts[0] - 1000)).toBeLessThan(140);
    expect(() => new WeightedRandomSampler([1, -1], 2, 0)).toThrow(/got -1 at position 1/);
    expect(() => new WeightedRandomSampler([0, 0], 2, 0)).toThrow(/a weight above 0/);
  });
});

describe("transforms", () => {
  test("normalize by numbers and by channels", async () => {
    const one = normalize({ mean: 1, std: 2 })(tensor([1, 3, 5]));
    expect(await one.toArray()).toEqual([0, 1, 2]);
    const image = arange(8).reshape(2, 2, 2).to("f32");
    const two = normalize({ mean: [0, 4], std: [1, 2] })(image);
    expect(Array.from(await two.data())).toEqual([0, 1, 2, 3, 0, 0.5, 1, 1.5]);
    expect(() => normalize({ mean: [0, 0, 0], std: 1 })(image)).toThrow(
      "normalize: expected (…, 3, H, W) for 3 channels, got [2, 2, 2]",
    );
    expect(() => normalize({ mean: NaN, std: 1 })).toThrow(/mean must be finite, got NaN/);
  });

  test("toUnit, oneHot and compose", async () => {
    const bytes = tensor([0, 51, 255], { dtype: "u8" });
    const both = compose<Tensor>(toUnit, (x) => x.mul(5));
    expect(Array.from(await both(bytes).data())).toEqual([0, 1, 5]);
    const rows = oneHot(3)(tensor([2, 0], { dtype: "i32" }));
    expect([rows.dtype, await rows.toArray()]).toEqual(["f32", [[0, 0, 1], [1, 0, 0]]]); // prettier-ignore
  });
});

describe("a loader that goes on", () => {
  const make = (seed: number, options = {}): DataLoader<number, Tensor> =>
    new DataLoader(numbers(11), { batchSize: 3, shuffle: true, seed, ...options });

  test("gives the batches that were left, of its own seed", async () => {
    const loader = make(3);
    const all: number[][] = [];
    const states: ReturnType<typeof loader.stateDict>[] = [];
    for (let epoch = 0; epoch < 2; epoch++)
      for await (const batch of loader) {
        all.push(Array.from(await batch.data()));
        states.push(loader.stateDict());
      }
    expect(states[1]).toEqual({ epoch: 0, batch: 2, length: 4, sampler: { seed: 3 } });
    expect(states[3]).toEqual({ epoch: 1, batch: 0, length: 4, sampler: { seed: 3 } });
    for (const [i, state] of states.entries()) {
      // The seed comes with the state.
      const other = make(4);
      other.loadStateDict(JSON.parse(JSON.stringify(state)) as typeof state);
      expect(other.stateDict()).toEqual(state);
      const rest: number[][] = [];
      while (other.epoch < 2) rest.push(...(await batches(other)));
      expect(rest).toEqual(all.slice(i + 1));
    }
  });

  test("starts an epoch at its beginning where one is set, or a loop was left", async () => {
    const loader = make(3);
    const first = await batches(loader);
    loader.loadStateDict({ epoch: 0, batch: 2, length: 4 });
    loader.epoch = 0;
    expect(await batches(loader)).toEqual(first);
    const loop = loader[Symbol.asyncIterator]();
    await loop.next();
    await loop.return();
    expect(loader.stateDict()).toMatchObject({ epoch: 2, batch: 0 });
  });

  test("takes no state that does not fit", () => {
    const load = (state: object) => () => make(3).loadStateDict(state as never);
    expect(load({ epoch: -1, batch: 0, length: 4 })).toThrow(
      "DataLoader: epoch must be an integer >= 0, got -1",
    );
    expect(load({ epoch: 0, batch: 1, length: 5 })).toThrow(
      "DataLoader: the state is from the middle of an epoch of 5 batches, and this loader's have 4",
    );
    expect(load({ epoch: 0, batch: 4, length: 4 })).toThrow(
      "DataLoader: an epoch has 4 batches, got 4 as seen",
    );
    expect(load({ epoch: 0, batch: 1, length: 4, sampler: {} })).toThrow(
      "RandomSampler: expected a state with a seed, got {}",
    );
  });
});
