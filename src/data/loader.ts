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

/** Where a loader is, for saving. */
export interface LoaderState {
  /** Number of the epoch to go on with. */
  readonly epoch: number;
  /** Batches of it that have been given out. */
  readonly batch: number;
  /** Batches that an epoch has. */
  readonly length: number;
  /** State of the sampler, where it has one. */
  readonly sampler?: unknown;
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
  private nextEpoch = 0;
  /** Batches that the next loop leaves out, because they were given out before. */
  private skip = 0;
  /** The loop that goes on, and how many batches of its epoch have been given out. */
  private current: { readonly epoch: number; given: number } | undefined;
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

  /** Number of the epoch that the next loop runs, from 0. Set it to resume, or to repeat an epoch. */
  get epoch(): number {
    return this.nextEpoch;
  }
  set epoch(epoch: number) {
    this.nextEpoch = epoch;
    this.skip = 0;
    this.current = undefined;
  }

  /** Number of batches an epoch has. */
  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /**
   * Where the loader is, for saving; within a loop too, where the batch that was given out last counts as seen.
   * What is saved is the position and the sampler's seed, not random numbers that samples draw: these are
   * drawn ahead of the loop, unless `prefetch` is 0.
   */
  stateDict(): LoaderState {
    const { current, length } = this;
    const sampler = this.sampler.stateDict?.();
    const rest = { length, ...(sampler === undefined ? {} : { sampler }) };
    if (!current) return { epoch: this.epoch, batch: this.skip, ...rest };
    const { epoch, given } = current;
    return given < length
      ? { epoch, batch: given, ...rest }
      : { epoch: epoch + 1, batch: 0, ...rest };
  }

  /**
   * Goes on where `stateDict()` was called: the next loop gives the batches that were left of that epoch.
   *
   * @throws RangeError for positions that the loader does not have.
   */
  loadStateDict(state: LoaderState): void {
    const { epoch, batch, length, sampler } = state;
    checkCount(epoch, 0, "epoch");
    checkCount(batch, 0, "batch");
    if (batch > 0 && length !== this.length)
      throw new RangeError(
        `DataLoader: the state is from the middle of an epoch of ${length} batches, and this loader's have ${this.length}`,
      );
    if (batch > 0 && batch >= length)
      throw new RangeError(`DataLoader: an epoch has ${length} batches, got ${batch} as seen`);
    if (sampler !== undefined) this.sampler.loadStateDict?.(sampler);
    this.epoch = epoch;
    this.skip = batch;
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const loop = { epoch: this.nextEpoch++, given: this.skip };
    this.skip = 0;
    this.current = loop;
    return this.run(loop);
  }

  private async *run(loop: {
    readonly epoch: number;
    given: number;
  }): AsyncGenerator<B, void, undefined> {
    const order = this.sampler.indices(loop.epoch);
    const { length, batchSize, prefetch } = this;
    const ahead: Lazy<B>[] = [];
    let next = loop.given;
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
      while (loop.given < length) {
        for (; next < length && ahead.length <= prefetch; next++) {
          const indices = order.slice(next * batchSize, (next + 1) * batchSize);
          ahead.push(new Lazy(() => this.assemble(indices)));
        }
        const batch = ahead.shift()!.start();
        if (ahead.length > 0) cancel ??= whenIdle(prepare);
        const made = await batch;
        loop.given++;
        yield made;
      }
    } finally {
      cancel?.();
      if (this.current === loop) this.current = undefined;
    }
  }
}
