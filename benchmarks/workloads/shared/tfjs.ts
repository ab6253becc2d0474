import * as tf from "@tensorflow/tfjs-core";
import { kernelLast, type NamedArray, transposed } from "../../harness/arrays.ts";
import { type Input, type Job, sample } from "../../harness/job.ts";

// What the programs for tfjs share.

export const toTensor = ({ data, shape }: NamedArray): tf.Tensor =>
  tf.tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32");

/** Weight, as (inputs, outputs), and bias of a linear layer. */
export const linearVariables = ({ arrays }: Input, name: string): [tf.Variable, tf.Variable] => [
  tf.variable(toTensor(transposed(arrays[`${name}.weight`])), true, `${name}.weight`),
  tf.variable(toTensor(arrays[`${name}.bias`]), true, `${name}.bias`),
];

/** The weight of a convolution as (height, width, inputs, outputs). */
export const convVariable = ({ arrays }: Input, name: string): tf.Variable =>
  tf.variable(toTensor(kernelLast(arrays[name])), true, name);

/** A job whose step is one update by the loss of the next batch. */
export function training(
  optimizer: tf.Optimizer,
  weights: readonly tf.Variable[],
  lossOf: (batch: readonly tf.Tensor[]) => tf.Scalar,
  arrays: readonly (readonly NamedArray[])[],
): Job {
  const batches = arrays.map((batch) => batch.map(toTensor));
  let steps = 0;
  let loss: tf.Scalar | undefined;
  return {
    step() {
      loss?.dispose();
      const batch = batches[steps++ % batches.length];
      loss = optimizer.minimize(() => lossOf(batch), true, [...weights])!;
    },
    values: async () => [[...(await loss!.data())]],
  };
}

/** A job whose step computes tensors from fixed arguments. */
export function operator(
  compute: (...inputs: tf.Tensor[]) => tf.Tensor[],
  inputs: readonly tf.Tensor[],
): Job {
  let results: tf.Tensor[] = [];
  return {
    step() {
      tf.dispose(results);
      results = tf.tidy(() => compute(...inputs));
    },
    values: async () => (await Promise.all(results.map((result) => result.data()))).map(sample),
  };
}
