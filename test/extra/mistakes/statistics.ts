import * as X from "../../../src/extra/index.ts";
import { apart, d, f, i, no, x, type Mistakes } from "../../tensor/mistakes/helpers.ts";

/** Of shapes, statistics, random numbers and losses. */
export const STATISTICS: Mistakes = {
  vsplit: [[() => X.vsplit(f(2), 2), "vsplit: expected at least 2 axes, got shape [2]"]],
  dsplit: [[() => X.dsplit(x, 2), "dsplit: expected at least 3 axes, got shape [2, 3]"]],
  diagEmbed: [
    [() => X.diagEmbed(f()), "diagEmbed: expected at least 1 axis, got shape []"],
    [() => X.diagEmbed(x, 0, 1, 1), "diagEmbed: the axes must differ, got 1 and 1"],
    [() => X.diagEmbed(x, 0.5), "diagEmbed: the offset must be an integer, got 0.5"],
  ],
  diagflat: [[() => X.diagflat(x, 0.5), "diag: the offset must be an integer, got 0.5"]],
  blockDiag: [
    [() => X.blockDiag(), "blockDiag: expected an array of one or more tensors, got an array"],
    [() => X.blockDiag(f(1, 1, 1)), "blockDiag: expected matrices, got shape [1, 1, 1]"],
  ],
  unfoldAxis: [
    [
      () => X.unfoldAxis(x, 1, 4, 1),
      "unfoldAxis: windows of 4 entries, 1 apart, do not fit axis 1 of size 3",
    ],
  ],
  selectScatter: [
    [() => X.selectScatter(x, f(2), 0, 0), "selectScatter: expected values of shape [3], got [2]"],
  ],
  sliceScatter: [
    [() => X.sliceScatter(x, f(2), 0), "sliceScatter: expected values of shape [2, 3], got [2]"],
  ],
  diagonalScatter: [
    [() => X.diagonalScatter(x, f(3)), "diagonalScatter: expected values of shape [2], got [3]"],
  ],
  asStrided: [
    [
      () => X.asStrided(x, [2], [1, 1]),
      "asStrided: expected a stride for each size, got [2] and [1, 1]",
    ],
    [() => X.asStrided(x, [7], [1]), "asStrided: position 6 is outside the 6 elements"],
  ],
  asStridedScatter: [
    [
      () => X.asStridedScatter(x, f(7), [7], [1]),
      "asStridedScatter: position 6 is outside the 6 elements",
    ],
  ],
  trilIndices: [
    [() => X.trilIndices(-1, 2), "trilIndices: sizes must be integers >= 0, got -1 and 2"],
  ],
  triuIndices: [
    [() => X.triuIndices(2, 2, 0.5), "triuIndices: the offset must be an integer, got 0.5"],
  ],
  broadcastShapes: [[() => X.broadcastShapes([2, 3], [2]), apart("broadcastShapes")]],
  sumToSize: [[() => X.sumToSize(x, [2]), "sumToSize: [2] does not expand to [2, 3]"]],
  vander: [[() => X.vander(x, 0.5), "vander: the number of powers must be an integer, got 0.5"]],
  quantile: [
    [() => X.quantile(x, 2), "quantile: shares must be from 0 to 1, got 2"],
    [
      () => X.quantile(i(2), 0.5),
      'quantile: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
    [
      () => X.quantile(x, 0.5, 0, { interpolation: "best" as never }),
      'quantile: interpolation must be "linear" or "lower" or "higher" or "nearest" or "midpoint", got "best"',
    ],
    [
      () => X.quantile(x, d(1)),
      "quantile: expected a share or a vector of them in f32, got f64[1]",
    ],
    [() => X.quantile(f(0), 0.5), "quantile: no elements along the axis of [0]"],
  ],
  nanquantile: [[() => X.nanquantile(x, -1), "nanquantile: shares must be from 0 to 1, got -1"]],
  nanmedian: [
    [() => X.nanmedian(x, 2), "nanmedian: axis must be an integer in [-2, 1], got 2"],
    [() => X.nanmedian(f(0), 0), "nanmedian: axis 0 of [0] has no elements"],
  ],
  mode: [
    [() => X.mode(x, 2), "mode: axis must be an integer in [-2, 1], got 2"],
    [() => X.mode(f(0)), "mode: axis 0 of [0] has no elements"],
  ],
  varMean: [
    [() => X.varMean(i(2)), 'var: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  stdMean: [
    [() => X.stdMean(i(2)), 'std: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  cov: [
    [() => X.cov(f(1, 2, 3)), "cov: expected at most 2 axes, got [1, 2, 3]"],
    [
      () => X.cov(x, { aweights: f(2) }),
      "cov: expected a weight for each of 3 observations, got [2]",
    ],
  ],
  corrcoef: [[() => X.corrcoef(f(1, 2, 3)), "corrcoef: expected at most 2 axes, got [1, 2, 3]"]],
  bincount: [
    [() => X.bincount(x), "bincount: expected a tensor of 1 axis, got shape [2, 3]"],
    [() => X.bincount(f(2)), "bincount: expected integers, got f32"],
  ],
  histc: [
    [() => X.histc(x, 0), "histc: the number of bins must be a positive integer, got 0"],
    [() => X.histc(x, 2, 2, 1), "histc: expected finite bounds in order, got 2 and 1"],
  ],
  histogram: [
    [
      () => X.histogram(i(2), 2),
      'histogram: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
    [() => X.histogram(x, 0), "histogram: the number of bins must be a positive integer, got 0"],
  ],
  histogramdd: [
    [() => X.histogramdd(x, [2]), "histogramdd: expected points (N, 1) for 1 axes, got [2, 3]"],
  ],
  exponential: [
    [() => X.exponential([2], { lambda: 0 }), "exponential: lambda must be > 0, got 0"],
  ],
  geometric: [[() => X.geometric([2], 1), "geometric: p must be between 0 and 1, got 1"]],
  cauchy: [[() => X.cauchy([2], { sigma: 0 }), "cauchy: sigma must be > 0, got 0"]],
  logNormal: [[() => X.logNormal([2], { std: 0 }), "logNormal: std must be > 0, got 0"]],
  featureDropout: [
    [() => X.featureDropout(f(2)), "featureDropout: expected at least 2 axes, got shape [2]"],
    [() => X.featureDropout(x, 2), "featureDropout: p must be from 0 to 1, got 2"],
  ],
  alphaDropout: [
    [() => X.alphaDropout(x, 2), "alphaDropout: p must be from 0 to 1, got 2"],
    [
      () => X.alphaDropout(i(2), 0.5, { training: true }),
      'alphaDropout: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
  ],
  featureAlphaDropout: [
    [
      () => X.featureAlphaDropout(f(2), 0.5, { training: true }),
      "featureAlphaDropout: expected at least 2 axes, got shape [2]",
    ],
  ],
  binaryCrossEntropy: [
    [
      () => X.binaryCrossEntropy(x, f(2)),
      "binaryCrossEntropy: expected equal shapes, got [2, 3] and [2]",
    ],
    [
      () => X.binaryCrossEntropy(x, x, { reduction: "all" as never }),
      'binaryCrossEntropy: reduction must be "mean" or "sum" or "none", got "all"',
    ],
  ],
  softMarginLoss: [
    [() => X.softMarginLoss(x, f(2)), "softMarginLoss: expected equal shapes, got [2, 3] and [2]"],
  ],
  marginRankingLoss: [
    [() => X.marginRankingLoss(x, x, no), 'marginRankingLoss: expected a tensor, got "x"'],
  ],
  hingeEmbeddingLoss: [
    [
      () => X.hingeEmbeddingLoss(i(2), f(2)),
      'hingeEmbeddingLoss: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
  ],
  cosineEmbeddingLoss: [
    [() => X.cosineEmbeddingLoss(x, x, no), 'cosineEmbeddingLoss: expected a tensor, got "x"'],
  ],
  tripletMarginLoss: [
    [
      () => X.tripletMarginLoss(x, x, x, { reduction: "all" as never }),
      'tripletMarginLoss: reduction must be "mean" or "sum" or "none", got "all"',
    ],
  ],
  tripletMarginWithDistanceLoss: [
    [
      () => X.tripletMarginWithDistanceLoss(x, x, x, { reduction: "all" as never }),
      'tripletMarginWithDistanceLoss: reduction must be "mean" or "sum" or "none", got "all"',
    ],
  ],
  gaussianNllLoss: [
    [
      () => X.gaussianNllLoss(i(2), f(2), f(2)),
      'gaussianNllLoss: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
  ],
  poissonNllLoss: [[() => X.poissonNllLoss(x, no), 'poissonNllLoss: expected a tensor, got "x"']],
  klDiv: [[() => X.klDiv(x, no), 'klDiv: expected a tensor, got "x"']],
  multiMarginLoss: [
    [
      () => X.multiMarginLoss(f(1, 2, 3), i(1)),
      "multiMarginLoss: expected scores (C) or (N, C), got [1, 2, 3]",
    ],
  ],
  multilabelMarginLoss: [
    [
      () => X.multilabelMarginLoss(i(2), i(2)),
      'multilabelMarginLoss: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
  ],
  multilabelSoftMarginLoss: [
    [
      () => X.multilabelSoftMarginLoss(x, f(2)),
      "multilabelSoftMarginLoss: expected equal shapes, got [2, 3] and [2]",
    ],
  ],
  unravelIndex: [
    [() => X.unravelIndex(no, [2]), 'unravelIndex: positions must be an integer tensor, got "x"'],
  ],
};
