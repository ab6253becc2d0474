import { normalize } from "../extra/layers.ts";
import { pairwiseDistance } from "../extra/products.ts";
import { sameShape, showShape } from "../ir/shape.ts";
import { arange, cat, type Tensor } from "../tensor/index.ts";
import { checkRank } from "../tensor/checks.ts";
import { Loss } from "./loss-base.ts";
import { crossEntropy, type LossOptions, reduced } from "./loss-functions.ts";

/** Options of `contrastiveLoss`. */
export interface ContrastiveOptions extends LossOptions {
  /** How far apart pairs are to be that are not alike. Default 1. */
  readonly margin?: number;
}

/**
 * `(y d² + (1 - y) max(0, margin - d)²) / 2` for the distance d of pairs of vectors (N, D) that are alike (y =
 * 1) or not (0) (Hadsell et al. 2006).
 *
 * @throws Error for shapes that differ.
 *
 * @example
 * nn.functional.contrastiveLoss(tensor([[0, 0]]), tensor([[3, 4]]), tensor([1])); // 12.5
 */
export function contrastiveLoss(
  x1: Tensor,
  x2: Tensor,
  alike: Tensor,
  options: ContrastiveOptions = {},
): Tensor {
  const what = "contrastiveLoss";
  const { margin = 1, reduction } = options;
  if (!sameShape(x1.shape, x2.shape) || !sameShape(alike.shape, x1.shape.slice(0, -1)))
    throw new Error(
      `${what}: expected two tensors (N, D) and a number for each pair, (N), got ` +
        `${showShape(x1.shape)}, ${showShape(x2.shape)} and ${showShape(alike.shape)}`,
    );
  const distance = pairwiseDistance(x1, x2, { eps: 0 });
  const y = alike.to(distance.dtype);
  const near = y.mul(distance.square());
  const far = y.neg().add(1).mul(distance.neg().add(margin).relu().square());
  return reduced(near.add(far).div(2), reduction, what);
}

/** Options of `infoNCELoss`. */
export interface InfoNCEOptions extends LossOptions {
  /** Vectors (M, D) that are like no query. Default: the positives of the other queries. */
  readonly negatives?: Tensor;
  /** What cosines are divided by. Default 0.1. */
  readonly temperature?: number;
}

/**
 * Cross entropy of finding the positive (N, D) of each query (N, D) by their cosines, among the positives of
 * all queries or beside `negatives` (van den Oord et al. 2018).
 *
 * @throws Error for shapes that do not fit, RangeError for a temperature ≤ 0.
 *
 * @example
 * const x = tensor([[1, 0], [0, 1]]);
 * nn.functional.infoNCELoss(x, x, { temperature: 1 }); // 0.3133
 */
export function infoNCELoss(query: Tensor, positive: Tensor, options: InfoNCEOptions = {}): Tensor {
  const what = "infoNCELoss";
  const { negatives, temperature = 0.1, reduction } = options;
  checkRank(query, 2, what);
  if (!sameShape(query.shape, positive.shape))
    throw new Error(
      `${what}: expected a positive for each query ${showShape(query.shape)}, got ${showShape(positive.shape)}`,
    );
  if (negatives && (negatives.ndim !== 2 || negatives.shape[1] !== query.shape[1]))
    throw new Error(
      `${what}: expected negatives (M, ${query.shape[1]}), got ${showShape(negatives.shape)}`,
    );
  if (!(temperature > 0))
    throw new RangeError(`${what}: temperature must be > 0, got ${temperature}`);
  const [q, p] = [normalize(query), normalize(positive)];
  const count = query.shape[0];
  const scores = negatives
    ? cat([q.mul(p).sum(1, { keepdim: true }), q.matmul(normalize(negatives).t())], 1)
    : q.matmul(p.t());
  const places = arange(count, { dtype: "i32" });
  const target = negatives ? places.zerosLike() : places;
  return crossEntropy(scores.div(temperature), target, { reduction });
}

/**
 * Contrastive loss of pairs of vectors; see `functional.contrastiveLoss`.
 *
 * @example
 * new nn.ContrastiveLoss().forward(tensor([[0, 0]]), tensor([[3, 4]]), tensor([1])); // 12.5
 */
export class ContrastiveLoss extends Loss<ContrastiveOptions> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: ContrastiveOptions = {}) {
    super(options);
  }

  forward(x1: Tensor, x2: Tensor, alike: Tensor): Tensor {
    return contrastiveLoss(x1, x2, alike, this.settings);
  }
}

/**
 * InfoNCE of queries and positives (N, D); see `functional.infoNCELoss`.
 *
 * @example
 * const x = tensor([[1, 0], [0, 1]]);
 * new nn.InfoNCELoss({ temperature: 1 }).forward(x, x); // 0.3133
 */
export class InfoNCELoss extends Loss<Omit<InfoNCEOptions, "negatives">> {
  /** @throws RangeError for an unknown reduction. */
  constructor(options: Omit<InfoNCEOptions, "negatives"> = {}) {
    super(options);
  }

  /** @param negatives - (M, D) vectors that are like no query. */
  forward(query: Tensor, positive: Tensor, negatives?: Tensor): Tensor {
    return infoNCELoss(query, positive, { ...this.settings, negatives });
  }
}
