import { type DType, isInteger } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { arange, cat, stack, tensor, Tensor, zeros } from "../tensor/index.ts";
import { checkProbability, checkSize } from "./checks.ts";
import { normal_ } from "./init.ts";
import { Layer, Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { showSettings } from "./repr.ts";

// Where in a sequence a vector stands, for attention, which does not see it by itself.

/**
 * Positions as sines and cosines of many wavelengths (Vaswani et al. 2017): row p of the result
 * (length, dim) is `sin(p / 10000^(2i / dim))` in the even entries 2i, and the cosine in the odd ones.
 *
 * @throws RangeError for sizes that are not integers >= 1.
 *
 * @example
 * x.add(nn.sinusoidalPositions(x.shape[1], x.shape[2])); // x (N, length, dim)
 */
export function sinusoidalPositions(
  length: number,
  dim: number,
  options: { readonly dtype?: DType } = {},
): Tensor {
  checkSize(length, "length", "sinusoidalPositions");
  checkSize(dim, "dim", "sinusoidalPositions");
  return sinusoids(arange(length, { dtype: "f64" }), dim, options.dtype ?? "f32");
}

/** Sines and cosines of positions (L), f64: far ones in f32 would lose digits of their angle. */
function sinusoids(positions: Tensor, dim: number, dtype: DType): Tensor {
  const column = arange(dim, { dtype: "f64" });
  const odd = column.remainder(2);
  const frequency = column
    .sub(odd)
    .mul(-Math.log(10000) / dim)
    .exp();
  const angle = positions.unsqueeze(1).mul(frequency);
  // cos(x) = sin(x + π/2) would round: each column takes its own function.
  const sines = angle.sin().mul(odd.neg().add(1));
  return sines.add(angle.cos().mul(odd)).to(dtype);
}

/** Options of `SinusoidalPositions`. */
export interface SinusoidalOptions {
  /** Probability with which a value is dropped in training. Default 0. */
  readonly dropout?: number;
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
}

/** Options of layers that add positions, for each call. */
export interface PositionOptions {
  /**
   * Position of the first vector: a number, or an integer scalar, such as the `length` of a
   * `KeyValueCache`, whose value is not checked. Default 0.
   */
  readonly offset?: number | Tensor;
}

function checkOffset(offset: number | Tensor, what: string): void {
  if (offset instanceof Tensor) {
    if (isInteger(offset.dtype) && offset.ndim === 0) return;
    throw new TypeError(
      `${what}: offset must be an integer scalar, got ${offset.dtype}${showShape(offset.shape)}`,
    );
  }
  if (!Number.isInteger(offset) || offset < 0)
    throw new RangeError(`${what}: offset must be an integer >= 0, got ${offset}`);
}

/** Positions (length), f64, from `offset` on. */
const positionsFrom = (offset: number | Tensor, length: number): Tensor =>
  arange(length, { dtype: "f64" }).add(offset);

/** Checks sequences of vectors of `dim`, and gives the axis of the steps. */
function stepAxis(x: Tensor, dim: number, batchFirst: boolean, what: string): number {
  if ((x.ndim !== 2 && x.ndim !== 3) || x.shape.at(-1) !== dim)
    throw new RangeError(
      `${what}: expected sequences ${batchFirst ? "(N, L, " : "(L, N, "}${dim}) or (L, ${dim}), got ${showShape(x.shape)}`,
    );
  return x.ndim === 3 && batchFirst ? 1 : 0;
}

/** Rows (L, dim) shaped to be added to x, whose steps are along `axis`. */
const alongSteps = (rows: Tensor, x: Tensor, axis: number): Tensor =>
  x.ndim === 3 && axis === 0 ? rows.unsqueeze(1) : rows;

/**
 * Adds `sinusoidalPositions` to sequences (L, N, dim), (N, L, dim) with `batchFirst`, or (L, dim) (Vaswani et
 * al. 2017).
 *
 * @example
 * new nn.SinusoidalPositions(64, { batchFirst: true }).forward(rand([2, 10, 64])); // (2, 10, 64)
 */
export class SinusoidalPositions extends Layer {
  readonly dim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;

  /** @throws RangeError for a size and a probability out of range. */
  constructor(dim: number, options: SinusoidalOptions = {}) {
    super();
    const { dropout = 0, batchFirst = false } = options;
    checkSize(dim, "dim", "SinusoidalPositions");
    checkProbability(dropout, "dropout", "SinusoidalPositions");
    this.dim = dim;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
  }

  forward(x: Tensor, { offset = 0 }: PositionOptions = {}): Tensor {
    const what = "SinusoidalPositions";
    checkOffset(offset, what);
    const axis = stepAxis(x, this.dim, this.batchFirst, what);
    const rows = sinusoids(positionsFrom(offset, x.shape[axis]), this.dim, x.dtype);
    const y = x.add(alongSteps(rows, x, axis));
    return y.dropout(this.dropout, { training: this.training });
  }

  override extraRepr(): string {
    const { dim, dropout, batchFirst } = this;
    return `${dim}, ${showSettings({ dropout, batchFirst })}`;
  }
}

/** Options of `LearnedPositions`. */
export interface LearnedPositionsOptions {
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
  /** Standard deviation at the start. Default 0.02. */
  readonly std?: number;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * Adds a learned vector for each position to sequences (L, N, dim), (N, L, dim) with `batchFirst`, or
 * (L, dim) (Gehring et al. 2017). Vectors start as normal numbers.
 *
 * @example
 * new nn.LearnedPositions(512, 64, { batchFirst: true }).forward(rand([2, 10, 64])); // (2, 10, 64)
 */
export class LearnedPositions extends Layer {
  readonly maxLength: number;
  readonly dim: number;
  readonly batchFirst: boolean;
  readonly std: number;
  /** (maxLength, dim) */
  readonly weight: Parameter;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(maxLength: number, dim: number, options: LearnedPositionsOptions = {}) {
    super();
    const { batchFirst = false, std = 0.02, dtype = "f32" } = options;
    checkSize(maxLength, "maxLength", "LearnedPositions");
    checkSize(dim, "dim", "LearnedPositions");
    this.maxLength = maxLength;
    this.dim = dim;
    this.batchFirst = batchFirst;
    this.std = std;
    this.weight = new Parameter(zeros([maxLength, dim], { dtype }));
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    normal_(this.weight, 0, this.std);
  }

  /** @throws RangeError for positions after the last. */
  forward(x: Tensor, { offset = 0 }: PositionOptions = {}): Tensor {
    const what = "LearnedPositions";
    checkOffset(offset, what);
    const axis = stepAxis(x, this.dim, this.batchFirst, what);
    const length = x.shape[axis];
    const least = typeof offset === "number" ? offset : 0;
    if (least + length > this.maxLength)
      throw new RangeError(
        `${what}: there are ${this.maxLength} positions, and ${length} steps from ${least} on need more`,
      );
    const rows =
      typeof offset === "number"
        ? this.weight.narrow(0, offset, length)
        : this.weight.indexSelect(0, arange(length, { dtype: "i32" }).add(offset));
    return x.add(alongSteps(rows, x, axis));
  }

  override extraRepr(): string {
    return `${this.maxLength}, ${this.dim}, batchFirst=${this.batchFirst}`;
  }
}

/** Options of `RotaryPositions`. */
export interface RotaryOptions {
  /** The wavelengths reach from 2π to 2π · base. Default 10000. */
  readonly base?: number;
  /**
   * Whether neighbours (2i, 2i + 1) turn together, as in the paper, and not i with i + dim / 2, as in LLaMA.
   * Default false.
   */
  readonly interleaved?: boolean;
}

/**
 * Turns queries and keys (…, L, dim) by angles that grow with their positions, so that products of them
 * depend on their distance (Su et al. 2021).
 *
 * @example
 * const rotary = new nn.RotaryPositions(32);
 * rotary.forward(rand([2, 4, 10, 32])); // (2, 4, 10, 32)
 */
export class RotaryPositions extends Layer {
  readonly dim: number;
  readonly base: number;
  readonly interleaved: boolean;

  /** @throws RangeError for a size that is odd, or no integer >= 2. */
  constructor(dim: number, options: RotaryOptions = {}) {
    super();
    const { base = 10000, interleaved = false } = options;
    if (!Number.isInteger(dim) || dim < 2 || dim % 2 !== 0)
      throw new RangeError(`RotaryPositions: dim must be an even integer >= 2, got ${dim}`);
    this.dim = dim;
    this.base = base;
    this.interleaved = interleaved;
  }

  /** @param options - `offset` is the position of the first vector, as when keys before it are kept. */
  forward(x: Tensor, { offset = 0 }: PositionOptions = {}): Tensor {
    checkOffset(offset, "RotaryPositions");
    const { dim, base, interleaved } = this;
    if (x.ndim < 2 || x.shape.at(-1) !== dim)
      throw new RangeError(
        `RotaryPositions: expected vectors (…, L, ${dim}), got ${showShape(x.shape)}`,
      );
    const positions = positionsFrom(offset, x.shape[x.ndim - 2]);
    const frequency = arange(dim / 2, { dtype: "f64" })
      .mul((-2 * Math.log(base)) / dim)
      .exp();
    const angle = positions.unsqueeze(1).mul(frequency);
    const [cos, sin] = [angle.cos().to(x.dtype), angle.sin().to(x.dtype)];
    const [a, b] = interleaved ? x.unflatten(-1, [-1, 2]).unbind(-1) : x.chunk(2, -1);
    const turned = [a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))];
    return interleaved ? stack(turned, -1).flatten(-2) : cat(turned, -1);
  }

  override extraRepr(): string {
    const { dim, base, interleaved } = this;
    return `${dim}, ${showSettings({ base, interleaved })}`;
  }
}

/** The factors of the heads: a geometric sequence, with others between where `heads` is no power of 2. */
function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const sequence = (n: number): number[] =>
    Array.from({ length: n }, (_, i) => 2 ** ((-8 * (i + 1)) / n));
  const between = sequence(2 * power).filter((_, i) => i % 2 === 0);
  return [...sequence(power), ...between.slice(0, heads - power)];
}

/** Options of `ALiBi`, for each call. */
export interface ALiBiOptions {
  /** Position of the first query among the keys. Default: that of the last query is the last key's. */
  readonly offset?: number | Tensor;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * What is added to the scores of attention so that far keys count less, by a factor of each head (Press et
 * al. 2022): `-slope · |i - j|`, (numHeads, L, S), an `attnMask` of `functional.scaledDotProductAttention`.
 *
 * @example
 * new nn.ALiBi(8).forward(2, 2).select(0, 0); // [[0, -0.5], [-0.5, 0]]
 */
export class ALiBi extends Module {
  readonly numHeads: number;
  /** Of each head. */
  readonly slopes: readonly number[];

  /** @throws RangeError for numHeads that is no integer >= 1. */
  constructor(numHeads: number) {
    super();
    checkSize(numHeads, "numHeads", "ALiBi");
    this.numHeads = numHeads;
    this.slopes = alibiSlopes(numHeads);
  }

  /**
   * @param queries - Number of queries, L.
   * @param keys - Number of keys, S. Default: that of the queries.
   */
  forward(queries: number, keys = queries, options: ALiBiOptions = {}): Tensor {
    const { offset = keys - queries, dtype = "f32" } = options;
    checkSize(queries, "queries", "ALiBi");
    checkSize(keys, "keys", "ALiBi");
    if (offset instanceof Tensor) checkOffset(offset, "ALiBi");
    const rows = arange(queries, { dtype }).add(offset).unsqueeze(1);
    const distance = rows.sub(arange(keys, { dtype })).abs();
    return distance.mul(tensor(this.slopes, { dtype }).reshape(-1, 1, 1)).neg();
  }

  override extraRepr(): string {
    return String(this.numHeads);
  }
}
