import {
  type Attrs,
  definePrimitive,
  type Node,
  type Primitive,
  sameSpec,
  type Spec,
  type TupleRules,
} from "../node.ts";
import {
  add,
  attention,
  type AttentionAttrs,
  attentionVjp,
  broadcastTo,
  div,
  dot,
  eq,
  exp,
  full,
  fullLike,
  iota,
  le,
  log,
  mul,
  reduceMax,
  reduceSum,
  rem,
  reshape,
  select,
  stopGradient,
  sub,
  zerosLike,
} from "../ops.ts";
import { sameShape, type Shape, showShape, sizeOf } from "../shape.ts";
import { checkDType, range, showSpec, spread } from "./common.ts";
import { onlyTuple, rulesOf } from "./composed.ts";

// Attention as one primitive, since its scores are larger than all that goes in and comes out, and no
// kernel that fuses what it is composed of could keep them to itself. Its rules are those of the
// composition, but for the gradient, which is a primitive again.

const attrsOf = (attrs: Attrs): AttentionAttrs => attrs as unknown as AttentionAttrs;

/** Axes of x (…, rows, size): those in front, and numbers of the last two. */
const parts = ({ shape }: Node): { lead: Shape; rows: number; size: number } => ({
  lead: shape.slice(0, -2),
  rows: shape[shape.length - 2],
  size: shape[shape.length - 1],
});

/** Sums over one of the last two axes of both. */
function product(a: Node, b: Node, axisOfA: number, axisOfB: number): Node {
  const rank = a.shape.length;
  const lead = range(rank - 2);
  return dot(a, b, {
    lhsBatch: lead,
    rhsBatch: lead,
    lhsContract: [rank + axisOfA],
    rhsContract: [rank + axisOfB],
  });
}

const wide = (row: Node, shape: Shape): Node => broadcastTo(reshape(row, [...row.shape, 1]), shape);

function scoresOf(
  q: Node,
  k: Node,
  mask: Node | undefined,
  { scale, causal }: AttentionAttrs,
): Node {
  let scores = product(q, k, -1, -1);
  scores = mul(scores, fullLike(scores, scale));
  if (mask) scores = add(scores, mask);
  if (causal === 0) return scores;
  const shape = scores.shape.slice(-2);
  const row = rem(iota(shape, 0), full(shape, causal, "i32"));
  const seen = broadcastTo(le(iota(shape, 1), row), scores.shape);
  return select(seen, scores, fullLike(scores, -Infinity));
}

/** The definition: the result, and the logarithms of the sums of the weights before they are divided. */
function composed(inputs: readonly Node[], attrs: Attrs): Node[] {
  const [q, k, v, mask] = inputs;
  const scores = scoresOf(q, k, mask, attrsOf(attrs));
  const last = [scores.shape.length - 1];
  const top = stopGradient(reduceMax(scores, last));
  const lowest = fullLike(top, -Infinity);
  const shift = select(eq(top, lowest), zerosLike(top), top);
  const weights = exp(sub(scores, wide(shift, scores.shape)));
  const total = reduceSum(weights, last);
  const none = eq(total, zerosLike(total));
  const divisor = select(none, fullLike(total, 1), total);
  const out = product(div(weights, wide(divisor, scores.shape)), v, -1, -2);
  return [out, select(none, fullLike(top, Infinity), add(log(divisor), shift))];
}

/** The definition of the gradient. */
function composedVjp(inputs: readonly Node[], attrs: Attrs): Node[] {
  const [q, k, v, cotangent, logs, inner, mask] = inputs;
  const scores = scoresOf(q, k, mask, attrsOf(attrs));
  const weights = exp(sub(scores, wide(logs, scores.shape)));
  const ofWeights = sub(product(cotangent, v, -1, -1), wide(inner, scores.shape));
  const ofScores = mul(weights, ofWeights);
  const scaled = mul(ofScores, fullLike(ofScores, attrsOf(attrs).scale));
  return [
    product(scaled, k, -1, -2),
    product(scaled, q, -2, -2),
    product(weights, cotangent, -2, -2),
  ];
}

const batchedBy =
  (apply: (inputs: readonly Node[], attrs: AttentionAttrs) => Node[]): TupleRules["batch"] =>
  (node, inputs, batched, size) =>
    apply(
      inputs.map((x, i) => (batched[i] ? x : spread(x, size))),
      attrsOf(node.attrs),
    );

function check(name: string, inputs: readonly Node[], attrs: Attrs, others: number): void {
  if (inputs.length !== 3 + others && inputs.length !== 4 + others)
    throw new Error(
      `${name}: expected ${3 + others} or ${4 + others} inputs, got ${inputs.length}`,
    );
  const [q, k, v] = inputs;
  for (const x of inputs) {
    checkDType(name, x, ["f32", "f64"]);
    if (x.dtype !== q.dtype)
      throw new TypeError(`${name}: dtypes differ, ${showSpec(q)} and ${showSpec(x)}`);
  }
  const [left, keys, values] = [q, k, v].map(parts);
  const fits =
    [q, k, v].every((x) => x.shape.length >= 2 && sameShape(parts(x).lead, left.lead)) &&
    left.size === keys.size &&
    keys.rows === values.rows &&
    keys.rows > 0;
  if (!fits)
    throw new Error(
      `${name}: expected (…, M, E), (…, N, E) and (…, N, D), got ${showShape(q.shape)}, ` +
        `${showShape(k.shape)} and ${showShape(v.shape)}`,
    );
  const mask = inputs[3 + others] as Node | undefined;
  const scores = [...left.lead, left.rows, keys.rows];
  if (mask && !sameShape(mask.shape, scores))
    throw new Error(`${name}: expected a mask ${showShape(scores)}, got ${showShape(mask.shape)}`);
  const { causal, scale } = attrsOf(attrs);
  if (!Number.isInteger(causal) || causal < 0 || typeof scale !== "number")
    throw new TypeError(`${name}: expected causal to be an integer >= 0 and scale a number`);
}

/** Multiplications and additions of one product with the scores. */
const scoresCost = ([q, k]: readonly Node[]): number =>
  2 * sizeOf(q.shape) * k.shape[k.shape.length - 2];

const plain = ({ shape, dtype }: Spec): Spec => ({ shape, dtype });

const tuple: TupleRules = {
  ...rulesOf(composed),
  batch: batchedBy((inputs, attrs) => attention(inputs, attrs)),
};

const attentionPrimitive: Primitive = {
  name: "attention",
  infer(inputs, attrs) {
    check("attention", inputs, attrs, 0);
    return { shape: [], dtype: inputs[0].dtype };
  },
  outputs([q, , v]) {
    const rows = q.shape.slice(0, -1);
    return [
      { shape: [...rows, parts(v).size], dtype: q.dtype },
      { shape: rows, dtype: q.dtype },
    ];
  },
  tuple: {
    ...tuple,
    vjp(node, [ofResult, ofLogs], needs, walk) {
      // Nobody but a gradient of the gradient asks for that of the mask.
      if (needs[3]) return tuple.vjp(node, [ofResult, ofLogs], needs, walk);
      const [q, k, v, ...mask] = node.inputs;
      const [result, logs] = attention(node.inputs, attrsOf(node.attrs));
      const cotangent = ofResult ?? zerosLike(result);
      let inner = reduceSum(mul(cotangent, result), [result.shape.length - 1]);
      if (ofLogs) inner = sub(inner, ofLogs);
      return attentionVjp([q, k, v, cotangent, logs, inner, ...mask], attrsOf(node.attrs));
    },
  },
  ...onlyTuple("attention"),
  cost: (node) => 2 * scoresCost(node.inputs),
};
definePrimitive(attentionPrimitive);

definePrimitive({
  name: "attentionVjp",
  infer(inputs, attrs) {
    const [q, , v, cotangent, logs, inner] = inputs;
    check("attentionVjp", inputs, attrs, 3);
    const [result, rows] = attentionPrimitive.outputs!([q, q, v], attrs);
    if (!sameSpec(cotangent, result) || !sameSpec(logs, rows) || !sameSpec(inner, rows))
      throw new Error(
        `attentionVjp: expected ${showSpec(result)} and twice ${showSpec(rows)}, got ` +
          `${showSpec(cotangent)}, ${showSpec(logs)} and ${showSpec(inner)}`,
      );
    return { shape: [], dtype: q.dtype };
  },
  outputs: (inputs) => inputs.slice(0, 3).map(plain),
  tuple: {
    ...rulesOf(composedVjp),
    batch: batchedBy((inputs, attrs) => attentionVjp(inputs, attrs)),
  },
  ...onlyTuple("attentionVjp"),
  cost: (node) => 5 * scoresCost(node.inputs),
});
