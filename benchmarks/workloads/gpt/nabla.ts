import { nn, optim } from "nabla";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { Gpt } from "../../nets/gpt/nabla.ts";
import { loadWeights, training } from "../shared/nabla.ts";

export const prepare: Prepare = (input) => {
  const net = loadWeights(new Gpt(), input);
  const criterion = new nn.CrossEntropyLoss();
  const options = { lr: numberOf(input, "lr"), weightDecay: numberOf(input, "weightDecay") };
  return training(
    input,
    new optim.AdamW(net.parameters(), options),
    ([x, y]) => criterion.forward(net.forward(x).flatten(0, 1), y.flatten()),
    batchesOf(input, "data", "target"),
  );
};
