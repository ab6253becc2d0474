import { isFloat } from "../ir/dtype.ts";
import { type Shape, showShape } from "../ir/shape.ts";
import { arange, type Tensor, where } from "../tensor/index.ts";
import { atPrecision } from "../tensor/precision.ts";
import { checkClassIndices, checkLike, checkProbabilities } from "./labels.ts";

/** Whether a loss is the mean or the sum over samples, or one number a sample. */
export type Reduction = "mean" | "sum" | "none";

/** Options that all losses have. */
export interface LossOptions {
  /** Default `"mean"`. */
  readonly reduction?: Reduction;
}

/** Options of losses whose targets are class indices. */
export interface ClassLossOptions extends LossOptions {
  /** A factor for each class, (C). */
  readonly weight?: Tensor;
  /** Targets of this value do not count. Default -100. */
  readonly ignoreIndex?: number;
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of the target, 0 to 1, that is spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number;
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryOptions extends LossOptions {
  /** A factor for each element; broadcasts against the input. */
  readonly weight?: Tensor;
  /** A factor for positive targets; broadcasts against the input. */
  readonly posWeight?: Tensor;
}

/** @internal Throws for another name. */
export function checkReduction(reduction: Reduction, what: string): void {
  if (!["mean", "sum", "none"].includes(reduction))
    throw new RangeError(
      `${what}: reduction must be "mean", "sum" or "none", got ${JSON.stringify(reduction)}`,
    );
}

/** @internal Throws unless it is from 0 to 1. */
export function checkSmoothing(labelSmoothing: number, what: string): void {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new RangeError(`${what}: labelSmoothing must be from 0 to 1, got ${labelSmoothing}`);
}

/** @internal The mean or the sum of a loss, or the loss itself. */
export function reduced(loss: Tensor, reduction: Reduction = "mean", what: string): Tensor {
  checkReduction(reduction, what);
  [loss] = atPrecision("single", loss);
  return reduction === "mean" ? loss.mean() : reduction === "sum" ? loss.sum() : loss;
}

/** The axis of the classes: the only one, or that after the samples'. */
function classAxis(input: Tensor, what: string): number {
  if (input.ndim === 0 || !isFloat(input.dtype))
    throw new TypeError(
      `${what}: expected floating-point scores (C) or (N, C, …), got ${input.dtype}${showShape(input.shape)}`,
    );
  return input.ndim === 1 ? 0 : 1;
}

/** A vector over the classes, shaped to broadcast against `input`. */
const overClasses = (vector: Tensor, input: Tensor, axis: number): Tensor =>
  vector.reshape(input.shape.map((size, i) => (i === axis ? size : 1)));

function classWeight(
  { weight }: ClassLossOptions,
  input: Tensor,
  axis: number,
  what: string,
): Tensor | undefined {
  if (!weight) return undefined;
  const classes = input.shape[axis];
  if (weight.ndim !== 1 || weight.shape[0] !== classes)
    throw new Error(
      `${what}: expected one weight for each of ${classes} classes, [${classes}], got ${showShape(weight.shape)}`,
    );
  return overClasses(weight.to(input.dtype), input, axis);
}

/** The loss of log-probabilities for class indices. */
function indexLoss(
  logp: Tensor,
  target: Tensor,
  axis: number,
  options: CrossEntropyOptions,
  what: string,
): Tensor {
  const { ignoreIndex = -100, labelSmoothing = 0, reduction = "mean" } = options;
  checkReduction(reduction, what);
  const classes = logp.shape[axis];
  const samples: Shape = logp.shape.filter((_, i) => i !== axis);
  checkClassIndices(target, samples, classes, ignoreIndex, what);
  const weight = classWeight(options, logp, axis, what);
  const label = target.to("i32");
  // Compared and not gathered: so the derivative is elementwise too, and joins the softmax's kernel.
  const hit = overClasses(arange(classes), logp, axis).eq(label.unsqueeze(axis));
  const atLabel = (x: Tensor): Tensor => where(hit, x, 0).sum(axis);
  // Of no class the sum is 0, which must not look like a perfect prediction.
  const known = label.ge(0).logicalAnd(label.lt(classes));
  const counts = label.ne(ignoreIndex);
  const scale = weight ? where(counts, atLabel(weight), 0) : counts.to(logp.dtype);
  const own = atLabel(weight ? logp.mul(weight) : logp).neg();
  let loss = where(counts, where(known, own, NaN), 0);
  if (labelSmoothing > 0) {
    const all = (weight ? logp.mul(weight) : logp).sum(axis).neg();
    const spread = where(counts, all, 0).mul(labelSmoothing / classes);
    loss = loss.mul(1 - labelSmoothing).add(spread);
  }
  if (reduction === "none") return loss;
  return reduction === "sum" ? loss.sum() : loss.sum().div(scale.sum());
}

/**
 * Cross entropy of scores and classes: `-log softmax(input)[target]`, the mean over samples weighted by
 * the weights of their classes.
 *
 * @param input - Scores before any softmax, (C), (N, C) or (N, C, …).
 * @param target - Class indices, integers of the input's shape without C; or probabilities, floats of
 * the input's shape.
 * @throws TypeError for shapes and dtypes that do not fit; RangeError for classes outside [0, C), NaN
 * and probabilities outside [0, 1] where the target's values are on the host (elsewhere a class outside
 * the range gives NaN).
 *
 * Source: PyTorch's `cross_entropy`; label smoothing by Szegedy et al. 2016.
 *
 * @example
 * nn.functional.crossEntropy(tensor([[2, 1, 0]]), tensor([0], { dtype: "i32" })); // 0.4076
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const what = "crossEntropy";
  const { labelSmoothing = 0, reduction = "mean" } = options;
  const axis = classAxis(input, what);
  checkSmoothing(labelSmoothing, what);
  checkReduction(reduction, what);
  const logp = input.logSoftmax(axis);
  if (!isFloat(target.dtype) || target.ndim !== input.ndim)
    return indexLoss(logp, target, axis, options, what);
  checkProbabilities(input, target, what);
  const classes = input.shape[axis];
  const weight = classWeight(options, logp, axis, what);
  let wanted = target.to(logp.dtype);
  if (labelSmoothing > 0) wanted = wanted.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const loss = logp
    .mul(weight ? wanted.mul(weight) : wanted)
    .sum(axis)
    .neg();
  return reduced(loss, reduction, what);
}

/**
 * Negative log likelihood: as `crossEntropy` of class indices, for an input of log-probabilities.
 *
 * @throws As `crossEntropy`.
 *
 * @example
 * const logProbabilities = tensor([[0.25, 0.75]]).log();
 * nn.functional.nllLoss(logProbabilities, tensor([1], { dtype: "i32" })); // 0.2877
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  [input, options] = atPrecision("single", input, options);
  const { weight, ignoreIndex, reduction } = options;
  const axis = classAxis(input, "nllLoss");
  return indexLoss(input, target, axis, { weight, ignoreIndex, reduction }, "nllLoss");
}

/**
 * `(input - target)²`, for tensors of one shape. @throws TypeError when shapes differ.
 *
 * @example
 * nn.functional.mseLoss(tensor([1, 2]), tensor([1, 4])); // 2
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  [input, target] = atPrecision("single", input, target);
  checkLike(input, target, "mseLoss");
  return reduced(input.sub(target).square(), options.reduction, "mseLoss");
}

/**
 * `|input - target|`, for tensors of one shape. @throws TypeError when shapes differ.
 *
 * @example
 * nn.functional.l1Loss(tensor([1, 2]), tensor([1, 4])); // 1
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  [input, target] = atPrecision("single", input, target);
  checkLike(input, target, "l1Loss");
  return reduced(input.sub(target).abs(), options.reduction, "l1Loss");
}

/** Quadratic up to a distance of `delta`, linear beyond. */
function huber(input: Tensor, target: Tensor, delta: number, name: string, what: string): Tensor {
  [input, target] = atPrecision("single", input, target);
  if (!(delta > 0)) throw new RangeError(`${what}: ${name} must be > 0, got ${delta}`);
  checkLike(input, target, what);
  const apart = input.sub(target);
  const distance = apart.abs();
  const near = apart.square().mul(0.5);
  return where(distance.lt(delta), near, distance.sub(delta / 2).mul(delta));
}

/**
 * `d² / 2` for distances d below `delta` (1 by default), else `delta · (d - delta / 2)` (Huber 1964).
 *
 * @throws TypeError when shapes differ, RangeError for delta ≤ 0.
 *
 * @example
 * nn.functional.huberLoss(tensor([1, 2]), tensor([1.5, 4]), { delta: 0.5, reduction: "none" }); // [0.125, 0.875]
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly delta?: number } = {},
): Tensor {
  const loss = huber(input, target, options.delta ?? 1, "delta", "huberLoss");
  return reduced(loss, options.reduction, "huberLoss");
}

/**
 * `huberLoss` with `delta = beta`, divided by beta: its slope is 1 beyond beta (1 by default). With beta 0
 * it is `l1Loss`.
 *
 * @example
 * nn.functional.smoothL1Loss(tensor([1, 2]), tensor([1.5, 4]), { reduction: "none" }); // [0.125, 1.5]
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly beta?: number } = {},
): Tensor {
  const { beta = 1 } = options;
  // What it tends to, without the quotient 0 / 0.
  if (beta === 0) return l1Loss(input, target, options);
  const loss = huber(input, target, beta, "beta", "smoothL1Loss").div(beta);
  return reduced(loss, options.reduction, "smoothL1Loss");
}

/**
 * Binary cross entropy of scores x and targets y from 0 to 1, without overflow:
 * `-weight · (posWeight · y · log σ(x) + (1 - y) · log(1 - σ(x)))`.
 *
 * @param input - Scores before any sigmoid, of any shape.
 * @param target - Floats of the input's shape.
 * @throws TypeError when shapes differ; RangeError for targets outside [0, 1] that are on the host.
 *
 * @example
 * nn.functional.binaryCrossEntropyWithLogits(tensor([0, 2]), tensor([1, 1])); // 0.4100
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryOptions = {},
): Tensor {
  const what = "binaryCrossEntropyWithLogits";
  [input, target, options] = atPrecision("single", input, target, options);
  checkProbabilities(input, target, what);
  const { weight, posWeight } = options;
  const y = target.to(input.dtype);
  // log(1 - σ(x)) = log σ(x) - x
  const positive = input.logsigmoid();
  const factor = posWeight ? y.mul(posWeight.sub(1)).add(1) : undefined;
  let loss = y
    .neg()
    .add(1)
    .mul(input)
    .sub(factor ? positive.mul(factor) : positive);
  if (weight) loss = loss.mul(weight);
  return reduced(loss, options.reduction, what);
}
