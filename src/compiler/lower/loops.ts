import { int } from "../loop/builder.ts";
import { type Builder } from "../loop/builder.ts";
import { type Value } from "../loop/loop.ts";

/**
 * Visits from … to - 1: `lanes` at a time while that fits, and the rest one by one, or, with `partial`, as
 * one more vector of which `count` lanes count. `body` is written once for each way.
 */
export function vectorLoop(
  b: Builder,
  from: Value,
  to: Value,
  lanes: number,
  partial: boolean,
  body: (at: Value, lanes: number, count?: Value) => void,
): void {
  if (lanes === 1) return b.for(from, to, int(1), (i) => body(i, 1));
  const [turns] = b.divide(b.sub(to, from), int(lanes));
  const end = b.add(from, b.mul(turns, int(lanes)));
  b.for(from, end, int(lanes), (i) => body(i, lanes));
  if (!partial) return b.for(end, to, int(1), (i) => body(i, 1));
  b.if(b.op("lt", { dtype: "bool", lanes: 1 }, end, to), () => body(end, lanes, b.sub(to, end)));
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
