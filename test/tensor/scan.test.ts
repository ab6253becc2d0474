import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import {
  compile,
  grad,
  jvp,
  noGrad,
  onesLike,
  rand,
  randn,
  scan,
  stack,
  tensor,
  type Tensor,
  vmap,
  zeros,
} from "../../src/tensor/index.ts";
import { expectNumbers } from "../nn/fixtures.ts";

const f64 = { dtype: "f64" } as const;

/** The loop written out. */
function unrolled(step: (h: Tensor, x: Tensor) => Tensor, h: Tensor, xs: Tensor): Tensor {
  const all: Tensor[] = [];
  for (const x of xs.unbind(0)) all.push((h = step(h, x)));
  return stack(all);
}

describe("values", () => {
  test("running sums and the total", () => {
    const [total, sums] = scan(
      (sum: Tensor, x: Tensor) => {
        const next = sum.add(x);
        return [next, next];
      },
      tensor(0),
      tensor([1, 2, 3]),
    );
    expect(total.itemSync()).toBe(6);
    expect(sums.toArraySync()).toEqual([1, 3, 6]);
  });

  test("from the end: results keep the positions of their inputs", () => {
    const step = (sum: Tensor, x: Tensor): [Tensor, Tensor] => [sum.add(x), sum];
    const [total, before] = scan(step, tensor(0), tensor([1, 2, 3]), { reverse: true });
    expect(total.itemSync()).toBe(6);
    expect(before.toArraySync()).toEqual([5, 3, 0]);
  });

  test("structures of tensors, and a length instead of a sequence", () => {
    const [last, { powers }] = scan(
      ({ a, b }: { a: Tensor; b: Tensor }) => [{ a: a.mul(2), b: b.add(1) }, { powers: [a, b] }],
      { a: tensor(1), b: tensor(0, { dtype: "i32" }) },
      [],
      { length: 4 },
    );
    expect([last.a.itemSync(), last.b.itemSync()]).toEqual([16, 4]);
    expect(powers.map((x) => x.toArraySync())).toEqual([
      [1, 2, 4, 8],
      [0, 1, 2, 3],
    ]);
  });

  test("no steps at all", () => {
    const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => [h.add(x), h.mul(x)];
    const [last, results] = scan(step, tensor([7]), zeros([0, 1]));
    expect(last.toArraySync()).toEqual([7]);
    expect(results.shape).toEqual([0, 1]);
  });

  test("what the step takes from outside: tensors, parameters, numbers, made of each other", () => {
    const w = new nn.Parameter(tensor([[1, 2], [3, 4]], f64)); // prettier-ignore
    const shift = tensor([0.5, -0.5], f64);
    const step = (h: Tensor, x: Tensor): Tensor =>
      h.linear(w).add(x).mul(0.1).add(shift.mul(2)).add(w.T.sum(0));
    const xs = tensor([[1, 0], [0, 1], [1, 1]], f64); // prettier-ignore
    const [, hs] = scan(
      (h: Tensor, x: Tensor) => {
        const next = step(h, x);
        return [next, next];
      },
      zeros([2], f64),
      xs,
    );
    expectNumbers(hs, Array.from(unrolled(step, zeros([2], f64), xs).dataSync()), "states");
  });

  test("inside compile, with a length that changes", () => {
    const sums = compile(
      (xs: Tensor) => scan((s: Tensor, x: Tensor) => [s.add(x), s] as const, tensor(0), xs)[0],
    );
    expect(sums(tensor([1, 2, 3])).itemSync()).toBe(6);
    expect(sums(tensor([1, 2, 3, 4])).itemSync()).toBe(10);
  });
});

describe("derivatives", () => {
  const w = randn([3, 3], f64).mul(0.5);
  const h0 = randn([2, 3], f64);
  const xs = randn([5, 2, 3], f64);
  const step =
    (weight: Tensor) =>
    (h: Tensor, x: Tensor): Tensor =>
      h.linear(weight).add(x).tanh().mul(weight.sum().cos());
  const loop = (weight: Tensor, h: Tensor, x: Tensor): Tensor =>
    scan(
      (state: Tensor, input: Tensor) => {
        const next = step(weight)(state, input);
        return [next, next];
      },
      h,
      x,
    )[1];
  const plain = (weight: Tensor, h: Tensor, x: Tensor): Tensor => unrolled(step(weight), h, x);
  const loss =
    (f: typeof loop) =>
    (weight: Tensor, h: Tensor, x: Tensor): Tensor =>
      f(weight, h, x).square().sum();

  test("the gradients of the loop written out", () => {
    const actual = grad(loss(loop), [0, 1, 2])(w, h0, xs);
    const expected = grad(loss(plain), [0, 1, 2])(w, h0, xs);
    actual.forEach((g, i) => expectNumbers(g, Array.from(expected[i].dataSync()), `gradient ${i}`));
  });

  test("second derivatives", () => {
    const twice = (f: typeof loop) =>
      grad((weight: Tensor) => grad(loss(f))(weight, h0, xs).square().sum())(w);
    expectNumbers(twice(loop), Array.from(twice(plain).dataSync()), "gradient of the gradient");
  });

  test("forward derivatives", () => {
    const along = (f: typeof loop) =>
      jvp((weight: Tensor) => f(weight, h0, xs), [w], [onesLike(w)])[1];
    expectNumbers(along(loop), Array.from(along(plain).dataSync()), "tangent");
  });

  test("a batch of loops", () => {
    const ws = randn([4, 3, 3], f64);
    const all = vmap((weight: Tensor) => loop(weight, h0, xs))(ws);
    expect(all.shape).toEqual([4, 5, 2, 3]);
    ws.unbind(0).forEach((weight, i) =>
      expectNumbers(all.select(0, i), Array.from(plain(weight, h0, xs).dataSync()), `loop ${i}`),
    );
  });

  test("none through what is detached in the step", () => {
    const x = tensor([1, 2, 3], f64).requiresGrad_();
    const [total] = scan(
      (s: Tensor, v: Tensor) => [s.add(v.detach().mul(v)), s],
      tensor(0, f64),
      x,
    );
    total.backward();
    expect(x.grad!.toArraySync()).toEqual([1, 2, 3]);
  });

  test("none inside noGrad", () => {
    const x = tensor([1, 2, 3]).requiresGrad_();
    const [total] = noGrad(() => scan((s: Tensor, v: Tensor) => [s.add(v), s], tensor(0), x));
    expect(total.requiresGrad).toBe(false);
  });
});

describe("mistakes", () => {
  const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => [h.add(x), h];

  test("a carry that changes its shape, or is left out", () => {
    expect(() => scan((h: Tensor, x: Tensor) => [h.add(x), h], tensor(0), zeros([3, 2]))).toThrow(
      "scan: the step must return a carry like the one it was given, f32[], got f32[2]",
    );
    expect(() =>
      scan(
        (_: Tensor[], x: Tensor) => [[], x] as unknown as [Tensor[], Tensor],
        [tensor(0)],
        zeros([3]),
      ),
    ).toThrow(/a carry like the one it was given, f32\[\], got none/);
  });

  test("sequences of different lengths, scalars, no length", () => {
    const two = (h: Tensor, [a, b]: readonly Tensor[]): [Tensor, Tensor] => [h.add(a).add(b), h];
    expect(() => scan(two, tensor(0), [zeros([3]), zeros([4])])).toThrow(
      "scan: sequences must have one length, got 3 and 4",
    );
    expect(() => scan(step, tensor(0), tensor(1))).toThrow(/got a scalar/);
    expect(() => scan((h: Tensor) => [h, h], tensor(0), [])).toThrow(
      /expected sequences or a length/,
    );
  });

  test("a buffer that the step changes stays as it was", () => {
    const seen = new nn.Buffer(zeros([]));
    expect(() =>
      scan(
        (h: Tensor, x: Tensor) => {
          seen.rebind(h.add(x));
          return [h, h];
        },
        tensor(0),
        rand([3]),
      ),
    ).toThrow(/the step changed a buffer or a parameter/);
    expect(seen.itemSync()).toBe(0);
  });

  test("a value that is read in the step", () => {
    expect(() =>
      scan((h: Tensor, x: Tensor) => [h.add(x.itemSync()), h], tensor(0), tensor([1, 2])),
    ).toThrow(/only has a value while the function it belongs to runs/);
  });
});
