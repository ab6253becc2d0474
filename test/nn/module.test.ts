import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { ones, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";

class Block extends nn.Module {
  readonly inner = new nn.Linear(4, 4);
  readonly scale = new nn.Parameter(ones([4]));
  readonly mean = new nn.Buffer(zeros([4]));

  forward(x: Tensor): Tensor {
    return this.inner.forward(x).mul(this.scale).sub(this.mean);
  }
}

class Net extends nn.Module {
  readonly first = new nn.Linear(3, 4);
  readonly blocks = [new Block(), new Block()];
  readonly drop = new nn.Dropout(0.5);
  readonly note = "not a part";
  readonly last = new nn.Linear(4, 2, { bias: false });

  forward(x: Tensor): Tensor {
    x = this.first.forward(x);
    for (const block of this.blocks) x = block.forward(x);
    return this.last.forward(this.drop.forward(x));
  }
}

const NAMES = [
  "first.weight",
  "first.bias",
  "blocks.0.scale",
  "blocks.0.inner.weight",
  "blocks.0.inner.bias",
  "blocks.1.scale",
  "blocks.1.inner.weight",
  "blocks.1.inner.bias",
  "last.weight",
];

describe("what a module consists of", () => {
  test("parameters in order: own ones first, then those of the modules in it", () => {
    const net = new Net();
    expect(net.namedParameters().map(([name]) => name)).toEqual(NAMES);
    expect(net.parameters().map((p) => p.shape)).toEqual([
      [4, 3],
      [4],
      ...Array.from({ length: 2 }, () => [[4], [4, 4], [4]]).flat(),
      [2, 4],
    ]);
  });

  test("buffers", () => {
    expect(new Net().namedBuffers().map(([name]) => name)).toEqual([
      "blocks.0.mean",
      "blocks.1.mean",
    ]);
  });

  test("modules by name, the module itself first", () => {
    expect(new Net().namedModules().map(([name]) => name)).toEqual([
      "",
      "first",
      "blocks.0",
      "blocks.0.inner",
      "blocks.1",
      "blocks.1.inner",
      "drop",
      "last",
    ]);
  });

  test("a shared parameter counts once, under its first name; the state has both", () => {
    class Tied extends nn.Module {
      readonly encode = new nn.Linear(3, 3, { bias: false });
      readonly decode = new nn.Sequential(this.encode);

      forward(x: Tensor): Tensor {
        return this.decode.forward(this.encode.forward(x));
      }
    }
    const net = new Tied();
    expect(net.namedParameters().map(([name]) => name)).toEqual(["encode.weight"]);
    expect(Object.keys(net.stateDict())).toEqual(["encode.weight", "decode.0.weight"]);
  });

  test("train and eval reach all modules below", () => {
    const net = new Net();
    const modes = (): boolean[] => net.modules().map((module) => module.training);
    expect(new Set(modes())).toEqual(new Set([true]));
    expect(net.eval()).toBe(net);
    expect(new Set(modes())).toEqual(new Set([false]));
    net.blocks[0].train();
    expect(modes().filter((mode) => mode)).toHaveLength(2);
  });

  test("apply goes from the inside out", () => {
    const seen: string[] = [];
    new Net().apply((module) => seen.push(module.constructor.name));
    // prettier-ignore
    expect(seen).toEqual([
      "Linear", "Linear", "Block", "Linear", "Block", "Dropout", "Linear", "Net",
    ]);
  });

  test("toString shows the tree", () => {
    expect(new nn.Sequential(new nn.Linear(3, 4), new nn.Dropout()).toString()).toBe(
      [
        "Sequential(",
        "  (0): Linear(inFeatures=3, outFeatures=4, bias=true)",
        "  (1): Dropout(p=0.5)",
        ")",
      ].join("\n"),
    );
  });
});

describe("gradients", () => {
  test("reach all parameters and are forgotten by zeroGrad", () => {
    const net = new Net();
    net
      .forward(ones([2, 3]))
      .sum()
      .backward();
    expect(net.parameters().every((p) => p.grad !== undefined)).toBe(true);
    net.zeroGrad();
    expect(net.parameters().every((p) => p.grad === undefined)).toBe(true);
  });

  test("do not reach frozen parameters or buffers, and come back with requiresGrad_()", () => {
    const net = new Net();
    net.first.requiresGrad_(false);
    const loss = (): Tensor =>
      net
        .eval()
        .forward(ones([2, 3]))
        .sum();
    loss().backward();
    expect(net.first.weight.grad).toBeUndefined();
    expect(net.last.weight.grad).toBeDefined();
    expect(net.blocks[0].mean.grad).toBeUndefined();
    net.first.requiresGrad_();
    loss().backward();
    expect(net.first.weight.grad).toBeDefined();
  });
});

describe("state", () => {
  const values = (net: nn.Module): Record<string, number[]> =>
    Object.fromEntries(
      Object.entries(net.stateDict()).map(([name, t]) => [name, Array.from(t.dataSync())]),
    );

  test("integers of another width fit", () => {
    const norm = new nn.BatchNorm1d(2);
    norm.loadStateDict({ ...norm.stateDict(), num_batches_tracked: tensor(7n) });
    expect(norm.numBatchesTracked!.dtype).toBe("i32");
    expect(norm.numBatchesTracked!.itemSync()).toBe(7);
    const float = { ...norm.stateDict(), num_batches_tracked: tensor(7) };
    expect(() => norm.loadStateDict(float)).toThrow(
      "num_batches_tracked: expected i32[], got f32[]",
    );
  });

  test("goes over to another net, as a copy", () => {
    const [a, b] = [new Net(), new Net()];
    expect(values(b)).not.toEqual(values(a));
    expect(b.loadStateDict(a.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    const before = values(a);
    expect(values(b)).toEqual(before);
    nn.init.zeros_(a.first.weight);
    expect(values(b)).toEqual(before);
  });

  test("makes the other net compute the same", () => {
    const [a, b] = [new Net().eval(), new Net().eval()];
    b.loadStateDict(a.stateDict());
    const x = tensor([[1, -2, 0.5]]);
    expect(Array.from(b.forward(x).dataSync())).toEqual(Array.from(a.forward(x).dataSync()));
  });

  /** Expects that loading fails with this message and changes nothing. */
  function expectRefused(state: Record<string, Tensor>, message: string | RegExp): void {
    const net = new Net();
    const before = values(net);
    expect(() => net.loadStateDict(state)).toThrow(message);
    expect(values(net)).toEqual(before);
  }

  test("with a missing key is refused", () => {
    const state: Record<string, Tensor> = new Net().stateDict();
    delete state["blocks.1.scale"];
    delete state["blocks.0.mean"];
    expectRefused(
      state,
      "loadStateDict: the state does not fit Net:\n  missing: blocks.0.mean, blocks.1.scale",
    );
  });

  test("with an unexpected key is refused", () => {
    expectRefused(
      { ...new Net().stateDict(), "last.bias": zeros([2]) },
      "loadStateDict: the state does not fit Net:\n  unexpected: last.bias",
    );
  });

  test("with a misshaped or mistyped key is refused, and all problems are told", () => {
    expectRefused(
      {
        ...new Net().stateDict(),
        "first.weight": zeros([3, 4]),
        "first.bias": zeros([4], { dtype: "f64" }),
        "last.weight": "text" as unknown as Tensor,
      },
      "loadStateDict: the state does not fit Net:\n" +
        "  first.weight: expected f32[4, 3], got f32[3, 4]\n" +
        "  first.bias: expected f32[4], got f64[4]\n" +
        "  last.weight: expected a tensor, got a string",
    );
  });

  test("may have other names with strict: false, which are returned, but no other shapes", () => {
    const net = new Net();
    const state = { "first.bias": ones([4]), extra: zeros([1]) };
    const result = net.loadStateDict(state, { strict: false });
    expect(result.unexpectedKeys).toEqual(["extra"]);
    expect(result.missingKeys).toHaveLength(10);
    expect(Array.from(net.first.bias!.dataSync())).toEqual([1, 1, 1, 1]);
    expect(() => net.loadStateDict({ "first.bias": ones([5]) }, { strict: false })).toThrow(
      /first.bias: expected f32\[4\], got f32\[5\]/,
    );
  });

  test("names that every object has are names like others", () => {
    const state = new Net().stateDict();
    expect(() => new Net().loadStateDict({ ...state, constructor: zeros([1]) })).toThrow(
      /unexpected: constructor/,
    );
  });
});

describe("summary", () => {
  test("shapes and numbers of parameters", () => {
    const net = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
    expect(net.summary([64, 784])).toBe(
      [
        "───────────────────────────────────────",
        "Layer         Output shape   Parameters",
        "───────────────────────────────────────",
        "Sequential    [64, 10]               --",
        "├─0: Linear   [64, 128]         100,480",
        "├─1: ReLU     [64, 128]              --",
        "└─2: Linear   [64, 10]            1,290",
        "───────────────────────────────────────",
        "101,770 parameters (101,770 trained), 0.39 MiB",
      ].join("\n"),
    );
  });

  test("leaves the modules as they were", () => {
    const net = new Net();
    net.blocks[1].eval();
    const modes = net.modules().map((module) => module.training);
    const table = net.summary([1, 3]);
    expect(table).toContain("│ └─inner: Linear");
    expect(net.modules().map((module) => module.training)).toEqual(modes);
    expect(Object.keys(net.first)).not.toContain("forward");
  });

  test("without an input, and after one that does not fit", () => {
    const net = new Net();
    expect(() => net.summary([1, 5])).toThrow();
    expect(net.training).toBe(true);
    expect(Object.keys(net.first)).not.toContain("forward");
    net.last.requiresGrad_(false);
    expect(net.summary()).toContain("72 parameters (64 trained)");
  });
});

test("a buffer that is not persistent is no part of the state", () => {
  class Scaled extends nn.Module {
    readonly factor = new nn.Buffer(ones([2]), { persistent: false });
    readonly shift = new nn.Buffer(zeros([2]));
    forward(x: Tensor): Tensor {
      return x.mul(this.factor).add(this.shift);
    }
  }
  const scaled = new Scaled();
  expect(Object.keys(scaled.stateDict())).toEqual(["shift"]);
  expect(scaled.namedBuffers().map(([name]) => name)).toEqual(["factor", "shift"]);
  scaled.loadStateDict({ shift: ones([2]) });
  scaled.factor.rebind(scaled.factor.mul(3));
  const copy = scaled.clone();
  expect(copy.forward(ones([2])).toArraySync()).toEqual([4, 4]);
  expect(Object.keys(copy.stateDict())).toEqual(["shift"]);
  expect(() => scaled.loadStateDict({ shift: ones([2]), factor: ones([2]) })).toThrow(
    "unexpected: factor",
  );
});
