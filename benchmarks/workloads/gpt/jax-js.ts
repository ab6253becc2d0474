import { nn, type numpy as np } from "@jax-js/jax";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { GPT } from "../../nets/gpt/arrays.ts";
import { forward, weights } from "../../nets/gpt/jax-js.ts";
import { adam, type Params, training } from "../shared/jax-js.ts";

export const prepare: Prepare = (input) => {
  const lossOf = (params: Params, x: np.Array, y: np.Array): np.Array =>
    nn.logSoftmax(forward(params, x)).mul(nn.oneHot(y, GPT.vocabulary)).sum(-1).mean().neg();
  return training(
    weights(input),
    adam({ lr: numberOf(input, "lr"), weightDecay: numberOf(input, "weightDecay") }),
    lossOf,
    batchesOf(input, "data", "target"),
  );
};
