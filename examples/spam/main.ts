import { start } from "../shared/example.ts";
import { oneOf } from "../shared/options.ts";
import { progressBar } from "../shared/progress.ts";
import { ordersOf, weightsOf } from "../shared/same-start.ts";
import { type RawArray } from "../shared/twin.ts";
import { type Encoded, loadMails, split } from "./mails.ts";
import { type Cell, CELLS, Classifier, SETTINGS, test, train } from "./train.ts";

const vector = (data: Int32Array): RawArray => ({ data, shape: [data.length] });
const matrix = (data: Int32Array): RawArray => ({
  data,
  shape: [data.length / SETTINGS.length, SETTINGS.length],
});

const spamIn = ({ labels }: Encoded): number => labels.reduce((sum, label) => sum + label, 0);
const describe = (mails: Encoded): string => `${mails.labels.length} mails (${spamIn(mails)} spam)`;

const cellsOf = (text: string): readonly Cell[] => {
  const word = oneOf(text, "cell", [...CELLS, "both"]);
  return word === "both" ? CELLS : [word];
};

await start({
  folder: new URL("./", import.meta.url),
  name: "spam",
  about: "Trains recurrent nets, an LSTM and a GRU, to tell spam from other mails.",
  epochs: 5,
  own: { cell: { value: "CELL", help: "lstm, gru or both", default: "both", check: cellsOf } },
  figures: CELLS.flatMap((cell) => [
    { key: `${cell}Accuracy`, label: `${cell.toUpperCase()} accuracy`, unit: "%", digits: 2 },
    { key: `${cell}F1`, label: `${cell.toUpperCase()} F1 of spam`, unit: "%", digits: 2 },
  ]),
  run: async ({ epochs, seed, own, out, say }) => {
    const cells = cellsOf(own.cell);
    const mails = split(await loadMails(SETTINGS.length), seed, SETTINGS);
    say(`${describe(mails.train)} to train with, ${describe(mails.test)} to test with`);
    const figures: Record<string, number> = {};
    const weights: Record<string, RawArray> = {};
    let seconds = 0;
    for (const cell of cells) {
      say(`\n${cell.toUpperCase()}`);
      const net = new Classifier(cell);
      Object.assign(weights, await weightsOf(net, `${cell}.`));
      const begin = performance.now();
      await train(net, mails.train, { epochs, seed, show: progressBar(out, "mails") });
      seconds += (performance.now() - begin) / 1000;
      const meter = await test(net, mails.test);
      figures[`${cell}Accuracy`] = 100 * meter.accuracy();
      figures[`${cell}F1`] = 100 * meter.f1Score({ average: "none" })[1];
    }
    return {
      figures,
      seconds,
      twin: {
        arrays: {
          ...weights,
          orders: ordersOf(mails.train.labels.length, seed, epochs),
          train_tokens: matrix(mails.train.tokens),
          train_lengths: vector(mails.train.lengths),
          train_labels: vector(mails.train.labels),
          test_tokens: matrix(mails.test.tokens),
          test_lengths: vector(mails.test.lengths),
          test_labels: vector(mails.test.labels),
        },
        settings: { ...SETTINGS, cells },
      },
    };
  },
});
