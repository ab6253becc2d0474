import * as X from "../../../src/extra/index.ts";
import { f, i, type Mistakes, x } from "../../tensor/mistakes/helpers.ts";

/** Of pools with positions, samples of images, and sequences. */
export const LAYERS: Mistakes = {
  maxPool1dWithIndices: [
    [
      () => X.maxPool1dWithIndices(f(3), 2),
      "maxPool1dWithIndices: expected an input of 3 or 2 axes, got [3]",
    ],
    [
      () => X.maxPool1dWithIndices(x, 4),
      "maxPool1dWithIndices: windows of 4 with padding 0 do not fit [2, 3]",
    ],
    [
      () => X.maxPool1dWithIndices(x, 0),
      "maxPool1dWithIndices: kernelSize must be an integer >= 1, got 0",
    ],
  ],
  maxPool2dWithIndices: [
    [
      () => X.maxPool2dWithIndices(x, 2),
      "maxPool2dWithIndices: expected an input of 4 or 3 axes, got [2, 3]",
    ],
  ],
  maxPool3dWithIndices: [
    [
      () => X.maxPool3dWithIndices(x, 2),
      "maxPool3dWithIndices: expected an input of 5 or 4 axes, got [2, 3]",
    ],
  ],
  adaptiveMaxPool1dWithIndices: [
    [
      () => X.adaptiveMaxPool1dWithIndices(x, 0),
      "adaptiveMaxPool1dWithIndices: outputSize must be 1 integers >= 1 or null, got 0",
    ],
  ],
  adaptiveMaxPool2dWithIndices: [
    [
      () => X.adaptiveMaxPool2dWithIndices(x, 1),
      "adaptiveMaxPool2dWithIndices: expected an input of 4 or 3 axes, got [2, 3]",
    ],
  ],
  adaptiveMaxPool3dWithIndices: [
    [
      () => X.adaptiveMaxPool3dWithIndices(x, 1),
      "adaptiveMaxPool3dWithIndices: expected an input of 5 or 4 axes, got [2, 3]",
    ],
  ],
  maxUnpool1d: [
    [
      () => X.maxUnpool1d(x, i(2), 2),
      "maxUnpool1d: expected a position for each element, got [2] for [2, 3]",
    ],
    [
      () => X.maxUnpool1d(x, x, 2),
      "maxUnpool1d: positions must be an integer tensor, got a tensor f32[2, 3]",
    ],
  ],
  maxUnpool2d: [
    [
      () => X.maxUnpool2d(x, i(2, 3), 2),
      "maxUnpool2d: expected a position for each element, got [2, 3] for [2, 3]",
    ],
  ],
  maxUnpool3d: [
    [
      () => X.maxUnpool3d(x, i(2, 3), 2),
      "maxUnpool3d: expected a position for each element, got [2, 3] for [2, 3]",
    ],
  ],
  gridSample: [
    [
      () => X.gridSample(x, x),
      "gridSample: expected an image (N, C, H, W) and a grid (N, H', W', 2), or with one axis more each, got [2, 3] and [2, 3] in mode \"bilinear\"",
    ],
    [
      () => X.gridSample(f(1, 1, 2, 2), f(1, 2, 2, 2), { mode: "linear" as never }),
      'gridSample: mode must be "bilinear" or "nearest" or "bicubic", got "linear"',
    ],
    [
      () => X.gridSample(f(1, 1, 2, 2), f(1, 2, 2, 2), { paddingMode: "x" as never }),
      'gridSample: paddingMode must be "zeros" or "border" or "reflection", got "x"',
    ],
    [
      () => X.gridSample(f(1, 1, 2, 2, 2), f(1, 2, 2, 2, 3), { mode: "bicubic" }),
      "gridSample: expected an image (N, C, H, W) and a grid (N, H', W', 2), or with one axis more each, got [1, 1, 2, 2, 2] and [1, 2, 2, 2, 3] in mode \"bicubic\"",
    ],
  ],
  embeddingBag: [
    [
      () => X.embeddingBag(i(3), x),
      "embeddingBag: expected indices (B, n), or a vector and offsets, got [3]",
    ],
    [
      () => X.embeddingBag(i(1, 2), f(2)),
      "embeddingBag: expected a tensor of 2 axes, got shape [2]",
    ],
    [
      () => X.embeddingBag(x, x),
      "embeddingBag: positions must be an integer tensor, got a tensor f32[2, 3]",
    ],
    [
      () => X.embeddingBag(i(1, 2), x, { perSampleWeights: f(1, 2) }),
      'embeddingBag: perSampleWeights are for mode "sum", got "mean"',
    ],
    [
      () => X.embeddingBag(i(1, 2), x, { mode: "max", scaleGradByFreq: true }),
      'embeddingBag: scaleGradByFreq is for modes "sum" and "mean", got "max"',
    ],
  ],
  ctcLoss: [
    [
      () => X.ctcLoss(x, i(2, 3), [1], [1]),
      "ctcLoss: expected log-probabilities (T, N, C) and targets (N, S), got [2, 3] and [2, 3]",
    ],
    [
      () => X.ctcLoss(f(2, 1, 2), i(1, 1), [2], [1], { reduction: "all" as never }),
      'ctcLoss: reduction must be "mean" or "sum" or "none", got "all"',
    ],
  ],
  lpPool1d: [
    [
      () => X.lpPool1d(i(1, 1, 4), 2, 2),
      'lpPool1d: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
    [
      () => X.lpPool1d(f(1, 1, 4), 0, 2),
      "lpPool1d: the order must be a number other than 0, got 0",
    ],
  ],
  lpPool2d: [
    [
      () => X.lpPool2d(f(1, 1, 4, 4), NaN, 2),
      "lpPool2d: the order must be a number other than 0, got NaN",
    ],
  ],
  lpPool3d: [
    [
      () => X.lpPool3d(f(1, 1, 4, 4, 4), 2, 0),
      "lpPool3d: kernelSize must be an integer >= 1 or 3 of them, got 0",
    ],
  ],
  fractionalMaxPool2d: [
    [
      () => X.fractionalMaxPool2d(f(4, 4), 2, { outputSize: 2 }),
      "fractionalMaxPool2d: expected an input of 4 or 3 axes, got [4, 4]",
    ],
    [
      () => X.fractionalMaxPool2d(f(1, 1, 4, 4), 2, {}),
      "fractionalMaxPool2d: expected one of outputSize and outputRatio",
    ],
    [
      () => X.fractionalMaxPool2d(f(1, 1, 4, 4), 2, { outputSize: 2, randomSamples: f(1, 2) }),
      "fractionalMaxPool2d: expected randomSamples [1, 1, 2], got [1, 2]",
    ],
  ],
  fractionalMaxPool3d: [
    [
      () => X.fractionalMaxPool3d(f(1, 4, 4, 4), 3, { outputSize: 3 }),
      "fractionalMaxPool3d: 3 windows of 3 do not fit an axis of 4",
    ],
  ],
};
