import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";

/** A vector along `axis` of `shape`, repeated along the others. */
export function spread(vector: Node, shape: readonly number[], axis: number): Node {
  const own = shape.map((size, i) => (i === axis ? size : 1));
  return ops.expand(ops.reshape(vector, own), shape);
}

/** Entries of `axis` at the positions of the vector `index` (i32): `x[…, index, …]`. */
export function gatherAxis(x: Node, index: Node, axis: number): Node {
  const shape = x.shape.slice();
  shape[axis] = index.shape[0];
  return ops.gather(x, spread(index, shape, axis), axis);
}

/** Positions counted from the front, of those that may be negative. */
export function fromFront(index: Node, size: number): Node {
  const negative = ops.lt(index, ops.zerosLike(index));
  return ops.select(negative, ops.add(index, ops.fullLike(index, size)), index);
}
