import { nn, type numpy as np } from "@jax-js/jax";
import { batchesOf, numberOf, type Prepare, textOf } from "../../harness/job.ts";
import * as lenet from "../../nets/lenet/jax-js.ts";
import * as resnet18 from "../../nets/resnet18/jax-js.ts";
import { adam, type Params, sgd, training } from "../shared/jax-js.ts";

export const prepare: Prepare = (input) => {
  const isLeNet = textOf(input, "net") === "lenet";
  const lr = numberOf(input, "lr");
  const lossOf = (params: Params, x: np.Array, y: np.Array): np.Array => {
    const logits = isLeNet ? lenet.forward(params, x) : resnet18.forward(params, x, true);
    return nn.logSoftmax(logits).mul(nn.oneHot(y, 10)).sum(-1).mean().neg();
  };
  return training(
    (isLeNet ? lenet : resnet18).weights(input),
    isLeNet ? adam({ lr }) : sgd({ lr, momentum: 0.9 }),
    lossOf,
    batchesOf(input, "data", "target"),
  );
};
