import { type Node, sameSpec, topological } from "../ir/node.ts";
import { showShape } from "../ir/shape.ts";
import { watch } from "../ir/watch.ts";

type Tangent = Node | undefined;

/**
 * Forward-mode derivatives: the tangents of `outputs`, given those of `wrt` (`undefined`: zero), which
 * stand in for whatever tangents these nodes would have themselves. Outputs that do not depend
 * differentiably on `wrt` have tangent `undefined`.
 */
export function jvp(
  outputs: readonly Node[],
  wrt: readonly Node[],
  tangents: readonly Tangent[],
): Tangent[] {
  const order = topological(outputs);
  // Positions first: rules may walk graphs, and walks share the scratch fields of nodes.
  const inputsAt = order.map((node) => node.inputs.map((input) => input.order));
  const outputsAt = outputs.map((node) => node.order);
  /** Of each node the tangent; of tuples the tangents of all results. */
  const known = new Array<Tangent | readonly Tangent[]>(order.length).fill(undefined);
  const given = new Uint8Array(order.length);
  wrt.forEach((node, i) => {
    const tangent = tangents[i];
    if (tangent && !sameSpec(node, tangent))
      throw new Error(
        `jvp: expected a tangent ${node.dtype}${showShape(node.shape)}, got ` +
          `${tangent.dtype}${showShape(tangent.shape)}`,
      );
    if (order[node.order] !== node) return;
    known[node.order] = tangent;
    given[node.order] = 1;
  });
  for (let i = 0; i < order.length; i++) {
    if (given[i]) continue;
    const { op, attrs } = order[i];
    const inputs = inputsAt[i].map((at) => known[at]);
    if (inputs.every((tangent) => tangent === undefined)) continue;
    const outer = watch.differentiated;
    watch.differentiated = order[i];
    if (op.tuple) known[i] = op.tuple.jvp(order[i], inputs as Tangent[], jvp);
    else if (op.name === "pick") known[i] = (inputs[0] as Tangent[])[attrs.index as number];
    else known[i] = op.jvp?.(order[i], inputs as Tangent[]);
    watch.differentiated = outer;
  }
  return outputsAt.map((at) => known[at] as Tangent);
}
