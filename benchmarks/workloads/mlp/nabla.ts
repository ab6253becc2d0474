import { nn, optim, type Tensor } from "nabla";
import { batchesOf, numberOf, type Prepare } from "../../harness/job.ts";
import { loadWeights, training } from "../shared/nabla.ts";

class Net extends nn.Module {
  fc1 = new nn.Linear(784, 128);
  fc2 = new nn.Linear(128, 64);
  fc3 = new nn.Linear(64, 10);

  forward(x: Tensor): Tensor {
    x = this.fc1.forward(x).relu();
    x = this.fc2.forward(x).relu();
    return this.fc3.forward(x);
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
