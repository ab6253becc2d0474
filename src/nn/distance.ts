import { pairwiseDistance } from "../extra/products.ts";
import { cosineSimilarity, type Tensor } from "../tensor/index.ts";
import { Module } from "./module.ts";
import { showSettings } from "./repr.ts";

/** Options of `CosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** Axis of the vectors. Default 1. */
  readonly dim?: number;
  /** What norms count as at least. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Cosine of the angle between vectors along axis `dim`.
 *
 * @example
 * new nn.CosineSimilarity().forward(tensor([[3, 4]]), tensor([[4, 3]])); // [0.96]
 */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;

  constructor(options: CosineSimilarityOptions = {}) {
    super();
    this.dim = options.dim ?? 1;
    this.eps = options.eps ?? 1e-8;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, { dim: this.dim, eps: this.eps });
  }

  override extraRepr(): string {
    const { dim, eps } = this;
    return showSettings({ dim, eps }, { dim: 1, eps: 1e-8 });
  }
}

/** Options of `PairwiseDistance`. */
export interface PairwiseDistanceOptions {
  /** Order of the norm. Default 2. */
  readonly p?: number;
  /** Added to differences. Default 1e-6. */
  readonly eps?: number;
  /** Whether the axis of the vectors stays, with size 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * Norm of the difference of vectors (…, D): `‖x1 - x2 + eps‖`.
 *
 * @example
 * new nn.PairwiseDistance().forward(tensor([[0, 0]]), tensor([[3, 4]])); // [5.0000]
 */
export class PairwiseDistance extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;

  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    this.p = options.p ?? 2;
    this.eps = options.eps ?? 1e-6;
    this.keepdim = options.keepdim ?? false;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    const { p, eps, keepdim } = this;
    return pairwiseDistance(x1, x2, { p, eps, keepdim });
  }

  override extraRepr(): string {
    const { p, eps, keepdim } = this;
    return showSettings({ p, eps, keepdim }, { p: 2, eps: 1e-6, keepdim: false });
  }
}
