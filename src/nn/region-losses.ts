import { sameShape, showShape } from "../ir/shape.ts";
import { arange, cat, type Tensor, where } from "../tensor/index.ts";
import { checkFloat } from "../tensor/checks.ts";
import { checkClassIndices } from "./labels.ts";
import { Loss } from "./loss-base.ts";
import { type LossOptions, reduced } from "./loss-functions.ts";
import { Module } from "./module.ts";

// Losses for few positive samples among many negative ones, as in segmentation and detection.

function checkSame(input: Tensor, target: Tensor, what: string): void {
  checkFloat(input, what);
  if (!sameShape(input.shape, target.shape))
    throw new RangeError(
      `${what}: expected a target of the input's shape, ${showShape(input.shape)}, got ${showShape(target.shape)}`,
    );
}

/** Options of `sigmoidFocalLoss`. */
export interface FocalOptions extends LossOptions {
  /** Share of the positive samples in the loss, 0 to 1; negative to leave it out. Default 0.25. */
  readonly alpha?: number;
  /** How much less well classified samples count. Default 2. */
  readonly gamma?: number;
}

/**
 * `-α (1 - p)^γ log p` of the probability p = σ(x) of positive targets, or 1 - σ(x) of negative ones: binary
 * cross entropy in which easy samples count little (Lin et al. 2017).
 *
 * @param input - Scores before any sigmoid.
 * @param target - 0 or 1, of the input's shape.
 * @throws RangeError for alpha above 1 and shapes that differ.
 *
 * @example
 * nn.functional.sigmoidFocalLoss(tensor([0]), tensor([1])); // 0.0433
 */
export function sigmoidFocalLoss(
  input: Tensor,
  target: Tensor,
  options: FocalOptions = {},
): Tensor {
  const what = "sigmoidFocalLoss";
  const { alpha = 0.25, gamma = 2, reduction } = options;
  checkSame(input, target, what);
  if (!(alpha <= 1)) throw new RangeError(`${what}: alpha must be at most 1, got ${alpha}`);
  const y = target.to(input.dtype);
  const rest = y.neg().add(1);
  // log(1 - σ(x)) = log σ(-x)
  const cross = y.mul(input.logsigmoid()).add(rest.mul(input.neg().logsigmoid())).neg();
  const p = input.sigmoid();
  const wrong = y.mul(p.neg().add(1)).add(rest.mul(p));
  let loss = cross.mul(gamma === 0 ? 1 : wrong.pow(gamma));
  if (alpha >= 0) loss = loss.mul(y.mul(2 * alpha - 1).add(1 - alpha));
  return reduced(loss, reduction, what);
}

/** Options of `diceLoss` and `jaccardLoss`. */
export interface OverlapOptions extends LossOptions {
  /** Added to numerator and denominator, so that two empty masks agree. Default 1. */
  readonly smooth?: number;
}

/** Sums of the products, and of both, over all axes but those of samples and channels. */
function overlap(input: Tensor, target: Tensor, what: string): { both: Tensor; sum: Tensor } {
  checkSame(input, target, what);
  if (input.ndim < 3)
    throw new RangeError(`${what}: expected masks (N, C, …), got ${showShape(input.shape)}`);
  const y = target.to(input.dtype);
  const places = input.shape.map((_, i) => i).slice(2);
  return { both: input.mul(y).sum(places), sum: input.add(y).sum(places) };
}

/**
 * `1 - 2 |A ∩ B| / (|A| + |B|)` of soft masks (N, C, …), for each sample and channel (Milletari et al. 2016).
 *
 * @param input - Probabilities.
 * @param target - From 0 to 1, of the input's shape.
 *
 * @example
 * nn.functional.diceLoss(tensor([[[1, 1]]]), tensor([[[1, 0]]]), { smooth: 0 }); // 0.3333
 */
export function diceLoss(input: Tensor, target: Tensor, options: OverlapOptions = {}): Tensor {
  const { smooth = 1, reduction } = options;
  const { both, sum } = overlap(input, target, "diceLoss");
  const alike = both.mul(2).add(smooth).div(sum.add(smooth));
  return reduced(alike.neg().add(1), reduction, "diceLoss");
}

/**
 * `1 - |A ∩ B| / |A ∪ B|` of soft masks (N, C, …), for each sample and channel (Rahman & Wang 2016).
 *
 * @param input - Probabilities.
 * @param target - From 0 to 1, of the input's shape.
 *
 * @example
 * nn.functional.jaccardLoss(tensor([[[1, 1]]]), tensor([[[1, 0]]]), { smooth: 0 }); // 0.5
 */
export function jaccardLoss(input: Tensor, target: Tensor, options: OverlapOptions = {}): Tensor {
  const { smooth = 1, reduction } = options;
  const { both, sum } = overlap(input, target, "jaccardLoss");
  const alike = both.add(smooth).div(sum.sub(both).add(smooth));
  return reduced(alike.neg().add(1), reduction, "jaccardLoss");
}

/**
 * The Lovász extension of the Jaccard loss at errors (…, P) of places whose truth is 0 or 1 (Berman et al.
 * 2018, algorithm 1).
 */
function lovasz(errors: Tensor, truth: Tensor): Tensor {
  const order = errors.argsort(-1, { descending: true });
  const sorted = errors.takeAlongDim(order, -1);
  const positive = truth.takeAlongDim(order, -1);
  const all = positive.sum(-1, { keepdim: true });
  const left = all.sub(positive.cumsum(-1));
  const union = all.add(positive.neg().add(1).cumsum(-1));
  const loss = left.div(union).neg().add(1).detach();
  const slopes = cat([loss.narrow(-1, 0, 1), loss.diff()], -1);
  return sorted.mul(slopes).sum(-1);
}

/**
 * The Lovász hinge of scores and binary masks: a surrogate of the Jaccard loss of each sample (Berman et al.
 * 2018).
 *
 * @param input - Scores (N, …), positive for 1.
 * @param target - 0 or 1, of the input's shape.
 *
 * @example
 * nn.functional.lovaszHingeLoss(tensor([[2, -1]]), tensor([[1, 1]])); // 1
 */
export function lovaszHingeLoss(
  input: Tensor,
  target: Tensor,
  { reduction }: LossOptions = {},
): Tensor {
  const what = "lovaszHingeLoss";
  checkSame(input, target, what);
  if (input.ndim < 2)
    throw new RangeError(`${what}: expected scores (N, …), got ${showShape(input.shape)}`);
  const y = target.to(input.dtype);
  const errors = input.mul(y.mul(2).sub(1)).neg().add(1).relu();
  return reduced(lovasz(errors.flatten(1), y.flatten(1)), reduction, what);
}

/**
 * The Lovász softmax loss: a surrogate of the mean Jaccard loss of the classes that are there (Berman et al.
 * 2018).
 *
 * @param input - Probabilities (N, C, …).
 * @param target - Classes (N, …), integers.
 * @throws TypeError for targets that do not fit.
 *
 * @example
 * nn.functional.lovaszSoftmaxLoss(tensor([[0.5, 0.5]]), tensor([0], { dtype: "i32" })); // 0.5
 */
export function lovaszSoftmaxLoss(input: Tensor, target: Tensor): Tensor {
  const what = "lovaszSoftmaxLoss";
  checkFloat(input, what);
  if (input.ndim < 2)
    throw new RangeError(
      `${what}: expected probabilities (N, C, …), got ${showShape(input.shape)}`,
    );
  const classes = input.shape[1];
  checkClassIndices(
    target,
    input.shape.filter((_, i) => i !== 1),
    classes,
    -1,
    what,
  );
  // (C, P)
  const p = input.transpose(0, 1).flatten(1);
  const truth = arange(classes, { dtype: "i32" })
    .unsqueeze(1)
    .eq(target.to("i32").flatten())
    .to(input.dtype);
  const there = truth.sum(1).gt(0);
  const loss = lovasz(truth.sub(p).abs(), truth);
  return where(there, loss, 0).sum().div(there.to(input.dtype).sum());
}

/**
 * Focal loss of scores and binary targets; see `functional.sigmoidFocalLoss`.
 *
 * @example
 * new nn.FocalLoss({ gamma: 0, alpha: 0.5 }).forward(tensor([0]), tensor([1])); // 0.3466
 */
export class FocalLoss extends Loss<FocalOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: FocalOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return sigmoidFocalLoss(input, target, this.settings);
  }
}

/**
 * Dice loss of probabilities and masks (N, C, …); see `functional.diceLoss`.
 *
 * @example
 * new nn.DiceLoss({ smooth: 0 }).forward(tensor([[[1, 1]]]), tensor([[[1, 0]]])); // 0.3333
 */
export class DiceLoss extends Loss<OverlapOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: OverlapOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return diceLoss(input, target, this.settings);
  }
}

/**
 * Jaccard loss of probabilities and masks (N, C, …); see `functional.jaccardLoss`.
 *
 * @example
 * new nn.JaccardLoss({ smooth: 0 }).forward(tensor([[[1, 1]]]), tensor([[[1, 0]]])); // 0.5
 */
export class JaccardLoss extends Loss<OverlapOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: OverlapOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return jaccardLoss(input, target, this.settings);
  }
}

/**
 * Lovász hinge of scores and binary masks (N, …); see `functional.lovaszHingeLoss`.
 *
 * @example
 * new nn.LovaszHingeLoss().forward(tensor([[2, -1]]), tensor([[1, 1]])); // 1
 */
export class LovaszHingeLoss extends Loss<LossOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return lovaszHingeLoss(input, target, this.settings);
  }
}

/**
 * Lovász softmax loss of probabilities (N, C, …) and classes (N, …); see `functional.lovaszSoftmaxLoss`.
 *
 * @example
 * new nn.LovaszSoftmaxLoss().forward(tensor([[0.5, 0.5]]), tensor([0], { dtype: "i32" })); // 0.5
 */
export class LovaszSoftmaxLoss extends Module {
  forward(input: Tensor, target: Tensor): Tensor {
    return lovaszSoftmaxLoss(input, target);
  }
}
