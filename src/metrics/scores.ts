import { type Counts, countPairs, sum, totalsOf, type Values } from "./counts.ts";

/**
 * How scores of classes become one number: `"macro"` is their mean, `"weighted"` their mean weighted by
 * the samples of each class, `"micro"` counts all classes together, `"none"` keeps one a class.
 */
export type Average = "macro" | "micro" | "weighted" | "none";

/** Options of `precision`, `recall` and `f1Score`. */
export interface ScoreOptions {
  /** Default `"macro"`. */
  readonly average?: Average;
  /** Classes are 0 … numClasses - 1. Default: the classes that occur, ascending. */
  readonly numClasses?: number;
  /** What 0 / 0 is, e.g. the precision of a class that was never predicted: 0 (default), 1 or NaN.
   * NaN is left out of averages. */
  readonly zeroDivision?: number;
}

/** Options that ask for one score a class. */
export interface PerClassOptions extends ScoreOptions {
  readonly average: "none";
}

/** Options that ask for one number. */
export interface AveragedOptions extends ScoreOptions {
  readonly average?: Exclude<Average, "none">;
}

/** Precision, recall and F1, of one class or averaged. */
export interface Scores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const AVERAGES: readonly string[] = ["macro", "micro", "weighted", "none"];

function ratio(part: number, whole: number, zeroDivision: number): number {
  return whole === 0 ? zeroDivision : part / whole;
}

function scoresOf(hits: number, predicted: number, support: number, zero: number): Scores {
  return {
    precision: ratio(hits, predicted, zero),
    recall: ratio(hits, support, zero),
    f1: ratio(2 * hits, predicted + support, zero),
  };
}

/** The scores of each class. */
export function perClass(counts: Counts, zeroDivision = 0): Scores[] {
  const { hits, predicted, support } = totalsOf(counts);
  return hits.map((h, i) => scoresOf(h, predicted[i], support[i], zeroDivision));
}

/** Mean of those values that are numbers; NaN when none is. */
function meanOf(values: readonly number[], weights: readonly number[]): number {
  let total = 0;
  let weight = 0;
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    total += value * weights[i];
    weight += weights[i];
  });
  return weight === 0 ? NaN : total / weight;
}

/** The scores of all classes together. */
export function averaged(
  counts: Counts,
  average: Exclude<Average, "none">,
  zeroDivision = 0,
): Scores {
  const { hits, predicted, support } = totalsOf(counts);
  if (average === "micro") return scoresOf(sum(hits), sum(predicted), sum(support), zeroDivision);
  const weights = average === "weighted" ? support : support.map(() => 1);
  const scores = perClass(counts, zeroDivision);
  return {
    precision: meanOf(
      scores.map((s) => s.precision),
      weights,
    ),
    recall: meanOf(
      scores.map((s) => s.recall),
      weights,
    ),
    f1: meanOf(
      scores.map((s) => s.f1),
      weights,
    ),
  };
}

/** One score from counts, by options that are checked here. */
export function scoreFromCounts(
  counts: Counts,
  key: keyof Scores,
  options: ScoreOptions,
  what: string,
): number | number[] {
  const { average = "macro", zeroDivision = 0 } = options;
  if (!AVERAGES.includes(average))
    throw new RangeError(
      `${what}: average must be one of ${AVERAGES.join(", ")}, got ${JSON.stringify(average)}`,
    );
  if (zeroDivision !== 0 && zeroDivision !== 1 && !Number.isNaN(zeroDivision))
    throw new RangeError(`${what}: zeroDivision must be 0, 1 or NaN, got ${zeroDivision}`);
  return average === "none"
    ? perClass(counts, zeroDivision).map((s) => s[key])
    : averaged(counts, average, zeroDivision)[key];
}

/** A score as a function: one number, or with `average: "none"` one a class. */
export interface ScoreFunction {
  (predicted: Values, target: Values, options: PerClassOptions): number[];
  (predicted: Values, target: Values, options?: AveragedOptions): number;
}

function scoreFunction(key: keyof Scores, what: string): ScoreFunction {
  const score = (predicted: Values, target: Values, options: ScoreOptions = {}) =>
    scoreFromCounts(countPairs(predicted, target, options.numClasses, what), key, options, what);
  return score as ScoreFunction;
}

/**
 * Precision: of the samples predicted as a class, the share that is of that class.
 *
 * @param predicted - Predicted classes, (N,).
 * @param target - True classes, (N,).
 * @throws RangeError for different lengths, no samples, or values that are not classes.
 *
 * @example
 * precision([0, 1, 1], [0, 1, 0]); // 0.75
 */
export const precision: ScoreFunction = scoreFunction("precision", "precision");

/**
 * Recall: of the samples of a class, the share predicted as that class. Arguments as `precision`.
 *
 * @example
 * recall([0, 1, 1], [0, 1, 0], { average: "none" }); // [0.5, 1]
 */
export const recall: ScoreFunction = scoreFunction("recall", "recall");

/**
 * F1 score: the harmonic mean of precision and recall. Arguments as `precision`.
 *
 * @example
 * f1Score([0, 1, 1], [0, 1, 0], { average: "micro" }); // 0.666…
 */
export const f1Score: ScoreFunction = scoreFunction("f1", "f1Score");
