import { Tensor } from "../tensor/index.ts";
import {
  checkClassCount,
  checkLabels,
  checkLengths,
  type Counts,
  countPairs,
  sum,
  totalsOf,
  type Values,
  valuesOf,
} from "./counts.ts";

/**
 * The share of samples whose predicted class is the true one.
 *
 * @param predicted - Predicted classes, (N,).
 * @param target - True classes, (N,).
 * @throws RangeError for different lengths, no samples, or values that are not integers.
 *
 * @example
 * accuracy([0, 1, 1], [0, 1, 0]); // 0.666…
 */
export function accuracy(predicted: Values, target: Values): number {
  const p = valuesOf(predicted);
  const t = valuesOf(target);
  checkLengths(p.length, t.length, "accuracy");
  checkLabels(p, undefined, "accuracy", "predictions");
  checkLabels(t, undefined, "accuracy", "targets");
  let hits = 0;
  for (let i = 0; i < t.length; i++) if (p[i] === t[i]) hits++;
  return hits / t.length;
}

export function accuracyOf(counts: Counts): number {
  const { hits, support } = totalsOf(counts);
  return sum(hits) / sum(support);
}

/** Rows of scores, one a sample. */
export function scoreRows(
  scores: Values,
  samples: number,
  what: string,
): { data: ArrayLike<number>; classes: number } {
  if (scores instanceof Tensor && scores.ndim !== 2)
    throw new RangeError(
      `${what}: expected scores of shape (N, C), got [${scores.shape.join(", ")}]`,
    );
  const data = valuesOf(scores);
  const classes = scores instanceof Tensor ? scores.shape[1] : data.length / samples;
  if (!Number.isInteger(classes) || classes === 0 || data.length !== samples * classes)
    throw new RangeError(
      `${what}: expected the same number of scores for each of ${samples} samples, got ${data.length} scores`,
    );
  return { data, classes };
}

/**
 * The share of samples whose true class is among the `k` with the highest scores. A class that ties
 * with the true one and comes later does not count against it.
 *
 * @param scores - Scores or probabilities, (N, C), as a tensor or row after row.
 * @param target - True classes, (N,).
 * @throws RangeError for shapes that do not fit, k outside [1, C], NaN scores, or targets outside [0, C).
 *
 * @example
 * topKAccuracy([0.1, 0.3, 0.6, 0.5, 0.2, 0.3], [1, 1], 2); // 0.5
 */
export function topKAccuracy(scores: Values, target: Values, k: number): number {
  const what = "topKAccuracy";
  const t = valuesOf(target);
  if (t.length === 0) throw new RangeError(`${what}: expected at least one sample, got none`);
  const { data, classes } = scoreRows(scores, t.length, what);
  if (!Number.isInteger(k) || k < 1 || k > classes)
    throw new RangeError(`${what}: k must be an integer in [1, ${classes}], got ${k}`);
  checkLabels(t, classes, what, "targets");
  let hits = 0;
  for (let i = 0; i < t.length; i++) {
    const own = data[i * classes + t[i]];
    let better = 0;
    for (let c = 0; c < classes; c++) {
      const score = data[i * classes + c];
      if (Number.isNaN(score))
        throw new RangeError(
          `${what}: scores must be numbers, got NaN for sample ${i}, class ${c}`,
        );
      if (score > own || (score === own && c < t[i])) better++;
    }
    if (better < k) hits++;
  }
  return hits / t.length;
}

/**
 * How often each true class was predicted as each class: `matrix[i][j]` samples of true class i were
 * predicted as class j.
 *
 * @param predicted - Predicted classes, (N,).
 * @param target - True classes, (N,).
 * @param options - `numClasses`: classes are 0 … numClasses - 1; default: those that occur, ascending.
 * @throws RangeError for different lengths, no samples, or values that are not classes.
 *
 * @example
 * confusionMatrix([0, 1, 1], [0, 1, 0]); // [[1, 1], [0, 1]]
 */
export function confusionMatrix(
  predicted: Values,
  target: Values,
  options: { readonly numClasses?: number } = {},
): number[][] {
  if (options.numClasses !== undefined) checkClassCount(options.numClasses, "confusionMatrix");
  const { matrix } = countPairs(predicted, target, options.numClasses, "confusionMatrix");
  return matrix as number[][];
}
