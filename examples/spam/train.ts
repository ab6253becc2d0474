import { arange, compile, fromTypedArray, nn, noGrad, optim, type Tensor } from "nabla";
import { DataLoader, TensorDataset } from "nabla/data";
import { ClassificationMeter } from "nabla/metrics";
import { LossReader } from "../shared/losses.ts";
import { type Progress } from "../shared/progress.ts";
import { type Encoded } from "./mails.ts";

/** Sizes and rates, the same for PyTorch. */
export const SETTINGS = {
  vocabSize: 5000,
  length: 100,
  embedding: 32,
  hidden: 48,
  batchSize: 64,
  maxLr: 0.005,
} as const;

export const CELLS = ["lstm", "gru"] as const;
export type Cell = (typeof CELLS)[number];

/** A recurrent net over the words of a mail, the mean of its results, and a linear layer. */
export class Classifier extends nn.Module {
  embedding = new nn.Embedding(SETTINGS.vocabSize, SETTINGS.embedding, { paddingIdx: 0 });
  rnn: nn.LSTM | nn.GRU;
  fc = new nn.Linear(SETTINGS.hidden, 2);

  constructor(cell: Cell) {
    super();
    const Recurrent = cell === "lstm" ? nn.LSTM : nn.GRU;
    this.rnn = new Recurrent(SETTINGS.embedding, SETTINGS.hidden, { batchFirst: true });
  }

  /** Words (N, L), and how many there are in each mail (N), to scores (N, 2). */
  forward(tokens: Tensor, lengths: Tensor): Tensor {
    const [outputs] = this.rnn.forward(this.embedding.forward(tokens));
    const positions = arange(tokens.shape[1], { dtype: "i32" });
    // What comes after the last word does not count.
    const inside = positions.lt(lengths.unsqueeze(1)).to("f32").unsqueeze(2);
    const mean = outputs.mul(inside).sum(1).div(lengths.unsqueeze(1).to("f32"));
    return this.fc.forward(mean);
  }
}

const datasetOf = ({ tokens, lengths, labels }: Encoded): TensorDataset<[Tensor, Tensor, Tensor]> =>
  new TensorDataset(
    fromTypedArray(tokens, [lengths.length, tokens.length / lengths.length]),
    fromTypedArray(lengths),
    fromTypedArray(labels),
  );

interface TrainOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly show: (state: Progress) => void;
}

/** Trains with Adam; gradients are clipped, and the learning rate rises once and falls again. */
export async function train(net: Classifier, mails: Encoded, options: TrainOptions): Promise<void> {
  const { epochs, seed, show } = options;
  const { batchSize, maxLr } = SETTINGS;
  const dataset = datasetOf(mails);
  const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed });
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(net.parameters(), { lr: maxLr });
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, maxLr, {
    epochs,
    stepsPerEpoch: loader.length,
    cycleMomentum: false,
  });
  const step = compile((tokens: Tensor, lengths: Tensor, labels: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(tokens, lengths), labels);
    loss.backward();
    optim.clipGradNorm_(net.parameters(), 1);
    optimizer.step();
    return loss;
  });

  net.train();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses = new LossReader(loader.length);
    for await (const [tokens, lengths, labels] of loader) {
      const recent = await losses.add(step(tokens, lengths, labels));
      scheduler.step();
      if (recent === undefined) continue;
      const seen = Math.min(losses.read * batchSize, dataset.length);
      const loss = seen === dataset.length ? losses.mean : recent;
      show({ epoch, epochs, seen, total: dataset.length, loss });
    }
  }
}

/** Classifies mails and counts what was right. */
export async function test(net: Classifier, mails: Encoded): Promise<ClassificationMeter> {
  net.eval();
  const predict = compile((tokens: Tensor, lengths: Tensor) =>
    noGrad(() => net.forward(tokens, lengths).argmax(1)),
  );
  const meter = new ClassificationMeter(2);
  const loader = new DataLoader(datasetOf(mails), { batchSize: 250 });
  for await (const [tokens, lengths, labels] of loader)
    await meter.update(predict(tokens, lengths), labels);
  return meter;
}
