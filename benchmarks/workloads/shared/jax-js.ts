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

/** What an optimiser keeps, and how it makes the next parameters. */
export interface Optimizer {
  readonly init: (params: Params) => Params[];
  /** Numbers that depend on the number of the step, from 1; they are handed to `update`. */
  readonly scalars: (step: number) => number[];
  readonly update: (
    params: Params,
    grads: Params,
    state: readonly Params[],
    scalars: readonly np.Array[],
  ) => [Params, Params[]];
}

const zerosLike = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([name, w]) => [name, np.zerosLike(w.ref)]));

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPS = 1e-8;

/** Adam, or with a decay AdamW. */
export const adam = ({ lr, weightDecay = 0 }: { lr: number; weightDecay?: number }): Optimizer => ({
  init: (params) => [zerosLike(params), zerosLike(params)],
  // Computed outside: jax-js would compute them again for every weight.
  scalars: (step) => [lr / (1 - BETA1 ** step), 1 / Math.sqrt(1 - BETA2 ** step)],
  update(params, grads, [mean, square], [size, root]) {
    const next: Params = {};
    const means: Params = {};
    const squares: Params = {};
    for (const [name, grad] of Object.entries(grads)) {
      const m = mean[name].mul(BETA1).add(grad.ref.mul(1 - BETA1));
      const v = square[name].mul(BETA2).add(np.square(grad).mul(1 - BETA2));
      const denominator = np.sqrt(v.ref).mul(root.ref).add(EPS);
      const kept = weightDecay === 0 ? params[name] : params[name].mul(1 - lr * weightDecay);
      next[name] = kept.sub(m.ref.mul(size.ref).div(denominator));
      means[name] = m;
      squares[name] = v;
    }
    size.dispose();
    root.dispose();
    return [next, [means, squares]];
  },
});

/** Gradient descent with momentum. */
export const sgd = ({ lr, momentum }: { lr: number; momentum: number }): Optimizer => ({
  init: (params) => [zerosLike(params)],
  scalars: () => [],
  update(params, grads, [velocity]) {
    const next: Params = {};
    const velocities: Params = {};
    for (const [name, grad] of Object.entries(grads)) {
      const v = velocity[name].mul(momentum).add(grad);
      next[name] = params[name].sub(v.ref.mul(lr));
      velocities[name] = v;
    }
    return [next, [velocities]];
  },
});

/** A job whose step, compiled as one function, is one update by the loss of the next batch. */
export function training(
  initial: Params,
  optimizer: Optimizer,
  lossOf: (params: Params, ...batch: np.Array[]) => np.Array,
  arrays: readonly (readonly NamedArray[])[],
): Job {
  const batches = arrays.map((batch) => batch.map(toArray));
  const update = jit(
    (
      params: Params,
      state: Params[],
      scalars: np.Array[],
      ...batch: np.Array[]
    ): [Params, Params[], np.Array] => {
      const [loss, grads] = valueAndGrad(lossOf)(tree.ref(params), ...batch);
      return [...optimizer.update(params, grads, state, scalars), loss];
    },
  );
  let params = initial;
  let state = optimizer.init(initial);
  let steps = 0;
  let loss: np.Array | undefined;
  return {
    async step() {
      loss?.dispose();
      const batch = batches[steps++ % batches.length].map((array) => array.ref);
      const scalars = optimizer.scalars(steps).map((value) => np.array(value));
      [params, state, loss] = update(params, state, scalars, ...batch);
      // Steps that are not waited for pile up with their memory, and become ten times slower.
      await blockUntilReady([params, state, loss]);
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
