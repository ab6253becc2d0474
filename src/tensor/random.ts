import { type DType, isFloat, isHalf, itemBytes } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import type { Shape } from "../ir/shape.ts";
import { HostValue } from "../runtime/values.ts";
import { type ShapeLike, type TensorOptions, toShape } from "./create.ts";
import { erfinvRatio } from "./erfinv.ts";
import { checkShape } from "./operand.ts";
import { Tensor } from "./tensor.ts";

/** @internal Key and stream of Philox, as u32 scalars: what one call of a random function draws from. */
export interface RandomStream {
  readonly seedLow: Node;
  readonly seedHigh: Node;
  readonly stream: Node;
}

// As inputs and not as constants, so that a program serves every seed and every step.
const word = (value: number): Node => ops.input([], "u32", new HostValue(Uint32Array.of(value)));

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`a seed must be an integer from 0 to 2^53 - 1, got ${seed}`);
}

/**
 * A source of random numbers (Philox 4×32-10, Salmon et al. 2011). Every random function takes the next
 * stream of its generator, so the same seed and the same calls give the same numbers, on every device.
 *
 * @example
 * const generator = new Generator(7);
 * rand([2], { generator }); // (2)
 */
export class Generator {
  private seedWords: [Node, Node];
  private seedValue: number;
  private nextStream = 0;

  constructor(seed: number) {
    checkSeed(seed);
    this.seedValue = seed;
    this.seedWords = [word(seed >>> 0), word(Math.floor(seed / 2 ** 32))];
  }

  /** The seed that was set last. */
  get seed(): number {
    return this.seedValue;
  }

  /** Starts again, from another seed or the same. Returns itself. */
  manualSeed(seed: number): this {
    checkSeed(seed);
    this.seedValue = seed;
    this.seedWords = [word(seed >>> 0), word(Math.floor(seed / 2 ** 32))];
    this.nextStream = 0;
    return this;
  }

  /** What to save and to give to `setState`, to go on with the same numbers. */
  getState(): { seed: number; stream: number } {
    return { seed: this.seedValue, stream: this.nextStream };
  }

  /** Continues where `getState` was called. */
  setState(state: { seed: number; stream: number }): void {
    this.manualSeed(state.seed);
    this.nextStream = state.stream;
  }

  /** @internal Reserves `count` streams and returns the number of the first. */
  take(count = 1): number {
    const first = this.nextStream;
    this.nextStream = (first + count) >>> 0;
    return first;
  }

  /** @internal The two halves of the seed. */
  get key(): readonly [low: Node, high: Node] {
    return this.seedWords;
  }

  /** @internal The next stream. */
  next(): RandomStream {
    if (source) return source(this);
    const [seedLow, seedHigh] = this.seedWords;
    return { seedLow, seedHigh, stream: word(this.take()) };
  }
}

let source: ((generator: Generator) => RandomStream) | undefined;

/** @internal Runs `fn` while generators draw their streams from `from`: how a traced function gets them. */
export function withRandomSource<R>(from: (generator: Generator) => RandomStream, fn: () => R): R {
  const before = source;
  source = from;
  try {
    return fn();
  } finally {
    source = before;
  }
}

const freshSeed = (): number => {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
};

/** The generator of all random functions that are given none. */
export const defaultGenerator = new Generator(freshSeed());

/**
 * Seeds the default generator, and returns it. Before that its seed is random.
 *
 * @example
 * manualSeed(0);
 */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** Options of random functions. */
export interface RandomOptions extends TensorOptions {
  /** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
  generator?: Generator;
}

/** @internal Random u32 words. */
export function bits(shape: Shape, generator: Generator = defaultGenerator): Node {
  const { seedLow, seedHigh, stream } = generator.next();
  return ops.randomBits(seedLow, seedHigh, stream, shape);
}

function floatDType(options: RandomOptions, what: string): DType {
  const dtype = options.dtype ?? "f32";
  if (!isFloat(dtype))
    throw new TypeError(`${what}: expected a floating-point dtype, got ${dtype}`);
  return dtype;
}

const finish = (node: Node, options: RandomOptions): Tensor => {
  const x = new Tensor(node);
  return options.requiresGrad ? x.requiresGrad_() : x;
};

const scaled = (x: Node, factor: number): Node => ops.mul(x, ops.fullLike(x, factor));
const shifted = (x: Node, summand: number): Node => ops.add(x, ops.fullLike(x, summand));
const highBits = (x: Node, drop: number): Node => ops.shr(x, ops.fullLike(x, drop));

/** Both halves of words of shape [2, ...shape]. */
function halves(words: Node): [Node, Node] {
  const shape = words.shape.slice(1);
  const half = (start: number): Node =>
    ops.reshape(ops.slice(words, [start, ...shape.map(() => 0)], [1, ...shape]), shape);
  return [half(0), half(1)];
}

/** Uniform in [0, 1): multiples of 2^-24 in f32, of 2^-53 in f64, of 2^-11 in f16, of 2^-8 in bf16. */
function uniformNode(shape: Shape, dtype: DType, generator?: Generator): Node {
  if (isHalf(dtype)) {
    // Multiples of its last place below 1, since rounding could reach 1.
    const digits = dtype === "f16" ? 11 : 8;
    const places = highBits(bits(shape, generator), 32 - digits);
    return scaled(ops.cast(places, dtype), 2 ** -digits);
  }
  if (itemBytes(dtype) === 4)
    return scaled(ops.cast(highBits(bits(shape, generator), 8), dtype), 2 ** -24);
  const [a, b] = halves(bits([2, ...shape], generator));
  const high = scaled(ops.cast(highBits(a, 5), dtype), 2 ** 26);
  return scaled(ops.add(high, ops.cast(highBits(b, 6), dtype)), 2 ** -53);
}

/**
 * Standard normal numbers. In f32 by the inverse of the distribution, from one word each: the top bit is
 * the sign and the rest the distance p from the tail, kept as such so that tails reach 6σ. In f64 by
 * Box and Muller's method.
 */
function normalNode(shape: Shape, dtype: DType, generator?: Generator): Node {
  if (isHalf(dtype)) return ops.cast(normalNode(shape, "f32", generator), dtype);
  if (itemBytes(dtype) === 8) {
    const u = uniformNode([2, ...shape], dtype, generator);
    const [a, b] = halves(u);
    const radius = ops.sqrt(scaled(ops.log(shifted(ops.neg(a), 1)), -2));
    return ops.mul(radius, ops.cos(scaled(b, 2 * Math.PI)));
  }
  const words = bits(shape, generator);
  // p is uniform in (0, 1]: 1 - p is the magnitude of erf, and 1 - (1 - p)² = p (2 - p).
  const rest = ops.and(words, ops.fullLike(words, 0x7fffffff));
  const p = scaled(shifted(ops.cast(rest, dtype), 0.5), 2 ** -31);
  const two = ops.fullLike(p, 2);
  const w = ops.neg(ops.log(ops.mul(p, ops.sub(two, p))));
  const magnitude = scaled(ops.mul(shifted(ops.neg(p), 1), erfinvRatio(w)), Math.SQRT2);
  const negative = ops.lt(rest, words);
  return ops.select(negative, ops.neg(magnitude), magnitude);
}

/**
 * Uniform random numbers in [0, 1).
 *
 * @example
 * manualSeed(0);
 * rand([2, 3]);
 */
export function rand(shape: ShapeLike, options: RandomOptions = {}): Tensor {
  const dtype = floatDType(options, "rand");
  return finish(uniformNode(toShape(shape, "rand"), dtype, options.generator), options);
}

/**
 * Uniform random numbers in [low, high).
 *
 * @example
 * uniform([2, 3], -1, 1); // (2, 3)
 */
export function uniform(
  shape: ShapeLike,
  low: number,
  high: number,
  options: RandomOptions = {},
): Tensor {
  const dtype = floatDType(options, "uniform");
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
    throw new RangeError(`uniform: expected finite numbers low <= high, got ${low} and ${high}`);
  const u = uniformNode(toShape(shape, "uniform"), dtype, options.generator);
  return finish(shifted(scaled(u, high - low), low), options);
}

/**
 * Random numbers from the normal distribution of mean 0 and variance 1.
 *
 * @example
 * randn([2, 3]); // (2, 3)
 */
export function randn(shape: ShapeLike, options: RandomOptions = {}): Tensor {
  const dtype = floatDType(options, "randn");
  return finish(normalNode(toShape(shape, "randn"), dtype, options.generator), options);
}

/**
 * Random numbers from the normal distribution of this mean and standard deviation.
 *
 * @example
 * normal(5, 0.1, [2, 3]); // (2, 3)
 */
export function normal(
  mean: number,
  std: number,
  shape: ShapeLike,
  options: RandomOptions = {},
): Tensor {
  if (!Number.isFinite(mean) || !(std >= 0 && std < Infinity))
    throw new RangeError(
      `normal: expected a finite mean and a finite std >= 0, got ${mean} and ${std}`,
    );
  const dtype = floatDType(options, "normal");
  const z = normalNode(toShape(shape, "normal"), dtype, options.generator);
  return finish(shifted(scaled(z, std), mean), options);
}

/**
 * Random integers from `low` to `high`, without `high`; i32 by default.
 *
 * @example
 * randint(0, 10, [4]); // (4)
 */
export function randint(
  low: number,
  high: number,
  shape: ShapeLike,
  options: RandomOptions = {},
): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low)
    throw new RangeError(`randint: expected integers low < high, got ${low} and ${high}`);
  if (high - low > 2 ** 32)
    throw new RangeError(`randint: the range may hold at most 2^32 integers, got ${high - low}`);
  const words = bits(toShape(shape, "randint"), options.generator);
  const count = high - low;
  const rest = count === 2 ** 32 ? words : ops.rem(words, ops.fullLike(words, count));
  const { dtype = "i32" } = options;
  if (dtype === "i64") return finish(shifted(ops.cast(rest, dtype), low), options);
  // Sums of i32 wrap around, so that words above 2^31 end where they should.
  return finish(ops.cast(shifted(ops.bitcast(rest, "i32"), low | 0), dtype), options);
}

/**
 * The integers from 0 to n - 1 (i32) in random order.
 *
 * @example
 * randperm(5).sort().values; // [0, 1, 2, 3, 4]
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  checkShape([n], "randperm");
  const order = ops.argsort(bits([n], options.generator), 0);
  return finish(ops.cast(order, options.dtype ?? "i32"), options);
}

/** @internal True with probability `1 - p`: the elements that dropout keeps. */
export function keepMask(shape: Shape, p: number, generator?: Generator): Node {
  const words = bits(shape, generator);
  // Whole words against a threshold: no conversion, and exact to 2^-32.
  const threshold = Math.min(Math.round(p * 2 ** 32), 2 ** 32 - 1);
  return ops.ge(words, ops.fullLike(words, threshold));
}
