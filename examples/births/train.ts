import { compile, fromTypedArray, nn, noGrad, optim, type Tensor } from "nabla";
import { DataLoader, TensorDataset } from "nabla/data";
import { LossReader } from "../shared/losses.ts";
import { type Progress } from "../shared/progress.ts";
import { type Samples, type Split } from "./data.ts";

/** Sizes and rates, the same for PyTorch. */
export const SETTINGS = {
  hidden: [64, 32],
  batchSize: 64,
  maxLr: 0.005,
  weightDecay: 0.01,
} as const;

/** A net of two hidden layers that says one number. */
export function makeNet(features: number): nn.Sequential {
  const [first, second] = SETTINGS.hidden;
  return new nn.Sequential(
    new nn.Linear(features, first),
    new nn.ReLU(),
    new nn.Linear(first, second),
    new nn.ReLU(),
    new nn.Linear(second, 1),
  );
}

const inputs = ({ x, features }: Samples): Tensor =>
  fromTypedArray(x, [x.length / features, features]);

interface TrainOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly show: (state: Progress) => void;
}

/** Trains with AdamW on the mean absolute error; the learning rate rises once and falls again. */
export async function train(
  net: nn.Sequential,
  samples: Samples,
  options: TrainOptions,
): Promise<void> {
  const { epochs, seed, show } = options;
  const { batchSize, maxLr, weightDecay } = SETTINGS;
  const dataset = new TensorDataset(inputs(samples), fromTypedArray(samples.y));
  const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed });
  const criterion = new nn.L1Loss();
  const optimizer = new optim.AdamW(net.parameters(), { lr: maxLr, weightDecay });
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, maxLr, {
    epochs,
    stepsPerEpoch: loader.length,
    cycleMomentum: false,
  });
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(x).squeeze(1), y);
    loss.backward();
    optimizer.step();
    return loss;
  });

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses = new LossReader(loader.length);
    for await (const [x, y] of loader) {
      const recent = await losses.add(step(x, y));
      scheduler.step();
      if (recent === undefined) continue;
      const seen = Math.min(losses.read * batchSize, dataset.length);
      const loss = seen === dataset.length ? losses.mean : recent;
      show({ epoch, epochs, seen, total: dataset.length, loss });
    }
  }
}

/** Forecasts in births. */
export async function forecast(
  net: nn.Sequential,
  samples: Samples,
  { mean, std }: Pick<Split, "mean" | "std">,
): Promise<ArrayLike<number>> {
  return noGrad(() => net.forward(inputs(samples)).squeeze(1).mul(std).add(mean)).data();
}
