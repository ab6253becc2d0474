import { isFloat, isNarrow, wideOf } from "../ir/dtype.ts";
import { make, type Node, topological } from "../ir/node.ts";
import { cast } from "../ir/ops.ts";

// f16, bf16, i8 and i16 are what elements are stored as. What computes with them casts them to f32 or i32
// first and rounds or wraps its result, so sums and contractions add up in the wide dtype, and fusion
// makes the casts part of what is before and after them. What only moves elements leaves them as they are.

/** Primitives that move elements, or look at their bits. */
const MOVING = new Set(
  "cast bitcast select gather pick scan marker stopGradient customVjp eq ne lt le".split(" "),
);
/** Primitives whose results are numbers that a narrow float has whenever their inputs are. */
const EXACT = new Set("neg abs sign floor ceil trunc round max min".split(" "));
const EXTREMA = new Set(["reduceMax", "reduceMin"]);

const stays = ({ op, attrs, dtype, inputs }: Node): boolean =>
  op.view === true ||
  MOVING.has(op.name) ||
  (EXACT.has(op.name) && isFloat(dtype)) ||
  // The largest of nothing depends on the dtype.
  (EXTREMA.has(op.name) && inputs[0].shape.includes(0)) ||
  (op.name === "scatter" && attrs.mode === "set");

const toWide = (x: Node): Node => (isNarrow(x.dtype) ? cast(x, wideOf(x.dtype)) : x);

/** The graph below `outputs` in which nothing is computed in a dtype that is only stored. */
export function widen(outputs: readonly Node[]): readonly Node[] {
  const order = topological(outputs);
  if (!order.some((node) => isNarrow(node.dtype))) return outputs;
  const done = new Map<Node, Node>();
  for (const node of order) {
    const inputs = node.inputs.map((x) => done.get(x)!);
    const own = stays(node) ? inputs : inputs.map(toWide);
    const same = own.every((x, i) => x === node.inputs[i]);
    const computed = same ? node : make(node.op, own, node.attrs);
    done.set(node, node.op.outputs ? computed : cast(computed, node.dtype));
  }
  return outputs.map((output) => done.get(output)!);
}
