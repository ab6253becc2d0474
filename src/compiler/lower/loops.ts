import { int } from "../loop/builder.ts";
import { type Builder } from "../loop/builder.ts";
import { type Value } from "../loop/loop.ts";

/**
 * Visits from … to - 1: `lanes` at a time while that fits, then one by one. `body` is written once for
 * each number of lanes.
 */
export function vectorLoop(
  b: Builder,
  from: Value,
  to: Value,
  lanes: readonly number[],
  body: (at: Value, lanes: number) => void,
): void {
  let start = from;
  for (const n of lanes) {
    if (n === 1) {
      b.for(start, to, int(1), (i) => body(i, 1));
      return;
    }
    const [turns] = b.divide(b.sub(to, start), int(n));
    const end = b.add(start, b.mul(turns, int(n)));
    b.for(start, end, int(n), (i) => body(i, n));
    start = end;
  }
}

/** The indices in a row-major space of these sizes whose flat position is `flat`. */
export function unflatten(b: Builder, flat: Value, sizes: readonly Value[]): Value[] {
  const index = new Array<Value>(sizes.length);
  let rest = flat;
  for (let i = sizes.length - 1; i > 0; i--) {
    const [quotient, remainder] = b.divide(rest, sizes[i]);
    index[i] = remainder;
    rest = quotient;
  }
  if (sizes.length > 0) index[0] = rest;
  return index;
}

/** Runs `body` for each piece's share of 0 … total - 1, `share` at a time. */
export function pieceLoop(
  b: Builder,
  share: Value,
  total: Value,
  body: (from: Value, to: Value) => void,
): void {
  // Neighbouring pieces lie together, so one thread's pieces are one range.
  const from = b.min(b.mul(b.begin, share), total);
  const to = b.min(b.mul(b.end, share), total);
  body(from, to);
}
