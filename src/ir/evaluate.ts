import { type NDArray } from "./ndarray.ts";
import { type Node, topological } from "./node.ts";
import { showShape, sizeOf } from "./shape.ts";

const isLeaf = (node: Node): boolean =>
  node.value !== undefined || node.op.name === "input" || node.op.name === "placeholder";

/**
 * The values of `outputs`, each node computed once by its primitive's own definition. `valueOf` supplies
 * those of leaves: inputs, placeholders, and nodes whose value has been computed before.
 */
export function evaluate(outputs: readonly Node[], valueOf: (leaf: Node) => NDArray): NDArray[] {
  const order = topological(outputs, isLeaf);
  // Positions first: evaluating a scan walks its body, and walks share the scratch fields of nodes.
  const inputsOf = order.map((node) =>
    isLeaf(node) ? [] : node.inputs.map((input) => input.order),
  );
  const outputsAt = outputs.map((node) => node.order);
  const values = new Array<NDArray | readonly NDArray[]>(order.length);
  for (let i = 0; i < order.length; i++) {
    const node = order[i];
    if (isLeaf(node)) {
      values[i] = supplied(node, valueOf(node));
      continue;
    }
    if (node.op.name === "pick") {
      values[i] = (values[inputsOf[i][0]] as NDArray[])[node.attrs.index as number];
      continue;
    }
    const inputs = inputsOf[i].map((at) => values[at] as NDArray);
    values[i] = node.op.tuple
      ? node.op.tuple.evaluate(inputs, node)
      : node.op.evaluate(inputs, node);
  }
  return outputsAt.map((at) => values[at] as NDArray);
}

function supplied(leaf: Node, value: NDArray): NDArray {
  if (value.dtype !== leaf.dtype || value.data.length !== sizeOf(leaf.shape))
    throw new Error(
      `evaluate: expected ${leaf.dtype}${showShape(leaf.shape)} for ${leaf.op.name} ${leaf.id}, ` +
        `got ${value.data.length} elements of ${value.dtype}`,
    );
  return value;
}
