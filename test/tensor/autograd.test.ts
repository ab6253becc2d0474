import { describe, expect, test } from "vitest";
import {
  arange,
  enableGrad,
  grad,
  hessian,
  jacobian,
  jvp,
  noGrad,
  ones,
  onesLike,
  randn,
  stack,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  where,
  zeros,
} from "../../src/tensor/index.ts";

const f64 = { dtype: "f64" } as const;
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

function expectClose(actual: Tensor, expected: Tensor, digits = 9): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [numbers(actual), numbers(expected)];
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i], digits));
}

describe("grad", () => {
  const cube = (x: Tensor): Tensor => x.pow(3).sum();

  test("of a function, and of gradients", () => {
    const x = tensor([2, -1], f64);
    expect(numbers(grad(cube)(x))).toEqual([12, 3]);
    const second = grad((y: Tensor) => grad(cube)(y).sum());
    expect(numbers(second(x))).toEqual([12, -6]);
    const third = grad((y: Tensor) => second(y).sum());
    expect(numbers(third(x))).toEqual([6, 6]);
  });

  test("of smooth functions to the third order, against what is known", () => {
    const x = tensor(0.7, f64);
    const tanh = (y: Tensor): Tensor => y.tanh();
    const t = Math.tanh(0.7);
    const first = grad(tanh);
    const second = grad(first);
    expect(first(x).itemSync()).toBeCloseTo(1 - t * t, 12);
    expect(second(x).itemSync()).toBeCloseTo(-2 * t * (1 - t * t), 12);
    expect(grad(second)(x).itemSync()).toBeCloseTo((1 - t * t) * (6 * t * t - 2), 12);
  });

  test("with the value, by several arguments, in structures", () => {
    const f = (p: { w: Tensor; b: Tensor[] }, x: Tensor): Tensor =>
      x.mul(p.w).add(p.b[0]).add(p.b[1]).square().sum();
    const p = { w: tensor([2, 3], f64), b: [tensor(1, f64), tensor(-1, f64)] };
    const x = tensor([1, 2], f64);
    const [value, dp] = valueAndGrad(f)(p, x);
    expect(value.itemSync()).toBe(40);
    expect(numbers(dp.w)).toEqual([4, 24]);
    expect(dp.b.map(numbers)).toEqual([[16], [16]]);
    const [dw, dx] = grad((w: Tensor, y: Tensor) => w.mul(y).sum(), [0, 1])(p.w, x);
    expect([numbers(dw), numbers(dx)]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test("takes what it finds outside as constant", () => {
    const x = tensor([1, 2], f64);
    expect(numbers(grad((y: Tensor) => y.mul(x).sum())(x))).toEqual([1, 2]);
    expect(numbers(grad((y: Tensor) => y.mul(y.detach()).sum())(x))).toEqual([1, 2]);
  });

  test("is zero where nothing depends on the argument", () => {
    const x = tensor([1, 2], f64);
    expect(numbers(grad((_: Tensor) => tensor(3, f64))(x))).toEqual([0, 0]);
    expect(numbers(grad((y: Tensor) => y.argmax().to("f64"))(x))).toEqual([0, 0]);
  });

  test("goes through choices and positions to what was chosen", () => {
    const x = tensor([3, 1, 2], f64);
    expect(numbers(grad((y: Tensor) => y.max(0).values)(x))).toEqual([1, 0, 0]);
    expect(numbers(grad((y: Tensor) => where(y.gt(1.5), y.square(), y).sum())(x))).toEqual([
      6, 1, 4,
    ]);
    expect(numbers(grad((y: Tensor) => y.at([2, 2, 0]).square().sum())(x))).toEqual([6, 0, 8]);
    expect(numbers(grad((y: Tensor) => y.sort().values.at(1).mul(5))(x))).toEqual([0, 0, 5]);
  });
});

describe("vjp and jvp", () => {
  const f = (a: Tensor, b: { y: Tensor }): [Tensor, { s: Tensor }] => [
    a.sin().mul(b.y),
    { s: a.mul(b.y).sum() },
  ];
  const a = tensor([0.5, 1], f64);
  const b = { y: tensor([2, -1], f64) };

  test("pull back and push forward, through structures", () => {
    const [out, pull] = vjp(f, a, b);
    expect(out[1].s.itemSync()).toBe(0);
    const [da, db] = pull([ones([2], f64), { s: tensor(1, f64) }]);
    expectClose(da, tensor([2 * Math.cos(0.5) + 2, -Math.cos(1) - 1], f64));
    expectClose(db.y, tensor([Math.sin(0.5) + 0.5, Math.sin(1) + 1], f64));
    const [, dot] = jvp(f, [a, b], [ones([2], f64), { y: zeros([2], f64) }]);
    expectClose(dot[0], tensor([2 * Math.cos(0.5), -Math.cos(1)], f64));
    expect(dot[1].s.itemSync()).toBe(1);
  });

  test("agree: a weight on the push is a direction on the pull", () => {
    const g = (x: Tensor): Tensor => x.matmul(x.T).softmax(-1).log();
    const x = randn([3, 4], f64);
    const direction = randn([3, 4], f64);
    const weight = randn([3, 3], f64);
    const [, forward] = jvp(g, [x], [direction]);
    const [, pull] = vjp(g, x);
    const [back] = pull(weight);
    expect(forward.mul(weight).sum().itemSync()).toBeCloseTo(
      back.mul(direction).sum().itemSync(),
      10,
    );
  });

  test("forward over reverse is the Hessian times the direction", () => {
    const g = (x: Tensor): Tensor => x.pow(4).sum().add(x.prod());
    const x = tensor([1, 2, 3], f64);
    const v = tensor([1, -1, 0.5], f64);
    const [, product] = jvp(grad(g), [x], [v]);
    expectClose(product, hessian(g)(x).matmul(v));
  });
});

describe("jacobian and hessian", () => {
  test("of functions whose are known", () => {
    const f = (x: Tensor): Tensor => stack([x.at(0).mul(x.at(1)), x.at(1).square(), x.sum()]);
    expect(jacobian(f)(tensor([3, 2], f64)).toArraySync()).toEqual([
      [2, 3],
      [0, 4],
      [1, 1],
    ]);
    const g = (x: Tensor): Tensor => x.at(0).pow(2).mul(x.at(1));
    expect(hessian(g)(tensor([3, 2], f64)).toArraySync()).toEqual([
      [4, 6],
      [6, 0],
    ]);
  });

  test("have the axes of result and argument", () => {
    const f = (x: Tensor): Tensor => x.sum(0);
    expect(jacobian(f)(zeros([2, 3])).shape).toEqual([3, 2, 3]);
    expect(hessian((x: Tensor) => x.square().sum())(zeros([2, 3])).shape).toEqual([2, 3, 2, 3]);
  });
});

describe("vmap", () => {
  const rows = (x: Tensor): Tensor[] => x.unbind(0);

  test.each<[string, (x: Tensor) => Tensor]>([
    ["softmax", (x) => x.softmax(0)],
    ["products", (x) => x.matmul(x.T)],
    ["sorting", (x) => x.sort(0).values],
    ["positions", (x) => x.argmax(1)],
    ["indexing", (x) => x.at([1, 0], ":")],
    ["cumsum and flip", (x) => x.cumsum(0).flip(1)],
    ["a constant", () => arange(3).to("f64")],
    ["reductions", (x) => x.var(0).add(x.amax(0)).add(x.norm())],
    ["padding and joining", (x) => x.pad([1, 0]).roll(1, 0)],
    ["a mean and a mask", (x) => x.sub(x.mean()).relu()],
  ])("of %s equals a loop", (_, f) => {
    const x = randn([4, 3, 3], f64);
    expectClose(vmap(f)(x), stack(rows(x).map(f)));
  });

  test("maps axes as it is told", () => {
    const f = (a: Tensor, b: Tensor): Tensor => a.mul(2).add(b);
    const [a, b] = [randn([3, 5], f64), randn([3], f64)];
    const expected = a.mul(2).add(b.unsqueeze(1));
    expectClose(vmap(f, { inDims: [1, null], outDims: 1 })(a, b), expected);
    expectClose(vmap(f, { inDims: [1, null], outDims: -1 })(a, b), expected);
    expectClose(vmap(f, { inDims: -1 })(a, randn([3, 5], f64)).mul(0), zeros([5, 3], f64));
  });

  test("goes into itself, and into structures", () => {
    const dots = vmap(
      vmap((a: Tensor, b: Tensor) => a.dot(b), { inDims: [null, 0] }),
      {
        inDims: [0, null],
      },
    );
    const [a, b] = [randn([4, 3], f64), randn([5, 3], f64)];
    expectClose(dots(a, b), a.matmul(b.T));
    const both = vmap((p: { a: Tensor; b: [Tensor] }) => ({ sum: p.a.add(p.b[0]) }));
    expectClose(both({ a, b: [a] }).sum, a.mul(2));
  });

  test("of grad gives the gradients of each example", () => {
    const loss = (w: Tensor, x: Tensor, y: Tensor): Tensor =>
      x.matmul(w).tanh().sub(y).square().mean();
    const w = randn([3, 2], f64);
    const [xs, ys] = [randn([6, 3], f64), randn([6, 2], f64)];
    const each = vmap(grad(loss), { inDims: [null, 0, 0] })(w, xs, ys);
    const loop = stack(rows(xs).map((x, i) => grad(loss)(w, x, ys.at(i))));
    expectClose(each, loop);
    // Their mean is the gradient of the mean.
    const mean = (v: Tensor): Tensor =>
      vmap((x: Tensor, y: Tensor) => loss(v, x, y))(xs, ys).mean();
    expectClose(grad(mean)(w), each.mean(0));
  });

  test("of second derivatives", () => {
    const f = (x: Tensor): Tensor => x.sin();
    const x = randn([5], f64);
    expectClose(vmap(grad(grad(f)))(x), x.sin().neg());
  });
});

describe("backward", () => {
  test("adds up, until the gradient is taken away", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    x.square().sum().backward();
    x.mul(3).sum().backward();
    expect(numbers(x.grad!)).toEqual([5, 7]);
    x.grad = undefined;
    x.sum().backward();
    expect(numbers(x.grad!)).toEqual([1, 1]);
  });

  test("takes a weight for each element", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    x.square().backward(tensor([1, -1], f64));
    expect(numbers(x.grad!)).toEqual([2, -4]);
  });

  test("can be differentiated with createGraph", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    x.pow(3).sum().backward(undefined, { createGraph: true });
    const first = x.grad!;
    expect(first.requiresGrad).toBe(true);
    x.grad = undefined;
    first.square().sum().backward();
    // d/dx Σ (3x²)² = 36 x³
    expect(numbers(x.grad!)).toEqual([36, 288]);
  });

  test("without createGraph gives constants", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    x.pow(3).sum().backward();
    expect(x.grad!.requiresGrad).toBe(false);
  });

  test("reaches leaves only, of shared and of unused values", () => {
    const x = tensor([2], f64).requiresGrad_();
    const unused = tensor([2], f64).requiresGrad_();
    const y = x.mul(3);
    const z = y.mul(y).add(x);
    z.sum().backward();
    expect(numbers(x.grad!)).toEqual([37]);
    expect(y.grad).toBeUndefined();
    expect(unused.grad).toBeUndefined();
  });
});

describe("grad mode", () => {
  test("noGrad records nothing, enableGrad in it does", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    const inside = noGrad(() => {
      const y = x.mul(2);
      expect(y.requiresGrad).toBe(false);
      expect(enableGrad(() => x.mul(2)).requiresGrad).toBe(true);
      return y;
    });
    expect(() => inside.sum().backward()).toThrow(/no tensor that requires a gradient/);
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test("noGrad ends with an error, and with a promise", async () => {
    const x = tensor([1], f64).requiresGrad_();
    expect(() =>
      noGrad(() => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(x.mul(2).requiresGrad).toBe(true);
    const slow = noGrad(async () => {
      await Promise.resolve();
      return x.mul(2).requiresGrad;
    });
    expect(await slow).toBe(false);
    expect(x.mul(2).requiresGrad).toBe(true);
    await expect(noGrad(() => Promise.reject(new Error("later")))).rejects.toThrow("later");
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test("grad works inside noGrad", () => {
    const x = tensor([1, 2], f64);
    expect(numbers(noGrad(() => grad((y: Tensor) => y.square().sum())(x)))).toEqual([2, 4]);
  });

  test("detach stops derivatives and keeps the value", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    const y = x.mul(2);
    expect(y.detach().requiresGrad).toBe(false);
    expect(numbers(y.detach())).toEqual([2, 4]);
    y.mul(y.detach()).sum().backward();
    expect(numbers(x.grad!)).toEqual([4, 8]);
  });

  test("requiresGrad_(false) makes a constant of what it is called on", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    const y = x.mul(2).requiresGrad_(false);
    expect(y.requiresGrad).toBe(false);
    y.mul(x).sum().backward();
    expect(numbers(x.grad!)).toEqual([2, 4]);
  });

  test("integers and comparisons carry no derivative", () => {
    const x = tensor([1, 2], f64).requiresGrad_();
    expect(x.gt(1).requiresGrad).toBe(false);
    expect(x.to("i32").requiresGrad).toBe(false);
    expect(x.argmax().requiresGrad).toBe(false);
    expect(onesLike(x).requiresGrad).toBe(false);
  });
});
