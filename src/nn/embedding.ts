import { scaledByFrequency } from "../extra/frequencies.ts";
import { type DType } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { arange, randn, type Tensor, zeros } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { checkPaddingIdx, shorten } from "./embedding-rows.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { showSettings } from "./repr.ts";

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** A row that stays as it is: it starts at 0 and gets no gradient. Negative ones count from the end. */
  readonly paddingIdx?: number;
  /** Rows with a norm above it are made shorter, to that norm, when they are used. Default: none are. */
  readonly maxNorm?: number;
  /** Order of the norm of `maxNorm`. Default 2. */
  readonly normType?: number;
  /** Whether a row's gradient is divided by how often the row is used. Default false. */
  readonly scaleGradByFreq?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * A table of vectors: positions (…), integers, give (…, embeddingDim). Rows start as standard normal
 * numbers.
 *
 * @example
 * const embedding = new nn.Embedding(1000, 64);
 * embedding.forward(tensor([[1, 2], [5, 0]], { dtype: "i32" })); // (2, 2, 64)
 */
export class Embedding extends Layer {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | undefined;
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  /** (numEmbeddings, embeddingDim) */
  readonly weight: Parameter;

  /** @throws RangeError for sizes that are not integers >= 1, and a paddingIdx outside the table. */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkSize(numEmbeddings, "numEmbeddings", "Embedding");
    checkSize(embeddingDim, "embeddingDim", "Embedding");
    const { paddingIdx, maxNorm, normType = 2, scaleGradByFreq = false, dtype = "f32" } = options;
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = checkPaddingIdx(paddingIdx, numEmbeddings, "Embedding");
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim], { dtype }));
    this.resetParameters();
  }

  /**
   * An embedding that starts with these vectors (numEmbeddings, embeddingDim).
   *
   * @param options - `freeze: false` lets them be trained. Default true.
   */
  static fromPretrained(
    weight: Tensor,
    options: EmbeddingOptions & { readonly freeze?: boolean } = {},
  ): Embedding {
    if (weight.ndim !== 2)
      throw new RangeError(
        `Embedding.fromPretrained: expected a table of 2 axes, got ${showShape(weight.shape)}`,
      );
    const [rows, size] = weight.shape;
    const { freeze = true, ...rest } = options;
    const embedding = new Embedding(rows, size, { ...rest, dtype: weight.dtype });
    embedding.weight.rebind(weight.detach());
    embedding.weight.requiresGrad_(!freeze);
    return embedding;
  }

  /** Draws new initial values. */
  resetParameters(): void {
    const { weight, paddingIdx } = this;
    const rows = randn(weight.shape, { dtype: weight.dtype });
    const positions = arange(weight.shape[0], { dtype: "i32" }).unsqueeze(1);
    weight.rebind(paddingIdx === undefined ? rows : rows.maskedFill(positions.eq(paddingIdx), 0));
  }

  forward(x: Tensor): Tensor {
    const { weight, paddingIdx, maxNorm, normType, numEmbeddings } = this;
    if (maxNorm !== undefined) shorten(weight, x, maxNorm, normType);
    const rows = x.embedding(weight, { paddingIdx });
    return this.scaleGradByFreq ? scaledByFrequency(rows, x, numEmbeddings) : rows;
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    const settings = { paddingIdx, maxNorm, normType, scaleGradByFreq };
    const shown = showSettings(settings, { normType: 2, scaleGradByFreq: false });
    return [numEmbeddings, embeddingDim, ...(shown ? [shown] : [])].join(", ");
  }
}
