import * as tf from "@tensorflow/tfjs-core";
import { channelsLast } from "../../harness/arrays.ts";
import { batchesOf, numberOf, type Prepare, textOf } from "../../harness/job.ts";
import { lenet } from "../../nets/lenet/tfjs.ts";
import { resnet18 } from "../../nets/resnet18/tfjs.ts";
import { training } from "../shared/tfjs.ts";

export const prepare: Prepare = (input) => {
  const isLeNet = textOf(input, "net") === "lenet";
  const { variables, forward } = isLeNet ? lenet(input) : resnet18(input, true);
  const lr = numberOf(input, "lr");
  return training(
    isLeNet ? tf.train.adam(lr, 0.9, 0.999, 1e-8) : tf.train.momentum(lr, 0.9),
    variables,
    ([x, y]) => tf.losses.softmaxCrossEntropy(tf.oneHot(y, 10), forward(x)),
    batchesOf(input, "data", "target").map(([x, y]) => [channelsLast(x), y]),
  );
};
