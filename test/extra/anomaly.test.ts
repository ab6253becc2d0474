import { afterEach, expect, test } from "vitest";
import { checkpoint, detectAnomaly, masked, setDetectAnomaly } from "../../src/extra/index.ts";
import * as nn from "../../src/nn/index.ts";
import { SGD } from "../../src/optim/index.ts";
import {
  compile,
  grad,
  hessian,
  maxPool2d,
  ones,
  randn,
  type Tensor,
  tensor,
  vmap,
  where,
  zeros,
} from "../../src/tensor/index.ts";

afterEach(() => setDetectAnomaly(false));

/** The lines of this file whose comment is `// <mark>`. */
const lineOf = (mark: string): number =>
  SOURCE.findIndex((line) => line.trimEnd().endsWith(`// ${mark}`)) + 1;
const SOURCE = (await import("node:fs")).readFileSync(new URL(import.meta.url), "utf8").split("\n");

function failure(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was found");
}

const place = (mark: string): RegExp => new RegExp(`anomaly\\.test\\.ts:${lineOf(mark)}:\\d+`);

test("the function, its shape and the line of the first operation are named", () => {
  const x = tensor([1, 0, 2]);
  const found = failure(() =>
    detectAnomaly(() => {
      const y = x.log(); // takes the logarithm
      const z = y.mul(0);
      return z.sum();
    }),
  );
  expect(found).toMatch(/^anomaly: log made -Infinity at position 1 of f32\[3\]; called at /);
  expect(found).toMatch(place("takes the logarithm"));
});

test("functions of several operations go by the name that was called", () => {
  const x = tensor([[1, -1]]);
  const found = failure(() => detectAnomaly(() => x.sum(1).reciprocal().sum())); // reciprocal
  expect(found).toMatch(/^anomaly: reciprocal \(its div\) made Infinity at position 0 of f32\[1\]/);
  expect(found).toMatch(place("reciprocal"));
});

test("for a gradient, the line of the forward pass is named too", () => {
  const w = tensor([4, 0]).requiresGrad_();
  const found = failure(() =>
    detectAnomaly(() => {
      const y = w.sqrt(); // takes the root
      y.sum().backward(); // goes back
    }),
  );
  expect(found).toMatch(/^anomaly: the derivative of sqrt made Infinity at position 1 of f32\[2\]/);
  expect(found).toMatch(place("takes the root"));
  expect(found).toMatch(place("goes back"));
});

test("through transformations", () => {
  const root = (x: Tensor): Tensor => x.sqrt().sum(); // root
  const zero = zeros([3]);
  for (const f of [
    () => grad(root)(zero),
    () => vmap(grad((x: Tensor) => root(x)))(zeros([2, 3])),
    () => grad((x: Tensor) => checkpoint(root, x))(zero),
    () => grad((x: Tensor) => vmap((y: Tensor) => root(y.reshape([1])))(x).sum())(zero),
    () => hessian(root)(zero),
  ]) {
    const found = failure(() => detectAnomaly(f));
    expect(found).toMatch(/the derivative of sqrt/);
    expect(found).toMatch(place("root"));
  }
});

test("a training step throws before it changes anything", () => {
  class Net extends nn.Module {
    fc = new nn.Linear(2, 2);
    forward(x: Tensor): Tensor {
      return this.fc.forward(x).mul(0).log().mean(); // in the net
    }
  }
  const net = new Net();
  const optimizer = new SGD(net.parameters(), { lr: 0.1 });
  const step = compile((x: Tensor) => {
    optimizer.zeroGrad();
    const loss = net.forward(x);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const before = net.fc.weight.toArraySync();
  setDetectAnomaly(true);
  const found = failure(() => step(ones([1, 2])));
  expect(found).toMatch(/log made -?Infinity/);
  expect(found).toMatch(place("in the net"));
  setDetectAnomaly(false);
  expect(net.fc.weight.toArraySync()).toEqual(before);
});

test("what was given from outside is not an anomaly, nor what a selection leaves out", () => {
  const x = tensor([
    [1, -2],
    [3, 0.5],
  ]).requiresGrad_();
  setDetectAnomaly(true);
  const mask = tensor([
    [true, false],
    [false, false],
  ]);
  expect(x.maskedFill(mask, -Infinity).softmax(1).sum().itemSync()).toBeCloseTo(2);
  expect(tensor([1, Infinity]).mul(2).toArraySync()).toEqual([2, Infinity]);
  expect(maxPool2d(x.reshape([1, 1, 2, 2]), 2, { padding: 1 }).size).toBe(4);
  expect(
    maxPool2d(x.reshape([1, 1, 2, 2]), 2, { padding: 1 })
      .sum()
      .itemSync(),
  ).toBe(2.5);
  const safe = where(x.gt(0), x.log(), x.mul(0)).sum();
  expect(safe.itemSync()).toBeCloseTo(Math.log(1.5), 5);
  expect(masked.sum(x, undefined, { mask }).itemSync()).toBe(1);
  expect(tensor([1, 2]).cumsum(0).toArraySync()).toEqual([1, 3]);
});

test("a NaN of infinities that were given is one that an operation made", () => {
  const x = tensor([Infinity, 1]);
  const found = failure(() => detectAnomaly(() => x.sub(x))); // difference
  expect(found).toMatch(/^anomaly: sub made NaN at position 0 of f32\[2\]/);
  expect(found).toMatch(place("difference"));
});

test("asynchronous functions, and what is computed with await", async () => {
  const x = randn([3]).abs().neg();
  await x.eval();
  await expect(
    detectAnomaly(async () => {
      await Promise.resolve();
      return x.log();
    }),
  ).rejects.toThrow(/anomaly: log made NaN/);
  await expect(detectAnomaly(() => x.exp()).data()).resolves.toHaveLength(3);
  setDetectAnomaly(true);
  await expect(x.sqrt().data()).rejects.toThrow(/anomaly: sqrt made NaN/);
});

test("outside the mode nothing is looked at", () => {
  expect(detectAnomaly(() => 3)).toBe(3);
  expect(tensor([0]).log().itemSync()).toBe(-Infinity);
});
