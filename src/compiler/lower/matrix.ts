import { int } from "../loop/builder.ts";
import { type BufferParam, type Value, type Var } from "../loop/loop.ts";
import { type Reading, type Side } from "./reading.ts";
import { type KernelWriter } from "./writer.ts";

// What kernels have in common that read one side of a contraction, a matrix, from where it lies.

/** Whether each row's terms lie side by side in memory. */
export const isMatrix = ({ expr, axes, kAxes }: Side): boolean =>
  expr.kind === "load" && axes.length === 1 && kAxes.length === 1 && expr.at.coeffs[kAxes[0]] === 1;

/** A contraction that `lowerNarrow` writes. */
export interface Narrow {
  readonly matrix: Side;
  /** The other side. */
  readonly reading: Reading;
  readonly lanes: number;
  readonly K: Value;
  /** Rows of a part, which is a piece of work: for this call, and as an argument. */
  readonly rows: number;
  readonly mPart: Value;
  readonly mParts: Value;
  /** Room for the other side. */
  readonly packed: BufferParam;
  /** Sets the position along b that the sides are read at. */
  readonly atBatch: (value: Value) => void;
}

/** Where row `m` of the matrix begins; rows beyond the last one are the last one. */
export function rowAt(w: KernelWriter, matrix: Side, m: Value): Var {
  const { expr } = matrix;
  if (expr.kind !== "load") throw new Error("narrow: the matrix is not in memory");
  const row = w.b.min(m, w.b.sub(matrix.size, int(1)));
  return w.b.address(w.buffer(expr.source), w.position(expr.at, matrix.index(row, int(0))));
}

/** Visits the rows m0 … m1 - 1 of each piece, once the other side has been read by `prepare`. */
export function eachPart(
  w: KernelWriter,
  { matrix, mPart, mParts, atBatch }: Narrow,
  prepare: () => void,
  visit: (batch: Value, m0: Value, m1: Value) => void,
): void {
  const { b } = w;
  b.for(b.begin, b.end, int(1), (piece) => {
    const [batch, part] = b.divide(piece, mParts);
    atBatch(batch);
    const m0 = b.mul(part, mPart);
    prepare();
    visit(batch, m0, b.min(b.add(m0, mPart), matrix.size));
  });
}
