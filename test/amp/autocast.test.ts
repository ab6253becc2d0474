import {
  compile,
  customVjp,
  grad,
  jacobian,
  jvp,
  nn,
  noGrad,
  optim,
  rand,
  setDevice,
  tensor,
  type Tensor,
  vmap,
} from "nabla";
import { autocast, autocastDType, isAutocastEnabled } from "nabla/amp";
import * as extra from "nabla/extra";
import * as linalg from "nabla/linalg";
import { afterEach, describe, expect, test } from "vitest";
import { topological } from "../../src/ir/node.ts";
import { devicesOfCompositions, devicesUnderTest } from "../conformance/devices.ts";
import { HALVES, type Network, vectors } from "./vectors.ts";

afterEach(() => setDevice("js"));

const bf16 = <R>(fn: () => R): R => autocast({ dtype: "bf16" }, fn);
const product = (): Tensor => rand([2, 2]).matmul(rand([2, 2]));

describe("a scope", () => {
  test("ends with its function, also when that throws", () => {
    expect(bf16(product).dtype).toBe("bf16");
    expect(product().dtype).toBe("f32");
    expect(() =>
      bf16(() => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(isAutocastEnabled()).toBe(false);
  });

  test("may lie in another, and be disabled in it", () => {
    bf16(() => {
      expect(autocastDType()).toBe("bf16");
      expect(autocast({ dtype: "f16" }, product).dtype).toBe("f16");
      autocast({ enabled: false }, () => {
        expect(isAutocastEnabled()).toBe(false);
        expect(product().dtype).toBe("f32");
      });
      expect(product().dtype).toBe("bf16");
    });
    expect(autocastDType()).toBe(undefined);
  });

  test("lasts until an asynchronous function has ended", async () => {
    const dtypes = bf16(async () => {
      const before = product();
      await before.data();
      return [before.dtype, product().dtype];
    });
    expect(await dtypes).toEqual(["bf16", "bf16"]);
    expect(isAutocastEnabled()).toBe(false);
  });

  test("leaves f64, integers and numbers alone", () => {
    const wide = rand([2, 2], { dtype: "f64" });
    const whole = tensor([[1, 2]], { dtype: "i32" });
    bf16(() => {
      expect(wide.matmul(wide).dtype).toBe("f64");
      expect(wide.exp().dtype).toBe("f64");
      expect(whole.matmul(whole.T).dtype).toBe("i32");
      expect(whole.sum().dtype).toBe("i32");
      expect(whole.pow(2).dtype).toBe("i32");
    });
  });

  test("does not reach into algorithms", () => {
    const a = rand([4, 4]);
    const exact = linalg.inv(a.matmul(a.T).add(tensor(1)));
    const found = bf16(() => linalg.inv(autocast({ enabled: false }, () => a.matmul(a.T)).add(1)));
    expect(found.dtype).toBe("f32");
    expect([...found.dataSync()]).toEqual([...exact.dataSync()]);
  });
});

describe("derivatives", () => {
  const w = (): nn.Parameter => new nn.Parameter(rand([3, 2]));
  const x = rand([4, 3]);

  test("run in the dtypes of the forward pass, inside the scope and after it", () => {
    const [p, q] = [w(), w()];
    q.rebind(p.detach());
    const loss = (weight: nn.Parameter): Tensor => bf16(() => x.matmul(weight).square().mean());
    loss(p).backward();
    bf16(() => loss(q).backward());
    expect(p.grad!.dtype).toBe("f32");
    expect([...q.grad!.dataSync()]).toEqual([...p.grad!.dataSync()]);
  });

  test("of one parameter that is used twice come back through one cast", () => {
    const p = w();
    const y = bf16(() => x.matmul(p).add(rand([4, 3]).matmul(p)));
    const casts = topological([y.node]).filter(
      ({ op, inputs }) => op.name === "cast" && inputs[0] === p.node,
    );
    expect(casts).toHaveLength(1);
  });

  test("with grad, jvp, vmap and jacobian around and inside", () => {
    const f = (v: Tensor): Tensor => x.matmul(v.reshape(3, 2)).tanh().sum();
    const inside = (v: Tensor): Tensor => bf16(() => f(v));
    const v = rand([6]);
    const exact = grad(f)(v).dataSync();
    for (const found of [grad(inside)(v), bf16(() => grad(f)(v)), compile(grad(inside))(v)]) {
      expect(found.dtype).toBe("f32");
      found.dataSync().forEach((g, i) => expect(Math.abs(g - exact[i])).toBeLessThan(0.05));
    }
    const [value, slope] = jvp(inside, [v], [v.onesLike()]);
    expect([value.dtype, slope.dtype]).toEqual(["f32", "f32"]);
    expect(slope.itemSync()).toBeCloseTo(
      [...exact].reduce((a, b) => a + b, 0),
      0,
    );
    const many = vmap(inside)(rand([5, 6]));
    expect([many.dtype, many.shape]).toEqual(["f32", [5]]);
    const rows = jacobian((u: Tensor) => bf16(() => x.matmul(u.reshape(3, 2)).flatten()))(v);
    expect(rows.shape).toEqual([8, 6]);
  });

  test("are the same with checkpoint", () => {
    const [p, q] = [w(), w()];
    q.rebind(p.detach());
    const forward = (weight: nn.Parameter) => (input: Tensor) =>
      input.matmul(weight).tanh().matmul(weight.T);
    bf16(() => forward(p)(x).square().mean()).backward();
    bf16(() => extra.checkpoint(forward(q), x).square().mean()).backward();
    expect([...q.grad!.dataSync()]).toEqual([...p.grad!.dataSync()]);
  });

  test("of customVjp are what its author wrote", () => {
    const scaled = customVjp(
      (v: Tensor) => v.mul(2),
      (g: Tensor) => [g.square().sum().expand(2).to(g.dtype)],
    );
    const v = tensor([1, 2]).bfloat16().requiresGrad_();
    bf16(() => scaled(v).float().sum().backward());
    expect([...v.grad!.dataSync()]).toEqual([2, 2]);
  });

  test("need no scope for the step of an optimiser", () => {
    const [p, q] = [new nn.Parameter(rand([4, 4])), new nn.Parameter(rand([4, 4]))];
    q.rebind(p.detach());
    const g = rand([4, 4]);
    const steps = [p, q].map((parameter, i) => {
      const optimizer = new optim.Muon([parameter]);
      parameter.grad = g;
      autocast({ enabled: i === 1 }, () => optimizer.step());
      return [...parameter.dataSync()];
    });
    expect(steps[1]).toEqual(steps[0]);
  });
});

test("compiled functions are recorded once for each scope that they are called in", () => {
  let runs = 0;
  const f = compile((a: Tensor, b: Tensor) => {
    runs++;
    return a.matmul(b);
  });
  const call = (): string => f(rand([2, 2]), rand([2, 2])).dtype;
  expect([call(), bf16(call), call(), bf16(call), autocast({ dtype: "f16" }, call)]).toEqual([
    "f32",
    "bf16",
    "f32",
    "bf16",
    "f16",
  ]);
  expect(runs).toBe(3);
});

describe.each(devicesOfCompositions())("layers on %s", (device) => {
  test.each(HALVES)("run in %s, and their parameters get gradients of f32", (dtype) => {
    setDevice(device);
    const image = rand([2, 4, 6, 6]);
    const sequence = rand([5, 2, 4]);
    const first = (y: unknown): Tensor => (Array.isArray(y) ? first(y[0]) : (y as Tensor));
    const layers: [nn.Module, ...Tensor[]][] = [
      [new nn.Linear(4, 3), sequence],
      [new nn.Conv2d(4, 4, 3, { groups: 2 }), image],
      [new nn.ConvTranspose2d(4, 3, 2, { stride: 2 }), image],
      [new nn.Sequential(new nn.Conv2d(4, 4, 3), new nn.BatchNorm2d(4), new nn.ReLU()), image],
      [new nn.RNN(4, 3), sequence],
      [new nn.LSTM(4, 3, { numLayers: 2, bidirectional: true, projSize: 2 }), sequence],
      [new nn.GRU(4, 3, { batchFirst: true }), sequence],
      [new nn.LSTMCell(4, 3), rand([2, 4])],
      [new nn.GRUCell(4, 3), rand([2, 4])],
      [new nn.MultiheadAttention(4, 2), sequence, sequence, sequence],
    ];
    for (const [layer, ...inputs] of layers) {
      const y = autocast({ dtype }, () => first(layer.forward(...(inputs as never[]))));
      expect(y.dtype, layer.constructor.name).toBe(dtype);
      y.float().sum().backward();
      for (const p of layer.parameters()) {
        expect(p.grad?.dtype, layer.constructor.name).toBe("f32");
        expect(p.grad!.isfinite().all().itemSync()).toBe(1);
      }
    }
    const encoder = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8 });
    // The last is a norm.
    expect(autocast({ dtype }, () => encoder.forward(sequence)).dtype).toBe("f32");
  });
});

describe.each(devicesUnderTest())("on %s", (device) => {
  test.each(HALVES)("a small net gives PyTorch's numbers in %s", (dtype) => {
    setDevice(device);
    const c: Network = vectors.networks[dtype];
    const net = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(64, 8),
      new nn.Tanh(),
      new nn.Linear(8, 3),
    );
    const own = net.stateDict();
    net.loadStateDict(
      Object.fromEntries(
        Object.entries(c.parameters).map(([name, values]) => [
          name,
          tensor(values as number[]).reshape(...own[name].shape),
        ]),
      ),
    );
    const x = tensor(c.input).reshape(5, 1, 4, 4);
    const target = tensor([0, 1, 2, 1, 0], { dtype: "i32" });
    const output = autocast({ dtype }, () => net.forward(x));
    const loss = new nn.CrossEntropyLoss().forward(output.float(), target);
    loss.backward();
    // A few roundings of the dtype lie between the two.
    const digit = dtype === "f16" ? 2 ** -10 : 2 ** -7;
    const near = (found: Tensor, wanted: readonly number[]): void => {
      const size = Math.max(...wanted.map(Math.abs));
      found
        .float()
        .dataSync()
        .forEach((v, i) => expect(Math.abs(v - wanted[i])).toBeLessThan(2 * digit * size));
    };
    near(output, c.output);
    near(loss, [c.loss]);
    for (const [name, p] of net.namedParameters()) near(p.grad!, c.gradients[name]);
  });
});

test("nothing but autocast changes a dtype: the mode of derivatives is another matter", () => {
  expect(noGrad(() => bf16(product)).dtype).toBe("bf16");
  expect(bf16(() => noGrad(product)).dtype).toBe("bf16");
});

describe("mistakes", () => {
  test.each([
    [
      () => autocast({ dtype: "f32" as never }, product),
      /dtype must be "bf16" or "f16", got "f32"/,
    ],
    [() => autocast("bf16" as never, product), /expected options such as .* got "bf16"/],
    [() => autocast({}, undefined as never), /expected options and a function, got undefined/],
  ])("%#", (call, message) => {
    expect(call).toThrow(message);
  });
});
