import { nn, numpy as np } from "@jax-js/jax";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { adam, linearParams, type Params, training } from "../shared/jax-js.ts";

const LAYERS = ["fc1", "fc2", "fc3"];

function lossOf(weights: Params, x: np.Array, y: np.Array): np.Array {
  LAYERS.forEach((name, i) => {
    x = np.matmul(x, weights[`${name}.weight`]).add(weights[`${name}.bias`]);
    if (i < LAYERS.length - 1) x = nn.relu(x);
  });
  return nn.logSoftmax(x).mul(nn.oneHot(y, 10)).sum(-1).mean().neg();
}

export const prepare: Prepare = (input) =>
  training(
    Object.assign({}, ...LAYERS.map((name) => linearParams(input, name))) as Params,
    adam({ lr: numberOf(input, "lr") }),
    lossOf,
    batchesOf(input, "data", "target"),
  );
