import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import {
  compile,
  manualSeed,
  ones,
  rand,
  randn,
  tensor,
  type Tensor,
  zeros,
} from "../../src/tensor/index.ts";
import { expectNumbers } from "./fixtures.ts";

const { parametrizations, parametrize, rnn } = nn.utils;
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const f64 = { dtype: "f64" } as const;

describe("sequences of different lengths", () => {
  test("padding and packing, and the ways back", () => {
    const sequences = [tensor([1, 2]), tensor([3, 4, 5]), tensor([6])];
    const padded = rnn.padSequence(sequences, { paddingValue: 9 });
    expect(padded.toArraySync()).toEqual([
      [1, 3, 6],
      [2, 4, 9],
      [9, 5, 9],
    ]);
    const left = rnn.padSequence(sequences, { batchFirst: true, paddingSide: "left" });
    expect(left.toArraySync()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [0, 0, 6],
    ]);
    const packed = rnn.packSequence(sequences);
    expect(rnn.unpackSequence(packed).map((x) => x.toArraySync())).toEqual([
      [1, 2],
      [3, 4, 5],
      [6],
    ]);
    const [back, lengths] = rnn.padPackedSequence(packed, { batchFirst: true, totalLength: 4 });
    expect(lengths.toArraySync()).toEqual([2, 3, 1]);
    expect(back.toArraySync()).toEqual([
      [1, 2, 0, 0],
      [3, 4, 5, 0],
      [6, 0, 0, 0],
    ]);
  });

  test("each sequence of a batch gets what it would get alone", () => {
    manualSeed(1);
    const net = new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true, dtype: "f64" });
    const sequences = [4, 1, 3].map((length) => randn([length, 2], f64));
    const [output, [h, c]] = net.forward(rnn.packSequence(sequences));
    const outputs = rnn.unpackSequence(output);
    sequences.forEach((x, i) => {
      const [alone, [ownH, ownC]] = net.forward(x);
      expectNumbers(outputs[i], numbers(alone), `output ${i}`);
      expectNumbers(h.select(1, i), numbers(ownH), `h ${i}`);
      expectNumbers(c.select(1, i), numbers(ownC), `c ${i}`);
    });
  });

  test("lengths may be a tensor, and change without another program", () => {
    manualSeed(2);
    const net = new nn.GRU(2, 3);
    const x = rand([4, 2, 2]);
    const last = compile((lengths: Tensor) => net.forward(rnn.packPaddedSequence(x, lengths))[1]);
    for (const lengths of [
      [4, 2],
      [1, 3],
    ]) {
      const expected = net.forward(rnn.packPaddedSequence(x, lengths))[1];
      expectNumbers(last(tensor(lengths, { dtype: "i32" })), numbers(expected), "h", 1e-6);
    }
  });

  test("mistakes", () => {
    const x = zeros([4, 2, 3]);
    expect(() => rnn.packPaddedSequence(x, [4, 5])).toThrow(
      "packPaddedSequence: lengths must be 2 integers from 1 to 4, got [4, 5]",
    );
    expect(() => rnn.packPaddedSequence(x, [4, 0])).toThrow(/got \[4, 0\]/);
    expect(() => rnn.packPaddedSequence(x, tensor([1], { dtype: "i32" }))).toThrow(
      "packPaddedSequence: expected lengths [2], one for each sequence, got [1]",
    );
    const packed = rnn.packPaddedSequence(x, tensor([1, 2], { dtype: "i32" }));
    expect(() => rnn.unpackSequence(packed)).toThrow(/lengths that were given as numbers/);
    expect(() => rnn.padPackedSequence(packed, { totalLength: 3 })).toThrow(
      "padPackedSequence: totalLength must be an integer of at least 4, got 3",
    );
    expect(() => rnn.padSequence([])).toThrow(/one or more sequences/);
    expect(() => rnn.unpadSequence(x, [1])).toThrow(/expected 2 lengths/);
  });
});

describe("parametrizations", () => {
  class Symmetric extends parametrize.Parametrization {
    forward(x: Tensor): Tensor {
      return x.triu().add(x.triu(1).t());
    }
    override rightInverse(weight: Tensor): Tensor[] {
      return [weight.triu()];
    }
  }

  test("train the originals, and are in states by PyTorch's names", () => {
    manualSeed(3);
    const layer = parametrizations.weightNorm(new nn.Linear(3, 2));
    expect(Object.keys(layer.stateDict()).sort()).toEqual([
      "bias",
      "parametrizations.weight.original0",
      "parametrizations.weight.original1",
    ]);
    const before = numbers(layer.weight);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    layer
      .forward(ones([1, 3]))
      .sum()
      .backward();
    optimizer.step();
    expect(numbers(layer.weight)).not.toEqual(before);
  });

  test("keep the weight, and give it back", () => {
    manualSeed(4);
    const layer = new nn.Conv2d(2, 3, 2);
    const before = numbers(layer.weight);
    parametrizations.weightNorm(layer, { dim: null });
    expectNumbers(layer.weight, before, "weight", 1e-6);
    expect(parametrize.isParametrized(layer)).toBe(true);
    expect(parametrize.isParametrized(layer, "bias")).toBe(false);
    parametrize.removeParametrizations(layer, "weight");
    expect(layer.weight).toBeInstanceOf(nn.Parameter);
    expect(parametrize.isParametrized(layer)).toBe(false);
    expectNumbers(layer.weight, before, "weight", 1e-6);
    expect(Object.keys(layer.stateDict()).sort()).toEqual(["bias", "weight"]);
  });

  test("are the copy's own in a clone", () => {
    const layer = parametrizations.spectralNorm(new nn.Linear(3, 2)).eval();
    const copy = layer.clone();
    expectNumbers(copy.weight, numbers(layer.weight), "weight", 1e-6);
    nn.init.zeros_(copy.parameters().at(-1)!);
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(layer.stateDict()));
    for (const parameter of copy.parameters()) nn.init.ones_(parameter);
    expect(numbers(copy.weight)).not.toEqual(numbers(layer.weight));
  });

  test("divide by the greatest singular value after some steps", () => {
    manualSeed(5);
    const layer = parametrizations.spectralNorm(new nn.Linear(4, 4, { bias: false, dtype: "f64" }));
    for (let i = 0; i < 60; i++) layer.forward(zeros([1, 4], f64));
    const { weight } = layer.eval();
    let x = ones([4], f64);
    for (let i = 0; i < 200; i++) {
      const y = weight.t().mv(weight.mv(x));
      x = y.div(y.norm());
    }
    expect(weight.mv(x).norm().itemSync()).toBeCloseTo(1, 4);
  });

  test("of one's own: a new weight goes through rightInverse", () => {
    const layer = new nn.Linear(2, 2);
    parametrize.registerParametrization(layer, "weight", new Symmetric());
    (layer as { weight: Tensor }).weight = tensor([
      [1, 2],
      [5, 3],
    ]).to("f32");
    expect(layer.weight.toArraySync()).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(layer.toString()).toContain("(0): Symmetric()");
  });

  test("mistakes", () => {
    const layer = parametrizations.weightNorm(new nn.Linear(2, 3));
    expect(() => parametrizations.spectralNorm(layer)).toThrow(
      'spectralNorm: "weight" of Linear is parametrized already; call removeParametrizations first',
    );
    expect(() => parametrizations.weightNorm(layer, { name: "wait" })).toThrow(
      'weightNorm: expected a field of Linear that holds a parameter, got "wait"',
    );
    expect(() => parametrizations.weightNorm(new nn.Linear(2, 3), { dim: 2 })).toThrow(
      /weightNorm/,
    );
    expect(() =>
      parametrizations.spectralNorm(new nn.Linear(2, 3), { nPowerIterations: 0 }),
    ).toThrow("spectralNorm: nPowerIterations must be an integer >= 1, got 0");
    expect(() => parametrize.removeParametrizations(layer, "bias")).toThrow(
      'removeParametrizations: "bias" of Linear is not parametrized',
    );
    expect(() => nn.init.zeros_(layer.weight)).toThrow(/init: expected a parameter or a buffer/);
  });
});

describe("norms in the weights before them", () => {
  /** A norm with moments and weights of its own. */
  function used<N extends nn.BatchNorm1d | nn.BatchNorm2d>(norm: N, x: Tensor): N {
    for (const p of norm.parameters()) nn.init.uniform_(p, 0.5, 2);
    norm.forward(x);
    norm.eval();
    return norm;
  }

  test.each([true, false])("convolutions and linear layers, bias %s", (bias) => {
    manualSeed(6);
    const options = { bias, dtype: "f64" } as const;
    const x = randn([2, 3, 5, 5], f64);
    for (const conv of [
      new nn.Conv2d(3, 4, 2, options),
      new nn.ConvTranspose2d(3, 4, 2, options),
    ]) {
      const norm = used(new nn.BatchNorm2d(4, f64), conv.eval().forward(x));
      const expected = norm.forward(conv.forward(x));
      const fused = nn.utils.fuseConvBnEval(conv, norm);
      expectNumbers(fused.forward(x), numbers(expected), conv.constructor.name);
      expect(Object.keys(fused.stateDict()).sort()).toEqual(["bias", "weight"]);
    }
    const rows = randn([6, 3], f64);
    const linear = new nn.Linear(3, 4, options).eval();
    const norm = used(new nn.BatchNorm1d(4, f64), linear.forward(rows));
    const fused = nn.utils.fuseLinearBnEval(linear, norm);
    expectNumbers(fused.forward(rows), numbers(norm.forward(linear.forward(rows))), "Linear");
  });

  test("mistakes", () => {
    const [linear, norm] = [new nn.Linear(3, 4).eval(), new nn.BatchNorm1d(4)];
    expect(() => nn.utils.fuseLinearBnEval(linear, norm)).toThrow(/expected layers after eval\(\)/);
    const plain = new nn.BatchNorm1d(4, { trackRunningStats: false }).eval();
    expect(() => nn.utils.fuseLinearBnEval(linear, plain)).toThrow(/tracks running moments/);
  });
});

test("parameters as one vector, and back", () => {
  const layer = new nn.Linear(2, 2);
  const vector = tensor([1, 2, 3, 4, 5, 6]).to("f32");
  nn.utils.vectorToParameters(vector, layer.parameters());
  expect(layer.bias!.toArraySync()).toEqual([5, 6]);
  expect(nn.utils.parametersToVector(layer.parameters()).toArraySync()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(() => nn.utils.vectorToParameters(zeros([5]), layer.parameters())).toThrow(
    "vectorToParameters: expected a vector of 6 elements, got [5]",
  );
  expect(() => nn.utils.parametersToVector([])).toThrow(/one or more parameters, got none/);
});
