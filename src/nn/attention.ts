import { type DType, isFloat } from "../ir/dtype.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { attention } from "../tensor/attention.ts";
import { cat, ones, type Tensor, where, zeros } from "../tensor/index.ts";
import { checkProbability, checkSize } from "./checks.ts";
import { xavierNormal_, xavierUniform_, zeros_ } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module, type Named } from "./module.ts";
import { torchFields } from "./names.ts";
import { Parameter } from "./parameter.ts";

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions {
  /** Probability with which a weight is dropped in training. Default 0. */
  readonly dropout?: number;
  /** Whether the projections have biases. Default true. */
  readonly bias?: boolean;
  /** Whether a learned key and value stand after those of every sequence. Default false. */
  readonly addBiasKv?: boolean;
  /** Whether a key and a value of zeros stand after all others. Default false. */
  readonly addZeroAttn?: boolean;
  /** Size of the keys. Default: that of the queries. */
  readonly kdim?: number;
  /** Size of the values. Default: that of the queries. */
  readonly vdim?: number;
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/** Options of `MultiheadAttention.forward`. */
export interface MultiheadForwardOptions {
  /** Keys that nobody may look at: bool, true to leave out; or a float that is added. (N, S) */
  readonly keyPaddingMask?: Tensor;
  /** Whether the weights are returned too. Default true. */
  readonly needWeights?: boolean;
  /**
   * Keys that a query may not look at: bool, true to leave out; or a float that is added. (L, S), or
   * (N · numHeads, L, S).
   */
  readonly attnMask?: Tensor;
  /** Whether the weights are the mean of all heads'. Default true. */
  readonly averageAttnWeights?: boolean;
  /** Whether query i sees only keys 0 … i, where there is no `attnMask`. Default false. */
  readonly isCausal?: boolean;
}

/**
 * Attention in several parts of the vectors at once (Vaswani et al. 2017): query, key and value are
 * projected, cut into `numHeads` heads, attended to (`functional.scaledDotProductAttention`), joined and
 * projected again.
 *
 * Projections of query, key and value start by `init.xavierUniform_`, all biases at 0. A query that may
 * look at nothing gets weights of 0.
 *
 * @example
 * const attention = new nn.MultiheadAttention(64, 8, { batchFirst: true });
 * const [y, weights] = attention.forward(x, x, x); // x (N, L, 64): (N, L, 64) and (N, L, L)
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  /** (3 · embedDim, embedDim), the projections of query, key and value, where all have that size. */
  readonly inProjWeight: Parameter | undefined;
  /** (embedDim, embedDim), where sizes differ. */
  readonly qProjWeight: Parameter | undefined;
  /** (embedDim, kdim), where sizes differ. */
  readonly kProjWeight: Parameter | undefined;
  /** (embedDim, vdim), where sizes differ. */
  readonly vProjWeight: Parameter | undefined;
  /** (3 · embedDim) */
  readonly inProjBias: Parameter | undefined;
  readonly outProj: Linear;
  /** (1, 1, embedDim), with `addBiasKv`. */
  readonly biasK: Parameter | undefined;
  /** (1, 1, embedDim), with `addBiasKv`. */
  readonly biasV: Parameter | undefined;
  readonly addZeroAttn: boolean;

  /** @throws RangeError for sizes and options out of range, and heads that are not equal. */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const what = "MultiheadAttention";
    const { dropout = 0, bias = true, batchFirst = false, dtype = "f32" } = options;
    const { kdim = embedDim, vdim = embedDim } = options;
    checkSize(embedDim, "embedDim", what);
    checkSize(numHeads, "numHeads", what);
    checkSize(kdim, "kdim", what);
    checkSize(vdim, "vdim", what);
    checkProbability(dropout, "dropout", what);
    if (embedDim % numHeads !== 0)
      throw new RangeError(
        `${what}: numHeads must divide embedDim, got ${numHeads} for ${embedDim}`,
      );
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.kdim = kdim;
    this.vdim = vdim;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    const parameter = (...shape: number[]): Parameter => new Parameter(zeros(shape, { dtype }));
    const together = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = together ? parameter(3 * embedDim, embedDim) : undefined;
    this.qProjWeight = together ? undefined : parameter(embedDim, embedDim);
    this.kProjWeight = together ? undefined : parameter(embedDim, kdim);
    this.vProjWeight = together ? undefined : parameter(embedDim, vdim);
    this.inProjBias = bias ? parameter(3 * embedDim) : undefined;
    this.outProj = new Linear(embedDim, embedDim, { bias, dtype });
    const { addBiasKv = false, addZeroAttn = false } = options;
    this.biasK = addBiasKv ? parameter(1, 1, embedDim) : undefined;
    this.biasV = addBiasKv ? parameter(1, 1, embedDim) : undefined;
    this.addZeroAttn = addZeroAttn;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, outProj } = this;
    for (const weight of [inProjWeight, qProjWeight, kProjWeight, vProjWeight])
      if (weight) xavierUniform_(weight);
    if (inProjBias) zeros_(inProjBias);
    outProj.resetParameters();
    if (outProj.bias) zeros_(outProj.bias);
    for (const bias of [this.biasK, this.biasV]) if (bias) xavierNormal_(bias);
  }

  /**
   * @param query - (L, N, embedDim), (N, L, embedDim) with `batchFirst`, or (L, embedDim).
   * @param key - (S, N, kdim), and so on.
   * @param value - (S, N, vdim), and so on.
   * @returns The result like `query`, and unless `needWeights` is false the weights (N, L, S), or
   * (N, numHeads, L, S) without `averageAttnWeights`.
   * @throws Error for shapes that do not fit.
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadForwardOptions = {},
  ): [output: Tensor, weights: Tensor | undefined] {
    const { needWeights = true, averageAttnWeights = true, isCausal = false } = options;
    const single = query.ndim === 2;
    this.checkInputs(query, key, value);
    const [q, k, v] = this.project(query, key, value).map((x) => this.headsFirst(x, single));
    const [rows, columns] = [q.shape[2], k.shape[2]];
    const [keys, values] = [this.extended(k, this.biasK), this.extended(v, this.biasV)];
    const added = keys.shape[2] - columns;
    let mask = this.mask(options, q.shape, columns, single);
    let causal = isCausal && options.attnMask === undefined;
    if (causal && (mask ?? added > 0)) {
      mask = withoutLater(mask ?? ones([rows, columns], { dtype: "bool" }), rows, columns);
      causal = false;
    }
    const { output, weights } = attention(q, keys, values, {
      // Everybody may look at what has been added.
      attnMask: mask?.pad([0, added], { value: mask.dtype === "bool" ? 1 : 0 }),
      isCausal: causal,
      dropoutP: this.training ? this.dropout : 0,
    });
    // (N, heads, L, size) to (L, N, embedDim) or (N, L, embedDim).
    const order = single || this.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3];
    const joined = this.outProj.forward(output.permute(order).flatten(2));
    const result = single ? joined.squeeze(0) : joined;
    if (!needWeights) return [result, undefined];
    const shown = averageAttnWeights ? weights().mean(1) : weights();
    return [result, single ? shown.squeeze(0) : shown];
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }

  private checkInputs(query: Tensor, key: Tensor, value: Tensor): void {
    const sizes = [this.embedDim, this.kdim, this.vdim];
    const lead = (x: Tensor): Shape => x.shape.slice(0, -1);
    const samples = this.batchFirst ? 0 : 1;
    const fits =
      (query.ndim === 2 || query.ndim === 3) &&
      [query, key, value].every(
        (x, i) => x.ndim === query.ndim && x.shape[x.ndim - 1] === sizes[i],
      ) &&
      sameShape(lead(key), lead(value)) &&
      (query.ndim === 2 || query.shape[samples] === key.shape[samples]);
    if (!fits)
      throw new Error(
        `MultiheadAttention: query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ` +
          `${showShape(value.shape)} do not fit together, or not the sizes ${sizes.join(", ")}`,
      );
  }

  /** Query, key and value projected, (…, numHeads, size of a head); those that are one by one product. */
  private project(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const { embedDim, numHeads, inProjWeight, inProjBias } = this;
    if (!inProjWeight) {
      const biases = inProjBias?.chunk(3);
      const weights = [this.qProjWeight!, this.kProjWeight!, this.vProjWeight!];
      return [query, key, value].map((x, i) =>
        x.linear(weights[i], biases?.[i]).unflatten(-1, [numHeads, -1]),
      );
    }
    const part = (x: Tensor, first: number, count: number): Tensor[] => {
      const rows = (p: Tensor): Tensor => p.narrow(0, first * embedDim, count * embedDim);
      const y = x.linear(rows(inProjWeight), inProjBias && rows(inProjBias));
      return y.unflatten(-1, [count, numHeads, -1]).unbind(-3);
    };
    if (key !== value) return [query, key, value].flatMap((x, i) => part(x, i, 1));
    return query === key ? part(query, 0, 3) : [...part(query, 0, 1), ...part(key, 1, 2)];
  }

  /** (N, numHeads, length, size of a head) */
  private headsFirst(x: Tensor, single: boolean): Tensor {
    const order = single || this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3];
    return (single ? x.unsqueeze(0) : x).permute(order);
  }

  /** Keys or values (N, numHeads, S, size) with the learned one and the one of zeros after them. */
  private extended(x: Tensor, bias: Parameter | undefined): Tensor {
    const [samples, heads, , size] = x.shape;
    const more = bias ? [bias.reshape(1, heads, 1, size).expand(samples, heads, 1, size)] : [];
    const all = more.length > 0 ? cat([x, ...more], 2) : x;
    return this.addZeroAttn ? all.pad([0, 0, 0, 1]) : all;
  }

  /** Both masks as one, true or added where a query may look. */
  private mask(
    { attnMask, keyPaddingMask }: MultiheadForwardOptions,
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
          `MultiheadAttention: expected attnMask ${showShape(all.slice(1))} or ${showShape(all)}, ` +
            `got ${showShape(attnMask.shape)}`,
        );
      masks.push(attnMask.ndim === 3 ? attnMask.reshape(samples, heads, rows, keys) : attnMask);
    }
    if (keyPaddingMask) {
      const wanted = single ? [keys] : [samples, keys];
      if (!sameShape(keyPaddingMask.shape, wanted))
        throw new Error(
          `MultiheadAttention: expected keyPaddingMask ${showShape(wanted)}, got ` +
            showShape(keyPaddingMask.shape),
        );
      masks.push(keyPaddingMask.reshape(samples, 1, 1, keys));
    }
    for (const mask of masks)
      if (mask.dtype !== "bool" && !isFloat(mask.dtype))
        throw new TypeError(
          `MultiheadAttention: masks must be bool or floating-point, got ${mask.dtype}`,
        );
    if (masks.every((mask) => mask.dtype === "bool"))
      return masks.map((mask) => mask.logicalNot()).reduce<Tensor | undefined>(both, undefined);
    return masks
      .map((mask) => (mask.dtype === "bool" ? where(mask, -Infinity, 0) : mask))
      .reduce<Tensor | undefined>(sum, undefined);
  }
}

const both = (a: Tensor | undefined, b: Tensor): Tensor => (a ? a.logicalAnd(b) : b);
const sum = (a: Tensor | undefined, b: Tensor): Tensor => (a ? a.add(b) : b);

/** A mask of `attention` without the keys after the query. */
function withoutLater(mask: Tensor, rows: number, keys: number): Tensor {
  const seen = ones([rows, keys], { dtype: "bool" }).tril();
  return mask.dtype === "bool" ? mask.logicalAnd(seen) : where(seen, mask, -Infinity);
}
