import { nn, optim, type Tensor } from "nabla";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { loadWeights, training } from "../shared/nabla.ts";

class Net extends nn.Module {
  lstm = new nn.LSTM(256, 256, { numLayers: 2 });
  fc = new nn.Linear(256, 10);

  forward(x: Tensor): Tensor {
    const [output] = this.lstm.forward(x);
    return this.fc.forward(output.at(-1));
  }
}

export const prepare: Prepare = (input) => {
  const net = loadWeights(new Net(), input);
  const criterion = new nn.CrossEntropyLoss();
  return training(
    input,
    new optim.Adam(net.parameters(), { lr: numberOf(input, "lr") }),
    ([x, y]) => criterion.forward(net.forward(x), y),
    batchesOf(input, "data", "target"),
  );
};
