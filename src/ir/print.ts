import { type Node, topological } from "./node.ts";
import { type ScanBody } from "./ops.ts";
import { showShape } from "./shape.ts";

const isBody = (value: unknown): value is ScanBody =>
  typeof value === "object" && value !== null && "params" in value && "outputs" in value;

function showValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(", ")}]`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return String(value);
}

/** `{lhsContract=[1], …}`: attributes but for those that the type of the node shows already. */
function showAttrs(node: Node): string {
  const parts = Object.entries(node.attrs)
    .filter(([key, value]) => !isBody(value) && !isShown(node, key))
    .map(([key, value]) => `${key}=${showValue(value)}`);
  return parts.length > 0 ? ` {${parts.join(", ")}}` : "";
}

const isShown = (node: Node, key: string): boolean =>
  key === "dtype" || (key === "shape" && !node.op.tuple);

function showType(node: Node): string {
  const specs = node.op.outputs ? node.op.outputs(node.inputs, node.attrs) : [node];
  const types = specs.map(({ dtype, shape }) => `${dtype}${showShape(shape)}`);
  return node.op.outputs ? `(${types.join(", ")})` : types[0];
}

/**
 * A graph as text, one line a node, numbered so that inputs come before users:
 * `%3 = dot(%1, %2) {lhsBatch=[], rhsBatch=[], lhsContract=[1], rhsContract=[0]} : f32[64, 128]`.
 * The bodies of scans are indented below them; the last line names the outputs.
 */
export function printGraph(outputs: readonly Node[]): string {
  const lines: string[] = [];
  print(outputs, [], "", lines);
  return lines.join("\n");
}

/** The names that `printGraph` gives the nodes of a graph: `%` and their position. */
export const nodeNames = (
  outputs: readonly Node[],
  params: readonly Node[] = [],
): Map<Node, string> =>
  new Map(topological([...params, ...outputs]).map((node, i) => [node, `%${i}`]));

function print(
  outputs: readonly Node[],
  params: readonly Node[],
  indent: string,
  lines: string[],
): void {
  // Parameters of a body come first, in their order, also those it does not use.
  const numbers = nodeNames(outputs, params);
  const names = (nodes: readonly Node[]): string =>
    nodes.map((node) => numbers.get(node)).join(", ");
  for (const node of numbers.keys()) {
    const call = `${node.op.name}(${names(node.inputs)})${showAttrs(node)}`;
    lines.push(`${indent}${names([node])} = ${call} : ${showType(node)}`);
    const { body } = node.attrs;
    if (isBody(body)) print(body.outputs, body.params, `${indent}  `, lines);
  }
  lines.push(`${indent}return ${names(outputs)}`);
}
