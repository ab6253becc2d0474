import { type DType, itemBytes } from "../../ir/dtype.ts";
import { scaleByItem } from "./memory.ts";
import { type CodeWriter, type Operand } from "./writer.ts";

/** Rows of a block in memory, `stride` elements apart. */
export interface Rows {
  readonly pointer: Operand;
  readonly stride: Operand;
}

/**
 * Writes a block of words with its rows as columns. Blocks of half the size change places across the
 * diagonal, then the blocks within them, and so on.
 */
export function writeTranspose(
  w: CodeWriter,
  dtype: DType,
  lanes: number,
  from: Rows,
  to: Rows,
): void {
  const bytes = itemBytes(dtype);
  if (bytes * lanes !== 16)
    throw new Error(`transpose: expected words that fill a vector, got ${dtype}x${lanes}`);
  const { body } = w;
  const address = w.take("i32");
  const step = w.take("i32");
  /** Visits the address of each row. */
  const eachRow = ({ pointer, stride }: Rows, visit: (row: number) => void): void => {
    pointer.push();
    body.set(address);
    stride.push();
    scaleByItem(w, dtype);
    body.set(step);
    for (let row = 0; row < lanes; row++) {
      visit(row);
      if (row < lanes - 1) body.get(address).get(step).op("i32.add").set(address);
    }
  };
  const rows = Array.from({ length: lanes }, () => w.take("v128"));
  eachRow(from, (row) => {
    body.get(address).memory("v128.load", 0, bytes);
    body.set(rows[row]);
  });
  const swapped = w.take("v128");
  for (let half = lanes / 2; half >= 1; half /= 2) {
    const pick = (second: number): number[] =>
      Array.from({ length: 16 }, (_, byte) => {
        const lane = Math.floor(byte / bytes);
        // The first result has the left blocks of both rows, the second the right ones.
        const own = (lane & half) === 0 ? lane + second : lane - half + second;
        const source = (lane & half) === 0 ? 0 : 16;
        return source + own * bytes + (byte % bytes);
      });
    for (let i = 0; i < lanes; i++) {
      if ((i & half) !== 0) continue;
      const [a, b] = [rows[i], rows[i + half]];
      body.get(a).get(b);
      w.op("i8x16.shuffle", ...pick(0));
      body.set(swapped).get(a).get(b);
      w.op("i8x16.shuffle", ...pick(half));
      body.set(b).get(swapped).set(a);
    }
  }
  eachRow(to, (row) => {
    body.get(address).get(rows[row]);
    body.memory("v128.store", 0, bytes);
  });
  for (const local of [swapped, ...rows]) w.giveBack("v128", local);
  for (const local of [address, step]) w.giveBack("i32", local);
}
