import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { arange, manualSeed, ones, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { expectNumbers, fixtures } from "./fixtures.ts";

const f64 = (data: readonly number[]): Tensor => tensor(data, { dtype: "f64" });

/** The layer of a PyTorch activation with its positional arguments. */
function activation(kind: string, args: readonly number[]): nn.Layer {
  const Layer = (nn as unknown as Record<string, new (...args: number[]) => nn.Layer>)[kind];
  return new Layer(...args);
}

describe("activations as in PyTorch", () => {
  const { input, cases } = fixtures.activations;
  for (const { kind, args, value, grad } of cases) {
    test(`${kind}(${args.join(", ")})`, () => {
      const x = f64(input).requiresGrad_();
      const y = activation(kind, args).forward(x);
      y.mul(arange(1, 11, 1, { dtype: "f64" }))
        .sum()
        .backward();
      expectNumbers(y, value, "value");
      // PyTorch's gradient of hardsigmoid has 1/6 in single precision.
      expectNumbers(x.grad!, grad, "gradient", kind === "Hardsigmoid" ? 1e-7 : 1e-9);
    });
  }
});

describe("Linear", () => {
  test("values and gradients as in PyTorch", () => {
    const c = fixtures.linear;
    const layer = new nn.Linear(3, 2, { dtype: "f64" });
    layer.loadStateDict({ weight: f64(c.weight).reshape(2, 3), bias: f64(c.bias) });
    const x = f64(c.input).reshape(4, 3).requiresGrad_();
    const y = layer.forward(x);
    y.square().sum().backward();
    expect(y.shape).toEqual([4, 2]);
    expectNumbers(y, c.value, "value");
    expectNumbers(layer.weight.grad!, c.weightGrad, "gradient of the weight");
    expectNumbers(layer.bias!.grad!, c.biasGrad, "gradient of the bias");
    expectNumbers(x.grad!, c.inputGrad, "gradient of the input");
  });

  test("without bias, and for any leading axes", () => {
    const layer = new nn.Linear(3, 2, { bias: false });
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["weight"]);
    expect(layer.forward(zeros([5, 4, 3])).shape).toEqual([5, 4, 2]);
    expect(layer.forward(zeros([3])).shape).toEqual([2]);
  });

  test("wrong sizes", () => {
    expect(() => new nn.Linear(0, 2)).toThrow(
      new RangeError("Linear: inFeatures must be an integer >= 1, got 0"),
    );
    expect(() => new nn.Linear(3, 1.5)).toThrow(/outFeatures must be an integer >= 1, got 1.5/);
    expect(() => new nn.Linear(3, 2).forward(zeros([4, 5]))).toThrow(/3.*5|5.*3/);
  });
});

describe("Dropout", () => {
  const x = ones([100, 100]);

  test("in training drops a share p and scales the rest by 1 / (1 - p)", () => {
    manualSeed(3);
    const data = new nn.Dropout(0.2).forward(x).dataSync();
    const kept = data.filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([1.25]));
    // Six standard deviations around 8,000.
    expect(Math.abs(kept.length - 8000)).toBeLessThan(240);
  });

  test("draws anew each time, and the same from the same seed", () => {
    const layer = new nn.Dropout();
    const draw = (): number[] => Array.from(layer.forward(x).dataSync());
    manualSeed(5);
    const [first, second] = [draw(), draw()];
    manualSeed(5);
    expect(draw()).toEqual(first);
    expect(draw()).toEqual(second);
    expect(second).not.toEqual(first);
  });

  test("gives its very input back after eval()", () => {
    expect(new nn.Dropout(0.9).eval().forward(x).node).toBe(x.node);
  });

  test("p = 0 keeps everything, p = 1 nothing, with gradients", () => {
    const leaf = tensor([1, 2, 3]).requiresGrad_();
    expect(Array.from(new nn.Dropout(0).forward(leaf).dataSync())).toEqual([1, 2, 3]);
    const none = new nn.Dropout(1).forward(leaf);
    none.sum().backward();
    expect(Array.from(none.dataSync())).toEqual([0, 0, 0]);
    expect(Array.from(leaf.grad!.dataSync())).toEqual([0, 0, 0]);
  });

  test("the gradient goes where the values went", () => {
    const leaf = ones([64]).requiresGrad_();
    const y = new nn.Dropout(0.5).forward(leaf);
    y.sum().backward();
    expect(Array.from(leaf.grad!.dataSync())).toEqual(Array.from(y.dataSync()));
  });

  test("p outside [0, 1]", () => {
    expect(() => new nn.Dropout(1.1)).toThrow(
      new RangeError("Dropout: p must be from 0 to 1, got 1.1"),
    );
  });
});

describe("Sequential and shapes", () => {
  test("runs its layers in order and can be walked", () => {
    const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(6, 4)).append(new nn.ReLU());
    expect(net.forward(zeros([5, 2, 3])).shape).toEqual([5, 4]);
    expect(net.length).toBe(3);
    expect([...net].map((layer) => layer.constructor.name)).toEqual(["Flatten", "Linear", "ReLU"]);
    expect(net.at(-1)).toBeInstanceOf(nn.ReLU);
    expect(net.namedParameters().map(([name]) => name)).toEqual(["1.weight", "1.bias"]);
  });

  test("Flatten joins the axes asked for", () => {
    expect(new nn.Flatten(1, 2).forward(zeros([2, 3, 4, 5])).shape).toEqual([2, 12, 5]);
  });

  test("Identity", () => {
    const x = ones([2]);
    expect(new nn.Identity().forward(x)).toBe(x);
  });
});
