import * as tf from "@tensorflow/tfjs-core";
import { type Input } from "../../harness/job.ts";
import { convVariable, linearVariables, toTensor } from "../../workloads/shared/tfjs.ts";

/** The variables of LeNet-5, and the net that they make, of (N, 28, 28, 1). */
export function lenet(input: Input): {
  variables: tf.Variable[];
  forward: (x: tf.Tensor) => tf.Tensor;
} {
  const [conv1, conv2] = ["conv1", "conv2"].map((name) => ({
    weight: convVariable(input, `${name}.weight`),
    bias: tf.variable(toTensor(input.arrays[`${name}.bias`]), true, `${name}.bias`),
  }));
  const [fc1, fc2, fc3] = ["fc1", "fc2", "fc3"].map((name) => linearVariables(input, name));
  const convolve = (
    x: tf.Tensor,
    { weight, bias }: { weight: tf.Variable; bias: tf.Variable },
    padding: number,
  ): tf.Tensor =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(x, weight, 1, padding), bias)), 2, 2, "valid");
  const linear = (x: tf.Tensor, [weight, bias]: [tf.Variable, tf.Variable]): tf.Tensor =>
    tf.add(tf.matMul(x, weight), bias);
  return {
    variables: [conv1.weight, conv1.bias, conv2.weight, conv2.bias, ...fc1, ...fc2, ...fc3],
    forward(x) {
      x = convolve(convolve(x, conv1, 2), conv2, 0);
      // Features in the order that the weights have: channels first.
      x = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [x.shape[0], 400]);
      return linear(tf.relu(linear(tf.relu(linear(x, fc1)), fc2)), fc3);
    },
  };
}
