import * as tf from "@tensorflow/tfjs-core";
import { type Prepare, switchOf, textOf } from "../../harness/job.ts";
import { operator, toTensor } from "../shared/tfjs.ts";

type Operator = (...inputs: tf.Tensor[]) => tf.Tensor;

const OPERATORS: Readonly<Record<string, Operator>> = {
  gelu: (a, b) => {
    const x = tf.add(a, b);
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  },
  softmax: (x) => tf.softmax(x),
  layernorm: (x, weight, bias) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const normed = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normed, weight), bias);
  },
  crossentropy: (x, target) => tf.losses.softmaxCrossEntropy(tf.oneHot(target, x.shape[1]), x),
};

export const prepare: Prepare = (input) => {
  const { g, ...arrays } = input.arrays;
  const compute = OPERATORS[textOf(input, "op")];
  const inputs = Object.values(arrays).map(toTensor);
  if (!switchOf(input, "backward")) return operator((...given) => [compute(...given)], inputs);
  const both: (...given: tf.Tensor[]) => tf.Tensor[] = (gradient, x, ...rest) => {
    const { value, grad } = tf.valueAndGrad((first) => compute(first, ...rest))(x, gradient);
    return [value, grad];
  };
  return operator(both, [toTensor(g), ...inputs]);
};
