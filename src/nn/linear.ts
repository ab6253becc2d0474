import { type DType } from "../ir/dtype.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { kaimingUniform_, uniform_ } from "./init.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of `Linear`. */
export interface LinearOptions {
  /** Whether a vector is added. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * `x · weightᵀ + bias`: (…, inFeatures) gives (…, outFeatures).
 *
 * Starts with PyTorch's values: weight and bias uniform between ±1 / √inFeatures.
 *
 * @example
 * new nn.Linear(784, 128).forward(rand([64, 784])); // (64, 128)
 */
export class Linear extends Layer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** (outFeatures, inFeatures) */
  readonly weight: Parameter;
  /** (outFeatures) */
  readonly bias: Parameter | undefined;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkSize(inFeatures, "inFeatures", "Linear");
    checkSize(outFeatures, "outFeatures", "Linear");
    const { bias = true, dtype } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros([outFeatures, inFeatures], { dtype: dtype ?? "f32" }));
    this.bias = bias ? new Parameter(zeros([outFeatures], { dtype: dtype ?? "f32" })) : undefined;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = 1 / Math.sqrt(this.inFeatures);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }

  forward(x: Tensor): Tensor {
    return x.linear(this.weight, this.bias);
  }

  override extraRepr(): string {
    const { inFeatures, outFeatures, bias } = this;
    return `inFeatures=${inFeatures}, outFeatures=${outFeatures}, bias=${bias !== undefined}`;
  }
}
