import { Tensor } from "./tensor.ts";

// Arguments and results of transformations may be tensors, or arrays and plain objects that hold
// tensors somewhere inside. Anything else in them is passed on as it is.

const isPlain = (x: unknown): x is Record<string, unknown> => {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
};

/** The same structure with `map` of every tensor in it. */
export function mapTree(tree: unknown, map: (x: Tensor) => unknown): unknown {
  if (tree instanceof Tensor) return map(tree);
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
