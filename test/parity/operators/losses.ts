import * as X from "../../../src/extra/index.ts";
import { functional as F } from "../../../src/nn/index.ts";
import { op, type Operator } from "../bind.ts";

const OLD = "size_average reduce reduction";
type Loss = (a: never, b: never, options: never) => unknown;
const two = (f: Loss, names = `input target ${OLD}`): Operator =>
  op(names, (a) => f(a.input, a.target, a as never));
const three = (f: (a: never, b: never, c: never, o: never) => unknown, names: string): Operator =>
  op(names, (a) => {
    const [x, y, z] = names.split(" ");
    return f(a[x], a[y], a[z], a as never);
  });

const LIST: Record<string, Operator> = {
  binary_cross_entropy: two(X.binaryCrossEntropy, `input target weight ${OLD}`),
  soft_margin_loss: two(X.softMarginLoss),
  hinge_embedding_loss: two(X.hingeEmbeddingLoss, `input target margin ${OLD}`),
  margin_ranking_loss: three(X.marginRankingLoss, `input1 input2 target margin ${OLD}`),
  cosine_embedding_loss: three(X.cosineEmbeddingLoss, `input1 input2 target margin ${OLD}`),
  triplet_margin_loss: three(
    X.tripletMarginLoss,
    `anchor positive negative margin p eps swap ${OLD}`,
  ),
  gaussian_nll_loss: three(X.gaussianNllLoss, "input target var full eps reduction"),
  poisson_nll_loss: two(
    X.poissonNllLoss,
    "input target log_input full size_average eps reduce reduction",
  ),
  kl_div: two(X.klDiv, `input target ${OLD} log_target`),
  multi_margin_loss: two(X.multiMarginLoss, `input target p margin weight ${OLD}`),
  multilabel_margin_loss: two(X.multilabelMarginLoss),
  multilabel_soft_margin_loss: two(X.multilabelSoftMarginLoss, `input target weight ${OLD}`),
  cross_entropy: two(
    F.crossEntropy,
    `input target weight size_average ignore_index reduce reduction label_smoothing`,
  ),
  nll_loss: two(F.nllLoss, "input target weight size_average ignore_index reduce reduction"),
  binary_cross_entropy_with_logits: two(
    F.binaryCrossEntropyWithLogits,
    `input target weight size_average reduce reduction pos_weight`,
  ),
};

/** Losses. */
export const LOSSES: Record<string, Operator> = Object.fromEntries(
  Object.entries(LIST).map(([name, operator]) => [`nn.functional.${name}`, operator]),
);
