import { int } from "../loop/builder.ts";
import { type Builder } from "../loop/builder.ts";
import { type Value } from "../loop/loop.ts";

/** Steps of a loop that belong together: numbers 0 … copies - 1, and again. */
export interface Copies {
  readonly copies: number;
  /** Whether the body is written once for each of them. */
  readonly unrolled: boolean;
}

/** The number of a step; `next` where the body is written once for all of them. */
export type Copy = number | "next";

export const ONE: Copies = { copies: 1, unrolled: true };

/**
 * Visits from … to - 1 by `step`, as far as whole steps go: with their numbers as long as all copies of a turn
 * fit, and then as number 0.
 *
 * @returns where it ended
 */
export function steppedLoop(
  b: Builder,
  from: Value,
  to: Value,
  step: number,
  { copies, unrolled }: Copies,
  body: (at: Value, copy: Copy) => void,
): Value {
  const wholeSteps = (begin: Value, size: number): Value =>
    size === 1 ? to : b.add(begin, b.mul(b.divide(b.sub(to, begin), int(size))[0], int(size)));
  let begin = from;
  if (copies > 1) {
    begin = wholeSteps(from, step * copies);
    if (!unrolled) b.for(from, begin, int(step), (i) => body(i, "next"));
    else
      b.for(from, begin, int(step * copies), (i) => {
        for (let copy = 0; copy < copies; copy++)
          body(copy === 0 ? i : b.add(i, int(copy * step)), copy);
      });
  }
  const end = wholeSteps(begin, step);
  b.for(begin, end, int(step), (i) => body(i, 0));
  return end;
}

/**
 * Visits from … to - 1: `lanes` at a time while that fits, as `steppedLoop` does, and the rest one by one, or,
 * with `partial`, as one more vector of which `count` lanes count. `body` is written once for each way.
 */
export function vectorLoop(
  b: Builder,
  from: Value,
  to: Value,
  lanes: number,
  partial: boolean,
  body: (at: Value, lanes: number, count: Value | undefined, copy: Copy) => void,
  copies = ONE,
): void {
  const end = steppedLoop(b, from, to, lanes, copies, (i, copy) => body(i, lanes, undefined, copy));
  if (lanes === 1) return;
  if (!partial) return b.for(end, to, int(1), (i) => body(i, 1, undefined, 0));
  b.if(b.op("lt", { dtype: "bool", lanes: 1 }, end, to), () => body(end, lanes, b.sub(to, end), 0));
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
