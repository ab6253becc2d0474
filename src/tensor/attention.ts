import { type DType, isFloat, isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { broadcastShapes, sameShape, type Shape, showShape } from "../ir/shape.ts";
import { softmax } from "./activation.ts";
import { describe } from "./operand.ts";
import { asWritten, atPrecision, precision } from "./precision.ts";
import { dropout } from "./sampling.ts";
import { type Generator } from "./random.ts";
import { Tensor } from "./tensor.ts";

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /**
   * What each query may look at, broadcast to (…, L, S): bool, true where it may; or a float that is added
   * to the scores.
   */
  readonly attnMask?: Tensor;
  /** Whether query i sees only the keys 0 … i. Not together with `attnMask`. Default false. */
  readonly isCausal?: boolean;
  /** Probability with which a weight is dropped. Default 0. */
  readonly dropoutP?: number;
  /** Factor of the scores. Default `1 / √E`. */
  readonly scale?: number;
  /** Whether several heads of queries (axis -3) share one of keys and values. Default false. */
  readonly enableGqa?: boolean;
  /** Where the random numbers of dropout come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const WHAT = "scaledDotProductAttention";

/** (…, M, K) · (…, K, N), or with `turned` (…, N, K) on the right; leading axes are equal. */
function product(a: Node, b: Node, turned: boolean): Node {
  const rank = a.shape.length;
  const batch = Array.from({ length: rank - 2 }, (_, i) => i);
  return ops.dot(a, b, {
    lhsBatch: batch,
    rhsBatch: batch,
    lhsContract: [rank - 1],
    rhsContract: [turned ? rank - 1 : rank - 2],
  });
}

function checkInputs(query: Tensor, key: Tensor, value: Tensor): void {
  for (const [name, x] of [
    ["query", query],
    ["key", key],
    ["value", value],
  ] as const)
    if (!(x instanceof Tensor) || x.ndim < 2 || !isFloat(x.dtype) || x.dtype !== query.dtype)
      throw new TypeError(
        `${WHAT}: expected floating-point tensors (…, length, size) of one dtype, got ` +
          `${describe(x)} as ${name}`,
      );
  const [q, k, v] = [query, key, value].map((x) => x.shape);
  if (q[q.length - 1] !== k[k.length - 1] || k[k.length - 2] !== v[v.length - 2])
    throw new Error(
      `${WHAT}: query ${showShape(q)}, key ${showShape(k)} and value ${showShape(v)} do not fit ` +
        `(…, L, E), (…, S, E), (…, S, Ev)`,
    );
}

/** Query, key and value with equal leading axes, and those of the result. */
interface Heads {
  readonly query: Node;
  readonly key: Node;
  readonly value: Node;
  readonly lead: Shape;
}

/** Queries that share a head of keys become more rows of one matrix, so that no key is repeated. */
function sharedHeads(q: Node, k: Node, v: Node): Heads {
  const heads = (x: Node): number => x.shape[x.shape.length - 3];
  const fits =
    q.shape.length >= 3 &&
    k.shape.length === q.shape.length &&
    v.shape.length === q.shape.length &&
    sameShape(k.shape.slice(0, -2), v.shape.slice(0, -2)) &&
    sameShape(k.shape.slice(0, -3), q.shape.slice(0, -3)) &&
    heads(k) > 0 &&
    heads(q) % heads(k) === 0;
  if (!fits)
    throw new Error(
      `${WHAT}: with enableGqa the heads of the query must be a multiple of those of key and value, ` +
        `got ${showShape(q.shape)}, ${showShape(k.shape)} and ${showShape(v.shape)}`,
    );
  const [rows, size] = q.shape.slice(-2);
  const together = (heads(q) / heads(k)) * rows;
  const query = ops.reshape(q, [...k.shape.slice(0, -2), together, size]);
  return { query, key: k, value: v, lead: q.shape.slice(0, -2) };
}

function equalHeads(q: Node, k: Node, v: Node): Heads {
  const lead = [k, v].reduce<Shape>(
    (shape, x) => broadcastShapes(shape, x.shape.slice(0, -2), WHAT),
    q.shape.slice(0, -2),
  );
  const wide = (x: Node): Node => ops.broadcastTo(x, [...lead, ...x.shape.slice(-2)]);
  return { query: wide(q), key: wide(k), value: wide(v), lead };
}

/** Softmax along the last axis, where a row of nothing but -Infinity gives zeros. */
function maskedSoftmax(x: Node): Node {
  const rows = x.shape.slice(0, -1);
  const wide = (row: Node): Node => ops.expand(ops.reshape(row, [...rows, 1]), x.shape);
  const top = ops.stopGradient(ops.reduceMax(x, [rows.length]));
  const lowest = ops.fullLike(top, -Infinity);
  const shift = ops.select(ops.eq(top, lowest), ops.zerosLike(top), top);
  const e = ops.exp(ops.sub(x, wide(shift)));
  const total = ops.reduceSum(e, [rows.length]);
  const none = ops.eq(total, ops.zerosLike(total));
  return ops.div(e, wide(ops.select(none, ops.fullLike(total, 1), total)));
}

/** The mask as what is added to the scores, before it is broadcast to their shape. */
function addedMask(attnMask: Tensor, shape: Shape, dtype: DType): Node {
  if (!(attnMask instanceof Tensor) || !(attnMask.dtype === "bool" || isFloat(attnMask.dtype)))
    throw new TypeError(
      `${WHAT}: attnMask must be a bool or floating-point tensor, got ${describe(attnMask)}`,
    );
  if (!sameShape(broadcastShapes(attnMask.shape, shape, WHAT), shape))
    throw new Error(
      `${WHAT}: attnMask ${showShape(attnMask.shape)} does not broadcast to ${showShape(shape)}`,
    );
  const mask = attnMask.node;
  if (mask.dtype !== "bool") return ops.cast(mask, dtype);
  const zeros = ops.full(mask.shape, 0, dtype);
  return ops.select(mask, zeros, ops.full(mask.shape, -Infinity, dtype));
}

/** What attention is computed of, once it has been checked. */
interface Checked extends Heads {
  readonly rows: number;
  readonly columns: number;
  readonly scale: number;
  /** What is added to the scores (…, L, S), in a shape that broadcasts to theirs. */
  readonly mask: Node | undefined;
}

function checked(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Checked {
  checkInputs(query, key, value);
  const { attnMask, isCausal = false, enableGqa = false } = options;
  if (attnMask && isCausal)
    throw new Error(
      `${WHAT}: expected attnMask or isCausal, got both; put the causal mask into attnMask`,
    );
  const nodes = [query.node, key.node, value.node] as const;
  const heads = enableGqa ? sharedHeads(...nodes) : equalHeads(...nodes);
  const size = query.shape[query.ndim - 1];
  const [rows, columns] = [query.shape[query.ndim - 2], key.shape[key.ndim - 2]];
  const mask = attnMask && addedMask(attnMask, [...heads.lead, rows, columns], query.dtype);
  return { ...heads, rows, columns, scale: options.scale ?? 1 / Math.sqrt(size), mask };
}

/** The weights of the values (…, L, S), after dropout. */
function weightsOf(
  heads: Checked,
  { isCausal, dropoutP = 0, generator }: AttentionOptions,
): Tensor {
  const { rows, columns, lead, mask } = heads;
  const shape = [...lead, rows, columns];
  let scores = ops.reshape(product(heads.query, heads.key, true), shape);
  scores = ops.mul(scores, ops.fullLike(scores, heads.scale));
  if (mask) scores = ops.add(scores, ops.broadcastTo(mask, shape));
  else if (isCausal) {
    const row = ops.iota([rows, columns], 0);
    const seen = ops.broadcastTo(ops.le(ops.iota([rows, columns], 1), row), shape);
    scores = ops.select(seen, scores, ops.fullLike(scores, -Infinity));
  }
  // The first key is never hidden from a causal row.
  const weights = mask ? new Tensor(maskedSoftmax(scores)) : softmax(new Tensor(scores));
  return dropoutP > 0 ? dropout(weights, dropoutP, { generator }) : weights;
}

/** Queries below this number meet all keys in a product of a few rows, which packs nothing. */
const FEW_ROWS = 16;

/** @internal Attention, and its weights for those who want them, after dropout, (…, L, S). */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): { output: Tensor; weights: () => Tensor } {
  [query, key, value, options] = atPrecision("low", query, key, value, options);
  if (query instanceof Tensor && isHalf(query.dtype)) {
    checkInputs(query, key, value);
    const { dtype } = query;
    const single = (x: Tensor): Tensor => new Tensor(ops.cast(x.node, "f32"));
    const { output, weights } = asWritten(() =>
      attention(single(query), single(key), single(value), options),
    );
    const rounded = (x: Tensor): Tensor => new Tensor(ops.cast(x.node, dtype));
    // Weights come out of a softmax, which a scope of mixed precision leaves in f32.
    return { output: rounded(output), weights: precision() ? weights : () => rounded(weights()) };
  }
  const heads = checked(query, key, value, options);
  const { query: q, key: k, value: v, rows, columns, lead, mask } = heads;
  const shape = [...lead, rows, value.shape[value.ndim - 1]];
  if ((options.dropoutP ?? 0) > 0 || rows < FEW_ROWS || columns === 0) {
    const weights = weightsOf(heads, options);
    const together = ops.reshape(weights.node, [...q.shape.slice(0, -1), columns]);
    const output = new Tensor(ops.reshape(product(together, v, false), shape));
    return { output, weights: () => weights };
  }
  // Queries that share a head's keys lie one below the other there.
  const wide = mask && ops.broadcastTo(mask, [...lead, rows, columns]);
  const masks = wide ? [ops.reshape(wide, [...q.shape.slice(0, -1), columns])] : [];
  const causal = options.isCausal ? rows : 0;
  const [output] = ops.attention([q, k, v, ...masks], { scale: heads.scale, causal });
  return {
    output: new Tensor(ops.reshape(output, shape)),
    weights: () => weightsOf(heads, options),
  };
}

/**
 * Attention (Vaswani et al. 2017): `softmax(scale · query · keyᵀ + mask) · value`.
 *
 * The scores are computed block by block and never held, unless weights are dropped. A query that may look at
 * nothing gives zeros. Dropout happens whenever `dropoutP` is above 0: leave it
 * out when not training.
 *
 * @param query - (…, L, E)
 * @param key - (…, S, E)
 * @param value - (…, S, Ev)
 * @returns (…, L, Ev)
 * @throws TypeError for dtypes, Error for shapes that do not fit, RangeError for dropoutP outside [0, 1].
 *
 * @example
 * const q = rand([8, 6, 256, 64]); // batch, heads, length, size of a head
 * scaledDotProductAttention(q, q, q, { isCausal: true }); // (8, 6, 256, 64)
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  return attention(query, key, value, options).output;
}
