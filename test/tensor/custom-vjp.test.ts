import { expect, test } from "vitest";
import { checkpoint } from "../../src/extra/index.ts";
import {
  compile,
  customVjp,
  evalAll,
  grad,
  hessian,
  jvp,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";

const x = tensor([0.5, 1.5, 2], { dtype: "f64" });
const w = tensor([1, -2, 0.5], { dtype: "f64" });

/** |x · w| with its true gradient, by the result itself. */
const plain = (a: Tensor, b: Tensor): Tensor => a.mul(a).mul(b.mul(b)).sum().sqrt();
const norm = customVjp(plain, (g, [a, b], y) => [
  a.mul(b).mul(b).mul(g.div(y)),
  a.mul(a).mul(b).mul(g.div(y)),
]);

async function close(given: readonly Tensor[], expected: readonly Tensor[]): Promise<void> {
  await evalAll([...given, ...expected]);
  given.forEach((y, i) => {
    expect(y.shape).toEqual(expected[i].shape);
    const want = expected[i].dataSync();
    y.dataSync().forEach((value, k) => expect(value).toBeCloseTo(want[k], 10));
  });
}

test("first, second and forward derivatives", async () => {
  await close([norm(x, w)], [plain(x, w)]);
  await close(grad(norm, [0, 1])(x, w), grad(plain, [0, 1])(x, w));
  await close([hessian(norm)(x, w)], [hessian(plain)(x, w)]);
  await close(jvp(norm, [x, w], [w, x]), jvp(plain, [x, w], [w, x]));
  const twice = (f: typeof norm): Tensor =>
    grad((a: Tensor) =>
      grad((b: Tensor) => grad(f)(a, b).sin().sum())(w)
        .square()
        .sum(),
    )(x);
  await close([twice(norm)], [twice(plain)]);
});

test("for each entry of a batch, inside and outside of grad", async () => {
  const xs = tensor(
    [
      [1, 2, 3],
      [0.5, 0.1, -1],
    ],
    { dtype: "f64" },
  );
  const inside = (f: typeof norm): Tensor => vmap(grad(f), { inDims: [0, null] })(xs, w);
  await close([inside(norm)], [inside(plain)]);
  const outside = (f: typeof norm): [Tensor, Tensor] =>
    grad(
      (a: Tensor, b: Tensor) =>
        vmap(f, { inDims: [0, null] })(a, b)
          .square()
          .sum(),
      [0, 1],
    )(xs, w);
  await close(outside(norm), outside(plain));
  const nested = (f: typeof norm): Tensor =>
    grad((a: Tensor) =>
      vmap((row: Tensor) => vmap((one: Tensor) => f(row, one))(xs).sum())(a).sum(),
    )(xs);
  await close([nested(norm)], [nested(plain)]);
  const second = (f: typeof norm): Tensor => vmap(hessian(f), { inDims: [0, null] })(xs, w);
  await close([second(norm)], [second(plain)]);
});

test("compiled, checkpointed, and with backward", async () => {
  await close([compile(grad(norm))(x, w)], [grad(plain)(x, w)]);
  await close([grad((a: Tensor) => checkpoint(norm, a, w))(x)], [grad(plain)(x, w)]);
  const leaf = tensor([1, 2, 3], { dtype: "f64" }).requiresGrad_();
  norm(leaf, w).backward();
  await close([leaf.grad!], [grad(plain)(leaf.detach(), w)]);
});

test("a gradient that is none, structures, and arguments that get none", async () => {
  const straight = customVjp(
    (a: Tensor) => a.round(),
    (g) => [g],
  );
  expect(await grad((a: Tensor) => straight(a).mul(a).sum())(tensor([0.6, 1.6])).toArray()).toEqual(
    [expect.closeTo(1.6), expect.closeTo(3.6)],
  );
  const parts = customVjp(
    ({ a, index }: { a: Tensor; index: Tensor }, factor: Tensor, power: number) => ({
      scaled: a.mul(factor).pow(power),
      first: a.take(index),
    }),
    ({ scaled, first }, [{ index }]) => [
      { a: scaled.mul(100).add(first), index },
      undefined,
      undefined,
    ],
  );
  const index = tensor([0], { dtype: "i32" });
  const [ofA, ofFactor] = grad(
    (a: Tensor, factor: Tensor) => parts({ a, index }, factor, 2).scaled.sum(),
    [0, 1],
  )(tensor([1, 2]), tensor(3));
  expect(await ofA.toArray()).toEqual([100, 100]);
  expect(await ofFactor.toArray()).toEqual(0);
});
