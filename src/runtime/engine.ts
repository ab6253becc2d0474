import { type TypedArray } from "../ir/dtype.ts";
import { clearInternTable, type Node } from "../ir/node.ts";
import { evaluate as evaluateNaively } from "../ir/evaluate.ts";
import { type Cell, CellValue, HostValue } from "./values.ts";

/** Computes the nodes that have no value yet; afterwards each has a `HostValue`. */
export function evaluate(nodes: readonly Node[]): void {
  const todo = nodes.filter((node) => node.value === undefined);
  const results = evaluateNaively(todo, (leaf) => ({
    shape: leaf.shape,
    dtype: leaf.dtype,
    data: leafData(leaf),
  }));
  todo.forEach((node, i) => (node.value = new HostValue(results[i].data)));
  clearInternTable();
}

function leafData(leaf: Node): TypedArray {
  const value = leaf.value;
  if (value instanceof HostValue) return value.data;
  if (value instanceof CellValue) return value.cell.host!;
  throw new Error("a placeholder has no value outside the function it belongs to");
}

/** The elements of a node: a view that must not be changed. */
export function read(node: Node): TypedArray {
  if (node.value === undefined) evaluate([node]);
  return leafData(node);
}

/** Computes the pending values of `cells` and the nodes `also` in one program. */
export function flush(cells: readonly Cell[], also: readonly Node[]): void {
  const pending = cells.filter((cell) => cell.pending);
  evaluate([...pending.map((cell) => cell.pending!), ...also]);
  for (const cell of pending) {
    const data = leafData(cell.pending!);
    cell.advance();
    cell.host = data;
  }
}
