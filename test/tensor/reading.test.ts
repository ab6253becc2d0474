import { beforeEach, describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/optim/index.ts";
import { type Device } from "../../src/runtime/device.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  compile,
  manualSeed,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
  vmap,
  zeros,
} from "../../src/tensor/index.ts";

// What can be read, when, and what it costs: values, losses after the step, tensors of earlier steps.

let device: Device;
beforeEach(() => {
  device = setDevice("wasm");
  manualSeed(3);
});

let width = 2;

/** A net that no other test has: programs of equal structure share what is known of them. */
function setup() {
  width++;
  const net = new nn.Linear(width, 2);
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const [x, y] = [randn([4, width]), randn([4, 2])];
  // The parameters get their first values when they are first looked at.
  net.weight.dataSync();
  const step = (): { loss: Tensor; out: Tensor } => {
    optimizer.zeroGrad();
    const out = net.forward(x);
    const loss = out.sub(y).square().mean();
    loss.backward();
    optimizer.step();
    return { loss, out };
  };
  return { net, x, y, step };
}

/** How many programs the device runs for `work`. */
async function runs(work: () => unknown): Promise<number> {
  const before = device.stats.runs;
  await work();
  return device.stats.runs - before;
}

describe("values", () => {
  test("are read as numbers, typed arrays and nested arrays", async () => {
    const x = tensor([
      [1, 2.5],
      [-3, 0],
    ]);
    expect(await x.data()).toEqual(Float32Array.of(1, 2.5, -3, 0));
    expect(await x.toArray()).toEqual([
      [1, 2.5],
      [-3, 0],
    ]);
    expect(await x.gt(0).toArray()).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(await x.sum().item()).toBe(0.5);
    expect(x.at(0, 1).itemSync()).toBe(2.5);
    expect(await zeros([0, 2]).toArray()).toEqual([]);
    expect(await tensor([1, 2], { dtype: "f64" }).data()).toBeInstanceOf(Float64Array);
    expect(await tensor([1, 2], { dtype: "u8" }).data()).toBeInstanceOf(Uint8Array);
    await expect(x.item()).rejects.toThrow(
      "item: expected a tensor of one element, got shape [2, 2]",
    );
  });

  test("are computed once, when they are read", async () => {
    const x = randn([5]);
    const y = x.exp().sum();
    expect(await runs(() => y.mul(2))).toBe(0);
    expect(await runs(() => y.item())).toBe(1);
    expect(await runs(() => y.item())).toBe(0);
    // What is computed from them goes on from there.
    expect(await runs(() => y.mul(2).item())).toBe(1);
  });

  test("of a function that is being transformed cannot be read", () => {
    const read = (x: Tensor): Tensor => x.mul(x.sum().itemSync());
    expect(() => vmap(read)(ones([2, 2]))).toThrow(/only has a value while the function/);
    expect(() => compile(read)(ones([2]))).toThrow(/return it instead/);
  });
});

describe("around a step", () => {
  test("the loss can be read after it, at no cost", async () => {
    const { net, x, y, step } = setup();
    const expected = await noGrad(() => net.forward(x).sub(y).square().mean()).item();
    let loss = zeros([]);
    expect(await runs(() => ({ loss } = step()))).toBe(1);
    expect(await runs(() => loss.item())).toBe(0);
    expect(await loss.item()).toBeCloseTo(expected, 6);
  });

  test("the step changes what is computed next, not what was computed", async () => {
    const { net, x, step } = setup();
    const before = noGrad(() => net.forward(x));
    const weight = (await net.weight.data()).slice();
    step();
    const after = noGrad(() => net.forward(x));
    expect(await net.weight.data()).not.toEqual(weight);
    expect(await after.data()).not.toEqual(await before.data());
  });

  test("what was computed before it can be read until the next", async () => {
    const { net, x, step } = setup();
    const expected = await noGrad(() => net.forward(x)).data();
    const { out } = step();
    expect(await out.data()).toEqual(expected);
  });

  test("what nobody read is gone after the second, with an error that says what to do", async () => {
    const { step } = setup();
    const { out } = step();
    step();
    await expect(out.data()).rejects.toThrow(
      /was read after the parameter that it was computed from had been updated, twice.*await t\.eval\(\).*compile\(\)/,
    );
    // The tensor stays as it is, and so does everything else.
    await expect(out.data()).rejects.toThrow(/had been updated, twice/);
    expect(Number.isFinite(await step().loss.item())).toBe(true);
  });

  test("eval keeps a value for good", async () => {
    const { net, x, step } = setup();
    const kept = await net.forward(x).eval();
    const value = (await kept.data()).slice();
    for (let i = 0; i < 3; i++) step();
    expect(await kept.data()).toEqual(value);
  });

  test("losses of all steps can be read in the end", async () => {
    const { step } = setup();
    const losses = Array.from({ length: 5 }, () => step().loss);
    const values = await Promise.all(losses.map((loss) => loss.item()));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values[4]).toBeLessThan(values[0]);
  });

  test("what is read after every step joins its program", async () => {
    const { step } = setup();
    const count: number[] = [];
    for (let i = 0; i < 4; i++)
      count.push(await runs(async () => (await step().out.data()).length));
    // The first time it is computed again; from then on it comes with the step.
    expect(count).toEqual([2, 1, 1, 1]);
  });

  test("a value that follows from the step's is computed from what came with it", async () => {
    const { net, x, y, step } = setup();
    const errors: number[] = [];
    const count: number[] = [];
    for (let i = 0; i < 4; i++) {
      const expected = noGrad(() => net.forward(x).sub(y).abs().mean());
      errors.push(await expected.item());
      count.push(
        await runs(async () => {
          const { out } = step();
          const error = await out.detach().sub(y).abs().mean().item();
          expect(error).toBeCloseTo(errors[i], 5);
        }),
      );
    }
    expect(count.slice(1)).toEqual([2, 2, 2]);
  });
});

describe("cells", () => {
  test("have their values replaced together, when somebody looks", async () => {
    const mean = new nn.Buffer(zeros([2]));
    const count = new nn.Buffer(zeros([]));
    const note = (x: Tensor): void => {
      mean.rebind(mean.mul(0.5).add(x.mean(0).mul(0.5)));
      count.rebind(count.add(1));
    };
    note(zeros([4, 2]));
    expect(await mean.toArray()).toEqual([0, 0]);
    expect(await runs(() => note(ones([4, 2])))).toBe(0);
    expect(await mean.toArray()).toEqual([0.5, 0.5]);
    note(ones([4, 2]));
    note(ones([4, 2]).mul(2));
    expect(await count.item()).toBe(4);
    expect(await mean.toArray()).toEqual([1.375, 1.375]);
  });

  test("are read and written by compiled functions", async () => {
    const total = new nn.Buffer(zeros([]));
    const add = compile((x: Tensor) => {
      const next = total.add(x.sum());
      total.rebind(next);
      return next.mul(10);
    });
    const results: number[] = [];
    for (let i = 1; i <= 4; i++) results.push(await add(tensor([i, 1])).item());
    expect(results).toEqual([20, 50, 90, 140]);
    expect(await total.item()).toBe(14);
    total.rebind(tensor(100));
    expect(await add(tensor([1, 0])).item()).toBe(1010);
    expect(await runs(() => add(tensor([1, 0])))).toBe(1);
  });

  test("keep their shape and dtype", () => {
    const cell = new nn.Buffer(zeros([2]));
    expect(() => cell.rebind(zeros([3]))).toThrow("rebind: expected f32[2], got f32[3]");
    expect(() => cell.rebind(zeros([2], { dtype: "i32" }))).toThrow(
      "rebind: expected f32[2], got i32[2]",
    );
  });

  test("move between devices with their values", async () => {
    const { net, step, x } = setup();
    step();
    const own = await noGrad(() => net.forward(x)).data();
    setDevice("js");
    const there = await noGrad(() => net.forward(x)).data();
    there.forEach((v, i) => expect(v).toBeCloseTo(own[i], 5));
    step();
    const loss = step().loss;
    setDevice("wasm");
    expect(Number.isFinite(await loss.item())).toBe(true);
    expect(Number.isFinite(await step().loss.item())).toBe(true);
  });
});
