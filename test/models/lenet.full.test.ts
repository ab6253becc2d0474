import { expect, test } from "vitest";
import { manualSeed, nn, noGrad, optim, setDevice } from "../../src/index.ts";
import { DataLoader, datasets } from "../../src/data/index.ts";
import { LeNet5 } from "../../src/models/index.ts";

test("LeNet-5 learns the digits of MNIST", async () => {
  setDevice("wasm");
  manualSeed(0);
  const net = new LeNet5();
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.002 });
  const train = await datasets.mnist({ train: true });
  let steps = 0;
  for await (const [x, y] of new DataLoader(train, { batchSize: 64, shuffle: true, seed: 0 })) {
    optimizer.zeroGrad();
    nn.functional.crossEntropy(net.forward(x), y).backward();
    optimizer.step();
    if (++steps === 300) break;
  }
  net.eval();
  let right = 0;
  const held = await datasets.mnist({ train: false });
  for await (const [x, y] of new DataLoader(held, { batchSize: 500 })) {
    const hits = noGrad(() => net.forward(x).argmax(1).eq(y).sum());
    right += hits.itemSync();
  }
  expect(right / held.length).toBeGreaterThan(0.95);
});
