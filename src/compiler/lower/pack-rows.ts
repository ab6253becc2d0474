import { int, literal } from "../loop/builder.ts";
import { type BufferParam, type Type, type Value } from "../loop/loop.ts";
import { vectorLoop } from "./loops.ts";
import { isRun, offsetAt } from "./offsets.ts";
import { type Block, elementAt, emitAt, type Reading } from "./reading.ts";
import { type KernelWriter } from "./writer.ts";

// Packing: the operands of a contraction are copied block by block into scratch memory, in the order in
// which the register block reads them. What comes before the contraction is computed on the way.

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** Rows one after the other, `rowStride` elements apart: [row][k], zeros beyond the side's end. */
export function packRows(
  w: KernelWriter,
  reading: Reading,
  into: BufferParam,
  rowStride: Value,
  rows: number,
  { from, to, k0, depth }: Block,
): void {
  const { b } = w;
  const { side, source, kLanes } = reading;
  const { dtype } = side.expr;
  // Whole register blocks, so rows beyond the end are there, and zero.
  b.for(from, to, int(rows), (start) => {
    b.for(int(0), int(rows), int(1), (r) => {
      const row = b.add(start, r);
      const place = b.mul(b.sub(row, from), rowStride);
      const copy = (): void =>
        vectorLoop(b, int(0), depth, kLanes, false, (k, count) => {
          const to = b.address(into, b.add(place, k));
          if (source) {
            const base = w.position(source.at, side.index(row, int(0)));
            const one = (i: Value): Value =>
              b.load(elementAt(w, source, base, offsetAt(w, source.k, i)));
            if (count === 1) b.store(to, one(k));
            else
              b.if(
                isRun(w, source.k, k, count),
                () => {
                  const first = elementAt(w, source, base, offsetAt(w, source.k, k));
                  b.store(to, b.load(first, 0, count));
                },
                () =>
                  b.for(int(0), int(count), int(1), (i) =>
                    b.store(b.address(to, i), one(b.add(k, i))),
                  ),
              );
            return;
          }
          const index = side.index(row, b.add(k0, k));
          const vector = count > 1 ? side.kAxes[0] : -1;
          b.store(to, b.splat(emitAt(w, side, { index, vector, lanes: count }), count));
        });
      const zeros = (): void =>
        vectorLoop(b, int(0), depth, kLanes, false, (k, count) =>
          b.store(b.address(into, b.add(place, k)), literal(0, dtype, count)),
        );
      b.if(b.op("lt", BOOL, row, side.size), copy, zeros);
    });
  });
}
