import { blockUntilReady, jit, numpy as np, tree } from "@jax-js/jax";
import { type Input, type Job, numberOf, type Prepare, sample, textOf } from "../../harness/job.ts";
import { GPT } from "../../nets/gpt/arrays.ts";
import * as gpt from "../../nets/gpt/jax-js.ts";
import * as resnet18 from "../../nets/resnet18/jax-js.ts";
import { type Params, toArray } from "../shared/jax-js.ts";

function classify(input: Input): Job {
  const compute = jit((params: Params, x: np.Array) => resnet18.forward(params, x, false));
  const params = resnet18.weights(input);
  const data = toArray(input.arrays.data);
  let result: np.Array | undefined;
  return {
    async step() {
      result?.dispose();
      result = compute(tree.ref(params), data.ref);
      await blockUntilReady(result);
    },
    values: async () => [sample(await result!.ref.data())],
  };
}

function generate(input: Input): Job {
  const decode = jit(gpt.decode);
  const params = gpt.weights(input);
  const shape = [1, GPT.context, GPT.heads, GPT.width / GPT.heads];
  let tokens: number[] = [];
  return {
    async step() {
      tokens = [];
      let token = np.array(new Int32Array(1), { shape: [1], dtype: np.int32 });
      let cache = Array.from({ length: GPT.layers }, () => [np.zeros(shape), np.zeros(shape)]);
      for (let i = 0; i < numberOf(input, "tokens"); i++) {
        const position = np.array(Int32Array.of(i), { shape: [1], dtype: np.int32 });
        [token, cache] = decode(tree.ref(params), token, position, cache as gpt.Cache);
        tokens.push((await token.ref.data())[0]);
      }
      tree.dispose([token, cache]);
    },
    values: () => [sample(tokens)],
  };
}

export const prepare: Prepare = (input) =>
  textOf(input, "net") === "gpt" ? generate(input) : classify(input);
