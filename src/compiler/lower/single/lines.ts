import { type Node } from "../../../ir/node.ts";
import { type Affine, contiguous } from "../../affine.ts";
import { type Expr } from "../../expr.ts";
import { int } from "../../loop/builder.ts";
import { type Type, type Value, type Var } from "../../loop/loop.ts";
import { pieceLoop, unflatten } from "../loops.ts";
import { type KernelWriter, PIECE } from "../writer.ts";

export const BOOL: Type = { dtype: "bool", lanes: 1 };

/** The form of an operand that lies in memory, and the node whose memory it is. */
export function inMemory(operand: Expr): { source: Node; at: Affine } {
  if (operand.kind !== "load") throw new Error("lower: operand is not in memory");
  return operand;
}

/** The address of an operand's element. */
export function elementOf(w: KernelWriter, operand: Expr, index: readonly Value[]): Var {
  const { source, at } = inMemory(operand);
  return w.b.address(w.buffer(source), w.position(at, index));
}

/** The address of an element of what the kernel writes. */
export const ownElement = (
  w: KernelWriter,
  node: Node,
  own: Affine,
  index: readonly Value[],
): Var => w.b.address(w.buffer(node), w.position(own, index));

/**
 * Visits every index of `shape`, those along `axis` (when given) left to the visitor, who finds 0 there.
 * Returns the number of pieces; `work` is what one visit costs, in elements.
 */
export function eachLine(
  w: KernelWriter,
  shape: readonly number[],
  axis: number | undefined,
  work: number,
  visit: (index: Value[], flat: Value) => void,
): number {
  const { b } = w;
  const axes = shape.map((_, i) => i).filter((i) => i !== axis);
  const sizes = axes.map((i) => w.argument(shape[i]));
  const total = axes.reduce((n, i) => n * shape[i], 1);
  const share = Math.max(1, Math.floor(PIECE / Math.max(1, work)));
  pieceLoop(b, w.argument(share), w.argument(total), (from, to) =>
    b.for(from, to, int(1), (flat) => {
      const index = shape.map((): Value => int(0));
      unflatten(b, flat, sizes).forEach((value, i) => (index[axes[i]] = value));
      visit(index, flat);
    }),
  );
  return Math.ceil(total / share);
}

export const ownOf = (node: Node): Affine => contiguous(node.shape);
