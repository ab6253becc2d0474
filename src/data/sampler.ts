import { checkSeed, permutation, randomWords } from "./random.ts";

/** The order in which a `DataLoader` takes the samples of its dataset. */
export interface Sampler {
  /** Number of positions an epoch has. */
  readonly length: number;
  /** The positions of epoch `epoch` (0, 1, …): always the same for the same number. */
  indices(epoch: number): readonly number[];
  /** What decides the orders, for saving: a seed, say. What JSON can hold. */
  stateDict?(): unknown;
  /** Takes over what `stateDict()` gave. */
  loadStateDict?(state: unknown): void;
}

/** What samplers save that draw from a seed. */
export interface SeedState {
  readonly seed: number;
}

function seedOf(state: unknown, what: string): number {
  const seed: unknown =
    typeof state === "object" && state !== null && "seed" in state ? state.seed : undefined;
  if (typeof seed !== "number")
    throw new TypeError(`${what}: expected a state with a seed, got ${JSON.stringify(state)}`);
  checkSeed(seed, what);
  return seed;
}

/**
 * All samples in their order.
 *
 * @example
 * new SequentialSampler(3).indices(); // [0, 1, 2]
 */
export class SequentialSampler implements Sampler {
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  indices(): readonly number[] {
    return Array.from({ length: this.length }, (_, i) => i);
  }
}

/**
 * All samples in an order that is new every epoch.
 *
 * @example
 * [...new RandomSampler(4, 7).indices(0)].sort(); // [0, 1, 2, 3]
 */
export class RandomSampler implements Sampler {
  readonly length: number;
  private from: number;

  /** @throws RangeError when the seed is not an integer >= 0. */
  constructor(length: number, seed: number) {
    checkSeed(seed, "RandomSampler");
    this.length = length;
    this.from = seed;
  }

  /** What the orders are drawn from. */
  get seed(): number {
    return this.from;
  }

  stateDict(): SeedState {
    return { seed: this.from };
  }

  loadStateDict(state: unknown): void {
    this.from = seedOf(state, "RandomSampler");
  }

  indices(epoch: number): readonly number[] {
    return permutation(this.length, this.seed, epoch);
  }
}

/**
 * Samples drawn with replacement, each with a probability in proportion to its weight: for classes of
 * unequal size.
 *
 * @example
 * new WeightedRandomSampler([0.1, 0.1, 0.8], 1000, 7);
 */
export class WeightedRandomSampler implements Sampler {
  readonly length: number;
  private from: number;
  private readonly cumulative: Float64Array;

  /**
   * @param weights - One a sample; not negative, not all 0.
   * @param length - How many samples an epoch draws.
   * @throws RangeError for weights that are negative or not finite, or when all are 0.
   */
  constructor(weights: ArrayLike<number>, length: number, seed: number) {
    checkSeed(seed, "WeightedRandomSampler");
    if (!Number.isInteger(length) || length < 1)
      throw new RangeError(`WeightedRandomSampler: length must be an integer >= 1, got ${length}`);
    this.length = length;
    this.from = seed;
    this.cumulative = new Float64Array(weights.length);
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0 && weights[i] < Infinity))
        throw new RangeError(
          `WeightedRandomSampler: weights must be finite and >= 0, got ${weights[i]} at position ${i}`,
        );
      this.cumulative[i] = total += weights[i];
    }
    if (total === 0)
      throw new RangeError("WeightedRandomSampler: expected a weight above 0, got none");
  }

  /** What the orders are drawn from. */
  get seed(): number {
    return this.from;
  }

  stateDict(): SeedState {
    return { seed: this.from };
  }

  loadStateDict(state: unknown): void {
    this.from = seedOf(state, "WeightedRandomSampler");
  }

  indices(epoch: number): readonly number[] {
    const { cumulative } = this;
    const total = cumulative[cumulative.length - 1];
    return Array.from(randomWords(this.length, this.seed, epoch), (word) => {
      const point = (word / 2 ** 32) * total;
      let low = 0;
      let high = cumulative.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (cumulative[middle] > point) high = middle;
        else low = middle + 1;
      }
      return low;
    });
  }
}
