import { compile, fromTypedArray, nn, noGrad, optim, type Tensor } from "nabla";
import { DataLoader, TensorDataset } from "nabla/data";
import { type GPT } from "nabla/models";
import { LossReader } from "../shared/losses.ts";
import { type Progress } from "../shared/progress.ts";

/** Sizes and rates, the same for PyTorch. */
export const SETTINGS = {
  blockSize: 64,
  nLayer: 2,
  nHead: 4,
  nEmbd: 64,
  batchSize: 32,
  maxLr: 0.005,
  betas: [0.9, 0.99],
  weightDecay: 0.1,
} as const;

/** Windows (N, T + 1) of text, each a sample. */
const datasetOf = (windows: Int32Array, size: number): TensorDataset<[Tensor]> =>
  new TensorDataset(fromTypedArray(windows, [windows.length / size, size]));

/** Scores (N · T, vocabSize) of what follows on each character of windows (N, T + 1), and what does. */
function predict(gpt: GPT, windows: Tensor): { scores: Tensor; next: Tensor } {
  const length = windows.shape[1] - 1;
  return {
    scores: gpt.forward(windows.narrow(1, 0, length)).flatten(0, 1),
    next: windows.narrow(1, 1, length).flatten(),
  };
}

interface TrainOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly show: (state: Progress) => void;
}

/** Trains with AdamW; gradients are clipped, and the learning rate rises once and falls again. */
export async function train(gpt: GPT, windows: Int32Array, options: TrainOptions): Promise<void> {
  const { epochs, seed, show } = options;
  const { batchSize, maxLr, betas, weightDecay } = SETTINGS;
  const { blockSize } = gpt.settings;
  const dataset = datasetOf(windows, blockSize + 1);
  const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed });
  const optimizer = new optim.AdamW(gpt.parameters(), { lr: maxLr, betas, weightDecay });
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, maxLr, {
    epochs,
    stepsPerEpoch: loader.length,
    pctStart: 0.1,
    cycleMomentum: false,
  });
  const step = compile((batch: Tensor) => {
    optimizer.zeroGrad();
    const { scores, next } = predict(gpt, batch);
    const loss = nn.functional.crossEntropy(scores, next);
    loss.backward();
    optim.clipGradNorm_(gpt.parameters(), 1);
    optimizer.step();
    return loss;
  });

  gpt.train();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses = new LossReader(loader.length);
    for await (const [batch] of loader) {
      const recent = await losses.add(step(batch));
      scheduler.step();
      if (recent === undefined) continue;
      const seen = Math.min(losses.read * batchSize, dataset.length) * blockSize;
      const total = dataset.length * blockSize;
      const loss = seen === total ? losses.mean : recent;
      show({ epoch, epochs, seen, total, loss });
    }
  }
}

/** How well what follows is known: the mean loss of a character, and the share of right first guesses. */
export async function test(
  gpt: GPT,
  windows: Int32Array,
): Promise<{ loss: number; accuracy: number }> {
  gpt.eval();
  const { blockSize } = gpt.settings;
  const measure = compile((batch: Tensor) =>
    noGrad(() => {
      const { scores, next } = predict(gpt, batch);
      return {
        loss: nn.functional.crossEntropy(scores, next, { reduction: "sum" }),
        right: scores.argmax(1).eq(next).to("f32").sum(),
      };
    }),
  );
  let [loss, right, characters] = [0, 0, 0];
  const dataset = datasetOf(windows, blockSize + 1);
  for await (const [batch] of new DataLoader(dataset, { batchSize: 64 })) {
    const sums = measure(batch);
    loss += await sums.loss.item();
    right += await sums.right.item();
    characters += batch.shape[0] * blockSize;
  }
  return { loss: loss / characters, accuracy: right / characters };
}
