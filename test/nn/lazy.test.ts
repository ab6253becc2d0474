import { describe, expect, test } from "vitest";
import { compile, nn, optim } from "../../src/index.ts";
import { manualSeed, ones, rand, tensor, zeros } from "../../src/tensor/index.ts";

// Layers whose sizes come from their first input.

type Made = [
  name: string,
  lazy: () => nn.Layer,
  sized: () => nn.Layer,
  input: readonly number[],
  text: string,
];

const spatial = (n: number, size: number): number[] => Array.from({ length: n }, () => size);

const cases: Made[] = [
  [
    "LazyLinear",
    () => new nn.LazyLinear(3),
    () => new nn.Linear(4, 3),
    [2, 4],
    "LazyLinear(inFeatures=0, outFeatures=3, bias=true)",
  ],
  [
    "LazyConv1d",
    () => new nn.LazyConv1d(4, 3, { groups: 2, padding: "same" }),
    () => new nn.Conv1d(2, 4, 3, { groups: 2, padding: "same" }),
    [2, 2, 5],
    "LazyConv1d(0, 4, kernelSize=(3), stride=(1), padding=same, groups=2)",
  ],
  [
    "LazyConv2d",
    () => new nn.LazyConv2d(4, [3, 2], { bias: false }),
    () => new nn.Conv2d(3, 4, [3, 2], { bias: false }),
    [3, 5, 5],
    "LazyConv2d(0, 4, kernelSize=(3, 2), stride=(1, 1), bias=false)",
  ],
  [
    "LazyConv3d",
    () => new nn.LazyConv3d(2, 2),
    () => new nn.Conv3d(1, 2, 2),
    [1, 1, 3, 3, 3],
    "LazyConv3d(0, 2, kernelSize=(2, 2, 2), stride=(1, 1, 1))",
  ],
  [
    "LazyConvTranspose1d",
    () => new nn.LazyConvTranspose1d(4, 3, { groups: 2, stride: 2 }),
    () => new nn.ConvTranspose1d(6, 4, 3, { groups: 2, stride: 2 }),
    [6, 4],
    "LazyConvTranspose1d(0, 4, kernelSize=(3), stride=(2), groups=2)",
  ],
  [
    "LazyConvTranspose2d",
    () => new nn.LazyConvTranspose2d(2, 2),
    () => new nn.ConvTranspose2d(3, 2, 2),
    [2, 3, 4, 4],
    "LazyConvTranspose2d(0, 2, kernelSize=(2, 2), stride=(1, 1))",
  ],
  [
    "LazyConvTranspose3d",
    () => new nn.LazyConvTranspose3d(2, 1),
    () => new nn.ConvTranspose3d(3, 2, 1),
    [1, 3, 2, 2, 2],
    "LazyConvTranspose3d(0, 2, kernelSize=(1, 1, 1), stride=(1, 1, 1))",
  ],
  ...([1, 2, 3] as const).flatMap((n): Made[] => [
    [
      `LazyBatchNorm${n}d`,
      () => new nn[`LazyBatchNorm${n}d`]({ momentum: 0.3 }),
      () => new nn[`BatchNorm${n}d`](3, { momentum: 0.3 }),
      [2, 3, ...spatial(n, 2)],
      `LazyBatchNorm${n}d(0, eps=0.00001, momentum=0.3, affine=true, bias=true, trackRunningStats=true)`,
    ],
    [
      `LazyInstanceNorm${n}d`,
      () => new nn[`LazyInstanceNorm${n}d`](),
      () => new nn[`InstanceNorm${n}d`](3, { affine: true, trackRunningStats: true }),
      // Without an axis of samples.
      [3, ...spatial(n, 2)],
      `LazyInstanceNorm${n}d(0, eps=0.00001, momentum=0.1, affine=true, bias=true, trackRunningStats=true)`,
    ],
  ]),
];

const bits = (layer: nn.Module): unknown =>
  Object.entries(layer.stateDict()).map(([name, x]) => [name, x.shape, Array.from(x.dataSync())]);

describe.each(cases)("%s", (_, lazy, sized, shape, text) => {
  test("becomes what a layer of that size made at that moment is", () => {
    const input = rand([...shape]);
    manualSeed(3);
    rand([2]);
    const expected = sized();
    const output = expected.forward(input);
    const after = rand([2]);
    manualSeed(3);
    const layer = lazy();
    expect(layer.toString()).toBe(text);
    expect(layer.hasUninitializedParams()).toBe(true);
    const waiting = layer.parameters();
    expect(waiting.every(nn.isLazy)).toBe(true);
    // Making it has drawn no numbers.
    rand([2]);
    expect(layer.forward(input).toArraySync()).toEqual(output.toArraySync());
    expect(bits(layer)).toEqual(bits(expected));
    expect(rand([2]).toArraySync()).toEqual(after.toArraySync());
    expect(layer.toString()).toBe(expected.toString());
    expect(layer.constructor).toBe(expected.constructor);
    expect(layer.parameters()).toEqual(waiting);
    expect(layer.hasUninitializedParams()).toBe(false);
    expect(layer.forward(input).shape).toEqual(output.shape);
  });

  test("states of layers with and without sizes", () => {
    const [from, to] = [lazy(), lazy()];
    expect(to).toBeInstanceOf(sized().constructor);
    // Neither has sizes.
    to.loadStateDict(from.stateDict());
    expect(to.hasUninitializedParams()).toBe(true);
    expect(Object.keys(from.stateDict())).toEqual(Object.keys(sized().stateDict()));
    from.forward(rand([...shape]));
    from.eval();
    expect(() => from.loadStateDict(to.stateDict())).toThrow(/expected f32\[.*, got an uninit/);
    to.loadStateDict(from.stateDict());
    expect(to.hasUninitializedParams()).toBe(false);
    expect(bits(to)).toEqual(bits(from));
    const input = rand([...shape]);
    expect(to.eval().forward(input).toArraySync()).toEqual(from.forward(input).toArraySync());
    expect(to.toString()).toBe(from.toString());
  });
});

const small = (): nn.Sequential =>
  new nn.Sequential(new nn.LazyLinear(4), new nn.ReLU(), new nn.LazyLinear(1));

describe("a net of lazy layers", () => {
  const x = tensor([[1, 2, 3], [4, -5, 6]]); // prettier-ignore

  test("is trained by an optimiser that was made before or after its first input", () => {
    const run = (before: boolean): unknown => {
      manualSeed(5);
      const net = small();
      const make = (): optim.Adam => new optim.Adam(net.parameters(), { lr: 0.1 });
      const early = before ? make() : undefined;
      if (!before) net.forward(x);
      const optimizer = early ?? make();
      for (let i = 0; i < 3; i++) {
        optimizer.zeroGrad();
        net.forward(x).square().sum().backward();
        optimizer.step();
      }
      return bits(net);
    };
    expect(run(true)).toEqual(run(false));
  });

  test("gets its sizes from summary too, and then can be compiled", () => {
    const net = small();
    expect(() => compile((y: typeof x) => net.forward(y))(x)).toThrow(
      "LazyLinear: a compiled function cannot give the layer its sizes; call forward or summary before",
    );
    expect(net.hasUninitializedParams()).toBe(true);
    expect(net.summary([2, 3])).toContain("21 parameters");
    expect(net.hasUninitializedParams()).toBe(false);
    expect(net.toString()).not.toContain("Lazy");
    const step = compile((y: typeof x) => net.forward(y));
    expect(step(x).toArraySync()).toEqual(net.forward(x).toArraySync());
  });

  test("clones wait as it does", () => {
    const net = small();
    net.children()[0].requiresGrad_(false);
    const copy = net.clone();
    net.forward(x);
    expect(copy.hasUninitializedParams()).toBe(true);
    copy.forward(rand([2, 5]));
    const [first] = copy.parameters();
    expect([first.shape, first.requiresGrad]).toEqual([[4, 5], false]);
    expect(net.parameters()[0].shape).toEqual([4, 3]);
    const later = net.clone();
    expect(later.forward(x).toArraySync()).toEqual(net.forward(x).toArraySync());
  });

  test("hooks that were there before stay", () => {
    const layer = new nn.LazyLinear(2);
    const seen: unknown[] = [];
    layer.registerForwardHook((module) => void seen.push(module.constructor.name));
    layer.forward(x);
    layer.forward(x);
    expect(seen).toEqual(["Linear", "Linear"]);
  });

  test("is initialised anew as any other", () => {
    const layer = new nn.LazyLinear(2);
    layer.forward(x);
    manualSeed(1);
    layer.resetParameters();
    manualSeed(1);
    expect(bits(layer)).toEqual(bits(new nn.Linear(3, 2)));
  });
});

describe("what says what is wrong", () => {
  const layer = new nn.LazyLinear(3, { dtype: "f64" });
  const loaded = (): nn.Layer => {
    const own = new nn.LazyLinear(3);
    own.loadStateDict(new nn.Linear(4, 3).stateDict());
    return own;
  };
  const none =
    "UninitializedParameter has no shape and no values yet: a lazy layer gets its sizes from its first " +
    "input. Call forward or summary with an input, or load a state, before";

  test.each([
    [() => layer.weight.shape, none],
    [() => layer.weight.sum(), none],
    [() => layer.weight.dataSync(), none],
    [() => nn.init.zeros_(layer.weight), none],
    [() => layer.resetParameters(), none],
    [() => layer.summary(), none],
    [() => nn.utils.parametersToVector(layer.parameters()), none],
    [() => new optim.Muon(new nn.LazyLinear(2).parameters()), none],
    [() => new nn.LazyBatchNorm1d().runningMean!.shape, "UninitializedBuffer has no shape"],
    [() => new nn.LazyLinear(0), "Linear: outFeatures must be an integer >= 1, got 0"],
    [() => new nn.LazyConv2d(3, 2, { groups: 2 }), "groups must divide the channels, got 2 for 2"],
    [
      () => new nn.LazyConv2d(4, 2, { groups: 2 }).forward(zeros([3, 3, 3])),
      "Conv2d: groups must divide the channels, got 2 for 3 input and 4 output channels",
    ],
    [
      () => new nn.LazyConv2d(4, 2).forward(zeros([3, 3])),
      "LazyConv2d: expected an input of 3 or 4 axes, got [3, 3]",
    ],
    [
      () => new nn.LazyBatchNorm2d().forward(zeros([3, 3])),
      "LazyBatchNorm2d: expected an input of 4 axes, got [3, 3]",
    ],
    [
      () => new nn.LazyLinear(3).forward(tensor(1)),
      "LazyLinear: expected an input of at least 1 axes, got []",
    ],
    [
      () => loaded().forward(ones([2, 5])),
      "LazyLinear: an input [2, 5] needs weight [3, 5], and the one that was loaded is [3, 4]",
    ],
    [
      () => layer.loadStateDict(new nn.Linear(4, 3).stateDict()),
      "weight: expected an uninitialized f64, got f32[3, 4]",
    ],
  ])("%s", (wrong, message) => {
    expect(wrong).toThrow(message);
  });

  test("parameters without shapes are printed", () => {
    expect(String(layer.weight)).toBe("<UninitializedParameter>");
    expect(String(new nn.UninitializedBuffer())).toBe("<UninitializedBuffer>");
  });
});
