import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  accuracy,
  type Average,
  ClassificationMeter,
  classificationReport,
  confusionMatrix,
  f1Score,
  precision,
  recall,
  type ScoreOptions,
  topKAccuracy,
} from "../../src/metrics/index.ts";
import { tensor } from "../../src/tensor/index.ts";

// scikit-learn's numbers, made by tools/fixtures-metrics.py; NaN is written as a string.
type Score = number | "NaN";
interface Case {
  name: string;
  target: number[];
  predicted: number[];
  numClasses: number | null;
  accuracy: number;
  confusion: number[][];
  report: string;
  scores: {
    average: Average;
    zeroDivision: Score;
    precision: Score | Score[];
    recall: Score | Score[];
    f1: Score | Score[];
  }[];
}
const url = new URL("./fixtures.json", import.meta.url);
const fixtures = JSON.parse(readFileSync(url, "utf8")) as {
  cases: Case[];
  topK: { target: number[]; scores: number[][]; accuracy: number[] };
};

function expectScores(actual: number | number[], expected: Score | Score[]): void {
  const [got, want] = [[actual].flat(), [expected].flat().map(Number)];
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => {
    if (Number.isNaN(want[i])) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(want[i], 12);
  });
}

type Free = (p: number[], t: number[], options: ScoreOptions) => number | number[];

describe("as in scikit-learn", () => {
  for (const c of fixtures.cases) {
    const { target, predicted } = c;
    const numClasses = c.numClasses ?? undefined;

    test(`${c.name}: accuracy, confusion matrix, report`, () => {
      expect(accuracy(predicted, target)).toBeCloseTo(c.accuracy, 12);
      expect(confusionMatrix(predicted, target, { numClasses })).toEqual(c.confusion);
      const lines = (text: string): string[] => text.trim().split(/\s*\n\s*/);
      const report = classificationReport(predicted, target, { numClasses, digits: 3 });
      const words = (text: string): string[] => lines(text).map((l) => l.replace(/\s+/g, " "));
      expect(words(String(report))).toEqual(words(c.report));
    });

    for (const { average, zeroDivision, ...wanted } of c.scores)
      test(`${c.name}: ${average}, 0 / 0 is ${zeroDivision}`, () => {
        const options = { average, numClasses, zeroDivision: Number(zeroDivision) };
        expectScores((precision as Free)(predicted, target, options), wanted.precision);
        expectScores((recall as Free)(predicted, target, options), wanted.recall);
        expectScores((f1Score as Free)(predicted, target, options), wanted.f1);
      });
  }

  test("top k", () => {
    const { target, scores } = fixtures.topK;
    fixtures.topK.accuracy.forEach((wanted, i) => {
      expect(topKAccuracy(scores.flat(), target, i + 1)).toBeCloseTo(wanted, 12);
      expect(topKAccuracy(tensor(scores), target, i + 1)).toBeCloseTo(wanted, 12);
    });
    expect(topKAccuracy(scores.flat(), target, 5)).toBe(1);
  });
});

describe("ClassificationMeter", () => {
  const { target, predicted } = fixtures.cases[0];

  test("adds batches up to what the whole gives", async () => {
    const meter = new ClassificationMeter(4);
    for (let i = 0; i < target.length; i += 7)
      await meter.update(
        predicted.slice(i, i + 7),
        tensor(target.slice(i, i + 7), { dtype: "i32" }),
      );
    expect(meter.count).toBe(target.length);
    expect(meter.accuracy()).toBe(accuracy(predicted, target));
    expect(meter.confusionMatrix()).toEqual(confusionMatrix(predicted, target, { numClasses: 4 }));
    expect(meter.f1Score({ average: "none" })).toEqual(
      f1Score(predicted, target, { average: "none", numClasses: 4 }),
    );
    expect(meter.precision()).toBe(precision(predicted, target));
    expect(meter.recall({ average: "weighted" })).toBe(
      recall(predicted, target, { average: "weighted" }),
    );
    expect(String(meter.report())).toBe(String(classificationReport(predicted, target)));
  });

  test("takes scores, of which the first highest counts", async () => {
    const meter = new ClassificationMeter(3);
    await meter.update(
      tensor([
        [0, 2, 2],
        [5, 1, 1],
      ]),
      [1, 2],
    );
    expect(meter.confusionMatrix()).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });

  test("a bad batch adds nothing", async () => {
    const meter = new ClassificationMeter(3);
    await meter.update([0, 1], [0, 1]);
    await expect(meter.update([0, 3], [0, 1])).rejects.toThrow(
      "ClassificationMeter: predictions must be integers in [0, 2], got 3 at position 1",
    );
    await expect(meter.update([0, 1], [0])).rejects.toThrow(
      /as many predictions as targets, got 2 and 1/,
    );
    await expect(meter.update(tensor([[0, NaN, 1]]), [0])).rejects.toThrow(
      /scores must be numbers, got NaN for sample 0, class 1/,
    );
    await expect(meter.update(tensor([[0, 1]]), [0])).rejects.toThrow(
      /expected scores of shape \(N, 3\), got \[1, 2\]/,
    );
    expect(meter.count).toBe(2);
    expect(meter.accuracy()).toBe(1);
  });

  test("has nothing to say before the first batch and after reset", async () => {
    const meter = new ClassificationMeter(2);
    expect(() => meter.accuracy()).toThrow(
      "ClassificationMeter: no samples yet; call update first",
    );
    await meter.update([1], [1]);
    meter.reset();
    expect(() => meter.f1Score()).toThrow(/no samples yet/);
  });
});

describe("wrong arguments", () => {
  test("lengths and empty lists", () => {
    expect(() => accuracy([0, 1], [0])).toThrow(
      new RangeError("accuracy: expected as many predictions as targets, got 2 and 1"),
    );
    expect(() => recall([], [])).toThrow("recall: expected at least one sample, got none");
  });

  test("values that are no classes", () => {
    expect(() => precision([0, NaN], [0, 1])).toThrow(
      "precision: predictions must be integers, got NaN at position 1",
    );
    expect(() => f1Score([0, 1], [0, 0.5])).toThrow(
      /targets must be integers, got 0.5 at position 1/,
    );
    expect(() => confusionMatrix([0], [5], { numClasses: 3 })).toThrow(
      /targets must be integers in \[0, 2\], got 5 at position 0/,
    );
  });

  test("options", () => {
    expect(() => recall([0], [0], { average: "mean" as "macro" })).toThrow(
      /average must be one of macro, micro, weighted, none, got "mean"/,
    );
    expect(() => recall([0], [0], { zeroDivision: 2 })).toThrow(
      /zeroDivision must be 0, 1 or NaN, got 2/,
    );
    expect(() => new ClassificationMeter(0)).toThrow(/numClasses must be an integer >= 1, got 0/);
    expect(() => topKAccuracy([0.5, 0.5], [0], 3)).toThrow(
      /k must be an integer in \[1, 2\], got 3/,
    );
    expect(() => classificationReport([0, 1], [0, 1], { names: ["a"] })).toThrow(
      /expected 2 names, one a class, got 1/,
    );
  });
});
