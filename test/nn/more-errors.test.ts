import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { manualSeed, ones, randn, tensor, type Tensor, zeros } from "../../src/tensor/index.ts";

// What layers and losses say about settings and inputs that do not fit.

const F = nn.functional;
const ints = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "i32" });

type Case = [what: string, run: () => unknown, message: string | RegExp];

const SETTINGS: Case[] = [
  ["dropout", () => new nn.Dropout2d(2), "Dropout2d: p must be from 0 to 1, got 2"],
  ["a slope for each of no channels", () => new nn.PReLU(0), "PReLU: numParameters must be an integer >= 1, got 0"],
  ["bounds", () => new nn.RReLU(0.5, 0.1), "RReLU: the bounds must be in order, got 0.5 and 0.1"],
  ["softshrink", () => new nn.Softshrink(-1), "Softshrink: lambda must be >= 0, got -1"],
  ["padding", () => new nn.ZeroPad2d([1, 2]), "ZeroPad2d: padding must be an integer or 4 of them, got [1,2]"],
  ["a factor", () => new nn.PixelShuffle(1.5), "PixelShuffle: upscaleFactor must be an integer >= 1, got 1.5"],
  ["groups", () => new nn.ChannelShuffle(0), "ChannelShuffle: groups must be an integer >= 1, got 0"],
  ["both sizes", () => new nn.Upsample({ size: 2, scaleFactor: 2 }), "Upsample: expected one of size and scaleFactor, got both"],
  ["no size", () => new nn.UpsamplingNearest2d({}), "UpsamplingNearest2d: expected one of size and scaleFactor, got none"],
  ["unpooling", () => new nn.MaxUnpool2d(0), "MaxUnpool2d: kernelSize must be an integer >= 1 or 2 of them, got 0"],
  ["a fractional pool", () => new nn.FractionalMaxPool2d(2, {}), "FractionalMaxPool2d: expected one of outputSize and outputRatio"],
  ["a ratio", () => new nn.FractionalMaxPool2d(2, { outputRatio: 1 }), /outputRatio must be a number between 0 and 1 or 2 of them, got 1/],
  ["bilinear sizes", () => new nn.Bilinear(2, 0, 3), "Bilinear: in2Features must be an integer >= 1, got 0"],
  ["the mode of bags", () => new nn.EmbeddingBag(3, 2, { mode: "min" as "max" }), /EmbeddingBag: mode must be "sum"/],
  ["frequencies of maxima", () => new nn.EmbeddingBag(3, 2, { mode: "max", scaleGradByFreq: true }), 'EmbeddingBag: scaleGradByFreq is for modes "sum" and "mean", got "max"'],
  ["a factor of a size", () => new nn.Upsample({ size: 2, recomputeScaleFactor: true }), "Upsample: recomputeScaleFactor is for a scaleFactor; a size is its own ratio"],
  ["a padding row", () => new nn.EmbeddingBag(3, 2, { paddingIdx: 3 }), "EmbeddingBag: paddingIdx must be an integer from -3 to 2, got 3"],
  ["a table", () => nn.EmbeddingBag.fromPretrained(zeros([3])), /expected a table of 2 axes, got \[3\]/],
  ["a list of parameters", () => new nn.ParameterList([2] as never), "ParameterList: expected nn.Parameter or a tensor, got number"],
  ["a name", () => new nn.ParameterDict({ a: new nn.Parameter(zeros([1])) }).get("b"), 'ParameterDict: there is no parameter "b", only a'],
  ["a reduction", () => new nn.BCELoss({ reduction: "avg" as "mean" }), 'BCELoss: reduction must be "mean", "sum" or "none", got "avg"'],
  ["batchmean", () => new nn.KLDivLoss({ reduction: "all" as "mean" }), /KLDivLoss: reduction must be "mean" or "sum" or "none" or "batchmean", got "all"/],
  ["the power of margins", () => new nn.MultiMarginLoss({ p: 3 }), "MultiMarginLoss: p must be 1 or 2, got 3"],
  ["cutoffs", () => new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [5, 3]), /cutoffs must be rising integers from 1 to 9, got \[5, 3\]/],
  ["no cutoffs", () => new nn.AdaptiveLogSoftmaxWithLoss(8, 10, []), /cutoffs must be rising integers/],
  ["clusters without features", () => new nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 5]), /cluster 1 would have no features, 4 \/ 4\^2 < 1/],
  ["smoothing", () => new nn.LinearCrossEntropyLoss(3, 4, { labelSmoothing: 2 }), "LinearCrossEntropyLoss: labelSmoothing must be from 0 to 1, got 2"],
  ["weights of scores", () => F.linearCrossEntropy(zeros([2, 3]), zeros([4, 2]), ints([0, 1])), "linearCrossEntropy: expected weights (C, …, inFeatures) and a bias (C, …), got [4, 2] and none for an input [2, 3]"],
  ["a bias of scores", () => F.linearCrossEntropy(zeros([2, 3]), zeros([4, 3]), ints([0, 1]), { linearBias: zeros([3]) }), /got \[4, 3\] and \[3\] for an input \[2, 3\]/],
  ["a transformer", () => new nn.Transformer({ dModel: 5, nhead: 2 }), /numHeads must divide embedDim, got 2 for 5/],
  ["a mask", () => nn.Transformer.generateSquareSubsequentMask(0), /size must be an integer >= 1, got 0/],
]; // prettier-ignore

const INPUTS: Case[] = [
  ["images", () => new nn.Softmax2d().forward(zeros([2, 2])), "Softmax2d: expected an input (N, C, H, W) or (C, H, W), got [2, 2]"],
  ["channels to drop", () => new nn.Dropout1d().forward(zeros([4])), "Dropout1d: expected an input of 2 or 3 axes, got [4]"],
  ["a mirror", () => new nn.ReflectionPad1d(3).forward(zeros([1, 3])), /can add at most 2 entries/],
  ["shuffled channels", () => new nn.PixelShuffle(2).forward(zeros([1, 3, 2, 2])), /whose square divides 3 channels, got 2/],
  ["patches", () => new nn.Unfold(5).forward(zeros([1, 1, 4, 4])), "unfold: patches of 5 × 5 do not fit [4, 4]"],
  ["columns", () => new nn.Fold([4, 4], 2).forward(zeros([1, 4, 8])), /fold: expected columns \(N, C · 4, 9\), got \[1, 4, 8\]/],
  ["vectors to pair", () => new nn.Bilinear(2, 3, 4).forward(zeros([5, 2]), zeros([4, 3])), "Bilinear: expected inputs (…, 2) and (…, 3), got [5, 2] and [4, 3]"],
  ["modes of images", () => new nn.Upsample({ size: 4, mode: "linear" }).forward(zeros([1, 1, 2, 2])), /mode "linear" is for 1 spatial axes, got 2/],
  ["upsampled images", () => new nn.UpsamplingBilinear2d({ size: 4 }).forward(zeros([1, 1, 2])), "UpsamplingBilinear2d: expected images (N, C, H, W), got [1, 1, 2]"],
  ["a bag of no offsets", () => new nn.EmbeddingBag(3, 2).forward(ints([0, 1])), /expected indices \(B, n\), or a vector and offsets/],
  ["positions of a pool", () => new nn.MaxUnpool1d(2).forward(zeros([1, 1, 2]), ints([[0]])), /expected a position for each element/],
  ["windows", () => new nn.FractionalMaxPool2d(3, { outputSize: 4 }).forward(zeros([1, 1, 5, 5])), "fractionalMaxPool2d: 4 windows of 3 do not fit an axis of 5"],
  ["an order", () => F.lpPool1d(zeros([1, 1, 4]), 0, 2), "lpPool1d: the order must be a number other than 0, got 0"],
  ["a list as a function", () => new nn.ParameterList().forward(), /only holds parameters and computes nothing/],
  ["targets of a binary loss", () => new nn.BCELoss().forward(zeros([2]), zeros([3])), "binaryCrossEntropy: expected equal shapes, got [2] and [3]"],
  ["classes", () => new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3]).forward(zeros([2, 8]), zeros([2])), /expected classes, an integer tensor, got f32/],
  ["as many classes", () => new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3]).forward(zeros([2, 8]), ints([1])), /expected an input \(N, 8\) and targets \(N\), got \[2, 8\] and \[1\]/],
  ["CTC's targets", () => F.ctcLoss(zeros([3, 2, 4]), ints([[1], [1], [1]]), [3, 3], [1, 1]), /expected log-probabilities \(T, N, C\) and targets \(N, S\)/],
  ["CTC's lengths", () => F.ctcLoss(zeros([3, 2, 4]), ints([[1], [1]]), [3, 4], [1, 1]), "ctcLoss: inputLengths must be 2 integers from 0 to 3, got [3, 4]"],
  ["CTC's lengths of targets", () => F.ctcLoss(zeros([3, 2, 4]), ints([[1], [1]]), [3, 3], [1, 2]), "ctcLoss: targetLengths must be 2 integers from 0 to 1, got [1, 2]"],
  ["CTC's blank", () => F.ctcLoss(zeros([3, 1, 4]), ints([[1]]), [3], [1], { blank: 4 }), "ctcLoss: blank must be an integer from 0 to 3, got 4"],
  ["focal targets", () => F.sigmoidFocalLoss(zeros([2]), zeros([3])), /expected a target of the input's shape, \[2\], got \[3\]/],
  ["a focal share", () => F.sigmoidFocalLoss(zeros([2]), zeros([2]), { alpha: 2 }), "sigmoidFocalLoss: alpha must be at most 1, got 2"],
  ["masks", () => F.diceLoss(zeros([2, 2]), zeros([2, 2])), "diceLoss: expected masks (N, C, …), got [2, 2]"],
  ["classes of places", () => F.lovaszSoftmaxLoss(zeros([1, 2, 3]), ints([[0, 1, 2]])), /targets must be classes in \[0, 1\], got 2 at position 2/],
  ["pairs", () => F.contrastiveLoss(zeros([2, 3]), zeros([2, 3]), zeros([3])), /a number for each pair, \(N\), got \[2, 3\], \[2, 3\] and \[3\]/],
  ["positives", () => F.infoNCELoss(zeros([2, 3]), zeros([3, 3])), /expected a positive for each query \[2, 3\], got \[3, 3\]/],
  ["negatives", () => F.infoNCELoss(zeros([2, 3]), zeros([2, 3]), { negatives: zeros([2]) }), /expected negatives \(M, 3\), got \[2\]/],
  ["a temperature", () => F.infoNCELoss(zeros([2, 3]), zeros([2, 3]), { temperature: 0 }), "infoNCELoss: temperature must be > 0, got 0"],
  ["moments", () => F.gaussianKLLoss(zeros([2]), zeros([3])), /expected mean and logVar of one shape, got \[2\] and \[3\]/],
  ["samples of a critic", () => F.gradientPenalty((x) => x, zeros([2, 1]), zeros([3, 1])), /expected real and made samples of one shape/],
  ["a mixture", () => F.gradientPenalty((x) => x, zeros([2, 1]), zeros([2, 1]), { mix: zeros([3]) }), "gradientPenalty: expected mix [2], got [3]"],
]; // prettier-ignore

describe.each([
  ["settings", SETTINGS],
  ["inputs", INPUTS],
])("%s", (_, cases) => {
  test.each(cases)("%s", (_what, run, message) => {
    expect(run).toThrow(message);
  });
});

test("a class that is none makes the adaptive loss NaN, where it is not on the host", () => {
  const softmax = new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3]);
  const { output } = softmax.forward(ones([2, 8]), ints([5, 9]).add(1));
  expect(output.isnan().toArraySync()).toEqual([0, 1].map(Boolean));
});

describe("what is drawn", () => {
  test("channels are dropped whole, and others scaled", () => {
    const y = new nn.Dropout2d(0.5).forward(ones([40, 5, 2, 2]));
    const sums = y.sum([2, 3]).flatten();
    expect(new Set(sums.dataSync())).toEqual(new Set([0, 8]));
  });

  test("alpha dropout keeps mean and variance", () => {
    manualSeed(0);
    const y = new nn.AlphaDropout(0.2).forward(randn([20000]).selu());
    expect(Math.abs(y.mean().itemSync())).toBeLessThan(0.04);
    expect(Math.abs(y.std().itemSync() - 1)).toBeLessThan(0.04);
  });

  test("slopes of RReLU are between the bounds", () => {
    const y = new nn.RReLU(0.2, 0.4).forward(ones([1000]).neg());
    expect(y.le(-0.2).logicalAnd(y.ge(-0.4)).all().itemSync()).toBe(1);
    expect(y.amax().itemSync() - y.amin().itemSync()).toBeGreaterThan(0.15);
  });

  test("reparameterize draws, and gradients reach both moments", () => {
    const [mean, logVar] = [zeros([5000]).requiresGrad_(), zeros([5000]).requiresGrad_()];
    const y = F.reparameterize(mean, logVar);
    expect(Math.abs(y.std().itemSync() - 1)).toBeLessThan(0.06);
    y.square().mean().backward();
    expect(logVar.grad!.sum().itemSync()).toBeCloseTo(1, 1);
    expect(mean.grad).toBeDefined();
  });
});
