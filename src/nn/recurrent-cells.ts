import { type DType } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { atPrecision } from "../tensor/precision.ts";
import { checkSize } from "./checks.ts";
import { uniform_ } from "./init.ts";
import { Module, type Named } from "./module.ts";
import { torchFields } from "./names.ts";
import { Parameter } from "./parameter.ts";
import { elman, gru, inputSums, type Kind, lstm, type Nonlinearity } from "./recurrent-steps.ts";
import { joined, showSettings } from "./repr.ts";

/** Options of `RNNCell`, `LSTMCell` and `GRUCell`. */
export interface RecurrentCellOptions {
  /** Whether there are biases. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

type Weights = [ih: Tensor, hh: Tensor, ih: Tensor | undefined, hh: Tensor | undefined];

/** One step of a recurrent net with its weights. */
abstract class RecurrentCell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** (gates · hiddenSize, inputSize) */
  readonly weightIh: Parameter;
  /** (gates · hiddenSize, hiddenSize) */
  readonly weightHh: Parameter;
  /** (gates · hiddenSize) */
  readonly biasIh: Parameter | undefined;
  /** (gates · hiddenSize) */
  readonly biasHh: Parameter | undefined;
  private readonly kind: Kind;

  protected constructor(
    kind: Kind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentCellOptions,
  ) {
    super();
    const what = this.constructor.name;
    checkSize(inputSize, "inputSize", what);
    checkSize(hiddenSize, "hiddenSize", what);
    const { bias = true, dtype = "f32" } = options;
    const rows = kind.gates * hiddenSize;
    const parameter = (...shape: number[]): Parameter => new Parameter(zeros(shape, { dtype }));
    this.kind = kind;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.weightIh = parameter(rows, inputSize);
    this.weightHh = parameter(rows, hiddenSize);
    this.biasIh = bias ? parameter(rows) : undefined;
    this.biasHh = bias ? parameter(rows) : undefined;
    this.resetParameters();
  }

  /** Draws new initial values, uniform between ±1 / √hiddenSize. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  override extraRepr(): string {
    const { inputSize, hiddenSize, biasIh } = this;
    const { nonlinearity } = this as { readonly nonlinearity?: Nonlinearity };
    const bent = nonlinearity === "tanh" ? undefined : nonlinearity;
    const shown = showSettings({ bias: biasIh !== undefined, nonlinearity: bent }, { bias: true });
    return joined(inputSize, hiddenSize, shown);
  }

  /** The next state of x (N, inputSize) or (inputSize); without a state before it is 0. */
  protected next(x: Tensor, state: readonly Tensor[] | undefined): readonly Tensor[] {
    const { kind, hiddenSize } = this;
    [x, state] = atPrecision("low", x, state);
    const [weightIh, weightHh, biasIh, biasHh] = atPrecision<Weights>(
      "low",
      this.weightIh,
      this.weightHh,
      this.biasIh,
      this.biasHh,
    );
    const what = this.constructor.name;
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape[x.ndim - 1] !== this.inputSize)
      throw new Error(
        `${what}: expected an input (N, ${this.inputSize}) or (${this.inputSize}), got ` +
          showShape(x.shape),
      );
    const shape = [...x.shape.slice(0, -1), hiddenSize];
    for (const h of state ?? [])
      if (showShape(h.shape) !== showShape(shape))
        throw new Error(
          `${what}: expected a state ${showShape(shape)} for the input ${showShape(x.shape)}, got ` +
            showShape(h.shape),
        );
    const before =
      state ?? Array.from({ length: kind.states }, () => zeros(shape, { dtype: x.dtype }));
    const input = inputSums(kind, x, weightIh, biasIh, biasHh);
    return kind.step(before, input, { weightHh, biasHh, weightHr: undefined }).next;
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }
}

/**
 * A step of an Elman net: `h' = tanh(weightIh · x + biasIh + weightHh · h + biasHh)`, or relu.
 *
 * @example
 * const cell = new nn.RNNCell(10, 20);
 * let h = zeros([8, 20]);
 * for (const x of rand([5, 8, 10]).unbind()) h = cell.forward(x, h); // x (8, 10)
 */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: Nonlinearity;

  /** @throws RangeError for sizes that are not integers >= 1, or another nonlinearity. */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentCellOptions & { readonly nonlinearity?: Nonlinearity } = {},
  ) {
    const { nonlinearity = "tanh" } = options;
    super(elman(nonlinearity, "RNNCell"), inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /** x (N, inputSize) and h (N, hiddenSize), 0 by default, give the next h. */
  forward(x: Tensor, h?: Tensor): Tensor {
    return this.next(x, h && [h])[0];
  }
}

/**
 * A step of an LSTM; see `LSTM`.
 *
 * @example
 * const [h, c] = new nn.LSTMCell(10, 20).forward(rand([8, 10])); // both (8, 20)
 */
export class LSTMCell extends RecurrentCell {
  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(lstm, inputSize, hiddenSize, options);
  }

  /** x (N, inputSize) and [h, c], each (N, hiddenSize) and 0 by default, give the next [h, c]. */
  forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor]): [h: Tensor, c: Tensor] {
    const [h, c] = this.next(x, state);
    return [h, c];
  }
}

/**
 * A step of a GRU; see `GRU`.
 *
 * @example
 * new nn.GRUCell(10, 20).forward(rand([8, 10])); // (8, 20)
 */
export class GRUCell extends RecurrentCell {
  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(gru, inputSize, hiddenSize, options);
  }

  /** x (N, inputSize) and h (N, hiddenSize), 0 by default, give the next h. */
  forward(x: Tensor, h?: Tensor): Tensor {
    return this.next(x, h && [h])[0];
  }
}
