import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import { compile, ones, randn, type Tensor, tensor } from "../../src/tensor/index.ts";
import { expectNumbers } from "../nn/fixtures.ts";
import { vectors } from "./vectors.ts";

const { AveragedModel, getEmaAvgFn, getSwaAvgFn, updateBn } = optim.swaUtils;
const { averages } = vectors;
type State = Readonly<Record<string, number[]>>;

/** The net of tools/fixtures-optim.py, with a state that PyTorch gave. */
function makeNet(): nn.Sequential {
  const dtype = "f64";
  return new nn.Sequential(
    new nn.Linear(3, 4, { dtype }),
    new nn.BatchNorm1d(4, { dtype }),
    new nn.Linear(4, 2, { dtype }),
  );
}

function load(net: nn.Module, state: State): void {
  const own = net.stateDict();
  net.loadStateDict(
    Object.fromEntries(
      Object.entries(state).map(([name, data]) => {
        const { dtype, shape } = own[name];
        return [name, tensor(data, { dtype }).reshape(shape)];
      }),
    ),
  );
}

function expectState(net: nn.Module, state: State, what: string): void {
  const own = net.stateDict();
  expect(Object.keys(own).sort()).toEqual(Object.keys(state).sort());
  for (const [name, data] of Object.entries(state))
    expectNumbers(own[name], data, `${what}: ${name}`, 1e-11);
}

test("averages are PyTorch's", async () => {
  const net = makeNet();
  load(net, averages.start);
  const avgFn = getEmaAvgFn(0.7);
  const models = {
    swa: new AveragedModel(net),
    ema: new AveragedModel(net, { avgFn }),
    swaWithBuffers: new AveragedModel(net, { avgFn: getSwaAvgFn(), useBuffers: true }),
    emaWithBuffers: new AveragedModel(net, { avgFn, useBuffers: true }),
  };
  averages.steps.forEach(({ net: state, ...expected }, i) => {
    load(net, state);
    for (const [name, model] of Object.entries(models)) {
      model.updateParameters(net);
      expectState(model, expected[name as "swa"], `${name} after ${i + 1} steps`);
    }
  });
  const batches = averages.batches.map((data) => [
    tensor(data, { dtype: "f64" }).reshape([-1, 3]),
    undefined,
  ]);
  models.swa.module.children()[0].eval();
  await updateBn(batches, models.swa);
  expectState(models.swa, averages.updated, "after updateBn");
  // As before, and not all alike.
  expect(models.swa.module.children().map((module) => module.training)).toEqual([
    false,
    true,
    true,
  ]);
  const norm = models.swa.modules().find((module) => module instanceof nn.BatchNorm1d)!;
  expect(norm.momentum).toBe(0.1);
});

test("an average joins the program of the next step, compiled or not", () => {
  const x = randn([4, 3]);
  const run = (isCompiled: boolean): number[] => {
    const net = new nn.Linear(3, 2);
    for (const p of net.parameters()) nn.init.constant_(p, 0.5);
    const averaged = new AveragedModel(net, { avgFn: getEmaAvgFn(0.9) });
    const optimizer = new optim.Adam(net.parameters(), { lr: 0.1 });
    const step = (x: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = net.forward(x).square().mean();
      loss.backward();
      optimizer.step();
      averaged.updateParameters(net);
      return loss;
    };
    const own = isCompiled ? compile(step) : step;
    for (let i = 0; i < 5; i++) own(x);
    expect(averaged.nAveraged.itemSync()).toBe(5);
    return averaged.parameters().flatMap((p) => Array.from(p.dataSync()));
  };
  expect(run(true)).toEqual(run(false));
});

test("the average of a model is the model's at first, and its own", () => {
  const net = new nn.Linear(2, 1);
  const averaged = new AveragedModel(net);
  averaged.updateParameters(net);
  const x = ones([1, 2]);
  const before = averaged.forward(x).itemSync();
  expect(before).toBe(net.forward(x).itemSync());
  nn.init.zeros_(net.weight);
  expect(averaged.forward(x).itemSync()).toBe(before);
});

describe("mistakes", () => {
  test("of averages", () => {
    expect(() => getEmaAvgFn(1.5)).toThrow(
      new RangeError("getEmaAvgFn: decay must be a number from 0 to 1, got 1.5"),
    );
    const averaged = new AveragedModel(new nn.Linear(2, 1));
    expect(() => averaged.updateParameters(new nn.Linear(2, 1, { bias: false }))).toThrow(
      "updateParameters: expected a model like the one that is averaged, with 2 parameters and buffers, " +
        "got one with 1 and without bias",
    );
  });

  test("of updateBn, which leaves the model as it was", async () => {
    const net = makeNet();
    await expect(updateBn([1], net.eval())).rejects.toThrow(
      new TypeError(
        "updateBn: expected batches of tensors, or lists that begin with one, got a number",
      ),
    );
    expect(net.modules().some(({ training }) => training)).toBe(false);
    const plain = new nn.Linear(2, 1);
    await updateBn([1], plain);
  });
});
