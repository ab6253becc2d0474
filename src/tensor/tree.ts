import { Tensor } from "./tensor.ts";

// Arguments and results of transformations may be tensors, or arrays, plain objects and other values made
// of tensors that hold them somewhere inside. Anything else in them is passed on as it is.

/** @internal The method of values made of tensors (complex ones) that are parts of structures as arrays are. */
export const MAP_TENSORS = Symbol("mapTensors");

/** @internal A value made of tensors. */
export interface OfTensors {
  /** The same kind of value with `map` of every tensor in it, in a fixed order. */
  [MAP_TENSORS](map: (x: Tensor) => Tensor): OfTensors;
}

/** @internal Whether `x` is a value made of tensors. */
export const isOfTensors = (x: unknown): x is OfTensors =>
  typeof x === "object" && x !== null && MAP_TENSORS in x;

const isPlain = (x: unknown): x is Record<string, unknown> => {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
};

/** The same structure with `map` of every tensor in it. */
export function mapTree(tree: unknown, map: (x: Tensor) => Tensor): unknown {
  if (tree instanceof Tensor) return map(tree);
  if (isOfTensors(tree)) return tree[MAP_TENSORS](map);
  if (Array.isArray(tree)) return tree.map((part) => mapTree(part, map));
  if (!isPlain(tree)) return tree;
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(tree)) out[name] = mapTree(tree[name], map);
  return out;
}

/** All tensors of a structure, in order. */
export function leavesOf(tree: unknown): Tensor[] {
  const leaves: Tensor[] = [];
  mapTree(tree, (x) => {
    leaves.push(x);
    return x;
  });
  return leaves;
}

/** The structure with other tensors for its own, in the order of `leavesOf`. */
export function rebuildTree(tree: unknown, leaves: readonly Tensor[]): unknown {
  let next = 0;
  return mapTree(tree, () => leaves[next++]);
}
