import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import type { DType } from "../../src/ir/dtype.ts";
import { manualSeed, ones, randn, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { camelOptions, expectNumbers, type Options } from "../nn/fixtures.ts";

// Made by tools/fixtures-nn.py.
interface Trajectory {
  kind: "SGD" | "Adam" | "AdamW";
  options: Options;
  dtype: DType;
  p: number[];
  q: number[];
  a: number[];
  b: number[];
  path: { step: number; p: number[]; q: number[] }[];
}
interface Clipping {
  maxNorm: number;
  normType: number | "inf";
  grads: [number[], number[]];
  total: number;
  clipped: [number[], number[]];
}

const url = new URL("./fixtures.json", import.meta.url);
const { trajectories, clipping } = JSON.parse(readFileSync(url, "utf8")) as {
  trajectories: Trajectory[];
  clipping: Clipping[];
};

type AnyOptimizer = new (
  groups: optim.GroupOptions<Options>[],
  options: Options,
) => optim.Optimizer<optim.OptimizerOptions>;

describe("twenty steps as in PyTorch", () => {
  for (const c of trajectories)
    test(`${c.kind} ${JSON.stringify(c.options)}, ${c.dtype}`, () => {
      const vector = (data: number[]): Tensor => tensor(data, { dtype: c.dtype });
      const p = new nn.Parameter(vector(c.p));
      const q = new nn.Parameter(vector(c.q).reshape(2, 3));
      const [a, b] = [vector(c.a), vector(c.b)];
      const { groups = {}, ...options } = camelOptions(c.options);
      const Kind = optim[c.kind] as unknown as AnyOptimizer;
      const optimizer = new Kind(
        [{ params: [p] }, { params: [q], ...(groups as Options) }],
        options,
      );
      const tolerance = c.dtype === "f64" ? 1e-9 : 2e-5;
      const path = [...c.path];
      for (let step = 1; step <= 20; step++) {
        if (step === 11) for (const group of optimizer.paramGroups) group.lr /= 2;
        optimizer.zeroGrad();
        const fourth = p.mul(a).sub(b).square().square().sum().div(4);
        const first = p.at(0);
        fourth.add(q.cos().sum()).add(q.mul(first).square().sum()).backward();
        optimizer.step();
        if (path[0]?.step !== step) continue;
        const wanted = path.shift()!;
        expectNumbers(p, wanted.p, `p after ${step} steps`, tolerance);
        expectNumbers(q, wanted.q, `q after ${step} steps`, tolerance);
      }
      expect(path).toEqual([]);
    });
});

describe("clipping", () => {
  for (const { maxNorm, normType, grads, total, clipped } of clipping)
    test(`clipGradNorm_ to ${maxNorm}, norm ${normType}, as in PyTorch`, () => {
      const params = grads.map((grad) => {
        const p = new nn.Parameter(zeros([grad.length], { dtype: "f64" }));
        p.grad = tensor(grad, { dtype: "f64" });
        return p;
      });
      const order = normType === "inf" ? Infinity : normType;
      const norm = optim.clipGradNorm_(params, maxNorm, { normType: order });
      expectNumbers(norm, [total], "norm");
      params.forEach((p, i) => expectNumbers(p.grad!, clipped[i], `gradient ${i}`));
    });

  test("clipGradValue_", () => {
    const p = new nn.Parameter(zeros([3]));
    p.grad = tensor([-5, 0.5, 2], { dtype: "f32" });
    optim.clipGradValue_([p], 1);
    expect(Array.from(p.grad.dataSync())).toEqual([-1, 0.5, 1]);
  });

  test("without gradients, and with limits below 0", () => {
    const p = new nn.Parameter(zeros([3]));
    expect(optim.clipGradNorm_([p], 1).itemSync()).toBe(0);
    expect(() => optim.clipGradNorm_([p], -1)).toThrow(
      new RangeError("clipGradNorm_: maxNorm must be >= 0, got -1"),
    );
    expect(() => optim.clipGradValue_([p], NaN)).toThrow(/limit must be >= 0, got NaN/);
  });
});

describe("options outside their range", () => {
  const params = (): nn.Parameter[] => [new nn.Parameter(zeros([2]))];
  // prettier-ignore
  const cases: [string, () => unknown, string][] = [
    ["learning rate", () => new optim.Adam(params(), { lr: -0.1 }),
      "Adam: the learning rate must be a finite number >= 0, got -0.1"],
    ["learning rate NaN", () => new optim.SGD(params(), { lr: NaN }),
      "SGD: the learning rate must be a finite number >= 0, got NaN"],
    ["learning rate of a group",
      () => new optim.AdamW([{ params: params() }, { params: params(), lr: -1 }]),
      "AdamW: the learning rate must be a finite number >= 0, got -1"],
    ["momentum", () => new optim.SGD(params(), { momentum: -1 }),
      "SGD: momentum must be a finite number >= 0, got -1"],
    ["weight decay", () => new optim.AdamW(params(), { weightDecay: -1 }),
      "AdamW: weightDecay must be a finite number >= 0, got -1"],
    ["nesterov", () => new optim.SGD(params(), { nesterov: true }),
      "SGD: nesterov needs momentum > 0 and dampening 0, got 0 and 0"],
    ["beta", () => new optim.Adam(params(), { betas: [0.9, 1] }),
      "Adam: betas[1] must be in [0, 1), got 1"],
    ["eps", () => new optim.Adam(params(), { eps: -1 }),
      "Adam: eps must be a finite number >= 0, got -1"],
  ];
  for (const [name, make, message] of cases)
    test(name, () => expect(make).toThrow(new RangeError(message)));

  test("learning rate set later, which then stays as it was", () => {
    const optimizer = new optim.Adam(params());
    expect(() => (optimizer.lr = -1)).toThrow(RangeError);
    expect(optimizer.lr).toBe(0.001);
  });

  test("parameters", () => {
    const [p] = params();
    expect(() => new optim.SGD([])).toThrow(
      "SGD: expected parameters to optimise, got an empty list",
    );
    expect(() => new optim.SGD([p, p])).toThrow("SGD: a parameter is given twice");
    expect(() => new optim.SGD([zeros([2]) as unknown as nn.Parameter])).toThrow(
      /expected nn.Parameter, got a object among the parameters/,
    );
  });
});

describe("steps", () => {
  test("leave parameters without a gradient alone, which later start from their own first step", () => {
    const [p, q] = [new nn.Parameter(ones([2])), new nn.Parameter(ones([2]))];
    const optimizer = new optim.Adam([p, q], { lr: 0.1 });
    for (let step = 0; step < 3; step++) {
      optimizer.zeroGrad();
      p.square().sum().backward();
      optimizer.step();
    }
    expect(Array.from(q.dataSync())).toEqual([1, 1]);
    expect(p.dataSync()[0]).toBeLessThan(0.75);
    optimizer.zeroGrad();
    q.square().sum().backward();
    optimizer.step();
    // Adam's first step is lr in size, whatever the gradient.
    expect(q.dataSync()[0]).toBeCloseTo(0.9, 5);
  });

  test("lr 0 changes nothing", () => {
    const p = new nn.Parameter(ones([2]));
    const optimizer = new optim.Adam([p], { lr: 0 });
    p.square().sum().backward();
    optimizer.step();
    expect(Array.from(p.dataSync())).toEqual([1, 1]);
  });

  test("the loss can be read after the step, at its value before it", () => {
    const p = new nn.Parameter(tensor([3], { dtype: "f32" }));
    const optimizer = new optim.SGD([p], { lr: 0.5 });
    const loss = p.square().sum();
    loss.backward();
    optimizer.step();
    expect(loss.itemSync()).toBe(9);
    expect(p.itemSync()).toBe(0);
  });
});

describe("saving and loading", () => {
  const makers: Record<string, (params: nn.Parameter[]) => optim.Optimizer<{ lr: number }>> = {
    SGD: (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.1 }),
    Adam: (params) => new optim.Adam(params, { lr: 0.01, amsgrad: true }),
    AdamW: (params) => new optim.AdamW(params, { lr: 0.01 }),
  };
  const x = randn([8, 3]);

  function train(net: nn.Linear, optimizer: optim.Optimizer<{ lr: number }>, steps: number): void {
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      net.forward(x).square().mean().backward();
      optimizer.step();
    }
  }
  const bits = (net: nn.Linear): number[] =>
    net.parameters().flatMap((p) => Array.from(p.dataSync()));

  for (const [name, make] of Object.entries(makers))
    test(`${name} goes on to the same bits`, () => {
      manualSeed(9);
      const [net, copy] = [new nn.Linear(3, 2), new nn.Linear(3, 2)];
      const optimizer = make(net.parameters());
      train(net, optimizer, 4);
      optimizer.lr /= 2;
      const resumed = make(copy.parameters());
      copy.loadStateDict(net.stateDict());
      resumed.loadStateDict(optimizer.stateDict());
      expect(resumed.lr).toBe(optimizer.lr);
      train(net, optimizer, 3);
      const expected = bits(net);
      // What the first has done since must not show in the second.
      train(copy, resumed, 3);
      expect(bits(copy)).toEqual(expected);
    });

  test("a state that does not fit is refused whole", () => {
    const net = new nn.Linear(3, 2);
    const adam = new optim.Adam(net.parameters(), { lr: 0.5 });
    const sgd = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    train(net, sgd, 1);
    expect(() => adam.loadStateDict(sgd.stateDict())).toThrow(
      /does not fit Adam:\n {2}state 0: expAvg: expected f32\[2, 3\], got nothing/,
    );
    const other = new optim.Adam(new nn.Linear(3, 2, { bias: false }).parameters());
    expect(() => adam.loadStateDict(other.stateDict())).toThrow(
      /groups: expected numbers of parameters \[2\], got \[1\]/,
    );
    const wide = new nn.Linear(4, 2);
    const wideAdam = new optim.Adam(wide.parameters());
    wide
      .forward(ones([1, 4]))
      .sum()
      .backward();
    wideAdam.step();
    expect(() => adam.loadStateDict(wideAdam.stateDict())).toThrow(
      /state 0: expAvg: expected f32\[2, 3\], got f32\[2, 4\]/,
    );
    const bad = { ...adam.stateDict(), paramGroups: [{ lr: -1, params: [0, 1] }] };
    expect(() => adam.loadStateDict(bad)).toThrow(
      /group 0: Adam: the learning rate must be a finite number >= 0, got -1/,
    );
    expect(adam.lr).toBe(0.5);
    expect(Object.keys(adam.stateDict().state)).toEqual([]);
  });
});
