import { binaryCrossEntropy, gaussianNllLoss, klDiv, poissonNllLoss } from "../extra/losses.ts";
import { ctcLoss, type CTCOptions, type Lengths } from "../extra/sequences.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkOption } from "../tensor/checks.ts";
import { Loss } from "./loss-base.ts";
import { type LossOptions } from "./loss-functions.ts";
import { Module } from "./module.ts";

// Losses that are likelihoods, or distances of distributions.

/** Options of `BCELoss`. */
export interface BCEOptions extends LossOptions {
  /** A factor for each element; broadcasts against the input. */
  readonly weight?: Tensor;
}

/**
 * Binary cross entropy of probabilities x and targets y from 0 to 1: `-(y · log x + (1 - y) · log(1 - x))`, in
 * which logarithms count as at least -100. `BCEWithLogitsLoss` takes scores, and loses no digits.
 *
 * @example
 * new nn.BCELoss().forward(tensor([0.5]), tensor([1])); // 0.6931
 */
export class BCELoss extends Loss<BCEOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: BCEOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this.settings);
  }
}

/** Options of `GaussianNLLLoss`. */
export interface GaussianNLLOptions extends LossOptions {
  /** Whether the constant `log(2π) / 2` is added. Default false. */
  readonly full?: boolean;
  /** What variances count as at least. Default 1e-6. */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of normal distributions with mean `input` and variance `variance`: `(log(var) +
 * (x - y)² / var) / 2` (Nix & Weigend 1994).
 *
 * @example
 * new nn.GaussianNLLLoss().forward(tensor([1]), tensor([3]), tensor([1])); // 2
 */
export class GaussianNLLLoss extends Loss<GaussianNLLOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: GaussianNLLOptions = {}) {
    super(options);
  }

  /** @param variance - Of the input's shape, of that without or with 1 for the last axis, or a number. */
  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return gaussianNllLoss(input, target, variance, this.settings);
  }
}

/** Options of `PoissonNLLLoss`. */
export interface PoissonNLLOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Whether Stirling's approximation of `log y!` is added. Default false. */
  readonly full?: boolean;
  /** Added to rates in logarithms. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of Poisson distributions: `eˣ - y · x`, or without `logInput` `x - y · log(x + eps)`.
 *
 * @example
 * new nn.PoissonNLLLoss().forward(tensor([0]), tensor([2])); // 1
 */
export class PoissonNLLLoss extends Loss<PoissonNLLOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: PoissonNLLOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.settings);
  }
}

/** Options of `KLDivLoss`. */
export interface KLDivOptions {
  /** `"batchmean"` divides the sum by the number of samples: the divergence itself. Default `"mean"`. */
  readonly reduction?: "mean" | "sum" | "none" | "batchmean";
  /** Whether targets are logarithms as well. Default false. */
  readonly logTarget?: boolean;
}

/**
 * Kullback-Leibler divergence of log-probabilities x from probabilities y: `y · (log(y) - x)`.
 *
 * @example
 * const criterion = new nn.KLDivLoss({ reduction: "batchmean" });
 * criterion.forward(tensor([[0.5, 0.5]]).log(), tensor([[1, 0]])); // 0.6931
 */
export class KLDivLoss extends Module {
  private readonly options: KLDivOptions;

  /** @throws RangeError for an unknown reduction. */
  constructor(options: KLDivOptions = {}) {
    super();
    const reductions = ["mean", "sum", "none", "batchmean"];
    checkOption(options.reduction ?? "mean", reductions, "reduction", "KLDivLoss");
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/**
 * Connectionist temporal classification (Graves et al. 2006): the negative log-likelihood of targets under
 * log-probabilities (T, N, C) of each step, over all alignments. Costs one `scan` over the steps.
 *
 * @example
 * const criterion = new nn.CTCLoss();
 * const labels = tensor([[1]], { dtype: "i32" });
 * criterion.forward(full([2, 1, 2], Math.log(0.5)), labels, [2], [1]); // 0.2877
 */
export class CTCLoss extends Loss<CTCOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: CTCOptions = {}) {
    super(options);
  }

  /** See `functional.ctcLoss`. */
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.settings);
  }
}
