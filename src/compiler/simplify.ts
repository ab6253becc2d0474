import { limits } from "../ir/dtype.ts";
import { make, Node, primitive, topological } from "../ir/node.ts";
import {
  add,
  type ConvAttrs,
  conv,
  div,
  type DotAttrs,
  expand,
  full,
  mul,
  pad,
  permute,
  reshape,
  slice,
  sub,
} from "../ir/ops.ts";
import { sameShape } from "../ir/shape.ts";

// What a node means and how it is best computed are not always the same graph. Each rule takes a node
// whose inputs are simplified and returns another one of equal value, or undefined. No rule looks at a
// number that is an argument of the program, so one plan's structure serves all of them.

type Rule = (node: Node) => Node | undefined;

/** Identities that exist for derivatives only. */
const dropIdentity: Rule = (node) => node.inputs[0];

/** Reductions over nothing are their neutral element. */
const emptyReduction: Rule = (node) => {
  const axes = node.attrs.axes as readonly number[];
  const input = node.inputs[0];
  if (!axes.some((axis) => input.shape[axis] === 0)) return undefined;
  const [lowest, highest] = limits(node.dtype);
  const start = { reduceSum: 0, reduceProd: 1, reduceMax: lowest, reduceMin: highest };
  return full(node.shape, start[node.op.name as keyof typeof start], node.dtype);
};

const emptyDot: Rule = (node) => {
  const { lhsContract } = node.attrs as unknown as DotAttrs;
  return lhsContract.some((axis) => node.inputs[0].shape[axis] === 0)
    ? full(node.shape, 0, node.dtype)
    : undefined;
};

/** Puts `by - 1` zeros between the entries of an axis. */
function dilate(x: Node, axis: number, by: number): Node {
  const n = x.shape[axis];
  const rank = x.shape.length + 1;
  const split = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const zeros = new Array<number>(rank).fill(0);
  const hi = zeros.map((_, i) => (i === axis + 1 ? by - 1 : 0));
  const spread = pad(reshape(x, split), zeros, hi);
  const joined = x.shape.map((size, i) => (i === axis ? n * by : size));
  const exact = x.shape.map((size, i) => (i === axis ? (n - 1) * by + 1 : size));
  return slice(
    reshape(spread, joined),
    joined.map(() => 0),
    exact,
  );
}

/** Spread inputs and negative padding become views; what is left has neither. */
const plainConv: Rule = (node) => {
  const attrs = node.attrs as unknown as ConvAttrs;
  let [x] = node.inputs;
  const spatial = attrs.stride.length;
  if (node.inputs.some((input) => input.shape.includes(0))) return full(node.shape, 0, node.dtype);
  const spread = attrs.inputDilation.some((d) => d !== 1);
  const cropped = [...attrs.padLo, ...attrs.padHi].some((p) => p < 0);
  if (!spread && !cropped) return undefined;
  for (let i = 0; i < spatial; i++)
    if (attrs.inputDilation[i] !== 1) x = dilate(x, 2 + i, attrs.inputDilation[i]);
  const start = x.shape.map((_, i) => (i < 2 ? 0 : Math.max(0, -attrs.padLo[i - 2])));
  const size = x.shape.map((n, i) => (i < 2 ? n : n - start[i] - Math.max(0, -attrs.padHi[i - 2])));
  return conv(slice(x, start, size), node.inputs[1], {
    ...attrs,
    padLo: attrs.padLo.map((p) => Math.max(0, p)),
    padHi: attrs.padHi.map((p) => Math.max(0, p)),
    inputDilation: attrs.inputDilation.map(() => 1),
  });
};

/** Views of views that came about by the other rules. */
const rebuildView: Rule = (node) => {
  const [x] = node.inputs;
  let rebuilt: Node | undefined;
  if (node.op.name === "reshape") rebuilt = reshape(x, node.shape);
  else if (node.op.name === "expand") rebuilt = expand(x, node.shape);
  else if (node.op.name === "permute") rebuilt = permute(x, node.attrs.axes as readonly number[]);
  return rebuilt === node ? undefined : rebuilt;
};

const ARITHMETIC: Record<string, (a: Node, b: Node) => Node> = { add, sub, mul, div };

/** x + 0, x · 1 and the like, with constants that the structure knows. */
const neutral: Rule = (node) => {
  const rebuilt = ARITHMETIC[node.op.name](node.inputs[0], node.inputs[1]);
  return rebuilt === node ? undefined : rebuilt;
};

const RULES: Record<string, Rule> = {
  stopGradient: dropIdentity,
  marker: dropIdentity,
  customVjp: dropIdentity,
  reduceSum: emptyReduction,
  reduceProd: emptyReduction,
  reduceMax: emptyReduction,
  reduceMin: emptyReduction,
  dot: emptyDot,
  conv: plainConv,
  reshape: rebuildView,
  expand: rebuildView,
  permute: rebuildView,
  add: neutral,
  sub: neutral,
  mul: neutral,
  div: neutral,
};

/**
 * The graph below `outputs` in the form that the compiler computes. Each output is a node of its own
 * that no other one uses as its name: a leaf or a repeated one is copied.
 */
export function simplify(outputs: readonly Node[]): Node[] {
  const order = topological(outputs);
  const simple = new Map<Node, Node>();
  for (const node of order) {
    if (node.inputs.length === 0) {
      simple.set(node, node);
      continue;
    }
    const inputs = node.inputs.map((x) => simple.get(x)!);
    const same = inputs.every((x, i) => x === node.inputs[i]);
    const rebuilt =
      same && !node.requiresGrad && node.op.name !== "marker"
        ? node
        : make(node.op, inputs, node.attrs);
    simple.set(node, applyRules(rebuilt));
  }
  const taken = new Set<Node>();
  return outputs.map((output) => {
    const node = simple.get(output)!;
    const copied = taken.has(node) || node.inputs.length === 0;
    const own = copied ? copyOf(node) : node;
    taken.add(own);
    return own;
  });
}

function applyRules(node: Node): Node {
  const replacement = RULES[node.op.name]?.(node);
  if (!replacement) return node;
  if (!sameShape(replacement.shape, node.shape) || replacement.dtype !== node.dtype)
    throw new Error(`simplify: ${node.op.name} changed its shape or dtype`);
  return replacement;
}

/** The same value under another name. */
const copyOf = (node: Node): Node =>
  new Node(
    primitive("marker"),
    [node],
    { id: -1 },
    { shape: node.shape, dtype: node.dtype },
    false,
  );
