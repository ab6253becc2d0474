import { blockUntilReady, jit, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { type NamedArray, transposed } from "../../harness/arrays.ts";
import { type Input, type Job, sample } from "../../harness/job.ts";

// What the programs for jax-js share. A function takes over the references that it is given: what is
// used again is passed as `x.ref`.

/** Parameters by name. */
export type Params = Record<string, np.Array>;

export const toArray = ({ data, shape }: NamedArray): np.Array =>
  np.array(data, {
    shape: [...shape],
    dtype: data instanceof Float32Array ? np.float32 : np.int32,
  });

/** Weight, as (inputs, outputs), and bias of a linear layer. */
export const linearParams = ({ arrays }: Input, name: string): Params => ({
  [`${name}.weight`]: toArray(transposed(arrays[`${name}.weight`])),
  [`${name}.bias`]: toArray(arrays[`${name}.bias`]),
});

export interface AdamOptions {
  readonly lr: number;
  readonly weightDecay?: number;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPS = 1e-8;

const zerosLike = (weights: Params): Params =>
  Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, np.zerosLike(w.ref)]));

/**
 * Adam, or with a decay AdamW: the next weights and moments. `size` is lr / (1 - β₁ᵗ) and `root`
 * 1 / √(1 - β₂ᵗ), computed outside: jax-js would compute them again for every weight.
 */
function adam(
  [weights, mean, square]: [Params, Params, Params],
  grads: Params,
  size: np.Array,
  root: np.Array,
  { lr, weightDecay = 0 }: AdamOptions,
): [Params, Params, Params] {
  const next: [Params, Params, Params] = [{}, {}, {}];
  for (const [name, grad] of Object.entries(grads)) {
    const m = mean[name].mul(BETA1).add(grad.ref.mul(1 - BETA1));
    const v = square[name].mul(BETA2).add(np.square(grad).mul(1 - BETA2));
    const denominator = np.sqrt(v.ref).mul(root.ref).add(EPS);
    const kept = weightDecay === 0 ? weights[name] : weights[name].mul(1 - lr * weightDecay);
    next[0][name] = kept.sub(m.ref.mul(size.ref).div(denominator));
    next[1][name] = m;
    next[2][name] = v;
  }
  size.dispose();
  root.dispose();
  return next;
}

/** A job whose step, compiled as one function, is one update by the loss of the next batch. */
export function training(
  weights: Params,
  options: AdamOptions,
  lossOf: (weights: Params, ...batch: np.Array[]) => np.Array,
  arrays: readonly (readonly NamedArray[])[],
): Job {
  const batches = arrays.map((batch) => batch.map(toArray));
  const update = jit(
    (
      state: [Params, Params, Params],
      size: np.Array,
      root: np.Array,
      ...batch: np.Array[]
    ): [[Params, Params, Params], np.Array] => {
      const [loss, grads] = valueAndGrad(lossOf)(tree.ref(state[0]), ...batch);
      return [adam(state, grads, size, root, options), loss];
    },
  );
  let state: [Params, Params, Params] = [weights, zerosLike(weights), zerosLike(weights)];
  let steps = 0;
  let loss: np.Array | undefined;
  return {
    async step() {
      loss?.dispose();
      const batch = batches[steps++ % batches.length];
      const size = np.array(options.lr / (1 - BETA1 ** steps));
      const root = np.array(1 / Math.sqrt(1 - BETA2 ** steps));
      [state, loss] = update(state, size, root, ...batch.map((array) => array.ref));
      // Steps that are not waited for pile up with their memory, and become ten times slower.
      await blockUntilReady([state, loss]);
    },
    values: async () => [[...(await loss!.ref.data())]],
  };
}

/** A job whose step, compiled as one function, computes arrays from fixed arguments. */
export function operator(
  compute: (...inputs: np.Array[]) => np.Array[],
  inputs: readonly np.Array[],
): Job {
  const compiled = jit(compute);
  let results: np.Array[] = [];
  return {
    async step() {
      tree.dispose(results);
      results = compiled(...inputs.map((input) => input.ref));
      await blockUntilReady(results);
    },
    values: async () => (await Promise.all(results.map((result) => result.ref.data()))).map(sample),
  };
}
