import { type DType } from "../ir/dtype.ts";
import { type Shape } from "../ir/shape.ts";
import { ones, type Tensor, zeros } from "../tensor/index.ts";
import { groupNorm, layerNorm, rmsNorm } from "../tensor/normalization.ts";
import { checkSize } from "./checks.ts";
import { ones_, zeros_ } from "./init.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { joined, showSettings } from "./repr.ts";

// Normalisations that do the same in training and in use; those with running moments are in
// batch-norm.ts.

/** Options of `LayerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether there is a weight, and unless `bias` is false a bias. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

function checkNormalizedShape(shape: number | Shape, what: string): Shape {
  const list = typeof shape === "number" ? [shape] : shape;
  if (!Array.isArray(list) || list.length === 0)
    throw new RangeError(`${what}: normalizedShape must be a size or a list of them`);
  for (const size of list as Shape) checkSize(size, "normalizedShape", what);
  return (list as Shape).slice();
}

/**
 * Layer normalisation (Ba et al. 2016) over the last axes, which have the sizes of `normalizedShape`; see
 * `functional.layerNorm`. Weight starts at 1 and bias at 0.
 *
 * @example
 * new nn.LayerNorm(384).forward(rand([8, 16, 384]));
 */
export class LayerNorm extends Layer {
  readonly normalizedShape: Shape;
  readonly eps: number;
  /** (...normalizedShape) */
  readonly weight: Parameter | undefined;
  /** (...normalizedShape) */
  readonly bias: Parameter | undefined;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype = "f32" } = options;
    this.normalizedShape = checkNormalizedShape(normalizedShape, "LayerNorm");
    this.eps = eps;
    this.weight = elementwiseAffine
      ? new Parameter(ones(this.normalizedShape, { dtype }))
      : undefined;
    this.bias =
      elementwiseAffine && bias ? new Parameter(zeros(this.normalizedShape, { dtype })) : undefined;
  }

  /** Sets weight to 1 and bias to 0. */
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }

  forward(x: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this;
    return layerNorm(x, normalizedShape, { weight, bias, eps });
  }

  override extraRepr(): string {
    const { normalizedShape, eps } = this;
    const [elementwiseAffine, bias] = [this.weight !== undefined, this.bias !== undefined];
    const settings = showSettings({ eps, elementwiseAffine, bias });
    return joined(`(${normalizedShape.join(", ")})`, settings);
  }
}

/** Options of `RMSNorm`. */
export interface RMSNormLayerOptions {
  /** Added to the mean square. Default: the distance from 1 to the next number of the input's dtype. */
  readonly eps?: number;
  /** Whether there is a weight. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * Root mean square normalisation (Zhang & Sennrich 2019) over the last axes, which have the sizes of
 * `normalizedShape`; see `functional.rmsNorm`. Weight starts at 1.
 *
 * @example
 * new nn.RMSNorm(2).forward(tensor([[3, 4]])); // [[0.8485, 1.1314]]
 */
export class RMSNorm extends Layer {
  readonly normalizedShape: Shape;
  readonly eps: number | undefined;
  /** (...normalizedShape) */
  readonly weight: Parameter | undefined;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(normalizedShape: number | Shape, options: RMSNormLayerOptions = {}) {
    super();
    const { eps, elementwiseAffine = true, dtype = "f32" } = options;
    this.normalizedShape = checkNormalizedShape(normalizedShape, "RMSNorm");
    this.eps = eps;
    this.weight = elementwiseAffine
      ? new Parameter(ones(this.normalizedShape, { dtype }))
      : undefined;
  }

  /** Sets weight to 1. */
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }

  override extraRepr(): string {
    const { normalizedShape, eps = null } = this;
    const settings = showSettings({ eps, elementwiseAffine: this.weight !== undefined });
    return joined(`(${normalizedShape.join(", ")})`, settings);
  }
}

/** Options of `GroupNorm`. */
export interface GroupNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether there is a weight, and unless `bias` is false a bias. Default true. */
  readonly affine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * Group normalisation (Wu & He 2018) of (N, numChannels, …) in `numGroups` groups of channels; see
 * `functional.groupNorm`. Weight starts at 1 and bias at 0.
 *
 * @example
 * new nn.GroupNorm(2, 8).forward(rand([4, 8, 16, 16])); // (4, 8, 16, 16)
 */
export class GroupNorm extends Layer {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  /** (numChannels) */
  readonly weight: Parameter | undefined;
  /** (numChannels) */
  readonly bias: Parameter | undefined;

  /** @throws RangeError for sizes that are not integers >= 1, or when the groups are not equal. */
  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true, bias = true, dtype = "f32" } = options;
    checkSize(numGroups, "numGroups", "GroupNorm");
    checkSize(numChannels, "numChannels", "GroupNorm");
    if (numChannels % numGroups !== 0)
      throw new RangeError(
        `GroupNorm: numGroups must divide numChannels, got ${numGroups} and ${numChannels}`,
      );
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([numChannels], { dtype })) : undefined;
    this.bias = affine && bias ? new Parameter(zeros([numChannels], { dtype })) : undefined;
  }

  /** Sets weight to 1 and bias to 0. */
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return groupNorm(x, this.numGroups, { weight, bias, eps });
  }

  override extraRepr(): string {
    const { numGroups, numChannels, eps } = this;
    const [affine, bias] = [this.weight !== undefined, this.bias !== undefined];
    return joined(numGroups, numChannels, showSettings({ eps, affine, bias }));
  }
}
