import * as tf from "@tensorflow/tfjs-core";
import { channelsLast } from "../../harness/arrays.ts";
import { type Input, type Job, numberOf, type Prepare, sample, textOf } from "../../harness/job.ts";
import { type Cache, gpt } from "../../nets/gpt/tfjs.ts";
import { resnet18 } from "../../nets/resnet18/tfjs.ts";
import { operator, toTensor } from "../shared/tfjs.ts";

function classify(input: Input): Job {
  const { forward } = resnet18(input, false);
  return operator((x) => [forward(x)], [toTensor(channelsLast(input.arrays.data))]);
}

function generate(input: Input): Job {
  const { decode } = gpt(input);
  let tokens: number[] = [];
  return {
    async step() {
      tokens = [];
      let token: tf.Tensor = tf.tensor(new Int32Array(1), [1, 1], "int32");
      let cache: Cache = [];
      for (let i = 0; i < numberOf(input, "tokens"); i++) {
        const [next, grown] = tf.tidy(() => {
          const [chosen, caches] = decode(token, i, cache);
          return [chosen, caches] as [tf.Tensor, Cache];
        });
        tf.dispose([token, ...cache.flat()]);
        [token, cache] = [next, grown];
        tokens.push((await token.data())[0]);
      }
      tf.dispose([token, ...cache.flat()]);
    },
    values: () => [sample(tokens)],
  };
}

export const prepare: Prepare = (input) =>
  textOf(input, "net") === "gpt" ? generate(input) : classify(input);
