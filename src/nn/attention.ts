import { type DType } from "../ir/dtype.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { attended, keysValues, maskOf, projected, projections } from "./attention-forward.ts";
import { checkProbability, checkSize } from "./checks.ts";
import { xavierNormal_, xavierUniform_, zeros_ } from "./init.ts";
import { KeyValueCache } from "./key-value-cache.ts";
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
  /**
   * What has been seen before (`newCache`): it takes in key and value, which are those of the next
   * positions, and the queries look at all that it holds. The S of masks is then its `capacity`.
   */
  readonly cache?: KeyValueCache;
}

/** Sizes of a cache of an attention layer. */
export interface AttentionCacheOptions {
  /** Number of sequences, N. Default 1. */
  readonly batch?: number;
  /** Positions that there is room for. */
  readonly length: number;
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
   * @param value - (S, N, vdim), and so on. Without key and value the queries look at what the cache holds.
   * @returns The result like `query`, and unless `needWeights` is false the weights (N, L, S), or
   * (N, numHeads, L, S) without `averageAttnWeights`.
   * @throws Error for shapes that do not fit.
   */
  forward(
    query: Tensor,
    key?: Tensor,
    value?: Tensor,
    options: MultiheadForwardOptions = {},
  ): [output: Tensor, weights: Tensor | undefined] {
    const { needWeights = true, averageAttnWeights, isCausal = false, cache } = options;
    const single = query.ndim === 2;
    const [q, k, v] = this.inputs(query, key, value, options);
    const columns = cache?.capacity ?? k!.shape[2];
    const mask = maskOf(options, "MultiheadAttention", q.shape, columns, single);
    const alone = { isCausal: isCausal && options.attnMask === undefined };
    const seen =
      k && v ? (cache?.append(k, v, alone) ?? { keys: k, values: v, mask: alone }) : cache!.seen();
    const { biasK, biasV, addZeroAttn, batchFirst, training, dropout, outProj } = this;
    return attended(q, seen, mask, {
      ...{ single, batchFirst, needWeights, averageAttnWeights, biasK, biasV, addZeroAttn },
      dropoutP: training ? dropout : 0,
      join: (x) => outProj.forward(x),
    });
  }

  /**
   * A cache for generating position by position. Queries must be those of the positions that key and value
   * bring, and `isCausal` is for several at once.
   *
   * @example
   * const attention = new nn.MultiheadAttention(8, 2, { batchFirst: true });
   * const cache = attention.newCache({ length: 16 });
   * const options = { cache, isCausal: true, needWeights: false };
   * const prompt = rand([1, 3, 8]);
   * const [before] = attention.forward(prompt, prompt, prompt, options); // (1, 3, 8)
   * const next = rand([1, 1, 8]);
   * const [after] = attention.forward(next, next, next, options); // (1, 1, 8)
   */
  newCache({ batch, length }: AttentionCacheOptions): KeyValueCache {
    const { numHeads: heads, embedDim, outProj } = this;
    const { dtype } = outProj.weight;
    return new KeyValueCache({ batch, heads, length, size: embedDim / heads, dtype });
  }

  /**
   * A cache that holds a key and a value, for queries that come later with none: those of a memory, whose
   * projections are so computed once.
   *
   * @param key - (S, N, kdim), and so on.
   * @param cache - One of this size, which is filled anew.
   *
   * @example
   * const attention = new nn.MultiheadAttention(8, 2, { batchFirst: true });
   * const memory = rand([2, 10, 8]);
   * const cache = attention.cacheOf(memory, memory);
   * attention.forward(rand([2, 1, 8]), undefined, undefined, { cache }); // (2, 1, 8)
   */
  cacheOf(key: Tensor, value: Tensor, cache?: KeyValueCache): KeyValueCache {
    this.checkKeys(key, value);
    const [keys, values] = keysValues(key, value, this, this);
    const [batch, , length] = keys.shape;
    cache ??= this.newCache({ batch, length });
    cache.reset().append(keys, values);
    return cache;
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }

  /** Projected queries, and unless they are left out keys and values. */
  private inputs(
    query: Tensor,
    key: Tensor | undefined,
    value: Tensor | undefined,
    { isCausal, cache }: MultiheadForwardOptions,
  ): [query: Tensor, keys?: Tensor, values?: Tensor] {
    if (!key || !value) {
      if (key || value || !cache || isCausal)
        throw new Error(
          "MultiheadAttention: key and value may be left out only together, where `cache` holds what is " +
            "looked at, and without isCausal",
        );
      this.checkQuery(query, cache.keys.shape[0]);
      return [projected(query, 0, 1, this, this)[0]];
    }
    this.checkKeys(key, value);
    const samples = key.ndim === 2 ? 1 : key.shape[this.batchFirst ? 0 : 1];
    this.checkQuery(query, samples, key);
    const [q, keys, values] = projections(query, key, value, this, this);
    if (cache && keys.shape[2] !== q.shape[2])
      throw new Error(
        `MultiheadAttention: with a cache key and value must be those of the query's positions, got ` +
          `${keys.shape[2]} for ${q.shape[2]}`,
      );
    return [q, keys, values];
  }

  private checkKeys(key: Tensor, value: Tensor): void {
    const sizes = [this.kdim, this.vdim];
    const lead = (x: Tensor): Shape => x.shape.slice(0, -1);
    const fits =
      (key.ndim === 2 || key.ndim === 3) &&
      [key, value].every((x, i) => x.ndim === key.ndim && x.shape[x.ndim - 1] === sizes[i]) &&
      sameShape(lead(key), lead(value));
    if (!fits)
      throw new Error(
        `MultiheadAttention: key ${showShape(key.shape)} and value ${showShape(value.shape)} do not fit ` +
          `together, or not the sizes ${sizes.join(" and ")}`,
      );
  }

  private checkQuery({ ndim, shape }: Tensor, samples: number, key?: Tensor): void {
    const own = ndim === 2 ? 1 : shape[this.batchFirst ? 0 : 1];
    const fits = key ? ndim === key.ndim : ndim === 2 || ndim === 3;
    if (!fits || shape[ndim - 1] !== this.embedDim || own !== samples)
      throw new Error(
        `MultiheadAttention: query ${showShape(shape)} and ${key ? `key ${showShape(key.shape)}` : "cache"} ` +
          `do not fit together: expected vectors of ${this.embedDim} for a batch of ${samples}`,
      );
  }
}
