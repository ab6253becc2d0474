import { compile, evalAll, fromTypedArray, type nn, type optim, type Tensor } from "nabla";
import { type NamedArray } from "../../harness/arrays.ts";
import { type Input, type Job, sample } from "../../harness/job.ts";

// What the programs for Nabla share.

export const toTensor = ({ data, shape }: NamedArray): Tensor => fromTypedArray(data, shape);

/** Gives the parameters of `net`, and those buffers that there are arrays for, the case's arrays. */
export function loadWeights<M extends nn.Module>(net: M, { arrays }: Input): M {
  const known = Object.keys(net.stateDict()).filter((name) => Object.hasOwn(arrays, name));
  const missing = net.namedParameters().filter(([name]) => !known.includes(name));
  if (missing.length > 0)
    throw new Error(`no initial values for ${missing.map(([name]) => name).join(", ")}`);
  net.loadStateDict(Object.fromEntries(known.map((name) => [name, toTensor(arrays[name])])), {
    strict: false,
  });
  return net;
}

/** A job whose step is one update by the loss of the next batch. */
export function training(
  { mode }: Input,
  optimizer: optim.Optimizer<optim.OptimizerOptions>,
  lossOf: (batch: readonly Tensor[]) => Tensor,
  arrays: readonly (readonly NamedArray[])[],
): Job {
  const batches = arrays.map((batch) => batch.map(toTensor));
  const update = (...batch: Tensor[]): Tensor => {
    optimizer.zeroGrad();
    const loss = lossOf(batch);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const one = mode === "compile" ? compile(update) : update;
  let steps = 0;
  let loss: Tensor;
  return {
    step() {
      loss = one(...batches[steps++ % batches.length]);
    },
    // A step may still run when the next one is asked for.
    finish: () => loss.item(),
    values: async () => [[await loss.item()]],
  };
}

/** A job whose step computes tensors from fixed arguments. */
export function operator(
  { mode }: Input,
  compute: (...inputs: Tensor[]) => Tensor[],
  inputs: readonly Tensor[],
): Job {
  const one = mode === "compile" ? compile(compute) : compute;
  let results: Tensor[];
  return {
    async step() {
      results = one(...inputs);
      await evalAll(results);
    },
    values: async () => (await Promise.all(results.map((r) => r.data()))).map(sample),
  };
}
