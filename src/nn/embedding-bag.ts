import { embeddingBag } from "../extra/sequences.ts";
import { type DType } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { arange, randn, type Tensor, zeros } from "../tensor/index.ts";
import { checkOption } from "../tensor/checks.ts";
import { checkSize } from "./checks.ts";
import { checkPaddingIdx, shorten } from "./embedding-rows.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { showSettings } from "./repr.ts";

/** What becomes of the rows of a bag. */
export type BagMode = "sum" | "mean" | "max";

/** Options of `EmbeddingBag`. */
export interface EmbeddingBagLayerOptions {
  /** Default `"mean"`. */
  readonly mode?: BagMode;
  /** Whether the last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
  /** A row that does not count. Negative ones count from the end. */
  readonly paddingIdx?: number;
  /** Rows with a norm above it are made shorter, to that norm, when they are used. Default: none are. */
  readonly maxNorm?: number;
  /** Order of the norm of `maxNorm`. Default 2. */
  readonly normType?: number;
  /** Whether a row's gradient is divided by how often the row is used. Not for maxima. Default false. */
  readonly scaleGradByFreq?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/** Options of `EmbeddingBag.forward`. */
export interface BagForwardOptions {
  /** Where each bag starts in a vector of positions, (B). */
  readonly offsets?: Tensor;
  /** A factor for each position, in mode `"sum"`; of the positions' shape. */
  readonly perSampleWeights?: Tensor;
}

/**
 * Sums, means or maxima of bags of rows of a table: positions (B, n), or a vector cut at offsets (B), give
 * (B, embeddingDim). Rows start as standard normal numbers.
 *
 * @example
 * const bag = new nn.EmbeddingBag(1000, 64, { mode: "sum" });
 * bag.forward(tensor([[1, 2], [5, 0]], { dtype: "i32" })); // (2, 64)
 */
export class EmbeddingBag extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly mode: BagMode;
  readonly includeLastOffset: boolean;
  readonly paddingIdx: number | undefined;
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  /** (numEmbeddings, embeddingDim) */
  readonly weight: Parameter;

  /** @throws RangeError for sizes that are not integers >= 1, and a paddingIdx outside the table. */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super();
    const what = "EmbeddingBag";
    const { mode = "mean", includeLastOffset = false, maxNorm, normType = 2 } = options;
    const { scaleGradByFreq = false } = options;
    checkSize(numEmbeddings, "numEmbeddings", what);
    checkSize(embeddingDim, "embeddingDim", what);
    checkOption(mode, ["sum", "mean", "max"], "mode", what);
    if (scaleGradByFreq && mode === "max")
      throw new RangeError(`${what}: scaleGradByFreq is for modes "sum" and "mean", got "max"`);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.mode = mode;
    this.includeLastOffset = includeLastOffset;
    this.paddingIdx = checkPaddingIdx(options.paddingIdx, numEmbeddings, what);
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.weight = new Parameter(
      zeros([numEmbeddings, embeddingDim], { dtype: options.dtype ?? "f32" }),
    );
    this.resetParameters();
  }

  /**
   * A layer that starts with these vectors (numEmbeddings, embeddingDim).
   *
   * @param options - `freeze: false` lets them be trained. Default true.
   */
  static fromPretrained(
    weight: Tensor,
    options: EmbeddingBagLayerOptions & { readonly freeze?: boolean } = {},
  ): EmbeddingBag {
    if (weight.ndim !== 2)
      throw new RangeError(
        `EmbeddingBag.fromPretrained: expected a table of 2 axes, got ${showShape(weight.shape)}`,
      );
    const { freeze = true, ...rest } = options;
    const [rows, size] = weight.shape;
    const bag = new EmbeddingBag(rows, size, { ...rest, dtype: weight.dtype });
    bag.weight.rebind(weight.detach());
    bag.weight.requiresGrad_(!freeze);
    return bag;
  }

  /** Draws new initial values. */
  resetParameters(): void {
    const { weight, paddingIdx } = this;
    const rows = randn(weight.shape, { dtype: weight.dtype });
    const positions = arange(weight.shape[0], { dtype: "i32" }).unsqueeze(1);
    weight.rebind(paddingIdx === undefined ? rows : rows.maskedFill(positions.eq(paddingIdx), 0));
  }

  /** @throws RangeError for offsets with a matrix, or none with a vector. */
  forward(x: Tensor, { offsets, perSampleWeights }: BagForwardOptions = {}): Tensor {
    const { weight, mode, includeLastOffset, paddingIdx, maxNorm, normType, scaleGradByFreq } =
      this;
    if (maxNorm !== undefined) shorten(weight, x, maxNorm, normType);
    return embeddingBag(x, weight, {
      offsets,
      perSampleWeights,
      mode,
      includeLastOffset,
      paddingIdx,
      scaleGradByFreq,
    });
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, mode, paddingIdx, maxNorm, normType } = this;
    const { scaleGradByFreq } = this;
    const shown = showSettings(
      { maxNorm, normType, scaleGradByFreq, mode, paddingIdx },
      { normType: 2, scaleGradByFreq: false },
    );
    return `${numEmbeddings}, ${embeddingDim}, ${shown}`;
  }
}
