import { compile, evalAll, noGrad, tensor, type Tensor, zeros } from "nabla";
import { type Input, type Job, numberOf, type Prepare, sample, textOf } from "../../harness/job.ts";
import { GPT } from "../../nets/gpt/arrays.ts";
import { type Cache, Gpt } from "../../nets/gpt/nabla.ts";
import { ResNet18 } from "../../nets/resnet18/nabla.ts";
import { loadWeights, operator, toTensor } from "../shared/nabla.ts";

function classify(input: Input): Job {
  const net = loadWeights(new ResNet18(), input).eval();
  const forward = (x: Tensor): Tensor[] => noGrad(() => [net.forward(x)]);
  return operator(input, forward, [toTensor(input.arrays.data)]);
}

/** With `compile` over a cache of fixed size; without over one that grows. */
function generate(input: Input): Job {
  const net = loadWeights(new Gpt(), input).eval();
  const fixed = input.mode === "compile";
  const [size, start] = [GPT.width / GPT.heads, fixed ? GPT.context : 0];
  const empty = zeros([1, GPT.heads, start, size]);
  const decode = (token: Tensor, position: Tensor, cache: Cache): [Tensor, Cache] =>
    noGrad(() =>
      fixed ? net.decode(token, position, cache) : net.decodeGrowing(token, position, cache),
    );
  const one = fixed ? compile(decode) : decode;
  let tokens: number[] = [];
  return {
    async step() {
      tokens = [];
      let token = tensor([[0]], { dtype: "i32" });
      let cache: Cache = Array.from({ length: GPT.layers }, () => [empty, empty] as const);
      for (let i = 0; i < numberOf(input, "tokens"); i++) {
        [token, cache] = one(token, tensor([i], { dtype: "i32" }), cache);
        await evalAll([token, ...cache.flat()]);
        tokens.push(await token.item());
      }
    },
    values: () => [sample(tokens)],
  };
}

export const prepare: Prepare = (input) =>
  textOf(input, "net") === "gpt" ? generate(input) : classify(input);
