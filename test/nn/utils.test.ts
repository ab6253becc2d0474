import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import {
  compile,
  eye,
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

  test("tell PyTorch's order of the sequences", () => {
    const packed = rnn.packPaddedSequence(zeros([4, 3]), [2, 4, 3]);
    expect(packed.sortedIndices.toArraySync()).toEqual([1, 2, 0]);
    expect(packed.unsortedIndices.toArraySync()).toEqual([2, 0, 1]);
    expect(packed.batchSizes.toArraySync()).toEqual([3, 3, 2, 1]);
    expect(packed.batchSizes.dtype).toBe("i32");
    const sorted = rnn.packPaddedSequence(zeros([4, 3]), [4, 4, 3], { enforceSorted: true });
    expect(sorted.sortedIndices.toArraySync()).toEqual([0, 1, 2]);
    expect(() => rnn.packSequence([zeros([1]), zeros([2])], { enforceSorted: true })).toThrow(
      "packPaddedSequence: with enforceSorted lengths must not rise, got [1, 2]; leave it out",
    );
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
    override rightInverse(weight: Tensor): Tensor {
      return weight.triu();
    }
  }

  class Turned extends parametrize.Parametrization {
    forward(x: Tensor): Tensor {
      return x.t();
    }
  }
  class Doubled extends parametrize.Parametrization {
    forward(x: Tensor): Tensor {
      return x.mul(2);
    }
    override rightInverse(x: Tensor): Tensor {
      return x.div(2);
    }
  }
  /** What follows itself. */
  const assign = (layer: nn.Module, weight: Tensor): void => {
    (layer as unknown as { weight: Tensor }).weight = weight;
  };

  test("several of one weight, one after the other, and the ways back", () => {
    const layer = new nn.Linear(2, 2);
    const { weight } = layer;
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.5 });
    const start = tensor([[1, 2], [2, 3]]).to("f32"); // prettier-ignore
    weight.rebind(start);
    parametrize.registerParametrization(layer, "weight", new Symmetric());
    parametrize.registerParametrization(layer, "weight", new Doubled());
    expect(Object.keys(layer.stateDict())).toEqual(["bias", "parametrizations.weight.original"]);
    expect(layer.stateDict()["parametrizations.weight.original"]).toBe(weight);
    expect(weight.toArraySync()).toEqual([[1, 2], [0, 3]]); // prettier-ignore
    expect(layer.weight.toArraySync()).toEqual([[2, 4], [4, 6]]); // prettier-ignore
    expect(layer.toString()).toContain("(1): Doubled()");
    assign(layer, tensor([[8, 4], [4, 2]]).to("f32")); // prettier-ignore
    expect(weight.toArraySync()).toEqual([[4, 2], [0, 1]]); // prettier-ignore
    // The optimiser that was made before trains the original.
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward();
    optimizer.step();
    expect(weight.toArraySync()).toEqual([[3, 0], [0, 0]]); // prettier-ignore
    const copy = layer.clone();
    parametrize.removeParametrizations(copy, "weight", { leaveParametrized: false });
    expect(copy.weight.toArraySync()).toEqual([[3, 0], [0, 0]]); // prettier-ignore
    parametrize.removeParametrizations(layer, "weight");
    expect(layer.weight).toBe(weight);
    expect(layer.weight.toArraySync()).toEqual([[6, 0], [0, 0]]); // prettier-ignore
    expect(layer.children()).toEqual([]);
  });

  test("of buffers", () => {
    const norm = new nn.BatchNorm1d(2);
    parametrize.registerParametrization(norm, "runningMean", new Doubled());
    expect(Object.keys(norm.stateDict())).toContain("parametrizations.running_mean.original");
    assign(norm, ones([2]));
    parametrize.removeParametrizations(norm, "runningMean");
    expect(norm.runningMean).toBeInstanceOf(nn.Buffer);
    expect(norm.namedBuffers().map(([name]) => name)).toContain("running_mean");
  });

  test("are transferred with what they take", () => {
    manualSeed(7);
    const from = parametrizations.weightNorm(new nn.Linear(3, 2));
    parametrize.registerParametrization(from, "bias", new Doubled());
    const to = new nn.Linear(3, 2);
    expect(parametrize.transferParametrizationsAndParams(from, to, "weight")).toBe(to);
    expect(to.weight.toArraySync()).toEqual(from.weight.toArraySync());
    expect(parametrize.isParametrized(to, "bias")).toBe(false);
    const bare = new nn.Identity();
    parametrize.transferParametrizationsAndParams(from, bare);
    const [own, shared] = [bare.stateDict(), from.stateDict()];
    expect(Object.keys(own)).toEqual(Object.keys(shared));
    for (const name of Object.keys(shared)) expect(own[name] === shared[name]).toBe(true);
    const plain = new nn.Linear(3, 2);
    parametrize.transferParametrizationsAndParams(new nn.Linear(3, 2), plain);
    expect(parametrize.isParametrized(plain)).toBe(false);
  });

  test.each([
    ["square", [4, 4]],
    ["tall", [5, 3]],
    ["wide", [3, 5]],
    ["a batch", [2, 4, 3]],
  ])("orthogonal ones stay so: %s", (_, shape) => {
    for (const [orthogonalMap, useTrivialization] of [
      ["matrixExp", true],
      ["cayley", true],
      ["householder", true],
      ["householder", false],
      [undefined, undefined],
    ] as const) {
      manualSeed(8);
      const layer = new nn.Bilinear(1, 1, 1) as unknown as nn.Module & { weight: Tensor };
      const start = randn(shape, f64);
      Object.defineProperty(layer, "weight", {
        value: new nn.Parameter(start),
        enumerable: true,
        configurable: true,
      });
      parametrizations.orthogonal(layer, { orthogonalMap, useTrivialization });
      const error = (): number => {
        const { weight } = layer;
        const [rows, columns] = weight.shape.slice(-2);
        const square = rows >= columns ? weight.mT.matmul(weight) : weight.matmul(weight.mT);
        return square
          .sub(eye(Math.min(rows, columns), Math.min(rows, columns), f64))
          .abs()
          .max()
          .itemSync();
      };
      expect(error()).toBeLessThan(1e-12);
      // What it starts with is Q of QR, with a positive diagonal of R.
      const isTall = shape[shape.length - 2] >= shape[shape.length - 1];
      const [q, a] = [layer.weight, start].map((x) => (isTall ? x : x.mT));
      const r = q.mT.matmul(a);
      expect(r.tril(-1).abs().max().itemSync()).toBeLessThan(1e-12);
      expect(r.diagonal(0, -2, -1).min().itemSync()).toBeGreaterThan(0);
      const optimizer = new optim.SGD(layer.parameters(), { lr: 0.3 });
      const before = numbers(layer.weight);
      for (let i = 0; i < 3; i++) {
        optimizer.zeroGrad();
        layer.weight.mul(randn(shape, f64)).sum().backward();
        optimizer.step();
      }
      expect(error()).toBeLessThan(1e-12);
      expect(numbers(layer.weight)).not.toEqual(before);
      // What is orthogonal is taken as it is.
      assign(layer, tensor(before, f64).reshape(shape));
      expectNumbers(layer.weight, before, "assigned", 1e-12);
      const copy = layer.clone();
      copy.loadStateDict(layer.stateDict());
      expect(numbers(copy.weight)).toEqual(numbers(layer.weight));
    }
  });

  test("mistakes with orthogonal ones", () => {
    const { orthogonal } = parametrizations;
    expect(() => orthogonal(new nn.Linear(2, 2), { orthogonalMap: "qr" as "householder" })).toThrow(
      'orthogonal: orthogonalMap must be one of matrixExp, cayley, householder, got "qr"',
    );
    expect(() => orthogonal(new nn.Linear(2, 2), { name: "bias" })).toThrow(
      "orthogonal: expected a matrix or a batch of matrices, got [2]",
    );
    const layer = orthogonal(new nn.Linear(2, 2));
    expect(() => assign(layer, zeros([2, 3]))).toThrow(
      "orthogonal: expected a weight [2, 2], got [2, 3]",
    );
    const plain = new nn.Linear(2, 2);
    orthogonal(plain, { orthogonalMap: "cayley", useTrivialization: false });
    expect(() => assign(plain, zeros([2, 2]))).toThrow(
      "a value was assigned to a parametrized weight, and Orthogonal does not say by rightInverse what makes it",
    );
  });

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
    expect(() => parametrizations.weightNorm(layer)).toThrow(
      "registerParametrization: WeightNorm.rightInverse must return a tensor, got a list",
    );
    expect(() => parametrizations.weightNorm(layer, { name: "wait" })).toThrow(
      'weightNorm: expected a field of Linear that holds a parameter or a buffer, got "wait"',
    );
    expect(() =>
      parametrize.removeParametrizations(layer, "weight", { leaveParametrized: false }),
    ).toThrow(
      'removeParametrizations: "weight" of Linear has several originals, and none of them is the ' +
        "weight; leave it parametrized",
    );
    expect(() =>
      parametrize.transferParametrizationsAndParams(layer, new nn.Linear(2, 3), "bias"),
    ).toThrow('transferParametrizationsAndParams: "bias" of Linear is not parametrized');
    expect(() =>
      parametrize.registerParametrization(new nn.Linear(2, 3), "weight", new Turned()),
    ).toThrow(
      "registerParametrization: Turned.forward must return a tensor like the weight, f32[3, 2], got " +
        "f32[2, 3]; allow it with unsafe: true",
    );
    const turned = new nn.Linear(2, 3);
    parametrize.registerParametrization(turned, "weight", new Turned(), { unsafe: true });
    expect(turned.weight.shape).toEqual([2, 3]);
    expect(() => ((turned as { weight: Tensor }).weight = zeros([2, 3]))).toThrow(
      "a value was assigned to a parametrized weight, and Turned does not say by rightInverse what makes it",
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
