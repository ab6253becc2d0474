import { type DType } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { arange, randn, type Tensor, zeros } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** A row that stays as it is: it starts at 0 and gets no gradient. Negative ones count from the end. */
  readonly paddingIdx?: number;
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
  /** (numEmbeddings, embeddingDim) */
  readonly weight: Parameter;

  /** @throws RangeError for sizes that are not integers >= 1, and a paddingIdx outside the table. */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkSize(numEmbeddings, "numEmbeddings", "Embedding");
    checkSize(embeddingDim, "embeddingDim", "Embedding");
    const { paddingIdx, dtype = "f32" } = options;
    if (
      paddingIdx !== undefined &&
      !(Number.isInteger(paddingIdx) && paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)
    )
      throw new RangeError(
        `Embedding: paddingIdx must be an integer from ${-numEmbeddings} to ${numEmbeddings - 1}, ` +
          `got ${paddingIdx}`,
      );
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx =
      paddingIdx !== undefined && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
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
    options: { readonly freeze?: boolean; readonly paddingIdx?: number } = {},
  ): Embedding {
    if (weight.ndim !== 2)
      throw new RangeError(
        `Embedding.fromPretrained: expected a table of 2 axes, got ${showShape(weight.shape)}`,
      );
    const [rows, size] = weight.shape;
    const { freeze = true, paddingIdx } = options;
    const embedding = new Embedding(rows, size, { paddingIdx, dtype: weight.dtype });
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
    return x.embedding(this.weight, { paddingIdx: this.paddingIdx });
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx } = this;
    return (
      `${numEmbeddings}, ${embeddingDim}` +
      (paddingIdx === undefined ? "" : `, paddingIdx=${paddingIdx}`)
    );
  }
}

/**
 * Positions as sines and cosines of many wavelengths (Vaswani et al. 2017): row p of the result
 * (length, dim) is `sin(p / 10000^(2i / dim))` in the even entries 2i, and the cosine in the odd ones.
 *
 * @throws RangeError for sizes that are not integers >= 1.
 *
 * @example
 * x.add(nn.sinusoidalPositions(x.shape[1], x.shape[2])); // x (N, length, dim)
 */
export function sinusoidalPositions(
  length: number,
  dim: number,
  options: { readonly dtype?: DType } = {},
): Tensor {
  checkSize(length, "length", "sinusoidalPositions");
  checkSize(dim, "dim", "sinusoidalPositions");
  // In f64: far positions in f32 would lose digits of their angle.
  const position = arange(length, { dtype: "f64" }).unsqueeze(1);
  const column = arange(dim, { dtype: "f64" });
  const odd = column.remainder(2);
  const frequency = column
    .sub(odd)
    .mul(-Math.log(10000) / dim)
    .exp();
  const angle = position.mul(frequency);
  // cos(x) = sin(x + π/2) would round: each column takes its own function.
  const sines = angle.sin().mul(odd.neg().add(1));
  return sines.add(angle.cos().mul(odd)).to(options.dtype ?? "f32");
}
