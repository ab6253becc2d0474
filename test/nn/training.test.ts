import { describe, expect, test } from "vitest";
import { compile, nn, optim } from "../../src/index.ts";
import {
  grad,
  manualSeed,
  noGrad,
  ones,
  rand,
  randn,
  stack,
  tensor,
  type Tensor,
  vmap,
  zeros,
} from "../../src/tensor/index.ts";
import { expectNumbers } from "./fixtures.ts";

const f64 = { dtype: "f64" } as const;

describe("running moments", () => {
  const moments = (norm: nn.BatchNorm1d): number[] =>
    [norm.runningMean!, norm.runningVar!, norm.numBatchesTracked!].flatMap((b) =>
      Array.from(b.dataSync()),
    );

  test("move with the optimiser's step, compiled or not", () => {
    const run = (whole: boolean): { moments: number[]; loss: number } => {
      manualSeed(1);
      const net = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
      const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
      const step = (x: Tensor): Tensor => {
        optimizer.zeroGrad();
        const loss = net.forward(x).sub(1).square().mean();
        loss.backward();
        optimizer.step();
        return loss;
      };
      const each = whole ? compile(step) : step;
      let loss = NaN;
      for (let i = 0; i < 3; i++) loss = each(rand([8, 3])).itemSync();
      return { moments: moments(net.at(1) as nn.BatchNorm1d), loss };
    };
    const [plain, whole] = [run(false), run(true)];
    expectNumbers(whole.moments, plain.moments, "moments", 1e-6);
    expect(whole.loss).toBeCloseTo(plain.loss, 6);
    expect(plain.moments[4]).toBe(3);
  });

  test("move when training without gradients, stay after eval(), can be forgotten", () => {
    const norm = new nn.BatchNorm1d(1, { momentum: 0.5 });
    const x = tensor([[1], [3]]);
    noGrad(() => norm.forward(x));
    expect(moments(norm)).toEqual([1, 1.5, 1]);
    norm.eval().forward(x);
    expect(moments(norm)).toEqual([1, 1.5, 1]);
    norm.resetRunningStats();
    expect(moments(norm)).toEqual([0, 1, 0]);
  });
});

describe("dropout inside layers", () => {
  test("between the layers of a recurrent net, not after the last", () => {
    manualSeed(2);
    const rnn = new nn.RNN(2, 64, { numLayers: 2, dropout: 1, bias: false, nonlinearity: "relu" });
    const x = ones([3, 1, 2]);
    // All that reaches the second layer is dropped.
    expect(Array.from(rnn.forward(x)[0].dataSync()).every((v) => v === 0)).toBe(true);
    expect(Array.from(rnn.eval().forward(x)[0].dataSync()).some((v) => v !== 0)).toBe(true);
    const single = new nn.RNN(2, 8, { dropout: 1, nonlinearity: "relu" });
    expect(Array.from(single.forward(x)[0].dataSync()).some((v) => v !== 0)).toBe(true);
  });

  test("of attention: weights are dropped and the others scaled", () => {
    manualSeed(4);
    const layer = new nn.MultiheadAttention(8, 2, { dropout: 0.5, batchFirst: true });
    const x = zeros([1, 64, 8]);
    const weights = layer.forward(x, x, x, { averageAttnWeights: false })[1]!.dataSync();
    const kept = Array.from(weights).filter((v) => v !== 0);
    expect(kept.every((v) => Math.abs(v - 2 / 64) < 1e-7)).toBe(true);
    // Six standard deviations around half of 8,192.
    expect(Math.abs(kept.length - 4096)).toBeLessThan(272);
    const sure = layer.eval().forward(x, x, x)[1]!.dataSync();
    expect(Array.from(sure).every((v) => Math.abs(v - 1 / 64) < 1e-7)).toBe(true);
  });

  test("of a transformer's layer in training only", () => {
    manualSeed(5);
    const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0.5 });
    const x = randn([4, 2, 8]);
    const run = (): number[] => Array.from(layer.forward(x).dataSync());
    expect(run()).not.toEqual(run());
    layer.eval();
    expect(run()).toEqual(run());
  });
});

describe("a batch of examples by vmap", () => {
  const one = (layer: { forward(x: Tensor): Tensor }, shape: readonly number[]): void => {
    const xs = randn(shape, f64);
    const all = vmap((x: Tensor) => layer.forward(x))(xs);
    const expected = stack(xs.unbind(0).map((x) => layer.forward(x)));
    expect(all.shape).toEqual(expected.shape);
    expectNumbers(all, Array.from(expected.dataSync()), "mapped", 1e-9);
  };

  test("convolution, pools and norms", () => {
    one(new nn.Conv2d(2, 3, 3, { padding: 1, stride: 2, ...f64 }), [3, 2, 5, 5]);
    one(new nn.ConvTranspose1d(2, 3, 3, { stride: 2, ...f64 }), [3, 2, 5]);
    one(new nn.MaxPool2d(2), [3, 2, 5, 4]);
    one(new nn.MaxPool2d(3, { stride: 2, padding: 1 }), [3, 2, 5, 4]);
    one(new nn.AvgPool2d(2), [3, 2, 4, 4]);
    one(new nn.AdaptiveAvgPool2d([2, 3]), [3, 2, 5, 5]);
    one(new nn.LayerNorm(4, f64), [3, 2, 4]);
    one(new nn.GroupNorm(2, 4, f64), [2, 3, 4, 5]);
  });

  test("gradients of each example through an LSTM", () => {
    const lstm = new nn.LSTM(2, 3, f64);
    const loss = (x: Tensor): Tensor => lstm.forward(x)[0].square().sum();
    const xs = randn([4, 5, 2], f64);
    const each = vmap(grad(loss))(xs);
    xs.unbind(0).forEach((x, i) =>
      expectNumbers(each.select(0, i), Array.from(grad(loss)(x).dataSync()), `example ${i}`),
    );
  });

  test("attention", () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0, ...f64 });
    one(layer, [3, 5, 4]);
  });
});

describe("second derivatives", () => {
  /** The derivative of the squared gradient along a direction, against differences. */
  function check(f: (x: Tensor) => Tensor, shape: readonly number[]): void {
    const x = randn(shape, f64);
    const v = randn(shape, f64);
    const weights = randn(f(x).shape, f64);
    const squared = (at: Tensor): Tensor =>
      grad((y: Tensor) => f(y).mul(weights).sin().sum())(at)
        .square()
        .sum();
    const exact = grad(squared)(x).mul(v).sum().itemSync();
    const step = 1e-5;
    const at = (by: number): number => squared(x.add(v.mul(by))).itemSync();
    const numeric = (at(step) - at(-step)) / (2 * step);
    expect(Math.abs(exact - numeric)).toBeLessThan(1e-4 * Math.max(1, Math.abs(exact)));
  }

  test("through norms and windows, whose gradients are their own", () => {
    const norm = new nn.BatchNorm2d(2, f64);
    check((x) => norm.forward(x), [3, 2, 2, 2]);
    check((x) => nn.functional.layerNorm(x, 4), [3, 4]);
    check((x) => nn.functional.maxPool2d(x.square(), 2), [1, 2, 4, 4]);
    check((x) => nn.functional.avgPool2d(x.square(), 2), [1, 2, 4, 5]);
  });

  test("through convolutions and recurrent nets", () => {
    const weight = randn([3, 2, 3], f64);
    check((x) => nn.functional.conv1d(x, weight, undefined, { stride: 2, padding: 1 }), [2, 2, 6]);
    const gru = new nn.GRU(2, 3, f64);
    check((x) => gru.forward(x)[0], [4, 1, 2]);
  });
});

describe("positions", () => {
  test("are sines and cosines of falling frequencies", () => {
    const dim = 6;
    const rows = nn.sinusoidalPositions(4, dim, f64).toArraySync() as number[][];
    rows.forEach((row, p) =>
      row.forEach((value, i) => {
        const angle = p / 10000 ** ((i - (i % 2)) / dim);
        expect(value).toBeCloseTo(i % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 12);
      }),
    );
    expect(nn.sinusoidalPositions(3, 5).dtype).toBe("f32");
    expect(() => nn.sinusoidalPositions(0, 5)).toThrow(/length must be an integer >= 1/);
  });
});

test("pretrained embeddings are frozen unless asked for", () => {
  const table = tensor([[1, 2], [3, 4]]); // prettier-ignore
  const at = tensor([1, 0], { dtype: "i32" });
  const frozen = nn.Embedding.fromPretrained(table);
  expect(frozen.forward(at).toArraySync()).toEqual([[3, 4], [1, 2]]); // prettier-ignore
  expect(frozen.weight.requiresGrad).toBe(false);
  expect(nn.Embedding.fromPretrained(table, { freeze: false }).weight.requiresGrad).toBe(true);
});
