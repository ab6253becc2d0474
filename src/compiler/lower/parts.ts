import { int } from "../loop/builder.ts";
import { type BufferParam, type Type, type Value, type Var } from "../loop/loop.ts";
import { isStart, type Offsets, offsetAt } from "./offsets.ts";
import { type KernelWriter } from "./writer.ts";

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** Entries of a table of the parts of this many vectors. */
export const partEntries = (vectors: number, lanes: number): number =>
  3 * vectors * lanes + vectors + 1;

/** Parts of a vector that are kept in registers. */
export const FEW = 3;

/** The parts of runs that make up each vector of a panel. */
export interface Parts {
  /** The most parts that a vector has. */
  readonly most: Value;
  /** The first `FEW` parts of vector `v`; those that it does not have are empty. */
  few(v: number): { offset: Value; low: Value; high: Value }[];
  /** Number of the first part of vector `v`. */
  from(v: number): Value;
  /** Where the part's lane 0 would lie, its first lane, and the one behind its last. */
  offset(part: Value): Value;
  low(part: Value): Value;
  high(part: Value): Value;
}

/** Finds the parts of `vectors`, which begin at these positions, and writes them to `table`. */
export function writeParts(
  w: KernelWriter,
  positions: Offsets,
  table: BufferParam,
  vectors: readonly number[],
  lanes: number,
): Parts {
  const { b } = w;
  const width = vectors.length * lanes;
  const slot = (field: number, part: Value): Var =>
    b.address(table, b.add(int(field * width), part));
  const OFFSET = 0;
  const LOW = 1;
  const HIGH = 2;
  const FIRST = 3;
  const count = b.mutable(int(0));
  vectors.forEach((j, v) => {
    b.store(slot(FIRST, int(v)), count);
    b.for(int(0), int(lanes), int(1), (i) => {
      const begins = b.op(
        "or",
        BOOL,
        b.op("eq", BOOL, i, int(0)),
        isStart(w, positions, b.add(int(j), i)),
      );
      b.if(begins, () => {
        b.if(b.op("lt", BOOL, int(0), i), () => b.store(slot(HIGH, b.sub(count, int(1))), i));
        const offset = offsetAt(w, positions, b.add(int(j), i));
        b.store(slot(OFFSET, count), b.sub(offset, i));
        b.store(slot(LOW, count), i);
        b.store(slot(HIGH, count), int(lanes));
        b.set(count, b.add(count, int(1)));
      });
    });
  });
  b.store(slot(FIRST, int(vectors.length)), count);
  const from = (v: number): Value => b.load(slot(FIRST, int(v)));
  const offset = (part: Value): Value => b.load(slot(OFFSET, part));
  const low = (part: Value): Value => b.load(slot(LOW, part));
  const high = (part: Value): Value => b.load(slot(HIGH, part));
  const counts = vectors.map((_, v) => b.sub(from(v + 1), from(v)));
  return {
    most: counts.reduce((most, one) => b.op("max", int(0).type, most, one)),
    few: (v) =>
      Array.from({ length: FEW }, (_, i) => {
        // The last part there is, without lanes, in place of one that is missing.
        const part = b.min(b.add(from(v), int(i)), b.sub(from(v + 1), int(1)));
        const missing = b.op("le", BOOL, counts[v], int(i));
        return {
          offset: offset(part),
          low: low(part),
          high: b.op("select", int(0).type, missing, low(part), high(part)),
        };
      }),
    from,
    offset,
    low,
    high,
  };
}
