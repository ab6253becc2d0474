import { compile, nn, noGrad, optim, type Tensor } from "nabla";
import { DataLoader, type Dataset } from "nabla/data";
import { ClassificationMeter } from "nabla/metrics";
import { LossReader } from "../shared/losses.ts";
import { type Progress } from "../shared/progress.ts";
import { type Cnn, SETTINGS } from "./net.ts";

type Digits = Dataset<[Tensor, Tensor]>;

interface TrainOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly show: (state: Progress) => void;
}

/** Trains with AdamW; the learning rate rises once and falls again. */
export async function train(net: Cnn, digits: Digits, options: TrainOptions): Promise<void> {
  const { epochs, seed, show } = options;
  const { batchSize, maxLr, weightDecay } = SETTINGS;
  const loader = new DataLoader(digits, { batchSize, shuffle: true, seed });
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.AdamW(net.parameters(), { lr: maxLr, weightDecay });
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, maxLr, {
    epochs,
    stepsPerEpoch: loader.length,
    cycleMomentum: false,
  });
  const step = compile((images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(images), labels);
    loss.backward();
    optimizer.step();
    return loss;
  });

  net.train();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses = new LossReader(loader.length);
    for await (const [images, labels] of loader) {
      const recent = await losses.add(step(images, labels));
      scheduler.step();
      if (recent === undefined) continue;
      const seen = Math.min(losses.read * batchSize, digits.length);
      const loss = seen === digits.length ? losses.mean : recent;
      show({ epoch, epochs, seen, total: digits.length, loss });
    }
  }
}

/** Predicts digits and counts what was right. */
export async function test(net: Cnn, digits: Digits): Promise<ClassificationMeter> {
  net.eval();
  const predict = compile((images: Tensor) => noGrad(() => net.forward(images).argmax(1)));
  const meter = new ClassificationMeter(10);
  for await (const [images, labels] of new DataLoader(digits, { batchSize: 500 }))
    await meter.update(predict(images), labels);
  return meter;
}
