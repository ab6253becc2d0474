import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { ones, tensor, type Tensor, zeros } from "../../src/tensor/index.ts";

describe("ModuleList", () => {
  const list = (): nn.ModuleList<nn.Linear> =>
    new nn.ModuleList([new nn.Linear(2, 3), new nn.Linear(3, 4)]);

  test("holds modules whose parameters are numbered", () => {
    const modules = list().append(new nn.Linear(4, 5)).insert(0, new nn.Linear(1, 2));
    modules.extend([new nn.Linear(5, 6)]);
    expect(modules.length).toBe(5);
    expect(modules.at(-1)!.outFeatures).toBe(6);
    let x = zeros([7, 1]);
    for (const module of modules) x = module.forward(x);
    expect(x.shape).toEqual([7, 6]);
    expect(modules.namedParameters().map(([name]) => name)).toEqual(
      [0, 1, 2, 3, 4].flatMap((i) => [`${i}.weight`, `${i}.bias`]),
    );
  });

  test("is no function", () => {
    expect(() => list().forward()).toThrow(/only holds modules/);
  });

  test("sets the mode of what it holds", () => {
    const modules = new nn.ModuleList([new nn.Dropout()]);
    modules.eval();
    expect(modules.at(0)!.training).toBe(false);
  });
});

describe("ModuleDict", () => {
  test("holds modules by name", () => {
    const heads = new nn.ModuleDict({ digit: new nn.Linear(4, 10) });
    heads.set("parity", new nn.Linear(4, 2));
    expect([heads.size, heads.has("parity"), heads.has("other")]).toEqual([2, true, false]);
    expect([...heads.keys()]).toEqual(["digit", "parity"]);
    expect([...heads.values()].map((head) => head.outFeatures)).toEqual([10, 2]);
    expect([...heads].map(([name]) => name)).toEqual(["digit", "parity"]);
    expect(heads.get("parity").forward(zeros([3, 4])).shape).toEqual([3, 2]);
    expect(Object.keys(heads.stateDict())).toEqual([
      "digit.weight",
      "digit.bias",
      "parity.weight",
      "parity.bias",
    ]);
    expect(heads.delete("digit")).toBe(true);
    expect(() => heads.get("digit")).toThrow('ModuleDict: there is no module "digit", only parity');
    expect(() => heads.forward()).toThrow(/only holds modules/);
  });
});

describe("clone", () => {
  class Net extends nn.Module {
    readonly first = new nn.Linear(2, 2);
    readonly blocks = [new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2))];
    readonly named = new nn.ModuleDict({ last: new nn.Linear(2, 1) });
    readonly tied = this.first;
    readonly options = { size: 2, extra: new nn.Parameter(tensor([1])) };
    readonly act = (x: Tensor): Tensor => x.relu();

    forward(x: Tensor): Tensor {
      x = this.tied.forward(this.act(this.first.forward(x)));
      for (const block of this.blocks) x = block.forward(x);
      return this.named.get("last").forward(x);
    }
  }

  test("has the same values, and cells of its own", () => {
    const net = new Net();
    net.first.bias!.requiresGrad_(false);
    const copy = net.clone();
    expect(copy).toBeInstanceOf(Net);
    const [a, b] = [net.stateDict(), copy.stateDict()];
    expect(Object.keys(b)).toEqual(Object.keys(a));
    for (const name of Object.keys(a)) {
      expect(b[name]).not.toBe(a[name]);
      expect(Array.from(b[name].dataSync())).toEqual(Array.from(a[name].dataSync()));
    }
    expect(copy.first.bias!.requiresGrad).toBe(false);
    const x = tensor([[1, 2], [3, 5]]); // prettier-ignore
    expect(copy.forward(x).toArraySync()).toEqual(net.forward(x).toArraySync());
    nn.init.zeros_(copy.first.weight);
    expect(Array.from(net.first.weight.dataSync())).not.toEqual([0, 0, 0, 0]);
  });

  test("what was shared is shared", () => {
    const net = new Net();
    const copy = net.clone();
    expect(copy.tied).toBe(copy.first);
    expect(copy.tied).not.toBe(net.tied);
    expect(copy.act).toBe(net.act);
    expect(copy.options.extra).not.toBe(net.options.extra);
    expect(copy.blocks[0].length).toBe(2);
  });
});

test("tensors in containers of parameters become parameters", () => {
  const given = new nn.Parameter(zeros([1]));
  const list = new nn.ParameterList([ones([2]), given]);
  expect(list.namedParameters().map(([name]) => name)).toEqual(["0", "1"]);
  expect(list.at(1)).toBe(given);
  const dict = new nn.ParameterDict({ a: new nn.Buffer(ones([2])) }).set("b", zeros([3]));
  expect(dict.get("a")).toBeInstanceOf(nn.Parameter);
  expect(dict.get("a").toArraySync()).toEqual([1, 1]);
  expect(dict.namedBuffers()).toEqual([]);
  expect(dict.parameters().length).toBe(2);
});
