import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { DataLoader, TensorDataset } from "../../src/data/index.ts";
import { nn, optim } from "../../src/index.ts";
import {
  loadCheckpoint,
  type Metadata,
  openSafetensors,
  saveCheckpoint,
  saveSafetensors,
} from "../../src/io/index.ts";
import { parseJson, stringifyJson } from "../../src/io/json.ts";
import {
  defaultGenerator,
  Generator,
  manualSeed,
  rand,
  randn,
  type Tensor,
} from "../../src/tensor/index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "nabla-io-"));
const file = path.join(folder, "last.safetensors");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { lrScheduler } = optim;
const data = new TensorDataset(
  randn([24, 3], { generator: new Generator(5) }),
  rand([24, 1], { generator: new Generator(6) }),
);

type Make = (net: nn.Module) => optim.Optimizer<optim.OptimizerOptions>;

/** A net with dropout and running statistics, and all that trains it. */
function setUp(make: Make) {
  const model = new nn.Sequential(
    new nn.Linear(3, 5),
    new nn.BatchNorm1d(5),
    new nn.Dropout(0.2),
    new nn.Linear(5, 1),
  );
  const optimizer = make(model);
  const scheduler = new lrScheduler.OneCycleLR(optimizer, 0.1, { totalSteps: 40 });
  const loader = new DataLoader(data, { batchSize: 5, shuffle: true, seed: 3 });
  return { model, optimizer, scheduler, loader };
}

type Parts = ReturnType<typeof setUp>;

/** Trains for some steps, and saves after one of them, within the loop, as a training loop would. */
async function train(parts: Parts, steps: number, saved: number): Promise<void> {
  const { model, optimizer, scheduler, loader } = parts;
  let done = 0;
  while (done < steps)
    for await (const [x, y] of loader) {
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = model.forward(x).sub(y).square().mean();
        loss.backward();
        return loss;
      });
      scheduler.step();
      done++;
      if (done === saved) await saveCheckpoint(file, { ...parts, step: done });
      if (done === steps) return;
    }
}

const bits = async (tensors: Record<string, Tensor>): Promise<unknown[]> =>
  Promise.all(Object.entries(tensors).map(async ([name, x]) => [name, Array.from(await x.data())]));

beforeEach(() => {
  manualSeed(0);
});

describe("a training that goes on from a checkpoint", () => {
  const groups = (net: nn.Module) => net.parameters();
  const OPTIMIZERS: [string, Make][] = [
    ["SGD", (net) => new optim.SGD(groups(net), { lr: 0.1, momentum: 0.9, nesterov: true })],
    ["Adam", (net) => new optim.Adam(groups(net), { amsgrad: true })],
    ["AdamW in groups", (net) => {
      const [first, ...rest] = net.parameters();
      return new optim.AdamW([{ params: [first], lr: 0.01 }, { params: rest, weightDecay: 0.1 }]);
    }],
    ["RMSprop", (net) => new optim.RMSprop(groups(net), { centered: true, momentum: 0.5 })],
    ["Lion", (net) => new optim.Lion(groups(net))],
  ]; // prettier-ignore

  test.each(OPTIMIZERS)("has the same bits as one that never ended: %s", async (_, make) => {
    const whole = setUp(make);
    await train(whole, 13, 7);
    const expected = await bits(whole.model.stateDict());
    const random = defaultGenerator.getState();

    manualSeed(99);
    const resumed = setUp(make);
    const info = await loadCheckpoint(file, resumed);
    expect(info).toEqual({ step: 7 });
    // Five batches an epoch: two of the second have been seen.
    expect(resumed.loader.stateDict()).toMatchObject({ epoch: 1, batch: 2 });
    await train(resumed, 6, 0);
    expect(await bits(resumed.model.stateDict())).toEqual(expected);
    expect(defaultGenerator.getState()).toEqual(random);
    expect(resumed.scheduler.stateDict()).toEqual(whole.scheduler.stateDict());
  });
});

describe("checkpoints", () => {
  const adam: Make = (net) => new optim.Adam(net.parameters());

  test("are safetensors files with the names of the model", async () => {
    const parts = setUp(adam);
    await train(parts, 1, 1);
    await saveCheckpoint(file, {
      ...parts,
      epoch: 2,
      metrics: { loss: NaN, best: -Infinity },
      extra: ["x", -0],
    });
    const opened = await openSafetensors(file);
    expect(opened.names).toContain("model.0.weight");
    expect(opened.names).toContain("optimizer.0.expAvg");
    expect(opened.info("model.1.running_mean").shape).toEqual([5]);
    await opened.close();
    const info = await loadCheckpoint(file, setUp(adam));
    expect(info).toEqual({ epoch: 2, metrics: { loss: NaN, best: -Infinity }, extra: ["x", -0] });
  });

  test("load into the model alone, and keep to a generator of its own", async () => {
    const parts = setUp(adam);
    const generator = new Generator(8);
    generator.take(5);
    await saveCheckpoint(file, { model: parts.model, generator });
    const other = setUp(adam);
    const before = defaultGenerator.getState();
    const own = new Generator(0);
    await loadCheckpoint(file, { model: other.model, generator: own });
    expect(own.getState()).toEqual({ seed: 8, stream: 5 });
    expect(defaultGenerator.getState()).toEqual(before);
    expect(await bits(other.model.stateDict())).toEqual(await bits(parts.model.stateDict()));
  });

  test("that do not fit are an error, and change nothing", async () => {
    const parts = setUp(adam);
    await train(parts, 3, 3);
    const small = new nn.Sequential(new nn.Linear(2, 5), new nn.BatchNorm1d(5));
    await expect(loadCheckpoint(file, { model: small })).rejects.toThrow(
      `${file}: the checkpoint does not fit:\n  model: 0.weight: expected f32[5, 2], got f32[5, 3]\n` +
        "  model: 3.bias: unexpected\n  model: 3.weight: unexpected",
    );
    const other = setUp((net) => new optim.SGD(net.parameters(), { momentum: 0.5 }));
    const state = async () => [
      await bits(other.model.stateDict()),
      other.scheduler.stateDict(),
      other.loader.stateDict(),
      defaultGenerator.getState(),
    ];
    const before = await state();
    await expect(loadCheckpoint(file, other)).rejects.toThrow(
      `${file}: loadStateDict: the state does not fit SGD:\n`,
    );
    expect(await state()).toEqual(before);
    await saveCheckpoint(file, { model: parts.model });
    await expect(loadCheckpoint(file, parts)).rejects.toThrow(
      `${file}: the checkpoint does not fit:\n  optimizer: not in the checkpoint\n` +
        "  scheduler: not in the checkpoint\n  loader: not in the checkpoint",
    );
  });

  test.each([
    [undefined, "expected a checkpoint of saveCheckpoint, got other safetensors: use loadSafetensors for weights alone"],
    ["{", "the JSON of the checkpoint is damaged"],
    ["null", "expected a checkpoint of version 1, got undefined"],
    ['{"version":2}', "expected a checkpoint of version 1, got 2"],
    ['{"version":1}', "the state of the generator is damaged"],
    ['{"version":1,"generator":{"seed":-1,"stream":0}}', "the state of the generator is damaged"],
    ['{"version":1,"generator":{"seed":1,"stream":0},"optimizer":[3]}', "the state of the optimizer is damaged"],
  ])("that are damaged are an error: %s", async (text, message) => {
    const { model } = setUp(adam);
    const metadata: Metadata = text === undefined ? {} : { "nabla.checkpoint": text };
    await saveSafetensors(file, model.stateDict(), { metadata });
    await expect(loadCheckpoint(file, { model })).rejects.toThrow(`${file}: ${message}`);
  }); // prettier-ignore

  test("hold nothing that is no JSON", async () => {
    const { model } = setUp(adam);
    const save = (extra: unknown): Promise<void> =>
      saveCheckpoint(file, { model, extra: extra as never });
    await expect(save({ f: [() => 1] })).rejects.toThrow(
      "saveCheckpoint.extra.f.0: expected what JSON can hold, got a function",
    );
    await expect(save(new Map())).rejects.toThrow(
      "saveCheckpoint.extra: expected what JSON can hold, got a Map",
    );
  });
});

test("numbers that JSON lacks come back", () => {
  const value = { a: [NaN, -0, Infinity, 0.1], $number: "NaN!", b: { c: -Infinity, d: null } };
  expect(parseJson(stringifyJson(value, "x"))).toEqual(value);
});
