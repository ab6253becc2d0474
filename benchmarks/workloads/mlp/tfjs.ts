import * as tf from "@tensorflow/tfjs-core";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { training, linearVariables } from "../shared/tfjs.ts";

export const prepare: Prepare = (input) => {
  const layers = ["fc1", "fc2", "fc3"].map((name) => linearVariables(input, name));
  const [fc1, fc2, fc3] = layers.map(
    ([weight, bias]) =>
      (x: tf.Tensor): tf.Tensor =>
        tf.add(tf.matMul(x, weight), bias),
  );
  return training(
    tf.train.adam(numberOf(input, "lr"), 0.9, 0.999, 1e-8),
    layers.flat(),
    ([x, y]) => {
      const logits = fc3(tf.relu(fc2(tf.relu(fc1(x)))));
      return tf.losses.softmaxCrossEntropy(tf.oneHot(y, 10), logits);
    },
    batchesOf(input, "data", "target"),
  );
};
