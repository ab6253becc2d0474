import { coerce } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { catNodes } from "./cat.ts";
import { checkOption } from "./operand.ts";
import { Tensor } from "./tensor.ts";

/** Options of `pad`. */
export interface PadOptions {
  /** What is put there. Default `"constant"`. */
  mode?: "constant" | "reflect" | "replicate" | "circular";
  /** The constant. Default 0. */
  value?: number;
}

/**
 * Adds entries around a tensor. `padding` lists pairs (before, after) from the last axis on: `[left,
 * right, top, bottom, …]`; negative numbers cut entries off. `"reflect"` mirrors without repeating the
 * edge, `"replicate"` repeats the edge, `"circular"` continues from the other side.
 *
 * @example
 * tensor([1, 2, 3]).pad([1, 2]); // [0, 1, 2, 3, 0, 0]
 * tensor([1, 2, 3]).pad([2, 0], { mode: "reflect" }); // [3, 2, 1, 2, 3]
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = "constant", value = 0 } = options;
  checkOption(mode, ["constant", "reflect", "replicate", "circular"], "mode", "pad");
  const rank = x.ndim;
  if (padding.length % 2 !== 0 || padding.length > 2 * rank || !padding.every(Number.isInteger))
    throw new RangeError(
      `pad: expected pairs of integers for at most ${rank} axes, got [${padding.join(", ")}]`,
    );
  let { node } = x;
  for (let i = 0; i < padding.length / 2; i++) {
    const axis = rank - 1 - i;
    const [lo, hi] = [padding[2 * i], padding[2 * i + 1]];
    if (lo === 0 && hi === 0) continue;
    const size = node.shape[axis] + lo + hi;
    if (size < 0 || node.shape[axis] + Math.min(lo, 0) + Math.min(hi, 0) < 0)
      throw new RangeError(
        `pad: [${lo}, ${hi}] leaves nothing of axis ${axis} of shape ${showShape(x.shape)}`,
      );
    node =
      mode === "constant" ? padConstant(node, axis, lo, hi, value) : wrap(node, axis, lo, hi, mode);
  }
  return new Tensor(node);
}

function padConstant(node: Node, axis: number, lo: number, hi: number, value: number): Node {
  const zeros = node.shape.map(() => 0);
  if (lo < 0 || hi < 0) {
    const start = zeros.slice();
    const size = node.shape.slice();
    start[axis] = Math.max(0, -lo);
    size[axis] += Math.min(lo, 0) + Math.min(hi, 0);
    node = ops.slice(node, start, size);
  }
  const before = zeros.slice();
  const after = zeros.slice();
  before[axis] = Math.max(lo, 0);
  after[axis] = Math.max(hi, 0);
  return ops.pad(node, before, after, coerce(node.dtype, value));
}

/** What is put before and after an axis is made of its own entries. */
function wrap(
  node: Node,
  axis: number,
  lo: number,
  hi: number,
  mode: "reflect" | "replicate" | "circular",
): Node {
  const size = node.shape[axis];
  const most = mode === "reflect" ? size - 1 : mode === "circular" ? size : Infinity;
  if (size === 0 || lo > most || hi > most)
    throw new RangeError(
      `pad: mode "${mode}" can add at most ${Math.max(0, most)} entries on a side of axis ${axis} of size ${size}`,
    );
  const part = (start: number, count: number): Node =>
    ops.slice(
      node,
      node.shape.map((_, i) => (i === axis ? start : 0)),
      node.shape.map((n, i) => (i === axis ? count : n)),
    );
  const repeat = (edge: Node, count: number): Node =>
    ops.expand(
      edge,
      edge.shape.map((n, i) => (i === axis ? count : n)),
    );
  const [before, after] = [Math.max(lo, 0), Math.max(hi, 0)];
  if (mode === "circular" && (lo < 0 || hi < 0)) {
    // What is cut off does not come back at the other side.
    const cut = padConstant(node, axis, Math.min(lo, 0), Math.min(hi, 0), 0);
    return before + after > 0 ? wrap(cut, axis, before, after, mode) : cut;
  }
  let parts: Node[];
  if (mode === "replicate")
    parts = [repeat(part(0, 1), before), node, repeat(part(size - 1, 1), after)];
  else if (mode === "reflect")
    parts = [
      ops.flip(part(1, before), [axis]),
      node,
      ops.flip(part(size - 1 - after, after), [axis]),
    ];
  else parts = [part(size - before, before), node, part(0, after)];
  return padConstant(catNodes(parts, axis), axis, Math.min(lo, 0), Math.min(hi, 0), 0);
}
