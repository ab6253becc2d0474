import { describe, expect, it } from "vitest";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/optim/index.ts";
import {
  compile,
  grad,
  manualSeed,
  noGrad,
  rand,
  randn,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";

/** A small classifier with everything that a step touches: dropout, Adam and a loss. */
function setup(seed: number) {
  manualSeed(seed);
  const net = new nn.Sequential(
    new nn.Linear(6, 8),
    new nn.ReLU(),
    new nn.Dropout(0.25),
    new nn.Linear(8, 3),
  );
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 });
  const step = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { net, optimizer, step };
}

function batches(count: number, size = 4): [Tensor, Tensor][] {
  manualSeed(99);
  return Array.from({ length: count }, () => [
    randn([size, 6]),
    tensor([0, 2, 1, 2].slice(0, size), { dtype: "i32" }),
  ]);
}

describe("compile", () => {
  it("trains to the same bits as the same step run by itself", () => {
    const data = batches(6);
    const plain = setup(3);
    const compiled = setup(3);
    const fast = compile(compiled.step);
    manualSeed(5);
    const expected = data.map(([x, y]) => plain.step(x, y).itemSync());
    manualSeed(5);
    const got = data.map(([x, y]) => fast(x, y).itemSync());
    expect(got).toEqual(expected);
    const [a, b] = [plain.net.parameters(), compiled.net.parameters()];
    [...a].forEach((p, i) => expect([...b][i].dataSync()).toEqual(p.dataSync()));
  });

  it("follows changes of the learning rate and of training mode", () => {
    const data = batches(4);
    const plain = setup(3);
    const compiled = setup(3);
    const fast = compile(compiled.step);
    const run = ({ net, optimizer }: ReturnType<typeof setup>, step: typeof fast): number[] => {
      manualSeed(5);
      return data.map(([x, y], i) => {
        if (i === 2) optimizer.lr = 0.1;
        if (i === 3) net.eval();
        return step(x, y).itemSync();
      });
    };
    expect(run(compiled, fast)).toEqual(run(plain, plain.step));
  });

  it("records once for a shape, and again for another shape or another number", () => {
    let recorded = 0;
    const f = compile((x: Tensor, factor: number) => {
      recorded++;
      return x.mul(factor).sum();
    });
    expect(f(tensor([1, 2]), 3).itemSync()).toBe(9);
    expect(f(tensor([4, 5]), 3).itemSync()).toBe(27);
    expect(recorded).toBe(1);
    expect(f(tensor([1, 2, 3]), 3).itemSync()).toBe(18);
    expect(f(tensor([1, 2, 3]), 2).itemSync()).toBe(12);
    expect(recorded).toBe(3);
  });

  it("forgets the oldest of many ways in which it was called", () => {
    let recorded = 0;
    const f = compile((x: Tensor, factor: number) => {
      recorded++;
      return x.mul(factor).sum();
    });
    for (let i = 0; i < 100; i++) expect(f(tensor([1, 2]), i).itemSync()).toBe(3 * i);
    expect(f(tensor([1, 2]), 99).itemSync()).toBe(297);
    expect(recorded).toBe(100);
    expect(f(tensor([1, 2]), 0).itemSync()).toBe(0);
    expect(recorded).toBe(101);
  });

  it("takes and returns nested structures, arguments among the results", () => {
    const f = compile(({ a, rest }: { a: Tensor; rest: Tensor[] }) => ({
      sum: a.add(rest[0]),
      same: a,
      twice: [rest[0], rest[0]],
      name: "kept",
    }));
    const out = f({ a: tensor([1, 2]), rest: [tensor([10, 20])] });
    expect(out.sum.toArraySync()).toEqual([11, 22]);
    expect(out.same.toArraySync()).toEqual([1, 2]);
    expect(out.twice.map((t) => t.toArraySync())).toEqual([
      [10, 20],
      [10, 20],
    ]);
    expect(out.name).toBe("kept");
  });

  it("draws new random numbers at every call, those that would have been drawn without it", () => {
    const draw = (): Tensor => rand([3]);
    const f = compile(draw);
    manualSeed(7);
    const expected = [draw(), draw()].map((t) => t.toArraySync());
    manualSeed(7);
    const got = [f(), f()].map((t) => t.toArraySync());
    expect(got).toEqual(expected);
    expect(got[0]).not.toEqual(got[1]);
  });

  it("is part of the graph where derivatives flow through it", () => {
    const f = compile((x: Tensor) => x.square().sum());
    expect(grad(f)(tensor([1, 2])).toArraySync()).toEqual([2, 4]);
    expect(vmap(f)(tensor([[1, 2], [3, 4]])).toArraySync()).toEqual([5, 25]); // prettier-ignore
    const net = new nn.Linear(2, 1);
    const forward = compile((x: Tensor) => net.forward(x).sum());
    forward(tensor([[3, 4]])).backward();
    expect(net.weight.grad?.toArraySync()).toEqual([[3, 4]]);
    expect(noGrad(() => forward(tensor([[0, 0]]))).itemSync()).toBe(net.bias!.itemSync());
  });

  it("keeps what it takes from outside at its value, and leaves no gradient behind", () => {
    const { net, step } = setup(1);
    const outside = net.parameters()[Symbol.iterator]().next().value!.sum();
    const before = outside.itemSync();
    const [[x, y]] = batches(1);
    const f = compile((a: Tensor, b: Tensor) => [step(a, b), outside]);
    expect(f(x, y)[1].itemSync()).toBe(before);
    expect(f(x, y)[1].itemSync()).toBe(before);
    for (const p of net.parameters()) expect(p.grad).toBeUndefined();
  });

  it("says what cannot be compiled", () => {
    expect(() => compile((x: Tensor) => x.itemSync())(tensor([1]))).toThrow(/return it instead/);
    expect(() => compile(async (x: Tensor) => x)(tensor([1]))).toThrow(/must be synchronous/);
    const { net, step } = setup(1);
    const [[x, y]] = batches(1);
    net.forward(x).sum().backward();
    expect(() =>
      compile(() => {
        net.forward(x).sum().backward();
      })(),
    ).toThrow(/zeroGrad/);
    // A failed recording leaves nothing pending.
    expect(step(x, y).itemSync()).toBeGreaterThan(0);
  });
});
