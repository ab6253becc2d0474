import * as tf from "@tensorflow/tfjs-core";
import { transposed } from "../../harness/arrays.ts";
import { batchesOf, type Input, numberOf, type Prepare } from "../../harness/job.ts";
import { linearVariables, toTensor, training } from "../shared/tfjs.ts";

interface Layer {
  readonly inputs: tf.Variable;
  readonly states: tf.Variable;
  readonly inputBias: tf.Variable;
  readonly stateBias: tf.Variable;
}

function layer({ arrays }: Input, index: number): Layer {
  const variable = (name: string): tf.Variable => {
    const full = `lstm.${name}_l${index}`;
    const array = arrays[full];
    return tf.variable(toTensor(array.shape.length === 2 ? transposed(array) : array), true, full);
  };
  return {
    inputs: variable("weight_ih"),
    states: variable("weight_hh"),
    inputBias: variable("bias_ih"),
    stateBias: variable("bias_hh"),
  };
}

/** The states h of one layer after each step; there is no loop to compile, so the steps are written out. */
function run({ inputs, states, inputBias, stateBias }: Layer, x: tf.Tensor): tf.Tensor {
  const [length, batch, size] = x.shape;
  const flat = tf.matMul(tf.reshape(x, [length * batch, size]), inputs);
  const sums = tf.unstack(
    tf.reshape(tf.add(flat, tf.add(inputBias, stateBias)), [length, batch, 4 * size]),
  );
  let h = tf.zeros([batch, size]);
  let c = tf.zeros([batch, size]);
  const output = sums.map((sum) => {
    const [i, f, g, o] = tf.split(tf.add(sum, tf.matMul(h, states)), 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    return h;
  });
  return tf.stack(output);
}

export const prepare: Prepare = (input) => {
  const layers = [layer(input, 0), layer(input, 1)];
  const [weight, bias] = linearVariables(input, "fc");
  return training(
    tf.train.adam(numberOf(input, "lr"), 0.9, 0.999, 1e-8),
    [...layers.flatMap((each) => Object.values(each) as tf.Variable[]), weight, bias],
    ([x, y]) => {
      for (const each of layers) x = run(each, x);
      const last = tf.unstack(x)[x.shape[0] - 1];
      const logits = tf.add(tf.matMul(last, weight), bias);
      return tf.losses.softmaxCrossEntropy(tf.oneHot(y, 10), logits);
    },
    batchesOf(input, "data", "target"),
  );
};
