import { mkdir, writeFile } from "node:fs/promises";
import { manualSeed, nn, noGrad, optim, type Tensor } from "nabla";
import { DataLoader, datasets, type ImageDataset, randomSplit } from "nabla/data";
import { ClassificationMeter } from "nabla/metrics";
import { lineChart, type Point } from "nabla/train";
import { runCommand } from "../shared/example.ts";
import { LossReader } from "../shared/losses.ts";
import { progressBar } from "../shared/progress.ts";
import { drawDigits } from "./digits.ts";
import { help, type Options, readOptions } from "./options.ts";
import { matrixTable, scoreLines } from "./report.ts";

const CURVE = "out/mnist-loss.svg";

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

/** How many epochs, the last ones, run at a tenth of the learning rate, so that the weights come to rest. */
const slowEpochs = (epochs: number): number => Math.floor(epochs / 5);

async function main(options: Options): Promise<void> {
  const out = options.json ? process.stderr : process.stdout;
  const say = (text: string): void => void out.write(`${text}\n`);
  const { batchSize, device, epochs, lr, seed } = options;
  manualSeed(seed);

  say("1 Prepare");
  const train = await datasets.mnist({ train: true, flatten: true });
  const test = await datasets.mnist({ train: false, flatten: true });
  const trainLoader = new DataLoader(train, { batchSize, shuffle: true, seed });
  say(`${train.length} digits to train with, ${test.length} to test with, 28 × 28 pixels each\n`);

  say("2 Build");
  const net = new Net();
  say(`${net.summary([batchSize, 784])}\n`);

  say("3 Initialise");
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(net.parameters(), { lr });
  const slow = slowEpochs(epochs);
  say(`cross entropy, batches of ${batchSize}, seed ${seed}, device ${device.name}`);
  say(
    `Adam with learning rate ${lr}` +
      (slow > 0 ? `, and ${lr / 10} from epoch ${epochs - slow + 1} on\n` : "\n"),
  );

  say("4 Train");
  const start = performance.now();
  const show = progressBar(out, "images");
  const curve: Point[] = [];
  let finalLoss = NaN;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    optimizer.lr = epoch > epochs - slow ? lr / 10 : lr;
    const advice = ` in epoch ${epoch}: a learning rate below ${lr} may help`;
    const losses = new LossReader(trainLoader.length, advice);
    for await (const [data, target] of trainLoader) {
      optimizer.zeroGrad();
      const loss = criterion.forward(net.forward(data), target);
      loss.backward();
      optimizer.step();

      const recent = await losses.add(loss);
      if (recent === undefined) continue;
      const seen = Math.min(losses.read * batchSize, train.length);
      curve.push([epoch - 1 + losses.read / trainLoader.length, recent]);
      const shown = seen === train.length ? losses.mean : recent;
      show({ epoch, epochs, seen, total: train.length, loss: shown });
    }
    finalLoss = losses.mean;
  }
  const seconds = (performance.now() - start) / 1000;
  await mkdir("out", { recursive: true });
  const title = "Training loss, MNIST, 784-128-64-10";
  const axes = { title, xLabel: "epoch", yLabel: "loss", log: true };
  await writeFile(CURVE, lineChart([{ name: "", points: curve }], axes));
  say(`${seconds.toFixed(1)} s; loss curve in ${CURVE}\n`);

  say("5 Predict");
  net.eval();
  const meter = await testNet(net, test);
  say(`${scoreLines(meter)}\n`);
  say(`${matrixTable(meter.confusionMatrix())}\n`);
  say(await drawSample(net, test, seed));

  if (options.json)
    console.log(
      JSON.stringify({
        testAccuracy: meter.accuracy(),
        macroRecall: meter.recall(),
        macroF1: meter.f1Score(),
        finalLoss,
        seconds,
        device: device.name,
      }),
    );
}

/** Predicts all test digits and counts what was right. */
async function testNet(net: Net, test: ImageDataset): Promise<ClassificationMeter> {
  const meter = new ClassificationMeter(10);
  for await (const [data, target] of new DataLoader(test, { batchSize: 500 }))
    await meter.update(
      noGrad(() => net.forward(data)),
      target,
    );
  return meter;
}

/** A dozen test digits with what the net takes them for. */
async function drawSample(net: Net, test: ImageDataset, seed: number): Promise<string> {
  const [{ indices }] = randomSplit(test, [12, test.length - 12], { seed });
  const [data] = test.batch(indices);
  const classes = await noGrad(() => net.forward(data).argmax(1)).data();
  return drawDigits(
    indices.map((index, i) => {
      const truth = test.labels[index];
      const right = classes[i] === truth;
      return {
        pixels: test.pixels(index),
        caption: right ? `    ${classes[i]} ✓` : `  ${classes[i]} ✗ is ${truth}`,
      };
    }),
  );
}

await runCommand("npm start --", async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(help());
  else await main(options);
});
