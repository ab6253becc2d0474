import { accuracyOf } from "./accuracy.ts";
import { type Counts, countPairs, sum, totalsOf, type Values } from "./counts.ts";
import { averaged, perClass, type Scores } from "./scores.ts";

/** Scores and the number of samples they were taken from. */
export interface ReportRow extends Scores {
  /** Number of samples. */
  readonly support: number;
}

/** What `classificationReport` finds; `String(report)` is a table. */
export interface ClassificationReport {
  readonly accuracy: number;
  /** One row a class, in the order of the classes. */
  readonly classes: readonly (ReportRow & { readonly name: string })[];
  readonly macro: ReportRow;
  readonly weighted: ReportRow;
  /** The table. */
  toString(): string;
}

/** Options of `classificationReport`. */
export interface ReportOptions {
  /** Classes are 0 … numClasses - 1. Default: the classes that occur, ascending. */
  readonly numClasses?: number;
  /** Names of the classes, in their order. Default: their numbers. */
  readonly names?: readonly string[];
  /** Digits after the point in the table. Default 2. */
  readonly digits?: number;
  /** What 0 / 0 is: 0 (default), 1 or NaN. */
  readonly zeroDivision?: number;
}

/**
 * Precision, recall, F1 and number of samples of each class, with their averages, laid out like
 * scikit-learn's report.
 *
 * @param predicted - Predicted classes, (N,).
 * @param target - True classes, (N,).
 * @throws RangeError for different lengths, no samples, values that are not classes, or names that are
 * not one a class.
 *
 * @example
 * console.log(String(classificationReport([0, 1, 1], [0, 1, 0], { names: ["cat", "dog"] })));
 */
export function classificationReport(
  predicted: Values,
  target: Values,
  options: ReportOptions = {},
): ClassificationReport {
  return reportFromCounts(
    countPairs(predicted, target, options.numClasses, "classificationReport"),
    options,
  );
}

export function reportFromCounts(counts: Counts, options: ReportOptions): ClassificationReport {
  const { digits = 2, zeroDivision = 0, names = counts.labels.map(String) } = options;
  if (names.length !== counts.labels.length)
    throw new RangeError(
      `classificationReport: expected ${counts.labels.length} names, one a class, got ${names.length}`,
    );
  const { support } = totalsOf(counts);
  const total = sum(support);
  const report = {
    accuracy: accuracyOf(counts),
    classes: perClass(counts, zeroDivision).map((scores, i) => ({
      name: names[i],
      ...scores,
      support: support[i],
    })),
    macro: { ...averaged(counts, "macro", zeroDivision), support: total },
    weighted: { ...averaged(counts, "weighted", zeroDivision), support: total },
  };
  return { ...report, toString: () => table(report, digits) };
}

function table(report: Omit<ClassificationReport, "toString">, digits: number): string {
  const width = Math.max("weighted avg".length, ...report.classes.map(({ name }) => name.length));
  const line = (name: string, ...cells: string[]): string =>
    [name.padStart(width), ...cells.map((cell) => cell.padStart(9))].join(" ");
  const row = (name: string, r: ReportRow): string =>
    line(name, ...[r.precision, r.recall, r.f1].map((x) => x.toFixed(digits)), String(r.support));
  const support = String(report.macro.support);
  return [
    line("", "precision", "recall", "f1-score", "support"),
    "",
    ...report.classes.map((r) => row(r.name, r)),
    "",
    line("accuracy", "", "", report.accuracy.toFixed(digits), support),
    row("macro avg", report.macro),
    row("weighted avg", report.weighted),
    "",
  ].join("\n");
}
