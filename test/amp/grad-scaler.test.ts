import { compile, type DType, nn, optim, setDevice, tensor, type Tensor } from "nabla";
import { autocast, GradScaler } from "nabla/amp";
import { afterEach, describe, expect, test } from "vitest";
import { devicesUnderTest } from "../conformance/devices.ts";
import { type Trajectory, vectors } from "./vectors.ts";

const STEPS = 50;
const START = [
  [0.1, -0.2, 0.3, 0.4, -0.5, 0.6],
  [0.05, -0.05],
];

type Parameters = readonly nn.Parameter[];
const OPTIMIZERS: Readonly<
  Record<string, (p: Parameters) => optim.Optimizer<optim.OptimizerOptions>>
> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, weightDecay: 0.01 }),
  Adam: (p) => new optim.Adam(p, { lr: 0.05 }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.05, amsgrad: true }),
  NAdam: (p) => new optim.NAdam(p, { lr: 0.05 }),
  RAdam: (p) => new optim.RAdam(p, { lr: 0.05 }),
  RMSprop: (p) => new optim.RMSprop(p, { lr: 0.01, momentum: 0.5 }),
  Rprop: (p) => new optim.Rprop(p, { lr: 0.01 }),
  ASGD: (p) => new optim.ASGD(p, { lr: 0.05 }),
  Adagrad: (p) => new optim.Adagrad(p, { lr: 0.1 }),
  Adadelta: (p) => new optim.Adadelta(p),
  Adamax: (p) => new optim.Adamax(p, { lr: 0.05 }),
};

function weights(): [w: nn.Parameter, b: nn.Parameter] {
  return [new nn.Parameter(tensor(START[0]).reshape(3, 2)), new nn.Parameter(tensor(START[1]))];
}

const linspace = (from: number, to: number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));
const x = tensor(linspace(-1, 1, 12)).reshape(4, 3);
const y = tensor(linspace(2, -2, 8))
  .reshape(4, 2)
  .sin();

/** The steps of a trajectory; `spoil` is what the bias's gradient is multiplied by. */
function run(
  c: Trajectory,
  compiled: boolean,
): { scales: number[]; weights: number[][]; scaler: GradScaler } {
  const [w, b] = weights();
  const optimizer = OPTIMIZERS[c.optimizer]([w, b]);
  const scaler = new GradScaler(c.scaler);
  const body = (spoil: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = x
      .matmul(w)
      .add(b)
      .tanh()
      .sub(y)
      .square()
      .mean()
      .mul(c.factor ?? 1);
    scaler.scale(loss).backward();
    b.grad = b.grad!.mul(spoil);
    if (c.clip) {
      scaler.unscale_(optimizer);
      optim.clipGradNorm_([w, b], 0.1);
    }
    scaler.step(optimizer);
    scaler.update();
    return loss;
  };
  const step = compiled ? compile(body) : body;
  const scales: number[] = [];
  const found: number[][] = [];
  for (let i = 0; i < STEPS; i++) {
    const factor = c.bad.includes(i) ? (i % 2 === 0 ? Infinity : NaN) : 1;
    step(tensor([factor, 1]));
    scales.push((scaler.stateDict() as { scale: Tensor }).scale.itemSync());
    found.push([...w.dataSync(), ...b.dataSync()]);
  }
  return { scales, weights: found, scaler };
}

afterEach(() => setDevice("js"));

/** Compiling takes its time: `native` gets some optimisers, all of them in `npm run test:full`. */
const casesFor = (device: string): readonly Trajectory[] =>
  device === "native" && process.env.NABLA_TEST_MODE !== "full"
    ? vectors.trajectories.filter((c) => c.optimizer === "SGD" || c.clip)
    : vectors.trajectories;

describe.each(devicesUnderTest())("fifty steps with overflows as in PyTorch, on %s", (device) => {
  for (const c of casesFor(device))
    test.each([false, true])(
      `${c.optimizer}${c.clip ? ", clipped" : ""}, compiled: %s`,
      (compiled) => {
        setDevice(device);
        const { scales, weights, scaler } = run(c, compiled);
        expect(scales).toEqual(c.scales);
        const state = scaler.stateDict() as { growthTracker: Tensor };
        expect(state.growthTracker.itemSync()).toBe(c.tracker);
        weights.forEach((values, i) =>
          values.forEach((value, k) => {
            const wanted = c.weights[i][k];
            expect(Math.abs(value - wanted), `weight ${k} after step ${i}`).toBeLessThan(
              2e-5 * Math.max(0.1, Math.abs(wanted)),
            );
          }),
        );
      },
    );
});

describe("a skipped step", () => {
  const skipped = (
    optimizer: optim.Optimizer<optim.OptimizerOptions>,
    params: Parameters,
  ): void => {
    const scaler = new GradScaler();
    params.forEach((p, i) => (p.grad = p.onesLike().mul(i === 0 ? NaN : 1)));
    scaler.step(optimizer);
    scaler.update();
  };
  const taken = (optimizer: optim.Optimizer<optim.OptimizerOptions>, params: Parameters): void => {
    for (const p of params) p.grad = p.onesLike().mul(0.3);
    optimizer.step();
  };

  test.each(Object.keys(OPTIMIZERS))("of %s leaves parameters and state as they were", (name) => {
    const params = weights();
    const optimizer = OPTIMIZERS[name](params);
    taken(optimizer, params);
    const values = (): number[][] => [
      ...params.map((p) => [...p.dataSync()]),
      ...Object.values(optimizer.stateDict().state).flatMap((cells) =>
        Object.values(cells).map((cell) => [...cell.dataSync()]),
      ),
    ];
    const before = values();
    skipped(optimizer, params);
    expect(values()).toEqual(before);
    // And what follows is as if it had never been.
    const others = weights();
    const other = OPTIMIZERS[name](others);
    taken(other, others);
    for (let i = 0; i < 3; i++) {
      taken(optimizer, params);
      taken(other, others);
    }
    expect(params.map((p) => [...p.dataSync()])).toEqual(others.map((p) => [...p.dataSync()]));
  });

  test("keeps the count of parameters that join later", () => {
    const [w, b] = weights();
    const optimizer = new optim.Adam([w, b], { lr: 0.05 });
    taken(optimizer, [w, b]);
    taken(optimizer, [w, b]);
    b.grad = undefined;
    w.grad = w.onesLike().mul(Infinity);
    const scaler = new GradScaler();
    scaler.step(optimizer);
    scaler.update();
    const steps = Object.values(optimizer.stateDict().state).map(({ step }) => step.itemSync());
    expect(steps).toEqual([2, 2]);
  });
});

describe("gradients of f16 that are too small", () => {
  // The gradient of the weight is 1e-6 · 2 ** -8, below the smallest number of f16, 6e-8.
  const train = (scaler: GradScaler): number => {
    const w = new nn.Parameter(tensor([[1]]));
    const optimizer = new optim.SGD([w], { lr: 1e6 });
    const loss = autocast({ dtype: "f16" }, () =>
      tensor([[2 ** -8]])
        .matmul(w)
        .float()
        .sum()
        .mul(1e-6),
    );
    scaler.scale(loss).backward();
    scaler.step(optimizer);
    scaler.update();
    return w.itemSync();
  };

  test("vanish without a scale, and the weight stays", () => {
    expect(train(new GradScaler({ enabled: false }))).toBe(1);
  });

  test("arrive with one", () => {
    expect(train(new GradScaler())).toBeCloseTo(1 - 2 ** -8, 5);
  });
});

describe("GradScaler", () => {
  test("serves several optimisers, and one overflow halves the scale once", async () => {
    const [w, b] = weights();
    const [first, second] = [new optim.SGD([w], { lr: 0.1 }), new optim.SGD([b], { lr: 0.1 })];
    const scaler = new GradScaler({ initScale: 8, growthInterval: 2 });
    w.grad = w.onesLike().mul(Infinity);
    b.grad = b.onesLike();
    const [before, beforeB] = [[...w.dataSync()], [...b.dataSync()]];
    scaler.step(first);
    scaler.step(second);
    scaler.update();
    expect(await scaler.getScale()).toBe(4);
    expect([...w.dataSync()]).toEqual(before);
    [...b.dataSync()].forEach((v, i) => expect(v).toBeCloseTo(beforeB[i] - 0.1 / 8, 6));
  });

  test("scales lists and objects of losses", () => {
    const scaler = new GradScaler({ initScale: 4 });
    const { a, rest } = scaler.scale({ a: tensor(1), rest: [tensor(2)] });
    expect([a.itemSync(), rest[0].itemSync()]).toEqual([4, 8]);
  });

  test("does nothing when it is not enabled", async () => {
    const [w] = weights();
    const scaler = new GradScaler({ enabled: false });
    const loss = tensor(3);
    expect(scaler.scale(loss)).toBe(loss);
    w.grad = w.onesLike();
    const optimizer = new optim.SGD([w], { lr: 1 });
    scaler.unscale_(optimizer);
    scaler.step(optimizer);
    scaler.update();
    expect(w.dataSync()[0]).toBeCloseTo(0.1 - 1, 6);
    expect(await scaler.getScale()).toBe(1);
    expect(scaler.stateDict()).toEqual({});
    scaler.loadStateDict({});
  });

  test("reads for optimisers that are not of this package", () => {
    const [w] = weights();
    class Own extends optim.Optimizer<optim.OptimizerOptions> {
      steps = 0;
      constructor(params: Parameters) {
        super(params, { lr: 1 });
      }
      protected check(): void {
        // Any options will do.
      }
      step(): undefined {
        this.steps++;
      }
      stateDict(): never {
        throw new Error("not saved");
      }
      loadStateDict(): void {
        // Nothing to load.
      }
    }
    const own = new Own([w]);
    const scaler = new GradScaler();
    for (const factor of [NaN, 1]) {
      w.grad = w.onesLike().mul(factor);
      scaler.step(own);
      scaler.update();
    }
    expect(own.steps).toBe(1);
  });

  test("goes on from a saved state", async () => {
    const c = vectors.trajectories[1];
    const { scaler } = run(c, false);
    const other = new GradScaler({ initScale: 1 });
    other.loadStateDict(scaler.stateDict());
    expect(await other.getScale()).toBe(c.scales.at(-1));
    expect(other.growthInterval).toBe(4);
    const { scale, growthTracker, ...settings } = scaler.stateDict() as {
      scale: Tensor;
      growthTracker: Tensor;
    };
    const numbers = {
      scale: scale.itemSync(),
      growthTracker: growthTracker.itemSync(),
      ...settings,
    };
    other.loadStateDict(JSON.parse(JSON.stringify(numbers)) as never);
    expect((other.stateDict() as { growthTracker: Tensor }).growthTracker.itemSync()).toBe(
      c.tracker,
    );
  });

  test("takes a new scale, and new factors while a compiled step goes on", async () => {
    const [w] = weights();
    const optimizer = new optim.SGD([w], { lr: 0 });
    const scaler = new GradScaler({ initScale: 8, growthInterval: 1 });
    const step = compile(() => {
      optimizer.zeroGrad();
      scaler.scale(w.sum()).backward();
      scaler.step(optimizer);
      scaler.update();
      return w.sum();
    });
    step();
    expect(await scaler.getScale()).toBe(16);
    scaler.growthFactor = 4;
    step();
    expect(await scaler.getScale()).toBe(64);
    scaler.growthInterval = 2;
    step();
    step();
    expect(await scaler.getScale()).toBe(256);
    scaler.update(32);
    expect(await scaler.getScale()).toBe(32);
    expect(scaler.backoffFactor).toBe(0.5);
    scaler.backoffFactor = 0.25;
    w.grad = w.onesLike().mul(NaN);
    scaler.step(optimizer);
    scaler.update();
    expect(await scaler.getScale()).toBe(8);
  });
});

describe("mistakes", () => {
  const setUp = (dtype: DType = "f32") => {
    const w = new nn.Parameter(tensor([1, 2]).to(dtype));
    w.grad = w.onesLike();
    return { w, scaler: new GradScaler(), optimizer: new optim.SGD([w], { lr: 1 }) };
  };
  const state = {
    scale: 1,
    growthTracker: 0,
    growthFactor: 2,
    backoffFactor: 0.5,
    growthInterval: 1,
  };

  test.each<[() => unknown, string | RegExp]>([
    [
      () => new GradScaler({ initScale: 0 }),
      "GradScaler: initScale must be a finite number > 0, got 0",
    ],
    [
      () => new GradScaler({ initScale: NaN }),
      "GradScaler: initScale must be a finite number > 0, got NaN",
    ],
    [
      () => new GradScaler({ growthFactor: 1 }),
      "GradScaler: growthFactor must be a finite number > 1, got 1",
    ],
    [
      () => new GradScaler({ backoffFactor: 1 }),
      "GradScaler: backoffFactor must be between 0 and 1, got 1",
    ],
    [
      () => new GradScaler({ growthInterval: 0.5 }),
      "GradScaler: growthInterval must be an integer >= 1, got 0.5",
    ],
    [
      () => (new GradScaler().growthFactor = 0),
      "GradScaler: growthFactor must be a finite number > 1, got 0",
    ],
    [
      () => new GradScaler().update(),
      "update: no gradients were unscaled since the last call: call step() first",
    ],
    [() => new GradScaler().update(-1), "update: the scale must be a finite number > 0, got -1"],
    [
      () => {
        const { scaler, optimizer } = setUp();
        scaler.unscale_(optimizer);
        scaler.unscale_(optimizer);
      },
      "unscale_: it has already been called for this optimiser since update()",
    ],
    [
      () => {
        const { scaler, optimizer } = setUp();
        scaler.step(optimizer);
        scaler.unscale_(optimizer);
      },
      "unscale_: it is called after step(): call update() first",
    ],
    [
      () => {
        const { scaler, optimizer } = setUp();
        scaler.step(optimizer);
        scaler.step(optimizer);
      },
      "step: it has already been called for this optimiser since update()",
    ],
    [
      () => {
        const { scaler, optimizer } = setUp("f16");
        scaler.step(optimizer);
      },
      "unscale_: expected gradients of f32 or bf16, got f16: keep parameters in f32, autocast casts them",
    ],
    [
      () => {
        const { w, scaler } = setUp();
        scaler.step(new optim.LBFGS([w]));
      },
      /^LBFGS: step needs a function that evaluates the model/,
    ],
    [
      () => {
        const { w, scaler, optimizer } = setUp();
        compile(() => {
          optimizer.zeroGrad();
          scaler.scale(w.sum()).backward();
          scaler.step(optimizer);
        })();
        scaler.update();
      },
      "update: step() was called inside a compiled function: call update() there too",
    ],
    [
      () => new GradScaler().loadStateDict({}),
      "loadStateDict: the state is empty: it is of a scaler that was not enabled",
    ],
    [
      () => new GradScaler().loadStateDict(null as never),
      "loadStateDict: expected what stateDict() gave, got null",
    ],
    [
      () => new GradScaler().loadStateDict({ ...state, scale: "1" } as never),
      'loadStateDict: expected scale to be f32[] or a number, got "1"',
    ],
    [
      () => new GradScaler().loadStateDict({ ...state, growthTracker: tensor([1]) }),
      /^loadStateDict: expected growthTracker to be i32\[\] or a number, got a tensor f32\[1\]/,
    ],
    [
      () => new GradScaler().loadStateDict({ ...state, backoffFactor: undefined } as never),
      "loadStateDict: backoffFactor must be between 0 and 1, got undefined",
    ],
  ])("%#", (call, message) => {
    expect(call).toThrow(message);
  });
});
