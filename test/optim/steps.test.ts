import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import { defaultDevice } from "../../src/runtime/registry.ts";
import {
  compile,
  manualSeed,
  ones,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.ts";
import {
  camelDeep,
  type Options,
  type Run,
  start,
  type Trajectory,
  trainStep,
  valuesOf,
  vectors,
} from "./vectors.ts";

const { cases } = vectors.trajectories;

/** For each kind of optimiser one setting, in single precision: that with the most options. */
const settings = [...new Set(cases.map(({ kind }) => kind))].map((kind) => {
  const own = cases.filter((c) => c.kind === kind && c.dtype === "f32");
  const count = ({ options, second }: Trajectory): number =>
    Object.keys({ ...options, ...second }).length;
  return own.reduce((a, b) => (count(b) > count(a) ? b : a));
});

/** What schedules change: the rate, and the momentum where there is one. */
function reschedule({ optimizer }: Run, step: number): void {
  for (const group of optimizer.paramGroups) {
    const { betas, momentum } = group.options as { betas?: [number, number]; momentum?: number };
    group.set({
      lr: group.lr * 0.9,
      ...(betas && { betas: [0.8 + 0.01 * step, betas[1]] }),
      ...(momentum && { momentum: 0.8 + 0.01 * step }),
    });
  }
}

describe("compiled steps", () => {
  for (const c of settings)
    test(`${c.kind} ${JSON.stringify(camelDeep(c.options))}`, () => {
      const plain = start(c);
      const compiled = start(c);
      const { stats } = defaultDevice();
      const stepOf =
        ({ optimizer, loss }: Run) =>
        (factor: Tensor): Tensor => {
          optimizer.zeroGrad();
          const value = loss(1, factor);
          value.backward();
          optimizer.step();
          return value;
        };
      const one = stepOf(plain);
      let traces = 0;
      const traced = compile((factor: Tensor) => {
        traces++;
        return stepOf(compiled)(factor);
      });
      let counts: [number, number] | undefined;
      for (let i = 0; i < 12; i++) {
        const factor = (): Tensor => tensor(0.3 * i - 1, { dtype: c.dtype });
        one(factor());
        traced(factor());
        // All that there is to compile has been compiled in the first steps.
        if (i === 3) counts = [stats.kernelsCompiled, stats.plansLoaded];
        reschedule(plain, i);
        reschedule(compiled, i);
      }
      expect(traces).toBe(1);
      expect([stats.kernelsCompiled, stats.plansLoaded]).toEqual(counts);
      expect(valuesOf(compiled.params)).toEqual(valuesOf(plain.params));
      expect(valuesOf(plain.params)).not.toEqual(valuesOf(start(c).params));
    });

  test("are recorded again when the step is another program", () => {
    const run = (isCompiled: boolean): number[] => {
      const p = new nn.Parameter(ones([3]));
      const optimizer = new optim.SGD([p], { lr: 0.1 });
      const step = (): void => {
        optimizer.zeroGrad();
        p.square().sum().backward();
        optimizer.step();
      };
      const own = isCompiled ? compile(step) : step;
      own();
      optimizer.paramGroups[0].set({ momentum: 0.9 });
      own();
      own();
      optimizer.paramGroups[0].set({ weightDecay: 0.5, momentum: 0 });
      own();
      return valuesOf([p]);
    };
    expect(run(true)).toEqual(run(false));
    // 1 → 0.8; with momentum by 0.16 to 0.64 and by 0.144 + 0.128 to 0.368; with decay by a quarter.
    expect(run(false)[0]).toBeCloseTo(0.276, 6);
  });

  test("are recorded again when a state has been loaded or parameters were added", () => {
    const run = (isCompiled: boolean): number[] => {
      const [p, q] = [new nn.Parameter(ones([3])), new nn.Parameter(ones([2]))];
      const optimizer = new optim.Adam([p], { lr: 0.1 });
      const step = (): void => {
        optimizer.zeroGrad();
        p.pow(4).sum().add(q.square().sum()).backward();
        optimizer.step();
      };
      const own = isCompiled ? compile(step) : step;
      own();
      const other = new optim.Adam([p], { lr: 0.1 });
      other.loadStateDict(optimizer.stateDict());
      own();
      own();
      optimizer.loadStateDict(other.stateDict());
      own();
      optimizer.addParamGroup({ params: [q], lr: 0.2 });
      own();
      return valuesOf([p, q]);
    };
    expect(run(true)).toEqual(run(false));
    expect(run(false).at(-1)).toBeCloseTo(0.8, 5);
  });

  test("take momentum up where it begins, undampened at first", () => {
    const p = new nn.Parameter(zeros([1], { dtype: "f64" }));
    const optimizer = new optim.SGD([p], { lr: 1, dampening: 0.5 });
    const at: number[] = [];
    for (let i = 0; i < 4; i++) {
      if (i === 1) optimizer.paramGroups[0].set({ momentum: 0.5 });
      optimizer.zeroGrad();
      p.sum().backward();
      optimizer.step();
      at.push(p.itemSync());
    }
    // By 1, then by a buffer of 1, 0.5 + 0.5 and 0.5 + 0.5.
    expect(at).toEqual([-1, -2, -3, -4]);
  });
});

describe("saving and loading", () => {
  for (const c of settings)
    test(`${c.kind} ${JSON.stringify(camelDeep(c.options))} goes on to the same bits`, () => {
      const [run, copy] = [start(c), start(c)];
      // The second parameter is left out of steps 8 to 10, so that it has a count of its own.
      for (let step = 1; step <= 9; step++) trainStep(run, step);
      reschedule(run, 4);
      copy.params.forEach((p, i) => p.rebind(run.params[i].detach()));
      copy.optimizer.loadStateDict(run.optimizer.stateDict());
      for (let step = 10; step <= 14; step++) trainStep(run, step);
      // What the first has done since must not show in the second.
      for (let step = 10; step <= 14; step++) trainStep(copy, step);
      expect(valuesOf(copy.params)).toEqual(valuesOf(run.params));
      const options = (r: Run): Options[] =>
        r.optimizer.stateDict().paramGroups.map((g) => ({ ...g }));
      expect(options(copy)).toEqual(options(run));
    });

  const x = randn([8, 3]);
  function train(net: nn.Linear, optimizer: optim.Optimizer<{ lr: number }>): void {
    optimizer.zeroGrad();
    net.forward(x).square().mean().backward();
    optimizer.step();
  }

  test("a state that does not fit is refused whole", () => {
    const net = new nn.Linear(3, 2);
    const adam = new optim.Adam(net.parameters(), { lr: 0.5 });
    const sgd = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    train(net, sgd);
    expect(() => adam.loadStateDict(sgd.stateDict())).toThrow(
      /does not fit Adam:\n {2}state 0: expAvg: expected f32\[2, 3\], got nothing\n[^]*unexpected momentumBuffer\n[^]*group 0: unexpected option momentum\n/,
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
    const params = [0, 1];
    const groups: [optim.SavedGroup, string][] = [
      [{ lr: -1, params }, "Adam: the learning rate must be a finite number >= 0, got -1"],
      [{ lr: 1, params, eps: "x" }, 'eps: expected a number, got "x"'],
      [{ lr: 1, params, betas: 0.9 }, "betas: expected a list, got 0.9"],
      [{ lr: 1, params, betas: [0.9] }, "Adam: betas must be two values, got 1"],
    ];
    for (const [group, message] of groups)
      expect(() => adam.loadStateDict({ state: {}, paramGroups: [group] })).toThrow(
        `loadStateDict: the state does not fit Adam:\n  group 0: ${message}`,
      );
    expect(() =>
      adam.loadStateDict({ ...adam.stateDict(), state: { 7: { step: zeros([]) } } }),
    ).toThrow(/state 7: expected positions below 2/);
    expect(adam.lr).toBe(0.5);
    expect(Object.keys(adam.stateDict().state)).toEqual([]);
  });

  test("the state brings options that it depends on", () => {
    const net = new nn.Linear(3, 2);
    const optimizer = new optim.Adam(net.parameters(), { amsgrad: true, weightDecay: 0.1 });
    train(net, optimizer);
    const resumed = new optim.Adam(net.parameters());
    resumed.loadStateDict(optimizer.stateDict());
    expect(resumed.paramGroups[0].options).toEqual(optimizer.paramGroups[0].options);
    expect(Object.keys(resumed.stateDict().state[0])).toContain("maxExpAvgSq");
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
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const value = p.square().sum();
      value.backward();
      return value;
    })!;
    expect(loss.itemSync()).toBe(9);
    expect(p.itemSync()).toBe(0);
  });

  test("gradients of parts of a batch add up to those of the whole", () => {
    manualSeed(3);
    const [x, y] = [randn([12, 5]), randn([12, 2])];
    const run = (parts: number): number[] => {
      manualSeed(4);
      const net = new nn.Sequential(new nn.Linear(5, 7), new nn.Tanh(), new nn.Linear(7, 2));
      const optimizer = new optim.AdamW(net.parameters(), { lr: 0.05 });
      const size = 12 / parts;
      for (let step = 0; step < 10; step++) {
        optimizer.zeroGrad();
        for (let i = 0; i < parts; i++) {
          const rows = { start: i * size, stop: (i + 1) * size };
          const loss = net.forward(x.at(rows)).sub(y.at(rows)).square().mean();
          loss.div(parts).backward();
        }
        optimizer.step();
      }
      return valuesOf(net.parameters());
    };
    const whole = run(1);
    run(4).forEach((value, i) => expect(value).toBeCloseTo(whole[i], 5));
  });

  test("parameters can be added", () => {
    const [p, q] = [new nn.Parameter(ones([2])), new nn.Parameter(ones([2]))];
    const optimizer = new optim.SGD([p], { lr: 0.1, momentum: 0.9 });
    const step = (): void => {
      optimizer.zeroGrad();
      p.sum().add(q.sum()).backward();
      optimizer.step();
    };
    step();
    optimizer.addParamGroup({ params: [q], lr: 0.5 });
    expect(() => optimizer.addParamGroup({ params: [p] })).toThrow(
      "SGD: a parameter is given twice",
    );
    step();
    expect(p.dataSync()[0]).toBeCloseTo(1 - 0.1 - 0.19, 6);
    expect(q.dataSync()[0]).toBeCloseTo(0.5, 6);
    expect(optimizer.stateDict().paramGroups.map(({ params }) => params)).toEqual([[0], [1]]);
  });
});

test("the first step of parameters that nothing has used, with gradients set by hand", () => {
  const p = new nn.Parameter(tensor([1, 2]));
  const optimizer = new optim.SGD([p], { lr: 0.5, momentum: 0.9 });
  p.grad = tensor([1, 1]);
  optimizer.step();
  expect([...p.dataSync()]).toEqual([0.5, 1.5]);
});
