import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { camelOptions, expectNumbers, fixtures, type LossCase } from "./fixtures.ts";

type AnyLoss = new (options: Record<string, unknown>) => {
  forward(input: Tensor, target: Tensor): Tensor;
};

const f64 = (data: readonly number[]): Tensor => tensor(data, { dtype: "f64" });
const ints = (data: readonly number[]): Tensor => tensor(data, { dtype: "i32" });

function lossOf({ kind, options }: LossCase): InstanceType<AnyLoss> {
  const own = Object.entries(camelOptions(options)).map(([key, value]) => [
    key,
    Array.isArray(value) ? f64(value as number[]) : value,
  ]);
  const Loss = (nn as unknown as Record<string, AnyLoss>)[kind];
  return new Loss(Object.fromEntries(own) as Record<string, unknown>);
}

describe("losses as in PyTorch", () => {
  for (const [i, c] of fixtures.losses.entries()) {
    test(`${i}: ${c.kind} ${JSON.stringify(c.options)} of [${c.shape.join(", ")}], ${c.targetKind}`, () => {
      const input = f64(c.input).reshape(c.shape).requiresGrad_();
      const target = c.targetKind === "indices" ? ints(c.target) : f64(c.target);
      const loss = lossOf(c).forward(input, target.reshape(c.targetShape));
      loss.sum().backward();
      expect(loss.shape).toEqual(c.valueShape);
      expectNumbers(loss, c.value, "value");
      expectNumbers(input.grad!, c.grad, "gradient");
    });
  }
});

describe("labels that are no classes", () => {
  const scores = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const { crossEntropy } = nn.functional;

  test("too large, negative, fractional or NaN: an error with value and position", () => {
    expect(() => crossEntropy(scores, ints([0, 3]))).toThrow(
      new RangeError("crossEntropy: targets must be classes in [0, 2], got 3 at position 1"),
    );
    expect(() => crossEntropy(scores, ints([-1, 0]))).toThrow(/got -1 at position 0/);
    expect(() => crossEntropy(scores, tensor([0, NaN]))).toThrow(
      /targets must be classes in \[0, 2\], got NaN at position 1/,
    );
    expect(() => crossEntropy(scores, tensor([1.5, 0]))).toThrow(
      /targets must be classes in \[0, 2\], got 1.5 at position 0/,
    );
  });

  test("floats of the labels' shape: an error that says how to make integers", () => {
    expect(() => crossEntropy(scores, tensor([0, 1], { dtype: "f32" }))).toThrow(
      /expected class indices, an integer tensor \[2\], got f32\[2\]; integers are made with/,
    );
  });

  test("a shape that does not fit", () => {
    expect(() => crossEntropy(scores, ints([0, 1, 2]))).toThrow(
      /expected class indices, an integer tensor \[2\], got i32\[3\]/,
    );
  });

  test("computed labels, which are not on the host, make the loss NaN", () => {
    const computed = ints([0, 2]).add(1);
    const perSample = crossEntropy(scores, computed, { reduction: "none" });
    const data = perSample.dataSync();
    expect(data[0]).toBeCloseTo(1.4076, 4);
    expect(data[1]).toBeNaN();
    expect(crossEntropy(scores, computed).itemSync()).toBeNaN();
  });

  test("ignored ones may have any value, and all ignored give NaN, as in PyTorch", () => {
    const one = crossEntropy(scores, ints([7, 2]), { ignoreIndex: 7 });
    expect(one.itemSync()).toBeCloseTo(0.4076, 4);
    expect(crossEntropy(scores, ints([7, 7]), { ignoreIndex: 7 }).itemSync()).toBeNaN();
    const sum = crossEntropy(scores, ints([7, 7]), { ignoreIndex: 7, reduction: "sum" });
    expect(sum.itemSync()).toBe(0);
  });
});

describe("probabilities as targets", () => {
  const scores = tensor([[1, 2, 3]]);
  test("outside [0, 1] or NaN: an error", () => {
    const loss = (p: number[]): Tensor =>
      nn.functional.crossEntropy(scores, tensor([p], { dtype: "f32" }));
    expect(() => loss([0, 1.5, 0])).toThrow(/probabilities from 0 to 1, got 1.5 at position 1/);
    expect(() => loss([0, 0, NaN])).toThrow(/targets must be numbers, got NaN at position 2/);
  });
});

describe("wrong options and shapes", () => {
  test("are refused when the loss is made", () => {
    expect(() => new nn.CrossEntropyLoss({ labelSmoothing: 1.5 })).toThrow(
      new RangeError("CrossEntropyLoss: labelSmoothing must be from 0 to 1, got 1.5"),
    );
    expect(() => new nn.MSELoss({ reduction: "avg" as "mean" })).toThrow(
      'MSELoss: reduction must be "mean", "sum" or "none", got "avg"',
    );
  });

  test("are refused when the loss is used", () => {
    const x = tensor([[1, 2, 3]]);
    const weight = tensor([1, 2], { dtype: "f32" });
    expect(() => nn.functional.crossEntropy(x, ints([0]), { weight })).toThrow(
      /expected one weight for each of 3 classes, \[3\], got \[2\]/,
    );
    expect(() => nn.functional.mseLoss(x, tensor([1, 2, 3]))).toThrow(
      /mseLoss: expected a floating-point target \[1, 3\] as the input, got \w+\[3\]/,
    );
    expect(() => nn.functional.huberLoss(x, x, { delta: 0 })).toThrow(
      new RangeError("huberLoss: delta must be > 0, got 0"),
    );
    expect(() => nn.functional.crossEntropy(tensor(1), ints([0]))).toThrow(
      /expected floating-point scores \(C\) or \(N, C, …\), got/,
    );
  });
});

test("large scores neither overflow nor lose the loss", () => {
  const x = tensor([[1000, 0, -1000]]).requiresGrad_();
  const loss = nn.functional.crossEntropy(x, ints([2]));
  loss.backward();
  expect(loss.itemSync()).toBe(2000);
  expect(Array.from(x.grad!.dataSync())).toEqual([1, 0, -1]);
});
