import { Tensor } from "../tensor/index.ts";
import { accuracyOf } from "./accuracy.ts";
import {
  checkClassCount,
  checkLabels,
  checkLengths,
  type Counts,
  type Values,
  zeroMatrix,
  readValues,
} from "./counts.ts";
import { type ClassificationReport, reportFromCounts, type ReportOptions } from "./report.ts";
import {
  type AveragedOptions,
  type PerClassOptions,
  scoreFromCounts,
  type ScoreOptions,
  type Scores,
} from "./scores.ts";

/**
 * Metrics of a classifier, batch after batch: it keeps only the confusion matrix.
 *
 * @example
 * const meter = new ClassificationMeter(10);
 * for await (const [data, target] of testLoader) await meter.update(net.forward(data), target);
 * console.log(meter.accuracy(), meter.recall({ average: "macro" }));
 */
export class ClassificationMeter {
  readonly numClasses: number;
  private matrix: number[][];
  private samples = 0;

  /** @throws RangeError when `numClasses` is not an integer >= 1. */
  constructor(numClasses: number) {
    checkClassCount(numClasses, "ClassificationMeter");
    this.numClasses = numClasses;
    this.matrix = zeroMatrix(numClasses);
  }

  /** Number of samples seen. */
  get count(): number {
    return this.samples;
  }

  /**
   * Adds a batch.
   *
   * @param predicted - Predicted classes (N,), or scores (N, numClasses) as a tensor of two axes, of
   * which the highest counts (the first of equals).
   * @param target - True classes, (N,).
   * @throws RangeError, with nothing added, for lengths that differ or values that are not classes.
   */
  async update(predicted: Values, target: Values): Promise<void> {
    const what = "ClassificationMeter";
    const t = await readValues(target);
    let p = await readValues(predicted);
    if (predicted instanceof Tensor && predicted.ndim === 2) {
      if (predicted.shape[1] !== this.numClasses)
        throw new RangeError(
          `${what}: expected scores of shape (N, ${this.numClasses}), got [${predicted.shape.join(", ")}]`,
        );
      p = highest(p, this.numClasses, what);
    }
    checkLengths(p.length, t.length, what);
    checkLabels(p, this.numClasses, what, "predictions");
    checkLabels(t, this.numClasses, what, "targets");
    for (let i = 0; i < t.length; i++) this.matrix[t[i]][p[i]]++;
    this.samples += t.length;
  }

  /** Forgets all batches. */
  reset(): void {
    this.matrix = zeroMatrix(this.numClasses);
    this.samples = 0;
  }

  /** Share of right predictions. This and all below throw an Error before the first batch. */
  accuracy(): number {
    return accuracyOf(this.counts());
  }

  /** `matrix[i][j]`: samples of true class i predicted as class j. */
  confusionMatrix(): number[][] {
    return this.counts().matrix.map((row) => row.slice());
  }

  /** As `precision`. */
  precision(options: PerClassOptions): number[];
  precision(options?: AveragedOptions): number;
  precision(options: ScoreOptions = {}): number | number[] {
    return this.score("precision", options);
  }

  /** As `recall`. */
  recall(options: PerClassOptions): number[];
  recall(options?: AveragedOptions): number;
  recall(options: ScoreOptions = {}): number | number[] {
    return this.score("recall", options);
  }

  /** As `f1Score`. */
  f1Score(options: PerClassOptions): number[];
  f1Score(options?: AveragedOptions): number;
  f1Score(options: ScoreOptions = {}): number | number[] {
    return this.score("f1", options);
  }

  /** As `classificationReport`. */
  report(options: Omit<ReportOptions, "numClasses"> = {}): ClassificationReport {
    return reportFromCounts(this.counts(), options);
  }

  private score(key: keyof Scores, options: ScoreOptions): number | number[] {
    return scoreFromCounts(this.counts(), key, options, `ClassificationMeter.${key}`);
  }

  private counts(): Counts {
    if (this.samples === 0)
      throw new Error("ClassificationMeter: no samples yet; call update first");
    return { labels: Array.from({ length: this.numClasses }, (_, i) => i), matrix: this.matrix };
  }
}

/** Position of the first highest score of each row. */
function highest(scores: ArrayLike<number>, classes: number, what: string): Int32Array {
  const best = new Int32Array(scores.length / classes);
  for (let i = 0; i < best.length; i++) {
    for (let c = 0; c < classes; c++) {
      const score = scores[i * classes + c];
      if (Number.isNaN(score))
        throw new RangeError(
          `${what}: scores must be numbers, got NaN for sample ${i}, class ${c}`,
        );
      if (score > scores[i * classes + best[i]]) best[i] = c;
    }
  }
  return best;
}
