import { describe, expect, it } from "vitest";
import { loadMails, split, tokenize, vocabularyOf } from "../../examples/spam/mails.ts";
import { CELLS, Classifier, SETTINGS, test, train } from "../../examples/spam/train.ts";
import { fromTypedArray, manualSeed, noGrad } from "../../src/index.ts";
import { recordProgress } from "./util.ts";

describe("mails", () => {
  it("are split into words", () => {
    expect(tokenize('Don\'t pay $1,000 <a href="x">HERE</a>!')).toEqual(
      ["don't", "pay", "$", "0", "0", "here", "!"], // numbers are alike
    );
  });

  it("become numbers by the words that are frequent in those for training", async () => {
    const words = (text: string): { words: string[]; spam: boolean } => ({
      words: text.split(" "),
      spam: text.includes("pills"),
    });
    expect([...vocabularyOf([words("a b a"), words("b a c")], 4)]).toEqual([
      ["a", 2],
      ["b", 3],
    ]);
    const mails = await loadMails(20, 10);
    const { train: known, test: held } = split(mails, 1, { vocabSize: 50, length: 20 });
    expect(known.labels.length + held.labels.length).toBe(mails.length);
    expect(known.tokens.length).toBe(known.labels.length * 20);
    expect(Math.max(...held.tokens)).toBeLessThan(50);
    known.lengths.forEach((length, row) => {
      const tokens = known.tokens.subarray(row * 20, (row + 1) * 20);
      expect(tokens.subarray(0, length)).not.toContain(0);
      expect(tokens.subarray(length).every((token) => token === 0)).toBe(true);
    });
  });

  it("are split by the seed", async () => {
    const mails = await loadMails(20, 10);
    const labels = (seed: number): string =>
      split(mails, seed, { vocabSize: 50, length: 20 }).test.tokens.join();
    expect(labels(1)).toBe(labels(1));
    expect(labels(1)).not.toBe(labels(2));
  });
});

describe.each(CELLS)("%s", (cell) => {
  it("does not look at what comes after the last word", async () => {
    manualSeed(0);
    const net = new Classifier(cell);
    net.eval();
    const scores = (...tokens: number[]): Promise<ArrayLike<number>> =>
      noGrad(() =>
        net.forward(
          fromTypedArray(Int32Array.from(tokens), [1, tokens.length]),
          fromTypedArray(Int32Array.of(2)),
        ),
      ).data();
    const short = await scores(5, 6);
    const long = await scores(5, 6, 7, 8);
    for (let i = 0; i < 2; i++) expect(long[i]).toBeCloseTo(short[i], 5);
  });

  it("learns to tell spam", async () => {
    manualSeed(0);
    const mails = split(await loadMails(SETTINGS.length, 200), 0, SETTINGS);
    const net = new Classifier(cell);
    await train(net, mails.train, { epochs: 5, seed: 0, show: recordProgress().show });
    const meter = await test(net, mails.test);
    expect(meter.count).toBe(mails.test.labels.length);
    expect(meter.accuracy()).toBeGreaterThan(0.8);
  });
});
