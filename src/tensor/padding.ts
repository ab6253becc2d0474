import { coerce } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { gatherAxis } from "./gather.ts";
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
      mode === "constant"
        ? padConstant(node, axis, lo, hi, value)
        : wrap(node, axis, lo, size, mode);
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

/** Entries of an axis at positions that are computed from those of the result. */
function wrap(
  node: Node,
  axis: number,
  lo: number,
  size: number,
  mode: "reflect" | "replicate" | "circular",
): Node {
  const old = node.shape[axis];
  const most = mode === "reflect" ? old - 1 : mode === "circular" ? old : Infinity;
  if (old === 0 || lo > most || size - old - lo > most)
    throw new RangeError(
      `pad: mode "${mode}" can add at most ${Math.max(0, most)} entries on a side of axis ${axis} of size ${old}`,
    );
  const output = ops.iota([size], 0);
  const at = ops.sub(output, ops.fullLike(output, lo));
  const last = ops.fullLike(at, old - 1);
  let source: Node;
  if (mode === "replicate") source = ops.min(ops.max(at, ops.zerosLike(at)), last);
  else if (mode === "reflect") source = ops.sub(last, ops.abs(ops.sub(last, ops.abs(at))));
  else {
    const length = ops.fullLike(at, old);
    source = ops.rem(ops.add(at, length), length);
  }
  return gatherAxis(node, source, axis);
}
