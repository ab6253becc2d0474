import { defaultGenerator } from "../tensor/index.ts";
import { collate, type Collated } from "./collate.ts";
import { type Dataset } from "./dataset.ts";
import { RandomSampler, type Sampler, SequentialSampler } from "./sampler.ts";

/** Options of `DataLoader`. */
export interface DataLoaderOptions<S, B> {
  /** Samples a batch. Default 1. */
  readonly batchSize?: number;
  /** Whether every epoch has a new random order. Default false. */
  readonly shuffle?: boolean;
  /** What the order is drawn from: the same seed gives the same epochs. Default: that of `manualSeed`. */
  readonly seed?: number;
  /** Whether a last batch of fewer samples is left out. Default false. */
  readonly dropLast?: boolean;
  /** The order of the samples, in place of `shuffle`. */
  readonly sampler?: Sampler;
  /** Batches that are assembled ahead, while the caller awaits its step. Default 2. */
  readonly prefetch?: number;
  /** Makes a batch of samples. Default: the dataset's own `batch`, else `collate`. */
  readonly collate?: (samples: S[]) => B | Promise<B>;
}

function checkCount(value: number, least: number, name: string): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`DataLoader: ${name} must be an integer >= ${least}, got ${value}`);
}

/** Calls `run` when the caller's code has come to rest; returns how to prevent it. */
function whenIdle(run: () => void): () => void {
  if (typeof setImmediate === "function") {
    const handle = setImmediate(run);
    return () => clearImmediate(handle);
  }
  const handle = setTimeout(run, 0);
  return () => clearTimeout(handle);
}

/** A batch that is assembled when it is first asked for. */
class Lazy<B> {
  private readonly make: () => Promise<B>;
  private result: Promise<B> | undefined;

  constructor(make: () => Promise<B>) {
    this.make = make;
  }

  get started(): boolean {
    return this.result !== undefined;
  }

  start(): Promise<B> {
    if (!this.result) {
      this.result = this.make();
      // Who awaits the batch sees the error; a batch that nobody awaits must not end the process.
      this.result.catch(() => undefined);
    }
    return this.result;
  }
}

/**
 * Batches of a dataset, epoch after epoch: every `for await` over the loader is one epoch.
 *
 * The next batches are assembled while the loop's body awaits something. Orders depend only on the seed
 * and the number of the epoch.
 *
 * @example
 * const loader = new DataLoader(dataset, { batchSize: 64, shuffle: true, seed: 1 });
 * for await (const [data, target] of loader) criterion.forward(net.forward(data), target);
 */
export class DataLoader<S, B = Collated<S>> implements AsyncIterable<B> {
  readonly dataset: Dataset<S>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly prefetch: number;
  readonly sampler: Sampler;
  /** Number of the epoch that the next loop runs, from 0. Set it to resume, or to repeat an epoch. */
  epoch = 0;
  private readonly assemble: (indices: readonly number[]) => Promise<B>;

  /** @throws RangeError for sizes and seeds that are not whole numbers of their range. */
  constructor(dataset: Dataset<S>, options: DataLoaderOptions<S, B> = {}) {
    const { batchSize = 1, shuffle = false, dropLast = false, prefetch = 2 } = options;
    checkCount(batchSize, 1, "batchSize");
    checkCount(prefetch, 0, "prefetch");
    if (options.sampler && shuffle)
      throw new Error("DataLoader: sampler and shuffle exclude each other, got both");
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
    this.prefetch = prefetch;
    const seed = options.seed ?? defaultGenerator.seed;
    this.sampler =
      options.sampler ??
      (shuffle ? new RandomSampler(dataset.length, seed) : new SequentialSampler(dataset.length));
    const join = options.collate ?? (collate as unknown as (samples: S[]) => Promise<B>);
    this.assemble =
      dataset.batch && !options.collate
        ? async (indices) => (await dataset.batch!(indices)) as B
        : async (indices) => join(await Promise.all(indices.map((i) => dataset.get(i))));
  }

  /** Number of batches an epoch has. */
  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    return this.run(this.epoch++);
  }

  private async *run(epoch: number): AsyncGenerator<B, void, undefined> {
    const order = this.sampler.indices(epoch);
    const { length, batchSize, prefetch } = this;
    const ahead: Lazy<B>[] = [];
    let next = 0;
    let cancel: (() => void) | undefined;
    const prepare = (): void => {
      cancel = undefined;
      const lazy = ahead.find((batch) => !batch.started);
      if (!lazy) return;
      // One batch at a time, so that the caller gets its turn in between.
      void lazy.start();
      cancel = whenIdle(prepare);
    };
    try {
      for (let given = 0; given < length; given++) {
        for (; next < length && ahead.length <= prefetch; next++) {
          const indices = order.slice(next * batchSize, (next + 1) * batchSize);
          ahead.push(new Lazy(() => this.assemble(indices)));
        }
        const batch = ahead.shift()!.start();
        if (ahead.length > 0) cancel ??= whenIdle(prepare);
        yield await batch;
      }
    } finally {
      cancel?.();
    }
  }
}
