import { type DType } from "../ir/dtype.ts";
import { type Shape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { Linear } from "./linear.ts";
import {
  checkReduction,
  checkSmoothing,
  crossEntropy,
  type CrossEntropyOptions,
} from "./loss-functions.ts";
import { Module } from "./module.ts";

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
export class LinearCrossEntropyLoss extends Module {
  readonly inFeatures: number;
  readonly numClasses: number;
  readonly outFeatures: Shape;
  readonly linear: Linear;
  private readonly options: CrossEntropyOptions;

  /** @throws RangeError for sizes and options out of range. */
  constructor(inFeatures: number, numClasses: number, options: LinearCrossEntropyLossOptions = {}) {
    super();
    const what = "LinearCrossEntropyLoss";
    const { outFeatures = [], bias = false, dtype, ...rest } = options;
    checkReduction(rest.reduction ?? "mean", what);
    checkSmoothing(rest.labelSmoothing ?? 0, what);
    checkSize(numClasses, "numClasses", what);
    for (const size of outFeatures) checkSize(size, "outFeatures", what);
    this.inFeatures = inFeatures;
    this.numClasses = numClasses;
    this.outFeatures = outFeatures.slice();
    const scores = outFeatures.reduce((a, b) => a * b, numClasses);
    this.linear = new Linear(inFeatures, scores, { bias, dtype });
    this.options = rest;
  }

  /** x (N, inFeatures) or (inFeatures), and targets as those of `CrossEntropyLoss`. */
  forward(x: Tensor, target: Tensor): Tensor {
    const scores = this.linear.forward(x).unflatten(-1, [this.numClasses, ...this.outFeatures]);
    return crossEntropy(scores, target, this.options);
  }
}
