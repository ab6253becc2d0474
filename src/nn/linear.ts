import { bilinear } from "../extra/products.ts";
import { type DType } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { kaimingUniform_, uniform_ } from "./init.ts";
import { Layer, Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { showSettings } from "./repr.ts";

/** Options of `Linear` and `Bilinear`. */
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

/**
 * `x1ᵀ · weightₖ · x2 + biasₖ` for each output k: (…, in1Features) and (…, in2Features) give
 * (…, outFeatures).
 *
 * Starts with PyTorch's values: weight and bias uniform between ±1 / √in1Features.
 *
 * @example
 * new nn.Bilinear(20, 30, 40).forward(rand([8, 20]), rand([8, 30])); // (8, 40)
 */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  /** (outFeatures, in1Features, in2Features) */
  readonly weight: Parameter;
  /** (outFeatures) */
  readonly bias: Parameter | undefined;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    checkSize(in1Features, "in1Features", "Bilinear");
    checkSize(in2Features, "in2Features", "Bilinear");
    checkSize(outFeatures, "outFeatures", "Bilinear");
    const { bias = true, dtype = "f32" } = options;
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros([outFeatures, in1Features, in2Features], { dtype }));
    this.bias = bias ? new Parameter(zeros([outFeatures], { dtype })) : undefined;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }

  /** @throws Error for inputs of other sizes. */
  forward(x1: Tensor, x2: Tensor): Tensor {
    const { in1Features, in2Features } = this;
    const lead = showShape(x1.shape.slice(0, -1));
    if (
      x1.shape.at(-1) !== in1Features ||
      x2.shape.at(-1) !== in2Features ||
      lead !== showShape(x2.shape.slice(0, -1))
    )
      throw new Error(
        `Bilinear: expected inputs (…, ${in1Features}) and (…, ${in2Features}), got ` +
          `${showShape(x1.shape)} and ${showShape(x2.shape)}`,
      );
    return bilinear(x1, x2, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return showSettings({ in1Features, in2Features, outFeatures, bias: bias !== undefined });
  }
}
