import * as tf from "@tensorflow/tfjs-core";
import { type Input } from "../../harness/job.ts";
import { convVariable, linearVariables, toTensor } from "../../workloads/shared/tfjs.ts";
import { BLOCKS, type Convolution, STEM } from "./arrays.ts";

/** What is done with the sums of a convolution: normalised by the batch, or by given moments. */
type Norm = (x: tf.Tensor) => tf.Tensor;

/** The variables of ResNet-18, and the net that they make, of (N, 32, 32, 3). */
export function resnet18(
  input: Input,
  training: boolean,
): { variables: tf.Variable[]; forward: (x: tf.Tensor) => tf.Tensor } {
  const variables: tf.Variable[] = [];
  const variable = (name: string): tf.Variable => {
    const made = tf.variable(toTensor(input.arrays[name]), true, name);
    variables.push(made);
    return made;
  };

  function norm(name: string): Norm {
    const [weight, bias] = [variable(`${name}.weight`), variable(`${name}.bias`)];
    if (training)
      return (x) => {
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        return tf.batchNorm(x, mean, variance, bias, weight, 1e-5);
      };
    const mean = toTensor(input.arrays[`${name}.running_mean`]);
    const variance = toTensor(input.arrays[`${name}.running_var`]);
    return (x) => tf.batchNorm(x, mean, variance, bias, weight, 1e-5);
  }

  function convolution({ conv, norm: normName, size, stride }: Convolution): Norm {
    const weight = convVariable(input, `${conv}.weight`);
    variables.push(weight);
    const normalise = norm(normName);
    return (x) => normalise(tf.conv2d(x, weight, stride, size === 3 ? 1 : 0));
  }

  const stem = convolution(STEM);
  const blocks = BLOCKS.map(({ first, second, shortcut }) => ({
    first: convolution(first),
    second: convolution(second),
    shortcut: shortcut ? convolution(shortcut) : (x: tf.Tensor) => x,
  }));
  const [weight, bias] = linearVariables(input, "fc");
  variables.push(weight, bias);
  return {
    variables,
    forward(x) {
      x = tf.relu(stem(x));
      for (const { first, second, shortcut } of blocks)
        x = tf.relu(tf.add(second(tf.relu(first(x))), shortcut(x)));
      return tf.add(tf.matMul(tf.mean(x, [1, 2]), weight), bias);
    },
  };
}
