import { GradScaler } from "../../src/amp/index.ts";
import { describe, expect, test, vi } from "vitest";
import { DataLoader } from "../../src/data/index.ts";
import { nn, optim } from "../../src/index.ts";
import { ClassificationMeter } from "../../src/metrics/index.ts";
import { noGrad, tensor, type Tensor } from "../../src/tensor/index.ts";
import { type Callback, metricsOf, Trainer } from "../../src/train/index.ts";
import { bits, dataset, makeLoader, makeNet, type Make, setUp } from "./setting.ts";

const { lrScheduler } = optim;
const crossEntropy = new nn.CrossEntropyLoss();
const sgd: Make = (net) => new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });

describe("training", () => {
  const OPTIMIZERS: [string, Make][] = [
    ["SGD", sgd],
    ["Adam", (net) => new optim.Adam(net.parameters())],
    ["LBFGS", (net) => new optim.LBFGS(net.parameters(), { lr: 0.1, maxIter: 3 })],
  ];

  test.each(OPTIMIZERS)("is the loop that anyone would write: %s", async (_, make) => {
    const own = setUp(make);
    const scheduler = new lrScheduler.StepLR(own.optimizer, 1, { gamma: 0.5 });
    const losses: number[] = [];
    const loader = makeLoader();
    for (let epoch = 0; epoch < 3; epoch++) {
      own.model.train();
      let [sum, count] = [0, 0];
      for await (const [x, y] of loader) {
        const loss = own.optimizer.step(() => {
          own.optimizer.zeroGrad();
          const value = own.criterion.forward(own.model.forward(x), y);
          value.backward();
          optim.clipGradNorm_(own.model.parameters(), 0.5);
          return value;
        })!;
        sum += (await loss.item()) * y.size;
        count += y.size;
      }
      scheduler.step();
      losses.push(sum / count);
    }

    const parts = setUp(make);
    const trainer = new Trainer({
      ...parts,
      scheduler: new lrScheduler.StepLR(parts.optimizer, 1, { gamma: 0.5 }),
      clipNorm: 0.5,
    });
    const history = await trainer.fit(makeLoader(), { epochs: 3 });
    expect(history.map(({ values }) => values.loss)).toEqual(losses);
    expect(history.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 8], [2, 16], [3, 24]]); // prettier-ignore
    expect(history.map(({ values }) => values.lr)).toEqual([1, 0.5, 0.25].map((x) => x * history[0].values.lr)); // prettier-ignore
    expect(await bits(parts.model)).toEqual(await bits(own.model));
  });

  test("as a compiled step has the same result, also where rates change", async () => {
    const run = async (compileStep: boolean): Promise<unknown[]> => {
      const parts = setUp(sgd);
      const scheduler = new lrScheduler.OneCycleLR(parts.optimizer, 0.1, { totalSteps: 24 });
      const options = {
        ...parts,
        scheduler,
        schedule: "step" as const,
        clipValue: 0.1,
        compileStep,
        metrics: { hits: (output: Tensor, y: Tensor) => output.argmax(1).eq(y).to("f32").mean() },
        trainMetrics: true,
      };
      const history = await new Trainer(options).fit(makeLoader(), { epochs: 3 });
      return [history.map(({ values }) => values), await bits(parts.model)];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test.each([false, true])(
    "by several batches is that by a large one (compiled: %s)",
    async (compileStep) => {
      const run = async (batchSize: number, accumulate: number): Promise<number[][]> => {
        const { criterion, optimizer, model } = setUp(
          (net) => new optim.SGD(net.parameters(), { lr: 0.1 }),
        );
        // Running statistics and dropout differ between batches of different sizes.
        model.children().forEach((child, i) => ([1, 3].includes(i) ? child.eval() : child));
        const fixed = Object.assign(model, { train: () => model });
        const options = { model: fixed, criterion, optimizer, accumulate, compileStep };
        const loader = makeLoader({ batchSize, shuffle: false, seed: undefined });
        const history = await new Trainer(options).fit(loader, { epochs: 2 });
        expect(history.at(-1)!.step).toBe(6);
        return [...Object.values(await bits(model)), history.map(({ values }) => values.loss)];
      };
      const [large, small] = [await run(20, 1), await run(5, 4)];
      large.forEach((values, i) =>
        values.forEach((value, j) => expect(small[i][j]).toBeCloseTo(value, 5)),
      );
    },
  );

  test("steps at the end of an epoch with the batches that are left", async () => {
    const losses: number[] = [];
    const callbacks: Callback[] = [
      { name: "note", onStep: async ({ loss }) => void losses.push(await loss!.item()) },
    ];
    const trainer = new Trainer({ ...setUp(), accumulate: 3, callbacks });
    const [{ step }] = await trainer.fit(makeLoader(), { epochs: 1 });
    // Eight batches: 3 + 3 + 2.
    expect([step, losses.length]).toEqual([3, 3]);
    // The same for batches whose number nobody knows.
    const batches = async function* (): AsyncGenerator<[Tensor, Tensor]> {
      yield* makeLoader();
    };
    const stream = { [Symbol.asyncIterator]: batches };
    const unknown = new Trainer({ ...setUp(), accumulate: 3, callbacks });
    expect((await unknown.fit(stream, { epochs: 1 }))[0].step).toBe(3);
    expect(losses.slice(3)).toEqual(losses.slice(0, 3));
  });

  test("lowers the rate when a value no longer gets better", async () => {
    const parts = setUp();
    const scheduler = new lrScheduler.ReduceLROnPlateau(parts.optimizer, {
      patience: 0,
      threshold: 1,
    });
    const trainer = new Trainer({ ...parts, scheduler, monitor: "validation.loss" });
    const history = await trainer.fit(makeLoader(), { epochs: 3, validation: makeLoader() });
    expect(history.map(({ values }) => values.lr)).toEqual([0.01, 0.01, 0.001]);
  });

  test("takes batches of any form apart", async () => {
    const { optimizer, model } = setUp();
    const loader = new DataLoader(
      { length: 6, get: (i) => ({ x: tensor([i, 1, 2, 3]), y: i % 3 }) },
      { batchSize: 2 },
    );
    const trainer = new Trainer({
      model,
      optimizer,
      criterion: (output, y: Tensor) => crossEntropy.forward(output, y),
      split: ({ x, y }: { x: Tensor; y: Tensor }) => ({ inputs: [x], target: y }),
      metrics: { hits: (output, y) => output.argmax(1).eq(y).to("f32").mean() },
      trainMetrics: true,
    });
    const [{ values }] = await trainer.fit(loader, { epochs: 1, validation: loader });
    expect(Object.keys(values)).toEqual([
      "loss",
      "hits",
      "lr",
      "validation.loss",
      "validation.hits",
    ]);
    expect(values["validation.hits"] * 6).toBeCloseTo(Math.round(values["validation.hits"] * 6), 6);
  });
});

describe("hooks", () => {
  test("are called in order, with what is known", async () => {
    const calls: string[] = [];
    const note = (name: string) => (): void => void calls.push(name);
    const callback: Callback = {
      name: "note",
      onFitStart: note("fit"),
      onEpochStart: ({ epoch }) => void calls.push(`epoch ${epoch}`),
      onStep: ({ step, batch, batches, samples }) =>
        void calls.push(`step ${step} ${batch}/${batches} ${samples}`),
      onLog: (_, { step, values }) =>
        void calls.push(`log ${step} ${Object.keys(values).join(" ")}`),
      onValidation: ({ values }) => void calls.push(Object.keys(values).join(" ")),
      onEpochEnd: ({ history }) => void calls.push(`end ${history.length}`),
      onFitEnd: note("done"),
    };
    const trainer = new Trainer({ ...setUp(), callbacks: [callback], logEvery: 2 });
    await trainer.fit(makeLoader({ batchSize: 25 }), { epochs: 2, validation: makeLoader() });
    expect(calls).toEqual([
      "fit",
      "epoch 1", "step 1 1/3 25", "step 2 2/3 50", "log 2 loss lr samplesPerSecond", "step 3 3/3 60",
      "loss lr samplesPerSecond validation.loss", "end 1",
      "epoch 2", "step 4 1/3 85", "log 4 loss lr samplesPerSecond", "step 5 2/3 110", "step 6 3/3 120",
      "log 6 loss lr samplesPerSecond", "loss lr samplesPerSecond validation.loss", "end 2",
      "done",
    ]); // prettier-ignore
  });

  test("may end a run, at once or after the epoch", async () => {
    const at = (step: number): Callback => ({
      name: "stop",
      onStep: (run) => (run.step === step ? run.stop("enough") : undefined),
    });
    const early = await new Trainer({ ...setUp(), callbacks: [at(10)] }).fit(makeLoader(), {
      epochs: 5,
    });
    expect(early.map(({ epoch }) => epoch)).toEqual([1]);
    const whole = await new Trainer({ ...setUp(), callbacks: [at(16)] }).fit(makeLoader(), {
      epochs: 5,
    });
    expect(whole.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  test("hear of the end of a run that fails, too", async () => {
    const onFitEnd = vi.fn();
    const callbacks = [{ name: "end", onFitEnd }];
    const { model, criterion, optimizer } = setUp(
      (net) => new optim.SGD(net.parameters(), { lr: 1e30 }),
    );
    const trainer = new Trainer({ model, criterion, optimizer, callbacks, logEvery: 4 });
    await expect(trainer.fit(makeLoader(), { epochs: 1 })).rejects.toThrow(
      /^Trainer: the loss is (NaN|Infinity) at step \d of epoch 1: try a lower learning rate or clipNorm/,
    );
    expect(onFitEnd).toHaveBeenCalledOnce();
    const going = new Trainer({ ...setUp((net) => new optim.SGD(net.parameters(), { lr: 1e30 })), onNonFinite: "continue" }); // prettier-ignore
    expect((await going.fit(makeLoader(), { epochs: 1 }))[0].values.loss).toBeNaN();
  });
});

describe("evaluation", () => {
  test("is that of all samples, whatever the size of batches, and trains nothing", async () => {
    const { model, criterion, optimizer } = setUp();
    const meter = new ClassificationMeter(3);
    const metrics = {
      ...metricsOf(meter, ["accuracy", "f1"]),
      error: (output: unknown, y: Tensor) => (output as Tensor).argmax(1).ne(y).to("f32").mean(),
    };
    const trainer = new Trainer({ model, criterion, optimizer, metrics });
    model.children()[1].eval();
    const before = await bits(model);
    const found = await trainer.evaluate(makeLoader({ batchSize: 7 }));
    expect(model.modules().map(({ training }) => training)).toEqual([true, true, false, true, true, true]); // prettier-ignore
    expect(await bits(model)).toEqual(before);
    model.eval();
    const [x, y] = await dataset.batch(Array.from({ length: 60 }, (_, i) => i));
    const output = noGrad(() => model.forward(x));
    expect(found.loss).toBeCloseTo(await criterion.forward(output, y).item(), 5);
    expect(found.accuracy).toBeCloseTo(1 - found.error, 6);
    expect(found.accuracy).toBe(meter.accuracy());
    expect(found.f1).toBe(meter.f1Score());
    expect(meter.count).toBe(60);
    const predicted = await trainer.predict(makeLoader({ shuffle: false, seed: undefined }));
    expect(predicted.shape).toEqual([60, 3]);
    expect(await predicted.sub(output).abs().max().item()).toBeLessThan(1e-5);
    expect((await trainer.predict([x, [x]])).shape).toEqual([120, 3]);
  });

  test("needs a batch, and a model that gives a tensor", async () => {
    const trainer = new Trainer(setUp());
    await expect(trainer.evaluate([])).rejects.toThrow(
      "evaluate: expected at least one batch, got none",
    );
    await expect(trainer.predict([])).rejects.toThrow(
      "predict: expected at least one batch, got none",
    );
    class Pair extends nn.Module {
      fc = new nn.Linear(4, 3);
      forward(x: Tensor): [Tensor, Tensor] {
        return [this.fc.forward(x), x];
      }
    }
    const model = new Pair();
    const optimizer = new optim.Adam(model.parameters());
    const pair = new Trainer({
      model,
      optimizer,
      criterion: ([y]: [Tensor, Tensor], t: Tensor) => crossEntropy.forward(y, t),
    });
    await pair.fit(makeLoader(), { epochs: 1 });
    await expect(pair.predict(makeLoader())).rejects.toThrow(
      /^predict: expected a model that gives a tensor, got .*: call its forward$/,
    );
  });
});

describe("what is wrong is an error", () => {
  const parts = setUp();
  const wrong = (options: object): never => ({ ...parts, ...options }) as never;
  const other = new optim.Adam(makeNet().parameters());
  test.each([
    [undefined as never, "Trainer: expected { model, criterion, optimizer }, got undefined"],
    [wrong({ model: 3 }), "Trainer: model: expected an nn.Module, got 3"],
    [wrong({ criterion: "mse" }), 'Trainer: criterion: expected a function or a loss of nn, got "mse"'],
    [wrong({ optimizer: {} }), /^Trainer: optimizer: expected one of optim, got /],
    [wrong({ scheduler: {} }), /^Trainer: scheduler: expected one of optim.lrScheduler, got /],
    [wrong({ scheduler: new lrScheduler.StepLR(other, 1) }), "Trainer: the scheduler is of another optimiser"],
    [wrong({ schedule: "batch" }), 'Trainer: schedule must be epoch or step, got "batch"'],
    [wrong({ schedule: "step" }), 'Trainer: schedule: "step" needs a scheduler'],
    [wrong({ monitor: "loss" }), 'Trainer: monitor is what a scheduler goes by after an epoch: it needs a scheduler, and schedule: "epoch"'],
    [wrong({ accumulate: 0 }), "Trainer: accumulate must be an integer >= 1, got 0"],
    [wrong({ logEvery: 1.5 }), "Trainer: logEvery must be an integer >= 1, got 1.5"],
    [wrong({ clipNorm: 0 }), "Trainer: clipNorm must be > 0, got 0"],
    [wrong({ clipValue: NaN }), "Trainer: clipValue must be > 0, got NaN"],
    [wrong({ onNonFinite: "stop" }), 'Trainer: onNonFinite must be error or continue, got "stop"'],
    [wrong({ precision: "f8" }), 'Trainer: precision must be f32 or bf16 or f16, got "f8"'],
    [wrong({ precision: "bf16", scaler: new GradScaler() }),
      'Trainer: scaler: expected a GradScaler, with precision: "f16", got an instance of GradScaler with "bf16"'],
    [wrong({ precision: "f16", scaler: true }),
      'Trainer: scaler: expected a GradScaler, with precision: "f16", got true with "f16"'],
    [wrong({ precision: "f16", optimizer: new optim.LBFGS(parts.model.parameters()) }),
      'Trainer: precision: "f16" scales the loss, which LBFGS evaluates itself: use "bf16" or "f32"'],
    [wrong({ autocast: "f16" }), /^Trainer: unknown option autocast: expected model, criterion, /],
  ])("%#", (options, message) => {
    expect(() => new Trainer(options)).toThrow(message);
  }); // prettier-ignore

  test.each([
    [{ epochs: 0 }, "fit: epochs must be an integer >= 1, got 0"],
    [{ epochs: 1, checkpoint: {} }, "fit: checkpoint: expected a path, got undefined"],
    [{ epochs: 1, checkpoint: { path: "x", everySteps: 0 } }, "fit: everySteps must be an integer >= 1, got 0"],
    [{ epochs: 1, checkpoint: { path: "x", everyEpochs: -1 } }, "fit: everyEpochs must be an integer >= 1, got -1"],
    [{ epochs: 1, resume: true }, "fit: resume: true goes on from the checkpoint: give checkpoint, or a path to resume"],
    [{ epochs: 1, resume: "none.safetensors" }, /ENOENT.*none.safetensors/],
  ])("fit with %o", async (options, message) => {
    await expect(new Trainer(parts).fit(makeLoader(), options as never)).rejects.toThrow(message);
  }); // prettier-ignore

  test("batches of another form, and names of scores", async () => {
    const trainer = new Trainer(parts);
    await expect(trainer.fit([3] as never, { epochs: 1 })).rejects.toThrow(
      "Trainer: expected batches [...inputs, target], got 3: give split, which takes them apart",
    );
    expect(() => metricsOf(new ClassificationMeter(2), ["auc" as never])).toThrow(
      'metricsOf: expected accuracy, precision, recall, f1, got "auc"',
    );
    const scheduler = new lrScheduler.ReduceLROnPlateau(parts.optimizer);
    const monitoring = new Trainer({ ...parts, scheduler, monitor: "validation.f1" });
    await expect(monitoring.fit(makeLoader(), { epochs: 1 })).rejects.toThrow(
      'Trainer: monitor: there is no value "validation.f1" to go by; there are loss, lr',
    );
  });
});
