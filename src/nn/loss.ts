import { type Tensor } from "../tensor/index.ts";
import { Loss } from "./loss-base.ts";
import {
  binaryCrossEntropyWithLogits,
  type BinaryOptions,
  checkSmoothing,
  type ClassLossOptions,
  crossEntropy,
  type CrossEntropyOptions,
  huberLoss,
  l1Loss,
  type LossOptions,
  mseLoss,
  nllLoss,
  smoothL1Loss,
} from "./loss-functions.ts";

/**
 * Cross entropy of scores (N, C, …) and class indices (N, …) or probabilities (N, C, …); see
 * `functional.crossEntropy`.
 *
 * @example
 * const criterion = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 });
 * criterion.forward(net.forward(images), labels).backward();
 */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  /** @throws RangeError for an unknown reduction or a smoothing outside [0, 1]. */
  constructor(options: CrossEntropyOptions = {}) {
    super(options);
    checkSmoothing(options.labelSmoothing ?? 0, "CrossEntropyLoss");
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this.settings);
  }
}

/**
 * Negative log likelihood of log-probabilities (N, C, …) and class indices (N, …).
 *
 * @example
 * const criterion = new nn.NLLLoss();
 * criterion.forward(net.forward(images).logSoftmax(1), labels).backward();
 */
export class NLLLoss extends Loss<ClassLossOptions> {
  constructor(options: ClassLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, this.settings);
  }
}

/**
 * Squared differences.
 *
 * @example
 * new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])); // 2
 */
export class MSELoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.settings);
  }
}

/**
 * Absolute differences.
 *
 * @example
 * new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])); // 1
 */
export class L1Loss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.settings);
  }
}

/**
 * Quadratic near 0 and linear beyond `beta`, with slope 1 there.
 *
 * @example
 * new nn.SmoothL1Loss({ reduction: "none" }).forward(tensor([1, 2]), tensor([1.5, 4])); // [0.125, 1.5]
 */
export class SmoothL1Loss extends Loss<LossOptions & { readonly beta?: number }> {
  constructor(options: LossOptions & { readonly beta?: number } = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.settings);
  }
}

/**
 * Quadratic near 0 and linear beyond `delta`, with slope `delta` there.
 *
 * @example
 * new nn.HuberLoss({ delta: 0.5, reduction: "sum" }).forward(tensor([1, 2]), tensor([1.5, 4])); // 1
 */
export class HuberLoss extends Loss<LossOptions & { readonly delta?: number }> {
  constructor(options: LossOptions & { readonly delta?: number } = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.settings);
  }
}

/**
 * Binary cross entropy of scores before the sigmoid and targets from 0 to 1.
 *
 * @example
 * new nn.BCEWithLogitsLoss().forward(tensor([0, 2]), tensor([1, 1])); // 0.4100
 */
export class BCEWithLogitsLoss extends Loss<BinaryOptions> {
  constructor(options: BinaryOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, this.settings);
  }
}
