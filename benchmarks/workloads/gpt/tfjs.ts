import * as tf from "@tensorflow/tfjs-core";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { GPT } from "../../nets/gpt/arrays.ts";
import { gpt } from "../../nets/gpt/tfjs.ts";
import { training } from "../shared/tfjs.ts";

export const prepare: Prepare = (input) => {
  const { variables, forward } = gpt(input);
  const lr = numberOf(input, "lr");
  const kept = 1 - lr * numberOf(input, "weightDecay");
  const adam = tf.train.adam(lr, 0.9, 0.999, 1e-8);
  // AdamW: the weights decay first, by themselves; the gradients were taken before.
  const decaying: tf.Optimizer = {
    minimize(f, returnCost, list) {
      const { value, grads } = tf.variableGrads(f, list);
      tf.tidy(() => {
        for (const weight of list) weight.assign(tf.mul(weight, kept));
      });
      adam.applyGradients(grads);
      tf.dispose(Object.values(grads));
      if (returnCost) return value;
      value.dispose();
      return null;
    },
  };
  return training(
    decaying,
    variables,
    ([x, y]) => {
      const logits = tf.reshape(forward(x), [-1, GPT.vocabulary]);
      return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.reshape(y, [-1]), GPT.vocabulary), logits);
    },
    batchesOf(input, "data", "target"),
  );
};
