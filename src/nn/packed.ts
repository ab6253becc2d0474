import { showShape } from "../ir/shape.ts";
import { arange, stack, Tensor, tensor, where } from "../tensor/index.ts";
import { MAP_TENSORS, type OfTensors } from "../tensor/tree.ts";

// Sequences of different lengths in one tensor: PyTorch's torch.nn.utils.rnn. A PackedSequence keeps the
// padding, and the lengths beside it; recurrent nets stop each sequence at its own.

/** How many steps each sequence has: numbers, or an integer tensor (N). */
export type SequenceLengths = Tensor | readonly number[];

/**
 * Sequences of different lengths, which recurrent nets take and give: made by `packPaddedSequence` and
 * `packSequence`.
 *
 * @example
 * const packed = nn.utils.rnn.packPaddedSequence(rand([5, 2, 3]), [5, 2]);
 * const [output, h] = new nn.GRU(3, 4).forward(packed);
 * nn.utils.rnn.padPackedSequence(output)[0]; // (5, 2, 4)
 */
export class PackedSequence implements OfTensors {
  /** (L, N, …), with anything after the end of a sequence. */
  readonly data: Tensor;
  /** Steps of each sequence, (N), i32. */
  readonly lengths: Tensor;
  /** The lengths, where they are known without reading a tensor. */
  readonly sizes: readonly number[] | undefined;

  /** @internal Use `packPaddedSequence`. */
  constructor(data: Tensor, lengths: Tensor, sizes: readonly number[] | undefined) {
    this.data = data;
    this.lengths = lengths;
    this.sizes = sizes;
  }

  /** (L, N), true where a sequence has a step. */
  get mask(): Tensor {
    return arange(this.data.shape[0], { dtype: "i32" }).unsqueeze(1).lt(this.lengths);
  }

  /** Number of sequences that have each step, (L), i32. */
  get batchSizes(): Tensor {
    return this.mask.sum(1);
  }

  /** The sequences by falling lengths, (N), i32: the order in which PyTorch keeps them. */
  get sortedIndices(): Tensor {
    return this.lengths.argsort(0, { descending: true });
  }

  /** The place of each sequence in that order, (N), i32. */
  get unsortedIndices(): Tensor {
    return invertPermutation(this.sortedIndices);
  }

  /** The same lengths with other data. */
  with(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.lengths, this.sizes);
  }

  /** @internal */
  [MAP_TENSORS](map: (x: Tensor) => Tensor): PackedSequence {
    return new PackedSequence(map(this.data), map(this.lengths), this.sizes);
  }
}

/** Options of functions for batches of sequences. */
export interface SequenceOptions {
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
}

/**
 * The permutation that takes another one (N) back.
 *
 * @example
 * nn.utils.rnn.invertPermutation(tensor([2, 0, 1], { dtype: "i32" })); // [1, 2, 0]
 */
export const invertPermutation = (permutation: Tensor): Tensor => permutation.argsort(0);

/** Options of functions that pack sequences. */
export interface PackOptions {
  /**
   * Whether the sequences must come by falling lengths; where these are numbers, it is checked. Nothing
   * depends on it. Default false.
   */
  readonly enforceSorted?: boolean;
}

function checkSorted(lengths: readonly number[], what: string): void {
  if (lengths.some((n, i) => i > 0 && n > lengths[i - 1]))
    throw new RangeError(
      `${what}: with enforceSorted lengths must not rise, got [${lengths.join(", ")}]; leave it out`,
    );
}

/**
 * Padded sequences with their lengths. They need not be sorted.
 *
 * @param x - (L, N, …), or (N, L, …) with `batchFirst`.
 * @param lengths - Of each sequence, from 1 to L. Where they are numbers, steps that no sequence has are cut
 * off.
 * @throws RangeError for lengths out of range or not in order, where they are numbers.
 *
 * @example
 * nn.utils.rnn.packPaddedSequence(rand([5, 2, 3]), [4, 2]).data; // (4, 2, 3)
 */
export function packPaddedSequence(
  x: Tensor,
  lengths: SequenceLengths,
  { batchFirst = false, enforceSorted = false }: SequenceOptions & PackOptions = {},
): PackedSequence {
  const what = "packPaddedSequence";
  if (x.ndim < 2)
    throw new RangeError(`${what}: expected sequences (L, N, …), got ${showShape(x.shape)}`);
  const data = batchFirst ? x.transpose(0, 1) : x;
  const [most, samples] = data.shape;
  if (lengths instanceof Tensor) {
    if (showShape(lengths.shape) !== showShape([samples]))
      throw new RangeError(
        `${what}: expected lengths [${samples}], one for each sequence, got ${showShape(lengths.shape)}`,
      );
    return new PackedSequence(data, lengths.to("i32"), undefined);
  }
  const inRange = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= most;
  if (lengths.length !== samples || !lengths.every(inRange))
    throw new RangeError(
      `${what}: lengths must be ${samples} integers from 1 to ${most}, got [${lengths.join(", ")}]`,
    );
  if (enforceSorted) checkSorted(lengths, what);
  const cut = data.narrow(0, 0, Math.max(...lengths));
  return new PackedSequence(cut, tensor(lengths, { dtype: "i32" }), lengths.slice());
}

/** Options of `padPackedSequence`. */
export interface PadPackedOptions extends SequenceOptions {
  /** What stands after the end of a sequence. Default 0. */
  readonly paddingValue?: number;
  /** Steps of the result. Default: those of the longest sequence. */
  readonly totalLength?: number;
}

/**
 * The way back from `packPaddedSequence`.
 *
 * @returns The padded sequences (L, N, …), and their lengths (N).
 * @throws RangeError for a totalLength below that of the packed sequences.
 *
 * @example
 * const packed = nn.utils.rnn.packPaddedSequence(ones([2, 2]), [2, 1]);
 * nn.utils.rnn.padPackedSequence(packed, { paddingValue: 7 })[0]; // [[1, 1], [1, 7]]
 */
export function padPackedSequence(
  packed: PackedSequence,
  options: PadPackedOptions = {},
): [padded: Tensor, lengths: Tensor] {
  const { batchFirst = false, paddingValue = 0, totalLength } = options;
  const { data, mask } = packed;
  const steps = data.shape[0];
  let padded = where(
    mask.reshape(...mask.shape, ...data.shape.slice(2).map(() => 1)),
    data,
    paddingValue,
  );
  if (totalLength !== undefined) {
    if (!Number.isInteger(totalLength) || totalLength < steps)
      throw new RangeError(
        `padPackedSequence: totalLength must be an integer of at least ${steps}, got ${totalLength}`,
      );
    const after = new Array<number>(2 * (data.ndim - 1)).fill(0);
    padded = padded.pad([...after, 0, totalLength - steps], { value: paddingValue });
  }
  return [batchFirst ? padded.transpose(0, 1) : padded, packed.lengths];
}

/** Options of `padSequence`. */
export interface PadSequenceOptions extends SequenceOptions {
  /** Default 0. */
  readonly paddingValue?: number;
  /** Default `"right"`: after the end. */
  readonly paddingSide?: "left" | "right";
}

/**
 * Sequences (Lᵢ, …) as one tensor (L, N, …), L the greatest length.
 *
 * @throws RangeError for no sequences; Error where they differ in more than their lengths.
 *
 * @example
 * nn.utils.rnn.padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true }); // [[1, 2, 3], [4, 0, 0]]
 */
export function padSequence(
  sequences: readonly Tensor[],
  options: PadSequenceOptions = {},
): Tensor {
  const { batchFirst = false, paddingValue = 0, paddingSide = "right" } = options;
  if (sequences.length === 0 || sequences.some((x) => x.ndim === 0))
    throw new RangeError("padSequence: expected one or more sequences of at least one axis");
  const most = Math.max(...sequences.map((x) => x.shape[0]));
  const padded = sequences.map((x) => {
    const more = most - x.shape[0];
    const after = new Array<number>(2 * (x.ndim - 1)).fill(0);
    const sides = paddingSide === "left" ? [more, 0] : [0, more];
    return x.pad([...after, ...sides], { value: paddingValue });
  });
  return stack(padded, batchFirst ? 0 : 1);
}

/**
 * The sequences of a padded tensor: the way back from `padSequence`.
 *
 * @example
 * nn.utils.rnn.unpadSequence(tensor([[1, 4], [2, 0]]), [2, 1]); // [1, 2], [4]
 */
export function unpadSequence(
  padded: Tensor,
  lengths: readonly number[],
  { batchFirst = false }: SequenceOptions = {},
): Tensor[] {
  const samples = (batchFirst ? padded : padded.transpose(0, 1)).unbind();
  if (samples.length !== lengths.length)
    throw new RangeError(
      `unpadSequence: expected ${samples.length} lengths, one for each sequence, got ${lengths.length}`,
    );
  return samples.map((x, i) => x.narrow(0, 0, lengths[i]));
}

/**
 * Sequences (Lᵢ, …) as a packed one; see `packPaddedSequence`.
 *
 * @example
 * nn.utils.rnn.packSequence([rand([3, 2]), rand([5, 2])]).data; // (5, 2, 2)
 */
export const packSequence = (
  sequences: readonly Tensor[],
  options: PackOptions = {},
): PackedSequence =>
  packPaddedSequence(
    padSequence(sequences),
    sequences.map((x) => x.shape[0]),
    options,
  );

/**
 * The sequences of a packed one: the way back from `packSequence`.
 *
 * @throws Error where the lengths are only known to the device.
 *
 * @example
 * nn.utils.rnn.unpackSequence(nn.utils.rnn.packSequence([tensor([1, 2]), tensor([3])])); // [1, 2], [3]
 */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  if (!packed.sizes)
    throw new Error(
      "unpackSequence: expected lengths that were given as numbers; read them and use unpadSequence",
    );
  return unpadSequence(packed.data, packed.sizes);
}
