import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { eye, Generator, manualSeed, type Tensor, zeros } from "../../src/tensor/index.ts";
import { camel, camelOptions, expectNumbers, fixtures } from "./fixtures.ts";
import { type InitCase, type TruncatedCase, vectors } from "./vectors.ts";

const { init } = nn;

function std(values: ArrayLike<number>): number {
  const list = Array.from(values);
  const mean = list.reduce((sum, v) => sum + v, 0) / list.length;
  return Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (list.length - 1));
}

type Initialiser = (parameter: nn.Parameter, options: Record<string, unknown>) => nn.Parameter;

describe("deviations as in PyTorch", () => {
  for (const { name, options, shape, std: expected } of fixtures.initialisers.cases) {
    test(`${name} ${JSON.stringify(options)} of [${shape.join(", ")}]`, () => {
      manualSeed(1);
      const own = camelOptions(options) as Record<string, unknown>;
      const parameter = new nn.Parameter(zeros(shape));
      const fn = (init as unknown as Record<string, Initialiser>)[camel(name.slice(0, -1)) + "_"];
      expect(fn(parameter, own)).toBe(parameter);
      const data = parameter.dataSync();
      // A deviation of n samples is known to about 1 / √(2n); five times that.
      expect(Math.abs(std(data) / expected - 1)).toBeLessThan(5 / Math.sqrt(2 * data.length));
      if (name.includes("uniform")) {
        const bound = Math.max(...data.map(Math.abs));
        expect(bound).toBeLessThan(expected * Math.sqrt(3) * 1.005);
        expect(bound).toBeGreaterThan(expected * Math.sqrt(3) * 0.99);
      } else {
        expect(Math.max(...data)).toBeGreaterThan(3 * expected);
      }
    });
  }

  test("gains", () => {
    for (const [name, gain] of Object.entries(fixtures.initialisers.gains))
      for (const spelled of [name, camel(name)])
        expect(init.calculateGain(spelled as nn.init.Nonlinearity)).toBeCloseTo(gain, 12);
    expect(init.calculateGain("leakyRelu", 0.2)).toBeCloseTo(fixtures.initialisers.leaky, 12);
    const same = ["conv", "conv1d", "convTranspose2d", "conv_transpose3d", "linear"] as const;
    expect(same.map((name) => init.calculateGain(name))).toEqual([1, 1, 1, 1, 1]);
    expect(() => init.calculateGain("conv4d" as "conv")).toThrow(
      'calculateGain: unknown nonlinearity "conv4d"',
    );
  });

  test("either spelling of a mode", () => {
    const drawn = (mode: nn.init.FanMode): unknown => {
      manualSeed(2);
      return init.kaimingNormal_(new nn.Parameter(zeros([2, 3])), { mode }).toArraySync();
    };
    expect(drawn("fan_in")).toEqual(drawn("fanIn"));
    expect(drawn("fan_out")).toEqual(drawn("fanOut"));
    expect(drawn("fan_in")).not.toEqual(drawn("fan_out"));
  });

  test("draw from a generator that is given", () => {
    const drawn = (generator?: Generator): unknown[] => {
      const p = new nn.Parameter(zeros([4, 3]));
      return [
        init.uniform_(p, 0, 1, { generator }).toArraySync(),
        init.normal_(p, 0, 1, { generator }).toArraySync(),
        init.truncNormal_(p, 0, 1, -2, 2, { generator }).toArraySync(),
        init.xavierUniform_(p, { generator }).toArraySync(),
        init.xavierNormal_(p, { generator }).toArraySync(),
        init.kaimingUniform_(p, { generator }).toArraySync(),
        init.kaimingNormal_(p, { generator }).toArraySync(),
        init.orthogonal_(p, { generator }).toArraySync(),
        init.sparse_(p, 0.5, 1, { generator }).toArraySync(),
      ];
    };
    const first = drawn(new Generator(3));
    expect(drawn(new Generator(3))).toEqual(first);
    manualSeed(3);
    expect(drawn()).toEqual(first);
  });
});

test("Linear starts uniform between ±1 / √inFeatures, weight and bias", () => {
  manualSeed(0);
  const { weight, bias } = new nn.Linear(100, 200);
  for (const data of [weight.dataSync(), bias!.dataSync()]) {
    const largest = Math.max(...data.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(0.1);
    expect(largest).toBeGreaterThan(0.095);
    // A uniform distribution over [-b, b] has the deviation b / √3.
    expect(Math.abs(std(data) / (0.1 / Math.sqrt(3)) - 1)).toBeLessThan(0.15);
  }
});

test("the same seed gives the same net", () => {
  const make = (): number[] => {
    manualSeed(42);
    const net = new nn.Sequential(new nn.Linear(5, 4), new nn.Linear(4, 3));
    return net.parameters().flatMap((p) => Array.from(p.dataSync()));
  };
  const first = make();
  expect(make()).toEqual(first);
  // The two layers draw from different streams.
  expect(first.slice(0, 4)).not.toEqual(first.slice(24, 28));
});

test("constants", () => {
  const p = new nn.Parameter(zeros([2, 2]));
  expect(Array.from(init.constant_(p, 3).dataSync())).toEqual([3, 3, 3, 3]);
  expect(Array.from(init.ones_(p).dataSync())).toEqual([1, 1, 1, 1]);
  expect(Array.from(init.zeros_(p).dataSync())).toEqual([0, 0, 0, 0]);
});

test("wrong arguments", () => {
  const vector = new nn.Parameter(zeros([3]));
  expect(() => init.kaimingUniform_(vector)).toThrow(/at least 2 axes, \(out, in, …\), got \[3\]/);
  const matrix = new nn.Parameter(zeros([3, 2]));
  expect(() => init.kaimingNormal_(matrix, { mode: "fan" as "fanIn" })).toThrow(
    /mode must be "fanIn" or "fanOut", got "fan"/,
  );
  expect(() => init.calculateGain("swish" as "relu")).toThrow(/unknown nonlinearity "swish"/);
});

describe("layers start with PyTorch's distributions", () => {
  /** Expects values uniform between ±bound: within it, and with its deviation. */
  function expectUniform(x: Tensor, bound: number, what: string): void {
    const data = Array.from(x.dataSync());
    const largest = Math.max(...data.map(Math.abs));
    expect(largest, `bound of ${what}`).toBeLessThanOrEqual(bound);
    expect(largest, `bound of ${what}`).toBeGreaterThan(bound * 0.9);
    if (data.length < 500) return;
    const deviation = Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
    expect(Math.abs(deviation / (bound / Math.sqrt(3)) - 1), what).toBeLessThan(0.06);
  }
  const all = (layer: nn.Module, bound: number): void => {
    for (const [name, p] of layer.namedParameters()) expectUniform(p, bound, name);
  };

  test("convolutions: ±1 / √(inputs of an output)", () => {
    manualSeed(11);
    all(new nn.Conv1d(16, 40, 5), 1 / Math.sqrt(16 * 5));
    all(new nn.Conv2d(16, 40, 3, { groups: 4 }), 1 / Math.sqrt(4 * 9));
    all(new nn.Conv3d(4, 64, 2), 1 / Math.sqrt(4 * 8));
    all(new nn.ConvTranspose2d(16, 40, 3, { groups: 2 }), 1 / Math.sqrt(20 * 9));
  });

  test("recurrent nets: ±1 / √hiddenSize", () => {
    manualSeed(12);
    all(new nn.LSTM(10, 36, { numLayers: 2, bidirectional: true }), 1 / 6);
    all(new nn.GRUCell(20, 49), 1 / 7);
  });

  test("attention: projections of xavierUniform_, biases 0", () => {
    manualSeed(13);
    const layer = new nn.MultiheadAttention(64, 4);
    expectUniform(layer.inProjWeight!, Math.sqrt(6 / (64 + 3 * 64)), "projections");
    expectUniform(layer.outProj.weight, 1 / 8, "last projection");
    for (const bias of [layer.inProjBias!, layer.outProj.bias!])
      expect(Array.from(bias.dataSync()).every((v) => v === 0)).toBe(true);
    const other = new nn.MultiheadAttention(64, 4, { kdim: 32 });
    expectUniform(other.kProjWeight!, Math.sqrt(6 / (64 + 32)), "projection of keys");
  });

  test("embeddings: standard normal, the padding 0", () => {
    manualSeed(14);
    const rows = new nn.Embedding(400, 50, { paddingIdx: -1 }).weight.dataSync();
    const squares = Array.from(rows).reduce((sum, v) => sum + v * v, 0);
    const deviation = Math.sqrt(squares / (399 * 50));
    expect(Math.abs(deviation - 1)).toBeLessThan(0.03);
    expect(Array.from(rows.subarray(-50)).every((v) => v === 0)).toBe(true);
  });

  test("norms: 1 and 0; moments too", () => {
    const norm = new nn.BatchNorm2d(3);
    nn.init.uniform_(norm.weight!);
    nn.init.uniform_(norm.runningMean!);
    norm.resetParameters();
    const values = Object.values(norm.stateDict()).map((x) => Array.from(x.dataSync()));
    expect(values).toEqual([[1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1], [0]]); // prettier-ignore
    for (const layer of [new nn.LayerNorm(2), new nn.RMSNorm(2), new nn.GroupNorm(1, 2)]) {
      nn.init.uniform_(layer.weight!);
      layer.resetParameters();
      expect(Array.from(layer.weight!.dataSync())).toEqual([1, 1]);
    }
  });

  test("stacks of copies: all layers alike", () => {
    const stack = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 2);
    const [a, b] = [...stack.layers].map((layer) => layer.linear1.weight);
    expect(a).not.toBe(b);
    expect(Array.from(a.dataSync())).toEqual(Array.from(b.dataSync()));
  });
});

const parameterOf = (shape: readonly number[]): nn.Parameter =>
  new nn.Parameter(zeros(shape, { dtype: "f64" }));

describe("what is not drawn is as in PyTorch", () => {
  type Fixed = (parameter: nn.Parameter, ...args: number[]) => nn.Parameter;
  for (const { name, args, value } of vectors.families.initialisers as InitCase[])
    test(`${name}(${args.join(", ")}) of [${value.shape.join(", ")}]`, () => {
      const fn = (init as unknown as Record<string, Fixed>)[name];
      expectNumbers(fn(parameterOf(value.shape), ...args), value.data.map(Number), name);
    });
});

describe("truncated normal numbers have PyTorch's moments", () => {
  for (const { args, numbers } of vectors.families.truncated as TruncatedCase[])
    test(`truncNormal_(${args.join(", ")})`, () => {
      manualSeed(1);
      const data = Array.from(init.truncNormal_(parameterOf([20000]), ...args).dataSync());
      const [mean, deviation] = numbers;
      const own = data.reduce((sum, v) => sum + v, 0) / data.length;
      // Five times what a mean of 20,000 numbers is off by.
      expect(Math.abs(own - mean)).toBeLessThan((5 * deviation) / Math.sqrt(data.length));
      expect(Math.abs(std(data) / deviation - 1)).toBeLessThan(5 / Math.sqrt(2 * data.length));
      const [low, high] = [args[2] ?? -2, args[3] ?? 2];
      expect(Math.min(...data)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...data)).toBeLessThanOrEqual(high);
    });
});

describe("orthogonal matrices", () => {
  test.each([[[4, 4]], [[6, 3]], [[3, 2, 2, 2]]])("of [%s]", (shape) => {
    manualSeed(2);
    const q = init.orthogonal_(parameterOf(shape), { gain: 2 }).flatten(1);
    const [rows, columns] = q.shape;
    const product = rows > columns ? q.t().matmul(q) : q.matmul(q.t());
    const wanted = eye(Math.min(rows, columns), undefined, { dtype: "f64" }).mul(4);
    expectNumbers(product, Array.from(wanted.dataSync()), "product");
  });

  test("are uniform: entries of many have mean 0 and variance 1 / n", () => {
    manualSeed(3);
    const entries = Array.from(
      { length: 200 },
      () => init.orthogonal_(parameterOf([3, 3])).dataSync()[0],
    );
    const mean = entries.reduce((sum, v) => sum + v, 0) / entries.length;
    expect(Math.abs(mean)).toBeLessThan(0.2);
    expect(Math.abs(std(entries) - Math.sqrt(1 / 3))).toBeLessThan(0.08);
  });
});

test("sparse: the share of zeros in every column, and the deviation of the rest", () => {
  manualSeed(4);
  const x = init.sparse_(parameterOf([50, 40]), 0.33, 0.5);
  expect(x.eq(0).sum(0).toArraySync()).toEqual(new Array<number>(40).fill(17));
  const others = Array.from(x.dataSync()).filter((v) => v !== 0);
  expect(Math.abs(std(others) / 0.5 - 1)).toBeLessThan(0.1);
});

test("mistakes", () => {
  expect(() => init.eye_(parameterOf([2]))).toThrow(
    "eye_: expected a parameter of 2 axes, got [2]",
  );
  expect(() => init.dirac_(parameterOf([2, 2]))).toThrow(
    "dirac_: expected a parameter of 3 or 4 or 5 axes, got [2, 2]",
  );
  expect(() => init.dirac_(parameterOf([3, 2, 1]), 2)).toThrow(
    "dirac_: groups must be an integer that divides the 3 outputs, got 2",
  );
  expect(() => init.orthogonal_(parameterOf([3]))).toThrow(/at least 2 axes, got \[3\]/);
  expect(() => init.sparse_(parameterOf([3, 2]), 1.5)).toThrow(
    "sparse_: sparsity must be from 0 to 1, got 1.5",
  );
  expect(() => init.truncNormal_(parameterOf([3]), 0, 0)).toThrow(/std must be > 0, got 0/);
  expect(() => init.truncNormal_(parameterOf([3]), 0, 1, 2, 1)).toThrow(
    "truncNormal_: expected a < b, got 2 and 1",
  );
});
