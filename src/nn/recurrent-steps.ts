import { type Tensor } from "../tensor/index.ts";

// One step of each kind of recurrent net, which cells take once and layers along a sequence. What the step
// does with its input is the same for all steps of a sequence, so it is given done: `input` is
// `x · weightIhᵀ + biases`.

/** The weights of a step that meet its state. */
export interface StepWeights {
  /** (gates · hiddenSize, size of h) */
  readonly weightHh: Tensor;
  /** (gates · hiddenSize) */
  readonly biasHh: Tensor | undefined;
  /** (projSize, hiddenSize) */
  readonly weightHr: Tensor | undefined;
}

/** A kind of recurrent net. */
export interface Kind {
  /** Rows of the weights for each hidden unit. */
  readonly gates: number;
  /** Tensors of the state: h, and for LSTM c. */
  readonly states: number;
  /** Whether the step adds `biasHh` itself, because it is not simply added to the input. */
  readonly ownBias: boolean;
  /**
   * The next state, h first; and values that its gradient would otherwise compute again, which a layer keeps
   * of every step.
   */
  readonly step: (
    state: readonly Tensor[],
    input: Tensor,
    weights: StepWeights,
  ) => { readonly next: readonly Tensor[]; readonly kept: readonly Tensor[] };
}

/** The parts of the last axis, as entries of an axis of their own: so gradients are joined row by row. */
const parts = (x: Tensor, count: number): Tensor[] => x.unflatten(-1, [count, -1]).unbind(-2);

/** What an Elman net bends its sums by. */
export type Nonlinearity = "tanh" | "relu";

/** `h' = tanh(input + weightHh · h)`, or relu (Elman 1990). */
export function elman(nonlinearity: Nonlinearity, what: string): Kind {
  if (!["tanh", "relu"].includes(nonlinearity))
    throw new RangeError(
      `${what}: nonlinearity must be "tanh" or "relu", got ${JSON.stringify(nonlinearity)}`,
    );
  return {
    gates: 1,
    states: 1,
    ownBias: false,
    step([h], input, { weightHh }) {
      const sums = input.add(h.linear(weightHh));
      return { next: [nonlinearity === "tanh" ? sums.tanh() : sums.relu()], kept: [sums] };
    },
  };
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 * `c' = σ(f) · c + σ(i) · tanh(g)` and `h' = σ(o) · tanh(c')` for the quarters i, f, g, o of
 * `input + weightHh · h`; with a projection `h' = weightHr · (…)` (Sak et al. 2014).
 */
export const lstm: Kind = {
  gates: 4,
  states: 2,
  ownBias: false,
  step([h, c], x, { weightHh, weightHr }) {
    const sums = x.add(h.linear(weightHh));
    const [i, f, g, o] = parts(sums, 4);
    const [input, forget, output] = [i.sigmoid(), f.sigmoid(), o.sigmoid()];
    const candidate = g.tanh();
    const nextC = forget.mul(c).add(input.mul(candidate));
    const bent = nextC.tanh();
    const out = output.mul(bent);
    return {
      next: [weightHr ? out.linear(weightHr) : out, nextC],
      kept: [input, forget, candidate, output, bent],
    };
  },
};

/**
 * Gated recurrent unit (Cho et al. 2014): `h' = (1 - z) · n + z · h` with `r = σ(·)`, `z = σ(·)` of the sums
 * of input and state, and `n = tanh(input + r · (weightHh · h + biasHh))`, for the thirds r, z, n.
 */
export const gru: Kind = {
  gates: 3,
  states: 1,
  ownBias: true,
  step([h], input, { weightHh, biasHh }) {
    const sums = h.linear(weightHh, biasHh);
    const [inputR, inputZ, inputN] = parts(input, 3);
    const [r, z, n] = parts(sums, 3);
    const reset = inputR.add(r).sigmoid();
    const update = inputZ.add(z).sigmoid();
    const candidate = inputN.add(reset.mul(n)).tanh();
    return {
      next: [candidate.add(update.mul(h.sub(candidate)))],
      kept: [reset, update, candidate, n],
    };
  },
};

/** `x · weightIhᵀ` with the biases that belong to it. */
export function inputSums(
  kind: Kind,
  x: Tensor,
  weightIh: Tensor,
  biasIh: Tensor | undefined,
  biasHh: Tensor | undefined,
): Tensor {
  return x.linear(weightIh, biasIh && biasHh && !kind.ownBias ? biasIh.add(biasHh) : biasIh);
}
