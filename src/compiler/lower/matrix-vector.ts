import { int, literal } from "../loop/builder.ts";
import { type Type, type Value, type Var } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { type Contraction, exchanged } from "./contraction.ts";
import { epilogueOf } from "./epilogue.ts";
import { eachPart, type Narrow, rowAt } from "./matrix.ts";
import { packRows } from "./pack-rows.ts";
import { prepareTerms } from "./reading.ts";
import { type KernelWriter } from "./writer.ts";

/** Rows whose sums are kept in registers together. */
const TOGETHER = 8;

/**
 * A matrix times one vector. Vectors go along the terms, so that the matrix is read as it lies; the lanes of
 * the sums of `lanes` rows are turned into one vector at the end. What comes after sees the results of a
 * part as a row.
 */
export function writeVector(
  w: KernelWriter,
  region: Region,
  contraction: Contraction,
  narrow: Narrow,
): void {
  const { b } = w;
  const { matrix, reading, lanes, K, packed, rows } = narrow;
  const { dtype } = region.core!;
  const vector: Type = { dtype, lanes };
  const scalar: Type = { dtype, lanes: 1 };
  const together = Math.min(TOGETHER, lanes);
  const sums = w.scratch(dtype, lanes * lanes);
  const turned = w.scratch(dtype, lanes * lanes);
  const tails = w.scratch(dtype, lanes);
  const finished = w.scratch(dtype, rows);
  const finish = epilogueOf(w, region, exchanged(contraction));
  const [turns] = b.divide(K, int(lanes));
  const even = b.mul(turns, int(lanes));

  /** The lanes of the sums of rows m + from …, and what is left of each beyond whole vectors. */
  const someRows = (m: Value, from: number): void => {
    const starts = Array.from({ length: together }, (_, r) =>
      rowAt(w, matrix, b.add(m, int(from + r))),
    );
    const zero = (lanes: number): Var[] => starts.map(() => b.mutable(literal(0, dtype, lanes)));
    const wide = zero(lanes);
    const single = zero(1);
    const add = (type: Type, into: readonly Var[], k: Value): void => {
      const right = b.load(b.address(packed, k), 0, type.lanes);
      starts.forEach((start, r) => {
        const left = b.load(b.address(start, k), 0, type.lanes);
        b.set(into[r], b.op("fma", type, left, right, into[r]));
      });
    };
    b.for(int(0), even, int(lanes), (k) => add(vector, wide, k));
    b.for(even, K, int(1), (k) => add(scalar, single, k));
    const place = b.address(sums, int(from * lanes));
    wide.forEach((sum, r) => b.store(place, sum, r * lanes));
    const rest = b.address(tails, int(from));
    single.forEach((sum, r) => b.store(rest, sum, r));
  };

  const prepare = (): void => {
    prepareTerms(w, reading, int(0), K);
    packRows(w, reading, packed, int(0), 1, { from: int(0), to: int(1), k0: int(0), depth: K });
  };
  eachPart(w, narrow, prepare, (batch, m0, m1) => {
    b.for(m0, m1, int(lanes), (m) => {
      for (let from = 0; from < lanes; from += together) someRows(m, from);
      const to = b.address(turned, int(0));
      b.transpose(b.address(sums, int(0)), int(lanes), to, int(lanes), lanes);
      let total: Value = b.load(b.address(tails, int(0)), 0, lanes);
      for (let i = 0; i < lanes; i++)
        total = b.op("add", vector, total, b.load(to, i * lanes, lanes));
      b.store(b.address(finished, b.sub(m, m0)), total);
    });
    const column = int(0);
    finish(finished, {
      ...{ batch, mFrom: column, mTo: int(1), nFrom: m0, nTo: m1 },
      rowAt: () => column,
    });
  });
}
