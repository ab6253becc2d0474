import { type Builder, literal } from "../../loop/builder.ts";
import { type Value, type Var } from "../../loop/loop.ts";

// The minimal algorithm F(4×4, 3×3) of Lavin and Gray (2016), at the points 0, ±1, ±2 and infinity: 4 × 4
// results of a 3 × 3 window come from 6 × 6 elements with 36 multiplications in place of 144.

/** Results of a tile along one axis, taps of the window, and elements that a tile reads. */
export const OUT = 4;
export const TAPS = 3;
export const IN = OUT + TAPS - 1;

type Matrix = readonly (readonly number[])[];

/** What is done to the elements of a tile, along each axis. */
export const OF_INPUT: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];

/** What is done to a window. */
export const OF_WINDOW: Matrix = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

/** What is done to the products. */
export const OF_PRODUCTS: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** A square of vectors that lie one after the other, row by row. */
export const squareAt = (b: Builder, from: Var, size: number, lanes: number): Value[][] =>
  Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => b.load(from, (y * size + x) * lanes, lanes)),
  );

/** `matrix · x · matrixᵀ` for a square of values. */
export function transformed(
  b: Builder,
  matrix: Matrix,
  x: readonly (readonly Value[])[],
): Value[][] {
  const half = alongFirst(b, matrix, x);
  return flipped(alongFirst(b, matrix, flipped(half)));
}

const flipped = (x: readonly (readonly Value[])[]): Value[][] =>
  x[0].map((_, column) => x.map((row) => row[column]));

const alongFirst = (b: Builder, matrix: Matrix, x: readonly (readonly Value[])[]): Value[][] =>
  matrix.map((row) =>
    x[0].map((_, column) =>
      combination(
        b,
        row,
        x.map((line) => line[column]),
      ),
    ),
  );

function combination(b: Builder, factors: readonly number[], values: readonly Value[]): Value {
  const { type } = values[0];
  let sum: Value | undefined;
  factors.forEach((factor, i) => {
    if (factor === 0) return;
    const by = literal(factor, type.dtype, type.lanes);
    if (sum === undefined) sum = factor === 1 ? values[i] : b.op("mul", type, values[i], by);
    else if (factor === 1) sum = b.op("add", type, sum, values[i]);
    else if (factor === -1) sum = b.op("sub", type, sum, values[i]);
    else sum = b.op("fma", type, values[i], by, sum);
  });
  return sum!;
}
