import { type DType } from "../ir/dtype.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { Linear } from "./linear.ts";
import { Loss } from "./loss-base.ts";
import { showSettings } from "./repr.ts";
import { checkSmoothing, crossEntropy, type CrossEntropyOptions } from "./loss-functions.ts";

/** Options of `linearCrossEntropy`. */
export interface LinearScoreOptions extends CrossEntropyOptions {
  /** Added to the scores, (C, ...outFeatures). Default: none. */
  readonly linearBias?: Tensor;
}

/**
 * The cross entropy of the scores of a linear layer: x (N, inFeatures) or (inFeatures), weights (C,
 * ...outFeatures, inFeatures), and targets as those of `crossEntropy` of scores (N, C, ...outFeatures).
 *
 * @throws Error for shapes that do not fit.
 *
 * @example
 * const target = tensor([1], { dtype: "i32" });
 * nn.functional.linearCrossEntropy(tensor([[1, 2]]), tensor([[0, 1], [1, 0]]), target); // 1.3133
 */
export function linearCrossEntropy(
  x: Tensor,
  linearWeight: Tensor,
  target: Tensor,
  options: LinearScoreOptions = {},
): Tensor {
  const { linearBias, ...rest } = options;
  const scores = linearWeight.shape.slice(0, -1);
  const fits = linearWeight.ndim > 1 && x.shape[x.ndim - 1] === linearWeight.shape[scores.length];
  if (!fits || (linearBias && !sameShape(linearBias.shape, scores)))
    throw new Error(
      `linearCrossEntropy: expected weights (C, …, inFeatures) and a bias (C, …), got ` +
        `${showShape(linearWeight.shape)} and ${linearBias ? showShape(linearBias.shape) : "none"} ` +
        `for an input ${showShape(x.shape)}`,
    );
  const flat = x.linear(linearWeight.flatten(0, -2), linearBias?.flatten());
  return crossEntropy(flat.unflatten(-1, scores), target, rest);
}

/** Options of `LinearCrossEntropyLoss`. */
export interface LinearCrossEntropyLossOptions extends CrossEntropyOptions {
  /** Further axes of the scores, (N, numClasses, ...outFeatures). Default none. */
  readonly outFeatures?: Shape;
  /** Whether a vector is added to the scores. Default false. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * A linear layer and the cross entropy of its scores; see `CrossEntropyLoss`.
 *
 * @example
 * const criterion = new nn.LinearCrossEntropyLoss(64, 1000);
 * criterion.forward(rand([8, 64]), randint(0, 1000, [8])).backward();
 */
export class LinearCrossEntropyLoss extends Loss<CrossEntropyOptions> {
  readonly inFeatures: number;
  readonly numClasses: number;
  readonly outFeatures: Shape;
  readonly linear: Linear;

  /** @throws RangeError for sizes and options out of range. */
  constructor(inFeatures: number, numClasses: number, options: LinearCrossEntropyLossOptions = {}) {
    const what = "LinearCrossEntropyLoss";
    const { outFeatures = [], bias = false, dtype, ...rest } = options;
    super(rest);
    checkSmoothing(rest.labelSmoothing ?? 0, what);
    checkSize(numClasses, "numClasses", what);
    for (const size of outFeatures) checkSize(size, "outFeatures", what);
    this.inFeatures = inFeatures;
    this.numClasses = numClasses;
    this.outFeatures = outFeatures.slice();
    const scores = outFeatures.reduce((a, b) => a * b, numClasses);
    this.linear = new Linear(inFeatures, scores, { bias, dtype });
  }

  /** x (N, inFeatures) or (inFeatures), and targets as those of `CrossEntropyLoss`. */
  forward(x: Tensor, target: Tensor): Tensor {
    const scores = [this.numClasses, ...this.outFeatures];
    const linearBias = this.linear.bias?.unflatten(0, scores);
    const weight = this.linear.weight.unflatten(0, scores);
    return linearCrossEntropy(x, weight, target, { ...this.settings, linearBias });
  }

  override extraRepr(): string {
    const { inFeatures, numClasses, outFeatures, linear, options } = this;
    const { reduction = "mean", ignoreIndex = null, labelSmoothing = 0 } = options;
    const bias = linear.bias !== undefined;
    const settings = { inFeatures, numClasses, outFeatures, bias };
    return showSettings({ ...settings, reduction, ignoreIndex, labelSmoothing });
  }
}
