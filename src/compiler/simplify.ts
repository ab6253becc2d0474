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
  permute,
  reshape,
  sub,
} from "../ir/ops.ts";
import { dilate, padOrCrop } from "../ir/primitives/views.ts";
import { sameShape } from "../ir/shape.ts";
import { spreadConv } from "./spread-conv.ts";

// What a node means and how it is best computed are not always the same graph. Each rule takes a node
// whose inputs are simplified and returns another one of equal value, or undefined. No rule looks at a
// number that is an argument of the program, so one plan's structure serves all of them.

type Rule = (node: Node) => Node | undefined;

/** Identities that exist for derivatives only. */
const dropIdentity: Rule = (node) => node.inputs[0];

/** A result of values that are a tuple for derivatives only. */
const untupled: Rule = ({ inputs: [tuple], attrs }) =>
  tuple.op.name === "customVjps" ? tuple.inputs[attrs.index as number] : undefined;

/** Barriers stand before views, so that what they keep apart lies in memory anyway. */
const barrierOfBase: Rule = ({ op, inputs: [x, ...after] }) => {
  const below = (node: Node): Node => {
    if (node.op.view) return make(node.op, [below(node.inputs[0])], node.attrs);
    return node.op.name === "const" || node.op.name === "iota" ? node : make(op, [node, ...after]);
  };
  const moved = below(x);
  return moved.op === op ? undefined : moved;
};

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

/**
 * Spread and padded inputs become views, which are written out once; what is left has neither, so every
 * element of a patch is there to be read.
 */
const plainConv: Rule = (node) => {
  const attrs = node.attrs as unknown as ConvAttrs;
  const { padLo, padHi, inputDilation } = attrs;
  if (node.shape.includes(0) || node.inputs[0].shape[1] === 0)
    return full(node.shape, 0, node.dtype);
  const spread = inputDilation.some((d) => d !== 1);
  const padded = [...padLo, ...padHi].some((p) => p !== 0);
  if (!spread && !padded) return undefined;
  const phases = spread ? spreadConv(node) : undefined;
  if (phases) return phases;
  const x = dilate(node.inputs[0], [1, 1, ...inputDilation]);
  return conv(padOrCrop(x, [0, 0, ...padLo], [0, 0, ...padHi]), node.inputs[1], {
    ...attrs,
    padLo: padLo.map(() => 0),
    padHi: padHi.map(() => 0),
    inputDilation: inputDilation.map(() => 1),
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
  pick: untupled,
  barrier: barrierOfBase,
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
