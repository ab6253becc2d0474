import { isFloat } from "../ir/dtype.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { attention } from "../tensor/attention.ts";
import { cat, ones, type Tensor, where } from "../tensor/index.ts";
import { type MultiheadForwardOptions } from "./attention.ts";
import { checkProbability, checkSize } from "./checks.ts";
import { type CachedKeysValues } from "./key-value-cache.ts";

/** Options of `multiHeadAttentionForward`: the layer's parameters, and what its `forward` takes. */
export interface AttentionForwardOptions extends Omit<MultiheadForwardOptions, "cache"> {
  /** (3 · E, E), the projections of query, key and value, where all have that size. */
  readonly inProjWeight?: Tensor;
  /** (E, E), where sizes differ and there is no `inProjWeight`. */
  readonly qProjWeight?: Tensor;
  /** (E, kdim) */
  readonly kProjWeight?: Tensor;
  /** (E, vdim) */
  readonly vProjWeight?: Tensor;
  /** (3 · E). Default: none. */
  readonly inProjBias?: Tensor;
  /** (1, 1, E), a key that stands after those of every sequence. */
  readonly biasK?: Tensor;
  /** (1, 1, E), a value that stands after those of every sequence. */
  readonly biasV?: Tensor;
  /** Whether a key and a value of zeros stand after all others. Default false. */
  readonly addZeroAttn?: boolean;
  /** (E, E) */
  readonly outProjWeight: Tensor;
  /** (E). Default: none. */
  readonly outProjBias?: Tensor;
  /** (N · numHeads, S, E / numHeads), keys that stand for the projected ones. */
  readonly staticK?: Tensor;
  /** (N · numHeads, S, E / numHeads), values that stand for the projected ones. */
  readonly staticV?: Tensor;
  /** Probability with which a weight is dropped in training. Default 0. */
  readonly dropoutP?: number;
  /** Whether weights are dropped. Default true. */
  readonly training?: boolean;
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
}

/** What the parts of the computation know: the options, and whose name errors begin with. */
interface Call extends AttentionForwardOptions {
  readonly what: string;
}

/**
 * What `MultiheadAttention` computes, of parameters that are given: query (L, N, E), key (S, N, kdim) and value (S,
 * N, vdim), or without N, are projected, cut into `numHeads` heads, attended to, joined and projected again. Options
 * stand for the further arguments of PyTorch's function.
 *
 * @returns The result like `query`, and unless `needWeights` is false the weights (N, L, S), or (N, numHeads, L,
 * S) without `averageAttnWeights`.
 * @throws Error for shapes that do not fit.
 *
 * @example
 * const weights = { inProjWeight: rand([12, 4]), outProjWeight: rand([4, 4]) };
 * nn.functional.multiHeadAttentionForward(x, x, x, 2, weights)[0]; // (3, 4)
 */
export function multiHeadAttentionForward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  numHeads: number,
  options: AttentionForwardOptions,
): [output: Tensor, weights: Tensor | undefined] {
  const what = "multiHeadAttentionForward";
  checkSize(numHeads, "numHeads", what);
  checkProbability(options.dropoutP ?? 0, "dropoutP", what);
  const call = { ...options, what };
  const { needWeights = true, isCausal = false, batchFirst = false } = call;
  const { training = true, dropoutP = 0 } = call;
  const single = query.ndim === 2;
  checkInputs([query, key, value], numHeads, call);
  const layout = { numHeads, batchFirst };
  const [q, k, v] = projections(query, key, value, layout, call);
  const seen = {
    keys: fixed(call.staticK, k, call),
    values: fixed(call.staticV, v, call),
    mask: { isCausal: isCausal && call.attnMask === undefined },
  };
  const mask = maskOf(call, what, q.shape, seen.keys.shape[2], single);
  return attended(q, seen, mask, {
    ...{ ...call, single, batchFirst, needWeights },
    dropoutP: training ? dropoutP : 0,
    join: (x) => x.linear(call.outProjWeight, call.outProjBias),
  });
}

/** @internal How heads that have been projected are attended to, and joined again. */
interface Attending extends Pick<
  AttentionForwardOptions,
  "biasK" | "biasV" | "addZeroAttn" | "averageAttnWeights"
> {
  /** Whether there is no axis of samples. */
  readonly single: boolean;
  readonly batchFirst: boolean;
  readonly needWeights: boolean;
  readonly dropoutP: number;
  /** The last projection. */
  readonly join: (x: Tensor) => Tensor;
}

/**
 * @internal The result and the weights of queries (N, numHeads, L, size) that look at keys and values.
 *
 * @param mask - That of `maskOf`, if any; its columns are at least those of the keys.
 */
export function attended(
  query: Tensor,
  seen: CachedKeysValues,
  mask: Tensor | undefined,
  options: Attending,
): [output: Tensor, weights: Tensor | undefined] {
  const { single, batchFirst, needWeights, averageAttnWeights = true, dropoutP, join } = options;
  const [rows, columns] = [query.shape[2], seen.keys.shape[2]];
  const keys = extended(seen.keys, options.biasK, options);
  const values = extended(seen.values, options.biasV, options);
  const added = keys.shape[2] - columns;
  if (mask && mask.shape[mask.ndim - 1] > columns) mask = mask.narrow(-1, 0, columns);
  let { isCausal = false } = seen.mask;
  if (seen.mask.attnMask) mask = limited(mask, seen.mask.attnMask);
  else if (isCausal && (mask ?? added > 0)) {
    mask = limited(mask, ones([rows, columns], { dtype: "bool" }).tril());
    isCausal = false;
  }
  const { output, weights } = attention(query, keys, values, {
    // Everybody may look at what has been added.
    attnMask: mask?.pad([0, added], { value: mask.dtype === "bool" ? 1 : 0 }),
    isCausal,
    dropoutP,
  });
  // (N, heads, L, size) to (L, N, E) or (N, L, E).
  const order = single || batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3];
  const joined = join(output.permute(order).flatten(2));
  const result = single ? joined.squeeze(0) : joined;
  if (!needWeights) return [result, undefined];
  const shown = averageAttnWeights ? weights().mean(1) : weights();
  return [result, single ? shown.squeeze(0) : shown];
}

function checkInputs(
  inputs: readonly [Tensor, Tensor, Tensor],
  numHeads: number,
  call: Call,
): void {
  const [query, key, value] = inputs;
  const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, what } = call;
  const separate = [qProjWeight, kProjWeight, vProjWeight];
  const weights = inProjWeight ? [inProjWeight, inProjWeight, inProjWeight] : separate;
  const sizes = weights.map((weight) => weight?.shape[1]);
  const embedDim = sizes[0];
  const projected = inProjWeight ? 3 : 1;
  if (
    embedDim === undefined ||
    embedDim % numHeads !== 0 ||
    weights.some((weight) => weight?.ndim !== 2 || weight.shape[0] !== projected * embedDim)
  )
    throw new Error(
      `${what}: expected inProjWeight (3 · E, E), or qProjWeight, kProjWeight and vProjWeight of E rows, where ` +
        `${numHeads} heads divide E, got ${weights.map((w) => (w ? showShape(w.shape) : "none")).join(", ")}`,
    );
  const lead = (x: Tensor): Shape => x.shape.slice(0, -1);
  const samples = call.batchFirst ? 0 : 1;
  const fits =
    (query.ndim === 2 || query.ndim === 3) &&
    inputs.every((x, i) => x.ndim === query.ndim && x.shape[x.ndim - 1] === sizes[i]) &&
    sameShape(lead(key), lead(value)) &&
    (query.ndim === 2 || query.shape[samples] === key.shape[samples]);
  if (!fits)
    throw new Error(
      `${what}: query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ` +
        `${showShape(value.shape)} do not fit together, or not the sizes ${sizes.join(", ")}`,
    );
}

/** What projects query, key and value: options of the function, fields of the layer. */
type Projecting = Pick<
  AttentionForwardOptions,
  "inProjWeight" | "inProjBias" | "qProjWeight" | "kProjWeight" | "vProjWeight"
>;

/** How inputs lie, and into how many heads they are cut. */
interface Layout {
  readonly numHeads: number;
  readonly batchFirst: boolean;
}

/**
 * @internal x projected as query (0), key (1) or value (2), and as `count - 1` after that by the same product,
 * each (N, numHeads, length, size of a head).
 */
export function projected(
  x: Tensor,
  first: number,
  count: number,
  { numHeads, batchFirst }: Layout,
  { inProjWeight, inProjBias, qProjWeight, kProjWeight, vProjWeight }: Projecting,
): Tensor[] {
  const own = [qProjWeight, kProjWeight, vProjWeight];
  const part = (p: Tensor): Tensor => {
    const size = p.shape[0] / 3;
    return p.narrow(0, first * size, count * size);
  };
  const y = x.linear(
    inProjWeight ? part(inProjWeight) : own[first]!,
    inProjBias && part(inProjBias),
  );
  const single = x.ndim === 2;
  const order = single || batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3];
  const parts = y.unflatten(-1, [count, numHeads, -1]).unbind(-3);
  return parts.map((heads) => (single ? heads.unsqueeze(0) : heads).permute(order));
}

/** @internal Key and value projected, by one product where they are one. */
export const keysValues = (
  key: Tensor,
  value: Tensor,
  layout: Layout,
  weights: Projecting,
): Tensor[] =>
  key === value && weights.inProjWeight
    ? projected(key, 1, 2, layout, weights)
    : [key, value].flatMap((x, i) => projected(x, i + 1, 1, layout, weights));

/** @internal Query, key and value projected; those that are one by one product. */
export const projections = (
  query: Tensor,
  key: Tensor,
  value: Tensor,
  layout: Layout,
  weights: Projecting,
): Tensor[] =>
  query === key && key === value && weights.inProjWeight
    ? projected(query, 0, 3, layout, weights)
    : [...projected(query, 0, 1, layout, weights), ...keysValues(key, value, layout, weights)];

/** Keys or values that are given, in place of the projected ones (N, numHeads, S, size). */
function fixed(given: Tensor | undefined, own: Tensor, { what }: Call): Tensor {
  if (!given) return own;
  const [samples, heads, , size] = own.shape;
  if (given.ndim !== 3 || given.shape[0] !== samples * heads || given.shape[2] !== size)
    throw new Error(
      `${what}: expected staticK and staticV [${samples * heads}, S, ${size}], got ${showShape(given.shape)}`,
    );
  return given.reshape(samples, heads, given.shape[1], size);
}

/** Keys or values (N, numHeads, S, size) with the learned one and the one of zeros after them. */
function extended(
  x: Tensor,
  bias: Tensor | undefined,
  { addZeroAttn }: Pick<AttentionForwardOptions, "addZeroAttn">,
): Tensor {
  const [samples, heads, , size] = x.shape;
  const more = bias ? [bias.reshape(1, heads, 1, size).expand(samples, heads, 1, size)] : [];
  const all = more.length > 0 ? cat([x, ...more], 2) : x;
  return addZeroAttn ? all.pad([0, 0, 0, 1]) : all;
}

/** @internal Both masks as one, true or added where a query may look; errors are those of `what`. */
export function maskOf(
  { attnMask, keyPaddingMask }: Pick<AttentionForwardOptions, "attnMask" | "keyPaddingMask">,
  what: string,
  query: Shape,
  keys: number,
  single: boolean,
): Tensor | undefined {
  const [samples, heads, rows] = query;
  const masks: Tensor[] = [];
  if (attnMask) {
    const all = [samples * heads, rows, keys];
    if (!sameShape(attnMask.shape, all) && !sameShape(attnMask.shape, all.slice(1)))
      throw new Error(
        `${what}: expected attnMask ${showShape(all.slice(1))} or ${showShape(all)}, ` +
          `got ${showShape(attnMask.shape)}`,
      );
    masks.push(attnMask.ndim === 3 ? attnMask.reshape(samples, heads, rows, keys) : attnMask);
  }
  if (keyPaddingMask) {
    const wanted = single ? [keys] : [samples, keys];
    if (!sameShape(keyPaddingMask.shape, wanted))
      throw new Error(
        `${what}: expected keyPaddingMask ${showShape(wanted)}, got ` +
          showShape(keyPaddingMask.shape),
      );
    masks.push(keyPaddingMask.reshape(samples, 1, 1, keys));
  }
  for (const mask of masks)
    if (mask.dtype !== "bool" && !isFloat(mask.dtype))
      throw new TypeError(`${what}: masks must be bool or floating-point, got ${mask.dtype}`);
  if (masks.every((mask) => mask.dtype === "bool"))
    return masks.map((mask) => mask.logicalNot()).reduce<Tensor | undefined>(both, undefined);
  return masks
    .map((mask) => (mask.dtype === "bool" ? where(mask, -Infinity, 0) : mask))
    .reduce<Tensor | undefined>(sum, undefined);
}
const both = (a: Tensor | undefined, b: Tensor): Tensor => (a ? a.logicalAnd(b) : b);
const sum = (a: Tensor | undefined, b: Tensor): Tensor => (a ? a.add(b) : b);

/** A mask of `attention`, if any, where also another one (L, S) allows it. */
function limited(mask: Tensor | undefined, allowed: Tensor): Tensor {
  if (!mask) return allowed;
  return mask.dtype === "bool" ? mask.logicalAnd(allowed) : where(allowed, mask, -Infinity);
}
