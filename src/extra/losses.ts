import { sameShape, showShape } from "../ir/shape.ts";
import { arange, type Tensor, where } from "../tensor/index.ts";
import { checkFloat, checkOption, checkTensor } from "../tensor/checks.ts";
import { atPrecision } from "../tensor/precision.ts";
import { xlogy } from "./pairs.ts";
import { pairwiseDistance } from "./products.ts";

// Losses of torch.nn.functional beyond those of `nn.functional`.

/** Options that all losses have. */
export interface ReducedLoss {
  /** Whether the loss is the mean (default), the sum, or one number for each element or sample. */
  readonly reduction?: "mean" | "sum" | "none";
}

function reduced(loss: Tensor, { reduction = "mean" }: ReducedLoss, what: string): Tensor {
  checkOption(reduction, ["mean", "sum", "none"], "reduction", what);
  [loss] = atPrecision("single", loss);
  return reduction === "mean" ? loss.mean() : reduction === "sum" ? loss.sum() : loss;
}

function checkSame(a: Tensor, b: Tensor, what: string): void {
  checkFloat(a, what);
  checkTensor(b, what);
  if (!sameShape(a.shape, b.shape))
    throw new Error(
      `${what}: expected equal shapes, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
}

/** A probability's logarithm, at least -100: as PyTorch limits it. */
const boundedLog = (p: Tensor): Tensor => p.log().clamp(-100);

/**
 * `-(y · log(x) + (1 - y) · log(1 - x))` for probabilities x; logarithms count as at least -100.
 *
 * @example
 * binaryCrossEntropy(tensor([0.5]), tensor([1])); // 0.6931
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: ReducedLoss & { readonly weight?: Tensor } = {},
): Tensor {
  const what = "binaryCrossEntropy";
  [input, target, options] = atPrecision("single", input, target, options);
  checkSame(input, target, what);
  const rest = input.neg().add(1);
  const negative = target.neg().add(1).mul(boundedLog(rest));
  const loss = target.mul(boundedLog(input)).add(negative).neg();
  return reduced(options.weight ? loss.mul(options.weight) : loss, options, what);
}

/**
 * `log(1 + e^(-y · x))` for targets y of 1 and -1.
 *
 * @example
 * softMarginLoss(tensor([0]), tensor([1])); // 0.6931
 */
export function softMarginLoss(input: Tensor, target: Tensor, options: ReducedLoss = {}): Tensor {
  checkSame(input, target, "softMarginLoss");
  [input, target] = atPrecision("single", input, target);
  return reduced(input.mul(target).neg().exp().log1p(), options, "softMarginLoss");
}

/**
 * `max(0, -y · (a - b) + margin)` for targets y: 1 where a is to be larger, -1 where b is.
 *
 * @example
 * marginRankingLoss(tensor([1]), tensor([3]), tensor([1])); // 2
 */
export function marginRankingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: ReducedLoss & { readonly margin?: number } = {},
): Tensor {
  checkTensor(target, "marginRankingLoss");
  [a, b, target] = atPrecision("single", a, b, target);
  const loss = target
    .neg()
    .mul(a.sub(b))
    .add(options.margin ?? 0);
  return reduced(loss.clamp(0), options, "marginRankingLoss");
}

/**
 * x where y is 1, and `max(0, margin - x)` where it is -1.
 *
 * @example
 * hingeEmbeddingLoss(tensor([0.25, 0.25]), tensor([1, -1])); // 0.5
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: ReducedLoss & { readonly margin?: number } = {},
): Tensor {
  checkFloat(input, "hingeEmbeddingLoss");
  checkTensor(target, "hingeEmbeddingLoss");
  [input, target] = atPrecision("single", input, target);
  const apart = input
    .neg()
    .add(options.margin ?? 1)
    .clamp(0);
  const loss = where(target.ne(1), apart, 0).add(where(target.ne(-1), input, 0));
  return reduced(loss, options, "hingeEmbeddingLoss");
}

/**
 * Of vectors that are to be alike (y = 1) one less their cosine, of others (y = -1) `max(0, cosine -
 * margin)`.
 *
 * @example
 * cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])); // 1
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: ReducedLoss & { readonly margin?: number } = {},
): Tensor {
  checkTensor(target, "cosineEmbeddingLoss");
  [a, b, target] = atPrecision("single", a, b, target);
  const dim = target.ndim;
  const dot = a.mul(b).sum(dim);
  // PyTorch adds its epsilon to squares.
  const size = (x: Tensor): Tensor => x.square().sum(dim).add(1e-12);
  const cosine = dot.div(size(a).mul(size(b)).sqrt());
  const alike = where(target.eq(1), cosine.neg().add(1), 0);
  const apart = where(target.eq(-1), cosine.sub(options.margin ?? 0).clamp(0), 0);
  return reduced(alike.add(apart), options, "cosineEmbeddingLoss");
}

/** Options of `tripletMarginLoss`. */
export interface TripletOptions extends ReducedLoss {
  /** Default 1. */
  readonly margin?: number;
  /** Order of the norm. Default 2. */
  readonly p?: number;
  /** Added to differences. Default 1e-6. */
  readonly eps?: number;
  /** Whether the nearer of anchor and positive counts for the negative's distance. Default false. */
  readonly swap?: boolean;
}

/**
 * `max(0, ‖anchor - positive‖ - ‖anchor - negative‖ + margin)` (Balntas et al. 2016).
 *
 * @example
 * tripletMarginLoss(tensor([[0]]), tensor([[1]]), tensor([[5]])); // 0
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletOptions = {},
): Tensor {
  const { margin = 1, swap = false } = options;
  [anchor, positive, negative] = atPrecision("single", anchor, positive, negative);
  const near = pairwiseDistance(anchor, positive, options);
  let far = pairwiseDistance(anchor, negative, options);
  if (swap) far = far.minimum(pairwiseDistance(positive, negative, options));
  return reduced(near.sub(far).add(margin).clamp(0), options, "tripletMarginLoss");
}

const distance = (a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b);

/** Options of `tripletMarginWithDistanceLoss`. */
export interface TripletDistanceOptions extends ReducedLoss {
  /** Distances (N) of vectors (N, D). Default: `pairwiseDistance`. */
  readonly distanceFunction?: (a: Tensor, b: Tensor) => Tensor;
  /** Default 1. */
  readonly margin?: number;
  /** Whether the nearer of anchor and positive counts for the negative's distance. Default false. */
  readonly swap?: boolean;
}

/**
 * `tripletMarginLoss` with distances of any kind.
 *
 * @example
 * const distanceFunction = (a: Tensor, b: Tensor) => a.sub(b).abs().sum(-1);
 * tripletMarginWithDistanceLoss(tensor([[0]]), tensor([[1]]), tensor([[1.5]]), { distanceFunction }); // 0.5
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletDistanceOptions = {},
): Tensor {
  const { distanceFunction = distance, margin = 1, swap = false } = options;
  const near = distanceFunction(anchor, positive);
  let far = distanceFunction(anchor, negative);
  if (swap) far = far.minimum(distanceFunction(positive, negative));
  return reduced(near.sub(far).add(margin).clamp(0), options, "tripletMarginWithDistanceLoss");
}

/**
 * Negative log-likelihood of normal distributions: `(log(var) + (x - y)² / var) / 2`; variances count as
 * at least `eps`. With `full`, the constant `log(2π) / 2` is added.
 *
 * @example
 * gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])); // 2
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  options: ReducedLoss & { readonly full?: boolean; readonly eps?: number } = {},
): Tensor {
  const { full = false, eps = 1e-6 } = options;
  checkFloat(input, "gaussianNllLoss");
  let spread = typeof variance === "number" ? input.fullLike(variance) : variance;
  if (spread.ndim === input.ndim - 1) spread = spread.unsqueeze(-1);
  // The limit has no gradient of its own.
  const least = where(spread.lt(eps), eps, spread).detach().add(spread).sub(spread.detach());
  const loss = least.log().add(input.sub(target).square().div(least)).mul(0.5);
  return reduced(full ? loss.add(Math.log(2 * Math.PI) / 2) : loss, options, "gaussianNllLoss");
}

/**
 * Negative log-likelihood of Poisson distributions: `eˣ - y · x`, or without `logInput` `x - y · log(x +
 * eps)`. With `full`, Stirling's approximation of `log y!` is added.
 *
 * @example
 * poissonNllLoss(tensor([0]), tensor([2])); // 1
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options: ReducedLoss & {
    readonly logInput?: boolean;
    readonly full?: boolean;
    readonly eps?: number;
  } = {},
): Tensor {
  const { logInput = true, full = false, eps = 1e-8 } = options;
  checkTensor(target, "poissonNllLoss");
  [input, target] = atPrecision("single", input, target);
  let loss = logInput
    ? input.exp().sub(target.mul(input))
    : input.sub(target.mul(input.add(eps).log()));
  if (full) {
    const large = target.gt(1);
    const y = where(large, target, 1);
    const stirling = y
      .mul(y.log())
      .sub(y)
      .add(
        y
          .mul(2 * Math.PI)
          .log()
          .mul(0.5),
      );
    loss = loss.add(where(large, stirling, 0));
  }
  return reduced(loss, options, "poissonNllLoss");
}

/**
 * Kullback-Leibler divergence of log-probabilities x from probabilities y: `y · (log(y) - x)`; with
 * `logTarget` y are logarithms as well. `"batchmean"` divides the sum by the number of samples.
 *
 * @example
 * klDiv(tensor([0.5, 0.5]).log(), tensor([0.5, 0.5]), { reduction: "sum" }); // 0
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  options: {
    readonly reduction?: "mean" | "sum" | "none" | "batchmean";
    readonly logTarget?: boolean;
  } = {},
): Tensor {
  const { reduction = "mean", logTarget = false } = options;
  checkTensor(target, "klDiv");
  [input, target] = atPrecision("single", input, target);
  const loss = logTarget
    ? target.exp().mul(target.sub(input))
    : xlogy(target, target).sub(target.mul(input));
  if (reduction === "batchmean") return loss.sum().div(input.shape[0] ?? 1);
  return reduced(loss, { reduction }, "klDiv");
}

/** Scores (C) or (N, C) as (N, C), and whether there was one sample only. */
function asSamples(input: Tensor, what: string): [Tensor, boolean] {
  checkFloat(input, what);
  if (input.ndim > 2)
    throw new RangeError(`${what}: expected scores (C) or (N, C), got ${showShape(input.shape)}`);
  return input.ndim < 2 ? [input.reshape(1, -1), true] : [input, false];
}

/**
 * `Σ max(0, margin - x[y] + x[i])ᵖ / C` over the classes i other than y.
 *
 * @example
 * multiMarginLoss(tensor([[0.5, 1]]), tensor([0], { dtype: "i32" })); // 0.7500
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options: ReducedLoss & {
    readonly p?: number;
    readonly margin?: number;
    readonly weight?: Tensor;
  } = {},
): Tensor {
  const what = "multiMarginLoss";
  const { p = 1, margin = 1 } = options;
  const [given, weight] = atPrecision("single", input, options.weight);
  const [x, single] = asSamples(given, what);
  const label = target.reshape(-1, 1);
  const classes = x.shape[1];
  const own = x.takeAlongDim(label, 1);
  const reach = x.sub(own).add(margin).clamp(0);
  let cost = p === 1 ? reach : reach.pow(p);
  if (weight) cost = cost.mul(weight.take(label));
  const others = arange(classes).ne(label);
  const loss = where(others, cost, 0).sum(1).div(classes);
  return reduced(single ? loss.squeeze(0) : loss, options, what);
}

/**
 * `Σ max(0, 1 - (x[y] - x[i])) / C` over the classes y of each sample, listed up to the first -1, and all
 * others i.
 *
 * @example
 * multilabelMarginLoss(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 0, -1, 1]], { dtype: "i32" })); // 0.8500
 */
export function multilabelMarginLoss(
  input: Tensor,
  target: Tensor,
  options: ReducedLoss = {},
): Tensor {
  const what = "multilabelMarginLoss";
  [input] = atPrecision("single", input);
  const [x, single] = asSamples(input, what);
  const labels = target.reshape(x.shape);
  const classes = x.shape[1];
  const counts = labels.lt(0).cumsum(1).eq(0);
  const safe = where(counts, labels, 0);
  const named = arange(classes).eq(safe.unsqueeze(-1)).logicalAnd(counts.unsqueeze(-1)).any(1);
  const own = x.takeAlongDim(safe, 1);
  const reach = own.unsqueeze(-1).neg().add(1).add(x.unsqueeze(1)).clamp(0);
  const pairs = counts.unsqueeze(-1).logicalAnd(named.logicalNot().unsqueeze(1));
  const loss = where(pairs, reach, 0).sum([1, 2]).div(classes);
  return reduced(single ? loss.squeeze(0) : loss, options, what);
}

/**
 * The mean over classes of `-(y · log σ(x) + (1 - y) · log σ(-x))`.
 *
 * @example
 * multilabelSoftMarginLoss(tensor([[0, 0]]), tensor([[1, 0]])); // 0.6931
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: ReducedLoss & { readonly weight?: Tensor } = {},
): Tensor {
  const what = "multilabelSoftMarginLoss";
  [input, target, options] = atPrecision("single", input, target, options);
  checkSame(input, target, what);
  const negative = target.neg().add(1).mul(input.neg().logsigmoid());
  const loss = target.mul(input.logsigmoid()).add(negative).neg();
  return reduced((options.weight ? loss.mul(options.weight) : loss).mean(-1), options, what);
}
