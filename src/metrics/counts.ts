import { Tensor } from "../tensor/index.ts";
import { numbersOf } from "../tensor/nested.ts";

/** Numbers given to a metric: an array, a typed array, or a tensor on a device that can be read at once. */
export type Values = ArrayLike<number> | Tensor;

/** What pairs of predicted and true classes come down to. */
export interface Counts {
  /** The classes, ascending; row and column `i` of the matrix belong to `labels[i]`. */
  readonly labels: readonly number[];
  /** `matrix[i][j]`: how many samples of true class i were predicted as class j. */
  readonly matrix: readonly number[][];
}

/** The elements of `x`, which must be finite numbers. */
export const valuesOf = (x: Values): ArrayLike<number> =>
  x instanceof Tensor ? numbersOf(x.dataSync(), x.dtype) : x;

/** The same, of tensors on any device. */
export const readValues = async (x: Values): Promise<ArrayLike<number>> =>
  x instanceof Tensor ? numbersOf(await x.data(), x.dtype) : x;

export function checkClassCount(numClasses: number, what: string): void {
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new RangeError(`${what}: numClasses must be an integer >= 1, got ${numClasses}`);
}

/** Throws unless every element is a class: an integer, in [0, numClasses) when that is given. */
export function checkLabels(
  labels: ArrayLike<number>,
  numClasses: number | undefined,
  what: string,
  role: string,
): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (
      !Number.isInteger(label) ||
      (numClasses !== undefined && (label < 0 || label >= numClasses))
    )
      throw new RangeError(
        `${what}: ${role} must be integers${numClasses === undefined ? "" : ` in [0, ${numClasses - 1}]`}, ` +
          `got ${label} at position ${i}`,
      );
  }
}

export function checkLengths(predicted: number, target: number, what: string): void {
  if (predicted !== target)
    throw new RangeError(
      `${what}: expected as many predictions as targets, got ${predicted} and ${target}`,
    );
  if (target === 0) throw new RangeError(`${what}: expected at least one sample, got none`);
}

/** A square matrix of zeros. */
export const zeroMatrix = (size: number): number[][] =>
  Array.from({ length: size }, () => new Array<number>(size).fill(0));

/** Counts pairs of classes. Without `numClasses` the classes are those that occur. */
export function countPairs(
  predicted: Values,
  target: Values,
  numClasses: number | undefined,
  what: string,
): Counts {
  const p = valuesOf(predicted);
  const t = valuesOf(target);
  checkLengths(p.length, t.length, what);
  if (numClasses !== undefined) checkClassCount(numClasses, what);
  checkLabels(p, numClasses, what, "predictions");
  checkLabels(t, numClasses, what, "targets");
  const labels =
    numClasses === undefined
      ? [...new Set([...Array.from(p), ...Array.from(t)])].sort((a, b) => a - b)
      : Array.from({ length: numClasses }, (_, i) => i);
  const row = new Map(labels.map((label, i) => [label, i]));
  const matrix = zeroMatrix(labels.length);
  for (let i = 0; i < t.length; i++) matrix[row.get(t[i])!][row.get(p[i])!]++;
  return { labels, matrix };
}

const add = (a: number, b: number): number => a + b;

/** Right predictions, all predictions and all samples of each class. */
export interface ClassTotals {
  readonly hits: number[];
  readonly predicted: number[];
  readonly support: number[];
}

export function totalsOf({ matrix }: Counts): ClassTotals {
  return {
    hits: matrix.map((row, i) => row[i]),
    predicted: matrix.map((_, j) => matrix.reduce((sum, row) => sum + row[j], 0)),
    support: matrix.map((row) => row.reduce(add, 0)),
  };
}

export const sum = (values: readonly number[]): number => values.reduce(add, 0);
