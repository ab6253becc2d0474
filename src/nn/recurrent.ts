import { type DType } from "../ir/dtype.ts";
import { sameShape, showShape } from "../ir/shape.ts";
import { cat, stack, type Tensor, where, zeros } from "../tensor/index.ts";
import { atPrecision } from "../tensor/precision.ts";
import { scan } from "../tensor/scan.ts";
import { checkProbability, checkSize } from "./checks.ts";
import { uniform_ } from "./init.ts";
import { Module, type Named } from "./module.ts";
import { PackedSequence } from "./packed.ts";
import { Parameter } from "./parameter.ts";
import { elman, gru, inputSums, type Kind, lstm, type Nonlinearity } from "./recurrent-steps.ts";
import { joined, showSettings } from "./repr.ts";

/** Options of `RNN`, `LSTM` and `GRU`. */
export interface RecurrentOptions {
  /** Nets on top of each other: each runs over the results of that below. Default 1. */
  readonly numLayers?: number;
  /** Whether there are biases. Default true. */
  readonly bias?: boolean;
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
  /** Probability with which, in training, results of all layers but the last are dropped. Default 0. */
  readonly dropout?: number;
  /** Whether there is a second net that runs from the end. Default false. */
  readonly bidirectional?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/** The weights of one layer in one direction. */
export interface RecurrentWeights {
  /** (gates · hiddenSize, size of the layer's input) */
  readonly weightIh: Parameter;
  /** (gates · hiddenSize, size of h) */
  readonly weightHh: Parameter;
  /** (gates · hiddenSize) */
  readonly biasIh: Parameter | undefined;
  /** (gates · hiddenSize) */
  readonly biasHh: Parameter | undefined;
  /** (projSize, hiddenSize) */
  readonly weightHr: Parameter | undefined;
}

/** Layers of a recurrent net along a sequence. */
abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** Size of h: hiddenSize, or that of the projection. */
  protected readonly outputSize: number;
  private readonly kind: Kind;
  /** Layer by layer; in each that of the forward direction first. */
  private readonly directions: readonly RecurrentWeights[];

  protected constructor(
    kind: Kind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
    projSize = 0,
  ) {
    super();
    const what = this.constructor.name;
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0 } = options;
    const { bidirectional = false, dtype = "f32" } = options;
    checkSize(inputSize, "inputSize", what);
    checkSize(hiddenSize, "hiddenSize", what);
    checkSize(numLayers, "numLayers", what);
    checkProbability(dropout, "dropout", what);
    if (!Number.isInteger(projSize) || projSize < 0 || projSize >= hiddenSize)
      throw new RangeError(
        `${what}: projSize must be an integer from 0 (none) to ${hiddenSize - 1}, got ${projSize}`,
      );
    this.kind = kind;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.outputSize = projSize || hiddenSize;
    const ways = bidirectional ? 2 : 1;
    const rows = kind.gates * hiddenSize;
    const parameter = (...shape: number[]): Parameter => new Parameter(zeros(shape, { dtype }));
    this.directions = Array.from({ length: numLayers * ways }, (_, i) => ({
      weightIh: parameter(rows, i < ways ? inputSize : ways * this.outputSize),
      weightHh: parameter(rows, this.outputSize),
      biasIh: bias ? parameter(rows) : undefined,
      biasHh: bias ? parameter(rows) : undefined,
      weightHr: projSize > 0 ? parameter(projSize, hiddenSize) : undefined,
    }));
    this.resetParameters();
  }

  /** The weights of a layer, from 0; with `reverse` those of the net that runs from the end. */
  weights(layer: number, reverse = false): RecurrentWeights {
    const ways = this.bidirectional ? 2 : 1;
    const found = this.directions[layer * ways + (reverse ? 1 : 0)] as RecurrentWeights | undefined;
    if (!found || layer < 0 || (reverse && ways === 1))
      throw new RangeError(
        `${this.constructor.name}: there is no layer ${layer}${reverse ? " in reverse" : ""}`,
      );
    return found;
  }

  /** Draws new initial values, uniform between ±1 / √hiddenSize. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  override extraRepr(): string {
    const { inputSize, hiddenSize, numLayers, batchFirst, dropout, bidirectional } = this;
    const projSize = this.outputSize === hiddenSize ? 0 : this.outputSize;
    const bias = this.directions[0].biasIh !== undefined;
    const settings = { projSize, numLayers, bias, batchFirst, dropout, bidirectional };
    const defaults = { projSize: 0, numLayers: 1, bias: true, batchFirst: false, dropout: 0 };
    return joined(
      inputSize,
      hiddenSize,
      showSettings(settings, { ...defaults, bidirectional: false }),
    );
  }

  /**
   * Runs all layers over x.
   *
   * @param initial - States before the first step, each (numLayers · directions, N, size); 0 by default.
   * @returns The results of the last layer, and the states after the last step like `initial`.
   */
  protected run<X extends Tensor | PackedSequence>(
    x: X,
    initial: readonly Tensor[] | undefined,
  ): { output: X; final: Tensor[] } {
    const { final, output } =
      x instanceof PackedSequence
        ? this.runPadded(x.data, initial, false, x.mask.unsqueeze(-1))
        : this.runPadded(x, initial, this.batchFirst);
    return { final, output: (x instanceof PackedSequence ? x.with(output) : output) as X };
  }

  /** @param mask - (L, N, 1), true where a sequence has a step. */
  private runPadded(
    x: Tensor,
    initial: readonly Tensor[] | undefined,
    batchFirst: boolean,
    mask?: Tensor,
  ): { output: Tensor; final: Tensor[] } {
    [x, initial] = atPrecision("low", x, initial);
    const what = this.constructor.name;
    const { inputSize, kind } = this;
    if ((x.ndim !== 2 && x.ndim !== 3) || x.shape[x.ndim - 1] !== inputSize)
      throw new Error(
        `${what}: expected a sequence (${batchFirst ? "N, L" : "L, N"}, ${inputSize}) or ` +
          `(L, ${inputSize}), got ${showShape(x.shape)}`,
      );
    const single = x.ndim === 2;
    let sequence = single ? x.unsqueeze(1) : batchFirst ? x.transpose(0, 1) : x;
    const samples = sequence.shape[1];
    const count = this.directions.length;
    const sizes = [this.outputSize, this.hiddenSize].slice(0, kind.states);
    initial?.forEach((state, i) => {
      const wanted = single ? [count, sizes[i]] : [count, samples, sizes[i]];
      if (!sameShape(state.shape, wanted))
        throw new Error(
          `${what}: expected a state ${showShape(wanted)} before the first step, got ` +
            showShape(state.shape),
        );
    });
    const before = (index: number): Tensor[] =>
      sizes.map((size, i) => {
        if (!initial) return zeros([samples, size], { dtype: x.dtype });
        const state = initial[i].select(0, index);
        return single ? state.unsqueeze(0) : state;
      });
    const ways = this.bidirectional ? 2 : 1;
    const finals: Tensor[][] = sizes.map(() => []);
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) sequence = sequence.dropout(this.dropout, { training: this.training });
      const outputs: Tensor[] = [];
      for (let way = 0; way < ways; way++) {
        const index = layer * ways + way;
        const [weights] = atPrecision("low", this.directions[index]);
        const { output, last } = runDirection(kind, weights, {
          sequence,
          before: before(index),
          reverse: way === 1,
          mask,
        });
        outputs.push(output);
        last.forEach((state, i) => finals[i].push(state));
      }
      sequence = outputs.length === 1 ? outputs[0] : cat(outputs, -1);
    }
    const final = finals.map((states) => (single ? cat(states) : stack(states)));
    const output = single ? sequence.squeeze(1) : batchFirst ? sequence.transpose(0, 1) : sequence;
    return { output, final };
  }

  protected override fields(): Iterable<Named<unknown>> {
    const ways = this.bidirectional ? 2 : 1;
    return this.directions.flatMap((weights, i): Named<unknown>[] => {
      const place = `l${Math.floor(i / ways)}${i % ways === 1 ? "_reverse" : ""}`;
      return [
        [`weight_ih_${place}`, weights.weightIh],
        [`weight_hh_${place}`, weights.weightHh],
        [`bias_ih_${place}`, weights.biasIh],
        [`bias_hh_${place}`, weights.biasHh],
        [`weight_hr_${place}`, weights.weightHr],
      ];
    });
  }
}

/** Parameters as tensors of the precision that they are used in. */
type Held<W> = { readonly [K in keyof W]: Tensor | Extract<W[K], undefined> };

/** What a layer runs over in one direction. */
interface Run {
  /** (L, N, size) */
  readonly sequence: Tensor;
  /** The states before the first step. */
  readonly before: Tensor[];
  readonly reverse: boolean;
  /** (L, N, 1), true where a sequence has a step; where it has none its state stays and its result is 0. */
  readonly mask: Tensor | undefined;
}

/** One layer in one direction. */
function runDirection(
  kind: Kind,
  { weightIh, weightHh, biasIh, biasHh, weightHr }: Held<RecurrentWeights>,
  { sequence, before, reverse, mask }: Run,
): { output: Tensor; last: Tensor[] } {
  // The inputs of all steps meet their weight in one product.
  const inputs = inputSums(kind, sequence, weightIh, biasIh, biasHh);
  const [last, { output }] = scan(
    (state: Tensor[], { input, valid }: { input: Tensor; valid: Tensor | undefined }) => {
      const { next, kept } = kind.step(state, input, { weightHh, biasHh, weightHr });
      if (!valid) return [[...next], { output: next[0], kept }];
      const stayed = next.map((value, i) => where(valid, value, state[i]));
      return [stayed, { output: where(valid, next[0], 0), kept }];
    },
    before,
    { input: inputs, valid: mask },
    { reverse },
  );
  return { output, last };
}

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** Default `"tanh"`. */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * Elman nets along a sequence: `h' = tanh(weightIh · x + biasIh + weightHh · h + biasHh)`, or relu.
 *
 * @example
 * const [output, h] = new nn.RNN(10, 20).forward(rand([5, 8, 10])); // (5, 8, 20) and (1, 8, 20)
 */
export class RNN extends Recurrent {
  readonly nonlinearity: Nonlinearity;

  /** @throws RangeError for sizes and options out of range. */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const { nonlinearity = "tanh" } = options;
    super(elman(nonlinearity, "RNN"), inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /**
   * @param x - (L, N, inputSize), (N, L, inputSize) with `batchFirst`, or one sequence (L, inputSize); or
   * sequences of different lengths, made by `utils.rnn.packPaddedSequence`, which give such ones.
   * @param h - State before the first step (numLayers · directions, N, hiddenSize). Default 0.
   * @returns Results (L, N, directions · hiddenSize), and the state after the last step like `h`.
   */
  forward<X extends Tensor | PackedSequence>(x: X, h?: Tensor): [output: X, h: Tensor] {
    const { output, final } = this.run(x, h && [h]);
    return [output, final[0]];
  }
}

/**
 * Gated recurrent units (Cho et al. 2014) along a sequence: `h' = (1 - z) · n + z · h` with
 * `r = σ(Wr x + Ur h)`, `z = σ(Wz x + Uz h)` and `n = tanh(Wn x + r · Un h)`, each with its biases.
 *
 * @example
 * const [output, h] = new nn.GRU(10, 20).forward(rand([5, 8, 10])); // (5, 8, 20) and (1, 8, 20)
 */
export class GRU extends Recurrent {
  /** @throws RangeError for sizes and options out of range. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(gru, inputSize, hiddenSize, options);
  }

  /**
   * @param x - (L, N, inputSize), (N, L, inputSize) with `batchFirst`, or one sequence (L, inputSize); or
   * sequences of different lengths, made by `utils.rnn.packPaddedSequence`, which give such ones.
   * @param h - State before the first step (numLayers · directions, N, hiddenSize). Default 0.
   * @returns Results (L, N, directions · hiddenSize), and the state after the last step like `h`.
   */
  forward<X extends Tensor | PackedSequence>(x: X, h?: Tensor): [output: X, h: Tensor] {
    const { output, final } = this.run(x, h && [h]);
    return [output, final[0]];
  }
}

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** Size to which h is projected, below hiddenSize; 0 for none. Default 0. */
  readonly projSize?: number;
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997) along a sequence: `c' = f · c + i · g` and
 * `h' = o · tanh(c')`, with `i, f, o = σ(·)` and `g = tanh(·)` of `W x + U h` and biases.
 *
 * @example
 * const lstm = new nn.LSTM(256, 256, { numLayers: 2, batchFirst: true });
 * const [output, [h, c]] = lstm.forward(rand([32, 128, 256])); // (32, 128, 256), two of (2, 32, 256)
 */
export class LSTM extends Recurrent {
  readonly projSize: number;

  /** @throws RangeError for sizes and options out of range. */
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super(lstm, inputSize, hiddenSize, options, options.projSize);
    this.projSize = options.projSize ?? 0;
  }

  /**
   * @param x - (L, N, inputSize), (N, L, inputSize) with `batchFirst`, or one sequence (L, inputSize); or
   * sequences of different lengths, made by `utils.rnn.packPaddedSequence`, which give such ones.
   * @param state - [h, c] before the first step, (numLayers · directions, N, size). Default 0.
   * @returns Results (L, N, directions · size), and [h, c] after the last step like `state`.
   */
  forward<X extends Tensor | PackedSequence>(
    x: X,
    state?: readonly [h: Tensor, c: Tensor],
  ): [output: X, state: [h: Tensor, c: Tensor]] {
    const { output, final } = this.run(x, state);
    return [output, [final[0], final[1]]];
  }
}
