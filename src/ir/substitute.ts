import { inPlaceOf } from "./hooks.ts";
import { make, type Node, topological } from "./node.ts";
import { marker } from "./ops.ts";

/** The node of the same primitive with other inputs. */
export const remade = (node: Node, inputs: readonly Node[]): Node =>
  inPlaceOf(
    node,
    node.op.name === "marker" ? marker(inputs[0]) : make(node.op, inputs, node.attrs),
  );

/**
 * `outputs` computed from `to[i]` wherever they were computed from `from[i]`. What does not depend on
 * `from` stays the same node.
 */
export function substitute(
  outputs: readonly Node[],
  from: readonly Node[],
  to: readonly Node[],
): Node[] {
  return rewrite(outputs, from, to, (x) => x, remade);
}

/**
 * Rebuilds what depends on `from`, inputs before users, and returns what became of `outputs`: `to[i]` in
 * place of `from[i]`, `rebuild(node, inputs)` for each node of which an input has changed, and
 * `keep(node)` for all others. `rebuild` may return what is no node (several results of a tuple), as
 * long as it can take it as an input again.
 */
export function rewrite<T>(
  outputs: readonly Node[],
  from: readonly Node[],
  to: readonly T[],
  keep: (node: Node) => T,
  rebuild: (node: Node, inputs: readonly T[]) => T,
): T[] {
  const order = topological(outputs);
  // Positions first: rebuilding a node may walk graphs, and walks share the scratch fields of nodes.
  const inputsAt = order.map((node) => node.inputs.map((input) => input.order));
  const outputsAt = outputs.map((node) => node.order);
  const results = new Array<T>(order.length);
  const changed = new Array<boolean>(order.length).fill(false);
  from.forEach((node, i) => {
    if (order[node.order] !== node) return;
    results[node.order] = to[i];
    changed[node.order] = true;
  });
  for (let i = 0; i < order.length; i++) {
    if (changed[i]) continue;
    const node = order[i];
    const at = inputsAt[i];
    if (!at.some((position) => changed[position])) {
      results[i] = keep(node);
      continue;
    }
    changed[i] = true;
    results[i] = rebuild(
      node,
      at.map((position) => results[position]),
    );
  }
  return outputsAt.map((at) => results[at]);
}
