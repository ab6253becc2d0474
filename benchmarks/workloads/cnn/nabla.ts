import { nn, optim } from "nabla";
import { batchesOf, numberOf, type Prepare, textOf } from "../../harness/job.ts";
import { LeNet } from "../../nets/lenet/nabla.ts";
import { ResNet18 } from "../../nets/resnet18/nabla.ts";
import { loadWeights, training } from "../shared/nabla.ts";

export const prepare: Prepare = (input) => {
  const isLeNet = textOf(input, "net") === "lenet";
  const net = loadWeights(isLeNet ? new LeNet() : new ResNet18(), input);
  const lr = numberOf(input, "lr");
  const optimizer = isLeNet
    ? new optim.Adam(net.parameters(), { lr })
    : new optim.SGD(net.parameters(), { lr, momentum: 0.9 });
  const criterion = new nn.CrossEntropyLoss();
  return training(
    input,
    optimizer,
    ([x, y]) => criterion.forward(net.forward(x), y),
    batchesOf(input, "data", "target"),
  );
};
