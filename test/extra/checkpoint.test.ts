import { describe, expect, test } from "vitest";
import { type Target } from "../../src/compiler/loop/loop.ts";
import { type Plan } from "../../src/compiler/plan.ts";
import { checkpoint } from "../../src/extra/index.ts";
import { primitive, topological } from "../../src/ir/node.ts";
import * as nn from "../../src/nn/index.ts";
import { dropout } from "../../src/nn/functional.ts";
import { SGD } from "../../src/optim/index.ts";
import { type Device } from "../../src/runtime/device.ts";
import { buildProgram, capture } from "../../src/runtime/program.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  compile,
  evalAll,
  grad,
  hessian,
  jvp,
  manualSeed,
  noGrad,
  randn,
  scan,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";
import { target } from "../compiler/target.ts";
import { devicesOfCompositions } from "../conformance/devices.ts";

/** The plan of the program that computes these tensors. */
function planOf(tensors: readonly Tensor[]): Plan {
  let plan: Plan | undefined;
  const device = {
    load({ lower }: { lower: (target: Target) => Plan }) {
      plan = lower(target);
    },
  };
  buildProgram(capture(tensors.map((x) => x.node)), device as unknown as Device);
  return plan!;
}

const values = async (tensors: readonly Tensor[]): Promise<unknown[]> => {
  await evalAll(tensors);
  return Promise.all(tensors.map(async (x) => Array.from(await x.data())));
};

const SIZE = 32;

/** A residual block with room for much inside. */
class Block extends nn.Module {
  norm = new nn.LayerNorm(SIZE);
  wide = new nn.Linear(SIZE, 4 * SIZE);
  narrow = new nn.Linear(4 * SIZE, SIZE);
  readonly p: number;
  constructor(p: number) {
    super();
    this.p = p;
  }
  forward(x: Tensor): Tensor {
    const h = dropout(this.wide.forward(this.norm.forward(x)).gelu(), this.p);
    return x.add(this.narrow.forward(h));
  }
}

/** A loss and the gradients of all parameters of a stack of blocks. */
function run(blocks: readonly Block[], x: Tensor, kept: boolean): Tensor[] {
  manualSeed(5);
  let h = x;
  for (const block of blocks)
    h = kept ? block.forward(h) : checkpoint((y: Tensor) => block.forward(y), h);
  const parameters = blocks.flatMap((block) => block.parameters());
  for (const parameter of parameters) parameter.grad = undefined;
  const loss = h.square().mean();
  loss.backward();
  return [loss, ...parameters.map((parameter) => parameter.grad!)];
}

const stack = (count: number, p: number): Block[] => {
  manualSeed(1);
  return Array.from({ length: count }, () => new Block(p));
};

test.each([0, 0.25])("a stack of 16 blocks needs far less memory (dropout %f)", (p) => {
  const blocks = stack(16, p);
  const x = randn([256, SIZE]);
  const plain = planOf(run(blocks, x, true)).arenaBytes;
  const less = planOf(run(blocks, x, false)).arenaBytes;
  expect(less).toBeLessThan(plain / 4);
});

describe.each(devicesOfCompositions())("on %s", (device) => {
  test.each([0, 0.25])("gradients are the same to the last bit (dropout %f)", async (p) => {
    setDevice(device);
    const blocks = stack(4, p);
    const x = randn([24, SIZE]);
    const plain = await values(run(blocks, x, true));
    expect(await values(run(blocks, x, false))).toEqual(plain);
  });
});

const x = tensor([0.3, -0.7, 1.1], { dtype: "f64" });
const w = tensor([1.5, 0.4, -0.2], { dtype: "f64" });
const both = (a: Tensor, b: Tensor): { sum: Tensor; more: [Tensor, Tensor] } => {
  const h = a.mul(b).sin();
  return { sum: h.add(a.exp()), more: [h.mul(h), b.cos()] };
};
const total = ({ sum, more }: ReturnType<typeof both>): Tensor =>
  sum.mul(more[0]).add(more[1]).sum();
const plain = (a: Tensor, b: Tensor): Tensor => total(both(a, b));
const kept = (a: Tensor, b: Tensor): Tensor => total(checkpoint(both, a, b));
const nested = (a: Tensor, b: Tensor): Tensor =>
  checkpoint((y: Tensor) => checkpoint(both, y.tanh(), b).more[0].mul(y).sum(), a);
const nestedPlain = (a: Tensor, b: Tensor): Tensor => both(a.tanh(), b).more[0].mul(a).sum();
const onlyOne = (a: Tensor, b: Tensor): Tensor => checkpoint(both, a, b).more[1].mul(a).sum();
const onlyOnePlain = (a: Tensor, b: Tensor): Tensor => both(a, b).more[1].mul(a).sum();

describe.each([
  ["several inputs and results", kept, plain],
  ["one inside another", nested, nestedPlain],
  ["a part of the results", onlyOne, onlyOnePlain],
] as const)("%s", (_, f, g) => {
  const close = async (given: Tensor[], expected: Tensor[]): Promise<void> => {
    await evalAll([...given, ...expected]);
    given.forEach((y, i) => {
      expect(y.shape).toEqual(expected[i].shape);
      const want = expected[i].dataSync();
      y.dataSync().forEach((value, k) => expect(value).toBeCloseTo(want[k], 12));
    });
  };

  test("first derivatives", async () => {
    await close(grad(f, [0, 1])(x, w), grad(g, [0, 1])(x, w));
    await close(jvp(f, [x, w], [w, x]), jvp(g, [x, w], [w, x]));
  });
  test("second derivatives", async () => {
    await close([hessian(f)(x, w)], [hessian(g)(x, w)]);
    const twice = (h: typeof f): Tensor => grad((a: Tensor) => grad(h)(a, w).square().sum())(x);
    await close([twice(f)], [twice(g)]);
  });
  test("batches, inside and outside", async () => {
    const xs = randn([4, 3], { dtype: "f64" });
    const inside = (h: typeof f): Tensor => vmap(grad(h), { inDims: [0, null] })(xs, w);
    await close([inside(f)], [inside(g)]);
    const outside = (h: typeof f): Tensor =>
      grad((b: Tensor) => vmap(h, { inDims: [0, null] })(xs, b).sum())(w);
    await close([outside(f)], [outside(g)]);
  });
  test("compiled, and in a loop", async () => {
    await close([compile(grad(f))(x, w)], [grad(g)(x, w)]);
    const loop = (h: typeof f) => (a: Tensor) =>
      scan(
        (c: Tensor, b: Tensor) => [c.mul(h(c, b).sin()), c],
        a,
        randn([4, 3], { dtype: "f64" }),
      )[0].sum();
    manualSeed(3);
    const given = grad(loop(f))(x);
    manualSeed(3);
    await close([given], [grad(loop(g))(x)]);
  });
});

/** How often a primitive is computed for a gradient. */
const count = (tensors: readonly Tensor[], name: string): number =>
  topological(tensors.map((y) => y.node)).filter(({ op }) => op === primitive(name)).length;

test("values inside are computed a second time, and those that no gradient needs once", () => {
  const f = (h: Tensor): Tensor => h.exp().sin().sum();
  const y = tensor([1, 2]).requiresGrad_();
  checkpoint(f, y).backward();
  expect(count([f(y), y.grad!], "exp")).toBe(2);
  const none = checkpoint(f, tensor([1, 2]));
  expect(count([none], "barrier") + count([none], "customVjps")).toBe(0);
  noGrad(() => expect(checkpoint(f, y).requiresGrad).toBe(false));
});

test("under vmap it stays what it is", () => {
  const xs = randn([4, 3]);
  const gradient = grad((b: Tensor) => vmap((a: Tensor) => checkpoint(both, a, b).sum)(xs).sum())(
    w.float(),
  );
  expect(count([gradient], "barrier")).toBeGreaterThan(0);
});

test("the rows of a Jacobian share what is computed again", () => {
  const f = (a: Tensor): Tensor => checkpoint((b: Tensor) => b.exp().sin().cumsum(0), a);
  const hess = hessian((a: Tensor) => f(a).sum())(x);
  const shapes = topological([hess.node]).filter(({ op }) => op.name === "exp");
  expect(shapes.map(({ shape }) => shape)).toEqual(shapes.map(() => [3]));
});

test("what the function is told not to differentiate, it does not", async () => {
  const y = tensor([0.5, 2]).requiresGrad_();
  checkpoint((a: Tensor) => a.mul(noGrad(() => a.mul(3))).sum(), y).backward();
  expect(await y.grad!.toArray()).toEqual([1.5, 6]);
});

test("a training step, compiled", async () => {
  setDevice("wasm");
  const losses = async (f: (block: Block, h: Tensor) => Tensor): Promise<unknown[]> => {
    const blocks = stack(3, 0.25);
    const optimizer = new SGD(
      blocks.flatMap((block) => block.parameters()),
      { lr: 0.1, momentum: 0.9 },
    );
    const step = compile((h: Tensor) => {
      optimizer.zeroGrad();
      const loss = blocks
        .reduce((y, block) => f(block, y), h)
        .square()
        .mean();
      loss.backward();
      optimizer.step();
      return loss;
    });
    const input = randn([8, SIZE]);
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) seen.push(await step(input).item());
    return seen;
  };
  const expected = await losses((block, h) => block.forward(h));
  expect(await losses((block, h) => checkpoint((y: Tensor) => block.forward(y), h))).toEqual(
    expected,
  );
});
