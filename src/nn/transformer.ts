import { type DType } from "../ir/dtype.ts";
import { type Tensor } from "../tensor/index.ts";
import { type AttentionCacheOptions, MultiheadAttention } from "./attention.ts";
import { checkSize } from "./checks.ts";
import { ModuleList } from "./containers.ts";
import { Dropout } from "./dropout.ts";
import { type KeyValueCache } from "./key-value-cache.ts";
import { Linear } from "./linear.ts";
import { Module, type Named } from "./module.ts";
import { torchFields } from "./names.ts";
import { LayerNorm } from "./norm.ts";

/** What stands between the two products of a feed-forward net. */
export type TransformerActivation = "relu" | "gelu" | ((x: Tensor) => Tensor);

/** Options of `TransformerEncoderLayer` and `TransformerDecoderLayer`. */
export interface TransformerLayerOptions {
  /** Size of the feed-forward net. Default 2048. */
  readonly dimFeedforward?: number;
  /** Probability with which values are dropped in training. Default 0.1. */
  readonly dropout?: number;
  /** Default `"relu"`. */
  readonly activation?: TransformerActivation;
  /** Default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether sequences are (N, L, …) and not (L, N, …). Default false. */
  readonly batchFirst?: boolean;
  /** Whether norms stand before the parts and not after them. Default false. */
  readonly normFirst?: boolean;
  /** Whether products and norms have biases. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

function activationOf(activation: TransformerActivation, what: string): (x: Tensor) => Tensor {
  if (typeof activation === "function") return activation;
  const named: Record<string, ((x: Tensor) => Tensor) | undefined> = {
    relu: (x) => x.relu(),
    gelu: (x) => x.gelu(),
  };
  const found = named[activation];
  if (!found)
    throw new RangeError(
      `${what}: activation must be "relu", "gelu" or a function, got ${JSON.stringify(activation)}`,
    );
  return found;
}

/** What encoder and decoder layers have in common: self-attention and a feed-forward net. */
abstract class TransformerLayer extends Module {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly normFirst: boolean;
  protected readonly activation: (x: Tensor) => Tensor;

  protected constructor(dModel: number, nhead: number, options: TransformerLayerOptions) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, batchFirst = false, bias = true } = options;
    const { normFirst = false, activation = "relu", dtype = "f32" } = options;
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, dtype });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype });
    this.normFirst = normFirst;
    this.activation = activationOf(activation, this.constructor.name);
  }

  /** x with a part's result added, and the norm before the part or after the sum. */
  protected residual(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? x.add(part(norm.forward(x))) : norm.forward(x.add(part(x)));
  }

  protected feedForward(x: Tensor): Tensor {
    const inner = this.activation(this.linear1.forward(x));
    return this.linear2.forward(this.dropout.forward(inner));
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }
}

/** Masks of `TransformerEncoderLayer`; see `MultiheadForwardOptions`. */
export interface EncoderLayerMasks {
  readonly srcMask?: Tensor;
  readonly srcKeyPaddingMask?: Tensor;
  /** Whether positions see only those before them, where there is no `srcMask`. Default false. */
  readonly isCausal?: boolean;
  /** What has been seen before `src` (`newCache`); masks are then as long as it. */
  readonly cache?: KeyValueCache;
}

/** Masks of `TransformerEncoder`. */
export interface EncoderMasks extends Omit<EncoderLayerMasks, "srcMask" | "cache"> {
  readonly mask?: Tensor;
  /** One for each layer (`newCache`). */
  readonly cache?: readonly KeyValueCache[];
}

/**
 * A layer of a transformer's encoder (Vaswani et al. 2017): self-attention and a feed-forward net, each
 * with a residual and a norm.
 *
 * @example
 * const layer = new nn.TransformerEncoderLayer(64, 8, { batchFirst: true });
 * layer.forward(rand([2, 10, 64])); // (2, 10, 64)
 */
export class TransformerEncoderLayer extends TransformerLayer {
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;

  /** @throws RangeError for sizes and options out of range. */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    const { layerNormEps: eps = 1e-5, dropout = 0.1, bias, dtype } = options;
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  /** @param src - (L, N, dModel), (N, L, dModel) with `batchFirst`, or (L, dModel). */
  forward(src: Tensor, masks: EncoderLayerMasks = {}): Tensor {
    const { srcMask: attnMask, srcKeyPaddingMask: keyPaddingMask, isCausal, cache } = masks;
    const options = { attnMask, keyPaddingMask, isCausal, cache, needWeights: false };
    const x = this.residual(src, this.norm1, (y) =>
      this.dropout1.forward(this.selfAttn.forward(y, y, y, options)[0]),
    );
    return this.residual(x, this.norm2, (y) => this.dropout2.forward(this.feedForward(y)));
  }

  /** A cache for generating position by position; see `MultiheadAttention.newCache`. */
  newCache(options: AttentionCacheOptions): KeyValueCache {
    return this.selfAttn.newCache(options);
  }
}

/** What a decoder layer keeps while it generates. */
export interface DecoderLayerCache {
  /** Of the positions generated so far. */
  readonly own: KeyValueCache;
  /** Of the memory, projected once. */
  readonly memory: KeyValueCache;
}

/** Masks of `TransformerDecoderLayer`; see `MultiheadForwardOptions`. */
export interface DecoderLayerMasks {
  readonly tgtMask?: Tensor;
  readonly memoryMask?: Tensor;
  readonly tgtKeyPaddingMask?: Tensor;
  readonly memoryKeyPaddingMask?: Tensor;
  /** Whether positions see only those before them, where there is no `tgtMask`. Default false. */
  readonly tgtIsCausal?: boolean;
  /** Whether position i sees only 0 … i of the memory, where there is no `memoryMask`. Default false. */
  readonly memoryIsCausal?: boolean;
  /**
   * What has been seen before `tgt`, and the memory (`newCache`): target masks are then as long as it, and
   * the memory that it was made of is looked at.
   */
  readonly cache?: DecoderLayerCache;
}

/** Masks of `TransformerDecoder`. */
export interface DecoderMasks extends Omit<DecoderLayerMasks, "cache"> {
  /** One for each layer (`newCache`). */
  readonly cache?: readonly DecoderLayerCache[];
}

/**
 * A layer of a transformer's decoder (Vaswani et al. 2017): self-attention, attention to the encoder's
 * results and a feed-forward net, each with a residual and a norm.
 *
 * @example
 * const layer = new nn.TransformerDecoderLayer(64, 8, { batchFirst: true });
 * layer.forward(rand([2, 5, 64]), rand([2, 10, 64])); // (2, 5, 64)
 */
export class TransformerDecoderLayer extends TransformerLayer {
  readonly multiheadAttn: MultiheadAttention;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;

  /** @throws RangeError for sizes and options out of range. */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    const { layerNormEps: eps = 1e-5, dropout = 0.1, batchFirst, bias, dtype } = options;
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, {
      dropout,
      bias,
      batchFirst,
      dtype,
    });
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm3 = new LayerNorm(dModel, { eps, bias, dtype });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  /**
   * @param tgt - (T, N, dModel), (N, T, dModel) with `batchFirst`, or (T, dModel).
   * @param memory - Results of the encoder, (L, N, dModel) and so on; undefined with a cache.
   * @throws Error for shapes that do not fit, and a memory where the cache has its own or none at all.
   */
  forward(tgt: Tensor, memory: Tensor | undefined, masks: DecoderLayerMasks = {}): Tensor {
    const { cache } = masks;
    if ((memory === undefined) !== (cache !== undefined))
      throw new Error(
        memory
          ? "TransformerDecoderLayer: the cache holds a memory; pass undefined for `memory`"
          : "TransformerDecoderLayer: expected a memory, or a cache that was made of one",
      );
    const own = {
      attnMask: masks.tgtMask,
      keyPaddingMask: masks.tgtKeyPaddingMask,
      isCausal: masks.tgtIsCausal,
      cache: cache?.own,
      needWeights: false,
    };
    const other = {
      attnMask: masks.memoryMask,
      keyPaddingMask: masks.memoryKeyPaddingMask,
      isCausal: masks.memoryIsCausal,
      cache: cache?.memory,
      needWeights: false,
    };
    let x = this.residual(tgt, this.norm1, (y) =>
      this.dropout1.forward(this.selfAttn.forward(y, y, y, own)[0]),
    );
    x = this.residual(x, this.norm2, (y) =>
      this.dropout2.forward(this.multiheadAttn.forward(y, memory, memory, other)[0]),
    );
    return this.residual(x, this.norm3, (y) => this.dropout3.forward(this.feedForward(y)));
  }

  /**
   * A cache for generating position by position, over a memory whose keys and values are computed once.
   *
   * @param memory - Results of the encoder, (L, N, dModel) and so on.
   * @param options - `length`: target positions that there is room for.
   *
   * @example
   * const layer = new nn.TransformerDecoderLayer(8, 2, { batchFirst: true });
   * const cache = layer.newCache(rand([2, 10, 8]), { length: 16 });
   * layer.forward(rand([2, 1, 8]), undefined, { cache }); // (2, 1, 8)
   */
  newCache(memory: Tensor, options: Pick<AttentionCacheOptions, "length">): DecoderLayerCache {
    const kept = this.multiheadAttn.cacheOf(memory, memory);
    const [batch] = kept.keys.shape;
    return { own: this.selfAttn.newCache({ batch, ...options }), memory: kept };
  }
}

/** `count` copies of a layer, all with its present values. */
function copies<L extends Module>(layer: L, count: number, what: string): ModuleList<L> {
  checkSize(count, "numLayers", what);
  return new ModuleList(Array.from({ length: count }, () => layer.clone()));
}

/** The caches of a stack's layers, if there are any. */
function cachesOf<C>(caches: readonly C[] | undefined, layers: number, what: string): readonly C[] {
  if (caches && caches.length !== layers)
    throw new Error(
      `${what}: expected a cache for each of ${layers} layers, as newCache makes them, got ${caches.length}`,
    );
  return caches ?? [];
}

/** Options of `TransformerEncoder` and `TransformerDecoder`. */
export interface TransformerStackOptions {
  /** A norm after the last layer. */
  readonly norm?: Module & { forward(x: Tensor): Tensor };
}

/**
 * `numLayers` copies of an encoder layer one after the other. All start with the values of `layer`, as in
 * PyTorch: draw new ones where that is not wanted.
 *
 * @example
 * const layer = new nn.TransformerEncoderLayer(64, 8);
 * new nn.TransformerEncoder(layer, 6).forward(rand([10, 2, 64])); // (10, 2, 64)
 */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly norm: TransformerStackOptions["norm"];

  /** @throws RangeError when numLayers is no integer >= 1. */
  constructor(
    layer: TransformerEncoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super();
    this.layers = copies(layer, numLayers, "TransformerEncoder");
    this.norm = options.norm;
  }

  /** @param src - What the layers take. */
  forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    const { mask: srcMask, cache, ...others } = masks;
    const caches = cachesOf(cache, this.layers.length, "TransformerEncoder");
    let x = src;
    [...this.layers].forEach((layer, i) => {
      x = layer.forward(x, { srcMask, ...others, cache: caches[i] });
    });
    return this.norm ? this.norm.forward(x) : x;
  }

  /**
   * Caches of all layers, for generating position by position by causal layers.
   *
   * @example
   * const layer = new nn.TransformerEncoderLayer(8, 2, { batchFirst: true });
   * const net = new nn.TransformerEncoder(layer, 2).eval();
   * const cache = net.newCache({ length: 16 });
   * const step = compile((x: Tensor) => net.forward(x, { cache, isCausal: true }));
   * step(rand([1, 5, 8])); // (1, 5, 8)
   * step(rand([1, 1, 8])); // (1, 1, 8)
   */
  newCache(options: AttentionCacheOptions): KeyValueCache[] {
    return Array.from(this.layers, (layer) => layer.newCache(options));
  }
}

/**
 * `numLayers` copies of a decoder layer one after the other; see `TransformerEncoder`.
 *
 * @example
 * const layer = new nn.TransformerDecoderLayer(64, 8);
 * new nn.TransformerDecoder(layer, 2).forward(rand([5, 2, 64]), rand([10, 2, 64])); // (5, 2, 64)
 */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<TransformerDecoderLayer>;
  readonly norm: TransformerStackOptions["norm"];

  /** @throws RangeError when numLayers is no integer >= 1. */
  constructor(
    layer: TransformerDecoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super();
    this.layers = copies(layer, numLayers, "TransformerDecoder");
    this.norm = options.norm;
  }

  /** @param tgt, memory - What the layers take. */
  forward(tgt: Tensor, memory: Tensor | undefined, masks: DecoderMasks = {}): Tensor {
    const { cache, ...others } = masks;
    const caches = cachesOf(cache, this.layers.length, "TransformerDecoder");
    let x = tgt;
    [...this.layers].forEach((layer, i) => {
      x = layer.forward(x, memory, { ...others, cache: caches[i] });
    });
    return this.norm ? this.norm.forward(x) : x;
  }

  /** Caches of all layers over a memory; see `TransformerDecoderLayer.newCache`. */
  newCache(memory: Tensor, options: Pick<AttentionCacheOptions, "length">): DecoderLayerCache[] {
    return Array.from(this.layers, (layer) => layer.newCache(memory, options));
  }
}
