import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import { zeros } from "../../src/tensor/index.ts";

const params = (shape: number[] = [2]): nn.Parameter[] => [new nn.Parameter(zeros(shape))];
const matrices = (): nn.Parameter[] => params([2, 3]);
const sgd = (): optim.SGD => new optim.SGD(params(), { lr: 0.1, momentum: 0.9 });
const plain = (): optim.Adagrad => new optim.Adagrad(params());
const { lrScheduler, swaUtils } = optim;

type Cases = [make: () => unknown, message: string][];

/** Options that the types forbid. */
const wrong = (options: object): never => options as never;

function check(cases: Cases): void {
  for (const [make, message] of cases)
    test(message, () => expect(make).toThrow(new RangeError(message)));
}

// prettier-ignore
describe("options of optimisers outside their range", () => {
  check([
    [() => new optim.Adam(params(), { lr: -0.1 }),
      "Adam: the learning rate must be a finite number >= 0, got -0.1"],
    [() => new optim.SGD(params(), { lr: NaN }),
      "SGD: the learning rate must be a finite number >= 0, got NaN"],
    [() => new optim.SGD(params(), wrong({ lr: "0.1" })),
      "SGD: the learning rate must be a finite number >= 0, got 0.1"],
    [() => new optim.AdamW([{ params: params() }, { params: params(), lr: -1 }]),
      "AdamW: the learning rate must be a finite number >= 0, got -1"],
    [() => new optim.SGD(params(), { momentum: -1 }),
      "SGD: momentum must be a finite number >= 0, got -1"],
    [() => new optim.SGD(params(), { dampening: Infinity }),
      "SGD: dampening must be a finite number, got Infinity"],
    [() => new optim.SGD(params(), { nesterov: true }),
      "SGD: nesterov needs momentum > 0 and dampening 0, got 0 and 0"],
    [() => new optim.AdamW(params(), { weightDecay: -1 }),
      "AdamW: weightDecay must be a finite number >= 0, got -1"],
    [() => new optim.Adam(params(), { betas: [0.9, 1] }), "Adam: betas[1] must be in [0, 1), got 1"],
    [() => new optim.Adam(params(), wrong({ betas: [0.9] })), "Adam: betas must be two values, got 1"],
    [() => new optim.Adam(params(), { eps: -1 }), "Adam: eps must be a finite number >= 0, got -1"],
    [() => new optim.NAdam(params(), { momentumDecay: -1 }),
      "NAdam: momentumDecay must be a finite number >= 0, got -1"],
    [() => new optim.RAdam(params(), { betas: [-0.1, 0.9] }),
      "RAdam: betas[0] must be in [0, 1), got -0.1"],
    [() => new optim.Adamax(params(), { eps: NaN }),
      "Adamax: eps must be a finite number >= 0, got NaN"],
    [() => new optim.Adagrad(params(), { lrDecay: -1 }),
      "Adagrad: lrDecay must be a finite number >= 0, got -1"],
    [() => new optim.Adagrad(params(), { initialAccumulatorValue: -1 }),
      "Adagrad: initialAccumulatorValue must be a finite number >= 0, got -1"],
    [() => new optim.Adadelta(params(), { rho: 1.5 }),
      "Adadelta: rho must be a number from 0 to 1, got 1.5"],
    [() => new optim.ASGD(params(), { alpha: NaN }), "ASGD: alpha must be a finite number, got NaN"],
    [() => new optim.RMSprop(params(), { alpha: -1 }),
      "RMSprop: alpha must be a finite number >= 0, got -1"],
    [() => new optim.Rprop(params(), { etas: [1.1, 1.2] }),
      "Rprop: etas must be a number between 0 and 1 and one above 1, got 1.1 and 1.2"],
    [() => new optim.Rprop(params(), { stepSizes: [1, 0.1] }),
      "Rprop: stepSizes must be a number >= 0 and one not below it, got 1 and 0.1"],
    [() => new optim.Lion(params(), { betas: [0.9, 2] }), "Lion: betas[1] must be in [0, 1), got 2"],
    [() => new optim.LAMB(params(), { eps: -1 }), "LAMB: eps must be a finite number >= 0, got -1"],
    [() => new optim.Adafactor(params(), { beta2Decay: 0.8 }),
      "Adafactor: beta2Decay must be a finite number <= 0, got 0.8"],
    [() => new optim.Adafactor(params(), { d: 0.5 }),
      "Adafactor: d must be a finite number >= 1, got 0.5"],
    [() => new optim.Adafactor(params(), { eps: [-1, 0] }),
      "Adafactor: eps[0] must be a finite number >= 0, got -1"],
    [() => new optim.Muon(matrices(), { nsSteps: 1.5 }),
      "Muon: nsSteps must be an integer >= 0, got 1.5"],
    [() => new optim.Muon(matrices(), wrong({ adjustLrFn: "large" })),
      'Muon: adjustLrFn must be one of null, "original", "matchRmsAdamw", got "large"'],
    [() => new optim.Muon(matrices(), wrong({ nsCoefficients: [1, 2] })),
      "Muon: expected three nsCoefficients, got 2"],
    [() => new optim.LBFGS(params(), { maxIter: 0 }),
      "LBFGS: maxIter must be an integer >= 1, got 0"],
    [() => new optim.LBFGS(params(), wrong({ lineSearchFn: "armijo" })),
      'LBFGS: lineSearchFn must be one of null, "strongWolfe", got "armijo"'],
    [() => sgd().paramGroups[0].set(wrong({ beta: 1 })),
      "unknown option beta: the group has lr, momentum, dampening, nesterov, weightDecay, maximize"],
  ]);

  test("one set later, which then stays as it was", () => {
    const optimizer = new optim.Adam(params());
    expect(() => (optimizer.lr = -1)).toThrow(RangeError);
    expect(() => optimizer.paramGroups[0].set({ lr: 1, betas: [0.5, 1] })).toThrow(RangeError);
    expect(optimizer.lr).toBe(0.001);
  });

  test("parameters", () => {
    const [p] = params();
    const cases: Cases = [
      [() => new optim.SGD([]), "SGD: expected parameters to optimise, got an empty list"],
      [() => new optim.SGD([p, p]), "SGD: a parameter is given twice"],
      [() => new optim.SGD([wrong(zeros([2]))]),
        "SGD: expected nn.Parameter, got a object among the parameters"],
      [() => new optim.Muon([p]),
        "Muon: expected matrices, got a parameter of shape [2]; give it to another optimiser"],
    ];
    for (const [make, message] of cases) expect(make).toThrow(message);
  });
});

// prettier-ignore
describe("options of schedules outside their range", () => {
  check([
    [() => new lrScheduler.StepLR(sgd(), 0), "StepLR: stepSize must be an integer >= 1, got 0"],
    [() => new lrScheduler.StepLR(sgd(), 3, { gamma: -1 }),
      "StepLR: gamma must be a finite number >= 0, got -1"],
    [() => new lrScheduler.StepLR(sgd(), 3, { lastEpoch: -2 }),
      "StepLR: lastEpoch must be an integer >= -1, got -2"],
    [() => new lrScheduler.MultiStepLR(sgd(), [3, 4.5]),
      "MultiStepLR: milestones must be an integer >= 0, got 4.5"],
    [() => new lrScheduler.ConstantLR(sgd(), { factor: 2 }),
      "ConstantLR: factor must be above 0 and at most 1, got 2"],
    [() => new lrScheduler.LinearLR(sgd(), { startFactor: 0 }),
      "LinearLR: startFactor must be above 0 and at most 1, got 0"],
    [() => new lrScheduler.LinearLR(sgd(), { endFactor: 1.5 }),
      "LinearLR: endFactor must be from 0 to 1, got 1.5"],
    [() => new lrScheduler.LinearLR(sgd(), { totalIters: 0 }),
      "LinearLR: totalIters must be an integer >= 1, got 0"],
    [() => new lrScheduler.ExponentialLR(sgd(), NaN),
      "ExponentialLR: gamma must be a finite number >= 0, got NaN"],
    [() => new lrScheduler.PolynomialLR(sgd(), { power: -1 }),
      "PolynomialLR: power must be a finite number >= 0, got -1"],
    [() => new lrScheduler.CosineAnnealingLR(sgd(), 0.5),
      "CosineAnnealingLR: tMax must be an integer >= 1, got 0.5"],
    [() => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), 3, { tMult: 0 }),
      "CosineAnnealingWarmRestarts: tMult must be an integer >= 1, got 0"],
    [() => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), 3).step(-1),
      "CosineAnnealingWarmRestarts: epoch must be a finite number >= 0, got -1"],
    [() => new lrScheduler.LambdaLR(sgd(), [Math.sqrt, Math.sqrt]),
      "LambdaLR: lrLambda: expected one for each of the 1 groups, got 2"],
    [() => new lrScheduler.CyclicLR(sgd(), 0.1, [1, 2]),
      "CyclicLR: maxLr: expected one for each of the 1 groups, got 2"],
    [() => new lrScheduler.CyclicLR(sgd(), 0.1, 1, wrong({ mode: "square" })),
      'CyclicLR: mode must be one of "triangular", "triangular2", "expRange", got "square"'],
    [() => new lrScheduler.OneCycleLR(sgd(), 1),
      "OneCycleLR: expected totalSteps, or both epochs and stepsPerEpoch, got neither"],
    [() => new lrScheduler.OneCycleLR(sgd(), 1, { totalSteps: 10, pctStart: 2 }),
      "OneCycleLR: pctStart must be a number from 0 to 1, got 2"],
    [() => new lrScheduler.ReduceLROnPlateau(sgd(), { factor: 1 }),
      "ReduceLROnPlateau: factor must be at least 0 and below 1, got 1"],
    [() => new lrScheduler.ReduceLROnPlateau(sgd(), { patience: -1 }),
      "ReduceLROnPlateau: patience must be an integer >= 0, got -1"],
    [() => new lrScheduler.SequentialLR(sgd(), [], []),
      "SequentialLR: expected one milestone less than schedules, got 0 and 0"],
    [() => new lrScheduler.ChainedScheduler([]),
      "ChainedScheduler: expected at least one schedule, got none"],
    [() => new swaUtils.SWALR(sgd(), 0.1, { annealEpochs: -1 }),
      "SWALR: annealEpochs must be an integer >= 0, got -1"],
  ]);

  test("a cycle that is over", () => {
    const scheduler = new lrScheduler.OneCycleLR(sgd(), 1, { totalSteps: 2 });
    scheduler.step();
    scheduler.step();
    expect(() => scheduler.step()).toThrow(
      "OneCycleLR: step 3 of a cycle of 2: make totalSteps larger, or stop stepping",
    );
  });

  test("what fits no schedule", () => {
    const optimizer = sgd();
    const step = new lrScheduler.StepLR(optimizer, 3);
    const plateau = new lrScheduler.ReduceLROnPlateau(optimizer);
    const cases: Cases = [
      [() => new lrScheduler.StepLR(wrong({}), 3), "StepLR: expected an optimiser, got a object"],
      [() => new lrScheduler.LambdaLR(sgd(), wrong({})),
        "LambdaLR: lrLambda: expected a function, got a object"],
      [() => plateau.step(wrong(zeros([]))),
        "ReduceLROnPlateau: expected the metric as a number (await loss.item()), got a object"],
      [() => new lrScheduler.CyclicLR(plain(), 0.1, 1),
        "CyclicLR: cycleMomentum needs an optimiser with momentum or betas; pass cycleMomentum: false"],
      [() => new lrScheduler.OneCycleLR(plain(), 1, { totalSteps: 3 }),
        "OneCycleLR: cycleMomentum needs an optimiser with momentum or betas; pass cycleMomentum: false"],
      [() => new lrScheduler.StepLR(sgd(), 3, { lastEpoch: 4 }),
        "StepLR: group 0 has no initial learning rate to go on from at step 4: load the optimiser's state before"],
      [() => new lrScheduler.ChainedScheduler(wrong([step, plateau])),
        "ChainedScheduler: schedule 1: expected one that steps without a metric, got ReduceLROnPlateau"],
      [() => new lrScheduler.SequentialLR(sgd(), [step], []),
        "SequentialLR: schedule 0 is of another optimiser"],
    ];
    for (const [make, message] of cases) expect(make).toThrow(message);
  });
});

test("a schedule's state that does not fit is refused whole", () => {
  const optimizer = sgd();
  const scheduler = new lrScheduler.SequentialLR(
    optimizer,
    [new lrScheduler.ConstantLR(optimizer), new lrScheduler.StepLR(optimizer, 3)],
    [4],
  );
  const saved = scheduler.stateDict();
  const [first, second] = saved.schedulers as [object, object];
  const cases: [object, string][] = [
    [new lrScheduler.StepLR(sgd(), 3).stateDict(), "milestones: missing"],
    [{ ...saved, lastEpoch: "3" }, "lastEpoch: expected a number, got a string"],
    [{ ...saved, milestones: [1, 2] }, "milestones: expected a list of 1, got a list of 2"],
    [{ ...saved, best: 3 }, "best: unexpected"],
    [{ ...saved, schedulers: [first, 3] }, "schedulers.1.: expected an object, got a number"],
    [
      { ...saved, schedulers: [first, { ...second, baseLrs: [] }] },
      "schedulers.1.baseLrs: expected a list of 1, got a list of 0",
    ],
  ];
  for (const [state, message] of cases) {
    expect(() => scheduler.loadStateDict(state as never)).toThrow(
      `the state does not fit SequentialLR:\n  ${message}`,
    );
    expect(scheduler.stateDict()).toEqual(saved);
  }
});

test("a schedule goes on from a step of an optimiser whose state was loaded", () => {
  const optimizer = sgd();
  const scheduler = new lrScheduler.ExponentialLR(optimizer, 0.5);
  for (let i = 0; i < 3; i++) scheduler.step();
  const resumed = sgd();
  resumed.loadStateDict(optimizer.stateDict());
  const other = new lrScheduler.LambdaLR(resumed, (epoch) => 1 / (1 + epoch), { lastEpoch: 3 });
  expect(other.lastEpoch).toBe(4);
  expect(resumed.lr).toBeCloseTo(0.1 / 5, 12);
});
