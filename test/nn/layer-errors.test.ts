import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { ones, randn, tensor, zeros } from "../../src/tensor/index.ts";

const F = nn.functional;
const i32 = { dtype: "i32" } as const;

describe("convolutions", () => {
  test("settings of layers", () => {
    expect(() => new nn.Conv2d(3, 4, 0)).toThrow(
      "Conv2d: kernelSize must be an integer >= 1 or 2 of them, got 0",
    );
    expect(() => new nn.Conv2d(3, 4, [3, 3, 3])).toThrow(/kernelSize .* got \[3,3,3\]/);
    expect(() => new nn.Conv1d(3, 4, 3, { stride: 1.5 })).toThrow(
      "Conv1d: stride must be an integer >= 1, got 1.5",
    );
    expect(() => new nn.Conv1d(3, 4, 3, { groups: 2 })).toThrow(
      "Conv1d: groups must divide the channels, got 2 for 3 input and 4 output channels",
    );
    expect(() => new nn.Conv1d(3, 4, 3, { padding: "same", stride: 2 })).toThrow(
      /padding "same" needs a stride of 1/,
    );
    expect(() => new nn.Conv1d(3, 4, 3, { paddingMode: "mirror" as "reflect" })).toThrow(
      'Conv1d: paddingMode must be one of zeros, reflect, replicate, circular, got "mirror"',
    );
    expect(() => new nn.Conv3d(0, 4, 3)).toThrow(
      "Conv3d: inChannels must be an integer >= 1, got 0",
    );
  });

  test("inputs", () => {
    const conv = new nn.Conv2d(3, 4, 3);
    expect(() => conv.forward(zeros([5, 5]))).toThrow(
      "conv2d: expected an input (N, C, H, W) or (C, H, W), got [5, 5]",
    );
    expect(() => conv.forward(zeros([1, 2, 5, 5]))).toThrow(/channels differ/);
    expect(() => conv.forward(zeros([1, 3, 2, 5]))).toThrow(/kernel does not fit/);
    expect(() => conv.forward(zeros([1, 3, 5, 5], { dtype: "f64" }))).toThrow(/dtypes differ/);
    expect(() => F.conv1d(zeros([1, 2, 5]), zeros([2, 2]))).toThrow(
      /expected a weight .* of 3 axes/,
    );
    expect(() => F.conv1d(zeros([1, 2, 5]), zeros([3, 2, 1]), zeros([2]))).toThrow(
      "conv1d: expected a bias of 3 numbers, one an output channel, got [2]",
    );
    const mirrored = new nn.Conv1d(1, 1, 3, { padding: 3, paddingMode: "reflect" });
    expect(() => mirrored.forward(zeros([1, 1, 3]))).toThrow(/can add at most 2 entries/);
  });

  test("transposed ones", () => {
    expect(() => F.convTranspose1d(zeros([1, 2, 3]), zeros([3, 2, 1]))).toThrow(
      /channels differ, input \[1, 2, 3\] and weight \[3, 2, 1\]/,
    );
    expect(() =>
      F.convTranspose1d(zeros([1, 2, 3]), zeros([2, 2, 1]), undefined, { outputPadding: 1 }),
    ).toThrow(/outputPadding must be less than stride or dilation/);
    expect(() =>
      F.convTranspose1d(zeros([1, 2, 1]), zeros([2, 2, 1]), undefined, { padding: 1 }),
    ).toThrow(/leaves nothing of the output/);
    const layer = new nn.ConvTranspose1d(1, 1, 3, { stride: 2 });
    expect(() => layer.forward(zeros([1, 1, 4]), 11)).toThrow(
      "ConvTranspose1d: outputSize along axis 0 must be from 9 to 10 for an input of 4, got 11",
    );
  });
});

describe("pools", () => {
  test("windows", () => {
    expect(() => F.maxPool2d(zeros([1, 1, 4, 4]), 0)).toThrow(/kernelSize must be an integer >= 1/);
    expect(() => F.maxPool1d(zeros([1, 1, 4]), 3, { padding: 2 })).toThrow(
      "maxPool1d: padding must be at most half the window, got 2 for a window of 3",
    );
    expect(() => F.avgPool1d(zeros([1, 1, 4]), 5)).toThrow(/a window of 5 does not fit axis 2/);
    expect(() => F.avgPool1d(zeros([1, 1, 4]), 2, { divisorOverride: 0 })).toThrow(
      "avgPool1d: divisorOverride must not be 0",
    );
    expect(() => F.avgPool1d(zeros([1, 1, 4], { dtype: "bool" }), 2)).toThrow(
      /not defined for bool/,
    );
    expect(() => F.maxPool1d(zeros([4]), 2)).toThrow(/expected an input \(N, C, L\) or \(C, L\)/);
  });

  test("output sizes", () => {
    expect(() => F.adaptiveAvgPool2d(zeros([1, 1, 4, 4]), 0)).toThrow(
      "adaptiveAvgPool2d: outputSize must be an integer >= 1 or 2 of them (null keeps a size), got 0",
    );
    expect(() => F.adaptiveMaxPool1d(zeros([1, 1, 0]), 1)).toThrow(/has no entries/);
  });

  test("integers have maxima, and NaN is one", () => {
    const x = tensor([[[3, 1, 2, 9, 9]]], i32);
    expect(F.maxPool1d(x, 2).toArraySync()).toEqual([[[3, 9]]]);
    const y = tensor([[[1, NaN, 3, 2]]]);
    expect(F.maxPool1d(y, 2).toArraySync()).toEqual([[[NaN, 3]]]);
    expect(F.maxPool1d(y, 2, { stride: 1 }).toArraySync()).toEqual([[[NaN, NaN, 3]]]);
  });

  test("upsampling", () => {
    expect(() => new nn.Upsample({})).toThrow("Upsample: expected one of size and scaleFactor");
    expect(() => F.interpolate(zeros([1, 1, 2]), { size: 2, scaleFactor: 1 })).toThrow(
      /expected one of size and scaleFactor/,
    );
    expect(() => F.interpolate(zeros([1, 1, 2]), { scaleFactor: 0 })).toThrow(
      /scaleFactor must be a number > 0/,
    );
    expect(() => F.interpolate(zeros([1, 1, 2]), { scaleFactor: 0.1 })).toThrow(
      /would change from 2 to 0 entries/,
    );
    expect(() => F.interpolate(zeros([1, 1, 2]), { size: 2, mode: "cubic" as "nearest" })).toThrow(
      /mode must be "nearest"/,
    );
  });
});

describe("norms", () => {
  test("batches", () => {
    expect(() => new nn.BatchNorm2d(2, { momentum: 2 })).toThrow(
      /momentum must be from 0 to 1 or null/,
    );
    expect(() => new nn.BatchNorm2d(2).forward(zeros([2, 2]))).toThrow(
      "BatchNorm2d: expected an input of 4 axes with 2 channels in axis 1, got [2, 2]",
    );
    expect(() => new nn.BatchNorm1d(2).forward(zeros([1, 2]))).toThrow(
      /more than one value a channel/,
    );
    expect(() => F.batchNorm(zeros([2, 2]), undefined, undefined)).toThrow(
      /without training it needs running moments/,
    );
    expect(() => F.batchNorm(zeros([2, 2]), zeros([2]), ones([3]))).toThrow(
      "batchNorm: expected runningVar f32[2], got f32[3]",
    );
    expect(() => new nn.InstanceNorm1d(2).forward(zeros([2, 2, 1]))).toThrow(
      /more than one spatial element/,
    );
  });

  test("layers and groups", () => {
    expect(() => new nn.LayerNorm([])).toThrow(/normalizedShape must be a size or a list/);
    expect(() => new nn.LayerNorm(3).forward(zeros([2, 4]))).toThrow(
      "layerNorm: expected an input that ends in the shape [3], got [2, 4]",
    );
    expect(() => F.layerNorm(zeros([2, 3]), 3, { weight: ones([3], { dtype: "f64" }) })).toThrow(
      "layerNorm: expected weight f32[3], got f64[3]",
    );
    expect(() => F.layerNorm(zeros([2, 3], i32), 3)).toThrow(/expected a floating-point tensor/);
    expect(() => new nn.GroupNorm(3, 4)).toThrow(/numGroups must divide numChannels/);
    expect(() => F.groupNorm(zeros([2, 4]), 3)).toThrow(/numGroups must divide the 4 channels/);
  });
});

describe("embeddings", () => {
  test("settings", () => {
    expect(() => new nn.Embedding(4, 2, { paddingIdx: 4 })).toThrow(
      "Embedding: paddingIdx must be an integer from -4 to 3, got 4",
    );
    expect(() => nn.Embedding.fromPretrained(zeros([3]))).toThrow(/a table of 2 axes/);
    expect(() => new nn.Embedding(4, 2).forward(zeros([2]))).toThrow(
      /positions must be an integer tensor/,
    );
  });
});

describe("recurrent nets", () => {
  test("settings", () => {
    expect(() => new nn.LSTM(2, 0)).toThrow("LSTM: hiddenSize must be an integer >= 1, got 0");
    expect(() => new nn.LSTM(2, 3, { projSize: 3 })).toThrow(/projSize must be an integer from 0/);
    expect(() => new nn.GRU(2, 3, { dropout: 2 })).toThrow(
      "GRU: dropout must be from 0 to 1, got 2",
    );
    expect(() => new nn.RNN(2, 3, { nonlinearity: "sine" as "relu" })).toThrow(
      'RNN: nonlinearity must be "tanh" or "relu", got "sine"',
    );
    const gru = new nn.GRU(2, 3);
    expect(gru.weights(0).weightIh.shape).toEqual([9, 2]);
    expect(() => gru.weights(1)).toThrow("GRU: there is no layer 1");
    expect(() => gru.weights(0, true)).toThrow("GRU: there is no layer 0 in reverse");
  });

  test("inputs and states", () => {
    const lstm = new nn.LSTM(2, 3, { batchFirst: true });
    expect(() => lstm.forward(zeros([1, 4, 3]))).toThrow(
      "LSTM: expected a sequence (N, L, 2) or (L, 2), got [1, 4, 3]",
    );
    const h = zeros([1, 5, 3]);
    expect(() => lstm.forward(zeros([4, 6, 2]), [h, h])).toThrow(
      "LSTM: expected a state [1, 4, 3] before the first step, got [1, 5, 3]",
    );
    const cell = new nn.LSTMCell(2, 3);
    expect(() => cell.forward(zeros([4, 3]))).toThrow(
      "LSTMCell: expected an input (N, 2) or (2), got [4, 3]",
    );
    expect(() => new nn.GRUCell(2, 3).forward(zeros([4, 2]), zeros([3, 3]))).toThrow(
      "GRUCell: expected a state [4, 3] for the input [4, 2], got [3, 3]",
    );
  });

  test("a sequence of no steps gives back the state", () => {
    const [y, [h, c]] = new nn.LSTM(2, 3).forward(zeros([0, 4, 2]), [
      ones([1, 4, 3]),
      ones([1, 4, 3]),
    ]);
    expect(y.shape).toEqual([0, 4, 3]);
    expect([h, c].map((x) => x.sum().itemSync())).toEqual([12, 12]);
  });
});

describe("attention", () => {
  const q = zeros([2, 3, 4]);

  test("of tensors", () => {
    expect(() => F.scaledDotProductAttention(q, zeros([2, 3, 5]), q)).toThrow(/do not fit/);
    expect(() => F.scaledDotProductAttention(q, q, q, { attnMask: zeros([3, 3], i32) })).toThrow(
      /attnMask must be a bool or floating-point tensor/,
    );
    expect(() => F.scaledDotProductAttention(q, q, q, { attnMask: zeros([4, 3]) })).toThrow(
      /do not broadcast/,
    );
    expect(() =>
      F.scaledDotProductAttention(q, q, q, { attnMask: zeros([3, 3]), isCausal: true }),
    ).toThrow(/expected attnMask or isCausal, got both/);
    expect(() => F.scaledDotProductAttention(q, q, q, { dropoutP: 2 })).toThrow(/from 0 to 1/);
    const heads = zeros([1, 4, 3, 2]);
    expect(() =>
      F.scaledDotProductAttention(heads, zeros([1, 3, 3, 2]), zeros([1, 3, 3, 2]), {
        enableGqa: true,
      }),
    ).toThrow(/must be a multiple/);
  });

  test("with heads", () => {
    expect(() => new nn.MultiheadAttention(5, 2)).toThrow(
      "MultiheadAttention: numHeads must divide embedDim, got 2 for 5",
    );
    const layer = new nn.MultiheadAttention(4, 2, { batchFirst: true });
    expect(() => layer.forward(q, zeros([1, 3, 4]), zeros([1, 3, 4]))).toThrow(
      /do not fit together/,
    );
    expect(() => layer.forward(q, q, zeros([2, 2, 4]))).toThrow(/do not fit together/);
    expect(() => layer.forward(q, q, q, { attnMask: zeros([2, 3]) })).toThrow(
      "MultiheadAttention: expected attnMask [3, 3] or [4, 3, 3], got [2, 3]",
    );
    expect(() => layer.forward(q, q, q, { keyPaddingMask: zeros([3, 2]) })).toThrow(
      "MultiheadAttention: expected keyPaddingMask [2, 3], got [3, 2]",
    );
    expect(() => layer.forward(q, q, q, { attnMask: zeros([3, 3], i32) })).toThrow(
      /masks must be bool or floating-point/,
    );
  });

  test("with parameters that are given", () => {
    const call =
      (options: object, heads = 2) =>
      (): unknown =>
        F.multiHeadAttentionForward(q, q, q, heads, { outProjWeight: zeros([4, 4]), ...options });
    const inProjWeight = zeros([12, 4]);
    expect(call({ inProjWeight }, 0)).toThrow(
      "multiHeadAttentionForward: numHeads must be an integer >= 1, got 0",
    );
    expect(call({ inProjWeight, dropoutP: 2 })).toThrow(
      "multiHeadAttentionForward: dropoutP must be from 0 to 1, got 2",
    );
    expect(call({ qProjWeight: zeros([4, 4]) })).toThrow(
      "multiHeadAttentionForward: expected inProjWeight (3 · E, E), or qProjWeight, kProjWeight and " +
        "vProjWeight of E rows, where 2 heads divide E, got [4, 4], none, none",
    );
    expect(call({ inProjWeight: zeros([9, 3]) })).toThrow(/where 2 heads divide E, got \[9, 3\]/);
    expect(call({ inProjWeight, staticK: zeros([2, 3, 4]) })).toThrow(
      "multiHeadAttentionForward: expected staticK and staticV [6, S, 2], got [2, 3, 4]",
    );
    expect(call({ inProjWeight, keyPaddingMask: zeros([1]) })).toThrow(
      "multiHeadAttentionForward: expected keyPaddingMask [3, 2], got [1]",
    );
  });

  test("keys and values that are given take the place of projected ones", () => {
    const layer = new nn.MultiheadAttention(4, 2);
    const q = randn([2, 3, 4]);
    const [k, v] = [0, 1].map(
      (i) =>
      q.linear(layer.inProjWeight!.narrow(0, 4 + 4 * i, 4)).unflatten(-1, [2, 2]).permute(1, 2, 0, 3).flatten(0, 1), // prettier-ignore
    );
    const [y, weights] = F.multiHeadAttentionForward(q, zeros([2, 3, 4]), zeros([2, 3, 4]), 2, {
      inProjWeight: layer.inProjWeight,
      outProjWeight: layer.outProj.weight,
      staticK: k,
      staticV: v,
    });
    const [expected, shown] = layer.forward(q, q, q);
    expect(y.sub(expected).abs().max().itemSync()).toBeLessThan(1e-6);
    expect(weights!.sub(shown!).abs().max().itemSync()).toBeLessThan(1e-6);
  });

  test("isCausal stands for a mask, beside one of keys too", () => {
    const layer = new nn.MultiheadAttention(4, 2, { batchFirst: true });
    const blocked = ones([3, 3], { dtype: "bool" }).triu(1);
    const left = tensor([[false, true, false], [false, false, false]]); // prettier-ignore
    for (const keyPaddingMask of [undefined, left, left.to("f32").mul(-2)]) {
      const [, weights] = layer.forward(q, q, q, { isCausal: true, keyPaddingMask });
      const [, expected] = layer.forward(q, q, q, { attnMask: blocked, keyPaddingMask });
      expect(weights!.toArraySync()).toEqual(expected!.toArraySync());
    }
  });

  test("transformers", () => {
    expect(() => new nn.TransformerEncoderLayer(4, 2, { activation: "tanh" as "relu" })).toThrow(
      'TransformerEncoderLayer: activation must be "relu", "gelu" or a function, got "tanh"',
    );
    const layer = new nn.TransformerEncoderLayer(4, 2, { activation: (x) => x.silu() });
    expect(layer.forward(zeros([3, 2, 4])).shape).toEqual([3, 2, 4]);
    expect(() => new nn.TransformerEncoder(layer, 0)).toThrow(
      "TransformerEncoder: numLayers must be an integer >= 1, got 0",
    );
  });
});
