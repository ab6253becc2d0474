import { type Affine } from "../affine.ts";
import { int } from "../loop/builder.ts";
import { type BufferParam, type Type, type Value, type Var } from "../loop/loop.ts";
import { unflatten } from "./loops.ts";
import { type KernelWriter } from "./writer.ts";

/**
 * Where elements lie along several axes that are walked as one: a table of offsets, so that walking costs
 * no division. Beside each offset stands how many up to it follow one another along the last axis.
 */
export interface Offsets {
  readonly table: BufferParam;
  /** Entries of each half of the table. */
  readonly capacity: number;
}

const BOOL: Type = { dtype: "bool", lanes: 1 };
const I32: Type = { dtype: "i32", lanes: 1 };

export const offsetsOf = (w: KernelWriter, capacity: number): Offsets => ({
  table: w.scratch("i32", 2 * capacity),
  capacity,
});

/** Writes the offsets of positions from … from + count - 1 along `axes`, whose sizes are given. */
export function writeOffsets(
  w: KernelWriter,
  { table, capacity }: Offsets,
  at: Affine,
  axes: readonly number[],
  sizes: readonly Value[],
  from: Value,
  count: Value,
): void {
  const { b } = w;
  const { coeffs } = w.form(at);
  const index = unflatten(b, from, sizes).map((value) => b.mutable(value));
  const step = axes.length > 0 ? coeffs[axes[axes.length - 1]] : int(1);
  const run = b.mutable(int(0));
  const before = b.mutable(int(0));
  b.for(int(0), count, int(1), (i) => {
    let offset: Value = int(0);
    axes.forEach((axis, k) => (offset = b.add(offset, b.mul(index[k], coeffs[axis]))));
    const follows = b.op("eq", BOOL, offset, b.add(before, step));
    b.set(run, b.op("select", I32, follows, b.add(run, int(1)), int(1)));
    b.set(before, offset);
    b.store(b.address(table, i), before);
    b.store(b.address(table, b.add(i, int(capacity))), run);
    countUp(axes.length - 1);
  });

  /** The next position: the last index moves, and carries into the one before it. */
  function countUp(k: number): void {
    if (k < 0) return;
    b.set(index[k], b.add(index[k], int(1)));
    if (k === 0) return;
    b.if(b.op("le", BOOL, sizes[k], index[k]), () => {
      b.set(index[k], int(0));
      countUp(k - 1);
    });
  }
}

/** Writes the last of `count` offsets over those that follow, up to number `end`; each is a run of its own. */
export function repeatOffset(
  w: KernelWriter,
  { table, capacity }: Offsets,
  count: Value,
  end: Value,
): void {
  const { b } = w;
  b.for(count, end, int(1), (i) => {
    b.store(b.address(table, i), b.load(b.address(table, b.sub(count, int(1)))));
    b.store(b.address(table, b.add(i, int(capacity))), int(1));
  });
}

/** Offset number `i`. */
export const offsetAt = (w: KernelWriter, { table }: Offsets, i: Value): Var =>
  w.b.load(w.b.address(table, i));

/** How many up to number `i` follow one another along the last axis. */
export const runTo = (w: KernelWriter, { table, capacity }: Offsets, i: Value): Var =>
  w.b.load(w.b.address(table, w.b.add(i, int(capacity))));

/** Whether the `lanes` elements from number `i` on follow one another along the last axis. */
export const isRun = (w: KernelWriter, offsets: Offsets, i: Value, lanes: number): Value =>
  w.b.op("le", BOOL, int(lanes), runTo(w, offsets, w.b.add(i, int(lanes - 1))));

/** Whether number `i` does not follow the one before it. */
export function isStart(w: KernelWriter, { table, capacity }: Offsets, i: Value): Value {
  const run = w.b.load(w.b.address(table, w.b.add(i, int(capacity))));
  return w.b.op("le", BOOL, run, int(1));
}
