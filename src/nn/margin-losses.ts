import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
  type TripletDistanceOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
  type TripletOptions,
} from "../extra/losses.ts";
import { type Tensor } from "../tensor/index.ts";
import { Loss } from "./loss-base.ts";
import { type LossOptions } from "./loss-functions.ts";

// Losses of distances and scores that are to keep a margin.

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** The default depends on the loss. */
  readonly margin?: number;
}

/** Options of losses with a factor for each class. */
export interface WeightedLossOptions extends LossOptions {
  /** A factor for each class, (C). */
  readonly weight?: Tensor;
}

/**
 * `log(1 + e^(-y · x))` for targets y of 1 and -1.
 *
 * @example
 * new nn.SoftMarginLoss().forward(tensor([0]), tensor([1])); // 0.6931
 */
export class SoftMarginLoss extends Loss<LossOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.settings);
  }
}

/**
 * x where the target is 1, and `max(0, margin - x)` where it is -1; the margin is 1 by default.
 *
 * @example
 * new nn.HingeEmbeddingLoss().forward(tensor([0.25, 0.25]), tensor([1, -1])); // 0.5
 */
export class HingeEmbeddingLoss extends Loss<MarginOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: MarginOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.settings);
  }
}

/**
 * `max(0, -y · (x1 - x2) + margin)` for targets y: 1 where x1 is to be larger, -1 where x2 is. The margin is 0
 * by default.
 *
 * @example
 * new nn.MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])); // 2
 */
export class MarginRankingLoss extends Loss<MarginOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: MarginOptions = {}) {
    super(options);
  }

  forward(x1: Tensor, x2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(x1, x2, target, this.settings);
  }
}

/**
 * Of vectors (N, D) or (D) that are to be alike (target 1) one less their cosine, of others (-1) `max(0,
 * cosine - margin)`; the margin is 0 by default.
 *
 * @example
 * new nn.CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])); // 1
 */
export class CosineEmbeddingLoss extends Loss<MarginOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: MarginOptions = {}) {
    super(options);
  }

  forward(x1: Tensor, x2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(x1, x2, target, this.settings);
  }
}

/**
 * `max(0, ‖anchor - positive‖ - ‖anchor - negative‖ + margin)` for vectors (N, D) or (D) (Balntas et al.
 * 2016).
 *
 * @example
 * new nn.TripletMarginLoss().forward(tensor([[0]]), tensor([[1]]), tensor([[5]])); // 0
 */
export class TripletMarginLoss extends Loss<TripletOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: TripletOptions = {}) {
    super(options);
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.settings);
  }
}

/**
 * `TripletMarginLoss` with distances of any kind.
 *
 * @example
 * const distanceFunction = (a: Tensor, b: Tensor) => a.sub(b).abs().sum(-1);
 * const criterion = new nn.TripletMarginWithDistanceLoss({ distanceFunction });
 * criterion.forward(tensor([[0]]), tensor([[1]]), tensor([[1.5]])); // 0.5
 */
export class TripletMarginWithDistanceLoss extends Loss<TripletDistanceOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: TripletDistanceOptions = {}) {
    super(options);
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.settings);
  }
}

/** Options of `MultiMarginLoss`. */
export interface MultiMarginOptions extends WeightedLossOptions {
  /** 1 or 2. Default 1. */
  readonly p?: number;
  /** Default 1. */
  readonly margin?: number;
}

/**
 * `Σ max(0, margin - x[y] + x[i])ᵖ / C` over the classes i other than the target y, for scores (N, C) or (C).
 *
 * @example
 * new nn.MultiMarginLoss().forward(tensor([[0.5, 1]]), tensor([0], { dtype: "i32" })); // 0.7500
 */
export class MultiMarginLoss extends Loss<MultiMarginOptions> {
  /** @throws RangeError for an unknown reduction, and p that is neither 1 nor 2. */
  constructor(options: MultiMarginOptions = {}) {
    super(options);
    const { p = 1 } = options;
    if (p !== 1 && p !== 2) throw new RangeError(`MultiMarginLoss: p must be 1 or 2, got ${p}`);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, this.settings);
  }
}

/**
 * `Σ max(0, 1 - (x[y] - x[i])) / C` over the classes y of each sample, listed up to the first -1, and all
 * others i; scores and targets are (N, C) or (C).
 *
 * @example
 * const classes = tensor([[3, 0, -1, 1]], { dtype: "i32" });
 * new nn.MultiLabelMarginLoss().forward(tensor([[0.1, 0.2, 0.4, 0.8]]), classes); // 0.8500
 */
export class MultiLabelMarginLoss extends Loss<LossOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelMarginLoss(input, target, this.settings);
  }
}

/**
 * The mean over classes of `-(y · log σ(x) + (1 - y) · log σ(-x))`, for scores and targets (N, C).
 *
 * @example
 * new nn.MultiLabelSoftMarginLoss().forward(tensor([[0, 0]]), tensor([[1, 0]])); // 0.6931
 */
export class MultiLabelSoftMarginLoss extends Loss<WeightedLossOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: WeightedLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, this.settings);
  }
}
