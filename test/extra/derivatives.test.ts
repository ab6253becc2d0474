import { describe, expect, test } from "vitest";
import { hvp, jacfwd, jacrev, linearize, vhp } from "../../src/extra/index.ts";
import {
  compile,
  evalAll,
  grad,
  hessian,
  jacobian,
  jvp,
  matmul,
  randn,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";

async function close(
  given: readonly Tensor[],
  expected: readonly Tensor[],
  digits = 10,
): Promise<void> {
  await evalAll([...given, ...expected]);
  expect(given.map((y) => y.shape)).toEqual(expected.map((y) => y.shape));
  given.forEach((y, i) => {
    const want = expected[i].dataSync();
    y.dataSync().forEach((value, k) => expect(value).toBeCloseTo(want[k], digits));
  });
}

const f64 = { dtype: "f64" } as const;
const x = tensor([0.3, -0.7, 1.1], f64);
const w = tensor(
  [
    [1.5, 0.4, -0.2],
    [0.1, 2, 1],
  ],
  f64,
);
const scalar = (a: Tensor, b: Tensor): Tensor =>
  matmul(b, a.sin()).square().sum().add(a.exp().prod());
const vector = (a: Tensor, b: Tensor): Tensor => matmul(b, a.sin()).exp();

describe("Jacobians", () => {
  test("in both modes are one", async () => {
    await close([jacfwd(vector)(x, w)], [jacobian(vector)(x, w)]);
    await close([jacrev(vector)(x, w)], [jacobian(vector)(x, w)]);
    const m = (a: Tensor): Tensor => matmul(a, a.T);
    await close([jacfwd(m)(w)], [jacobian(m)(w)]);
    const none = (a: Tensor): Tensor => a.mul(0).add(1).detach();
    await close([jacfwd(none)(x)], [jacobian(none)(x)]);
  });
  test("of each other are the Hessian", async () => {
    const expected = hessian(scalar)(x, w);
    await close([jacfwd(jacrev(scalar))(x, w), jacrev(jacfwd(scalar))(x, w)], [expected, expected]);
    await close([compile(jacfwd(jacrev(scalar)))(x, w)], [expected]);
  });
  test("in a batch", async () => {
    const xs = randn([4, 3], f64);
    const each = vmap(jacfwd(vector), { inDims: [0, null] })(xs, w);
    await close([each], [vmap(jacrev(vector), { inDims: [0, null] })(xs, w)]);
  });
  test("mistakes", () => {
    expect(() => jacfwd((a: Tensor) => a)(tensor([1], { dtype: "i32" }))).toThrow(
      /^jacfwd: the first argument must be a floating-point tensor, got/,
    );
    expect(() => jacfwd((a: Tensor) => a.gt(0))(x)).toThrow(
      /^jacfwd: the function must return a floating-point tensor, got/,
    );
  });
});

describe("Hessians times vectors", () => {
  const v = tensor([1, 2, -1], f64);
  const u = randn([2, 3], f64);
  test("are those of the whole matrix", async () => {
    const expected = matmul(hessian(scalar)(x, w), v);
    const only = (a: Tensor): Tensor => scalar(a, w);
    const [value, [product]] = hvp(only, [x], [v]);
    const [same, [left]] = vhp(only, [x], [v]);
    await close([value, product, same, left], [scalar(x, w), expected, scalar(x, w), expected]);
  });
  test("of several arguments", async () => {
    const [, ofHvp] = hvp(scalar, [x, w], [v, u]);
    const [, ofVhp] = vhp(scalar, [x, w], [v, u]);
    await close(ofHvp, ofVhp);
    const step = 1e-5;
    const at = (t: number): [Tensor, Tensor] =>
      grad(scalar, [0, 1])(x.add(v.mul(t)), w.add(u.mul(t)));
    const [high, low] = [at(step), at(-step)];
    await close(
      ofHvp,
      high.map((h, i) => h.sub(low[i]).div(2 * step)),
      5,
    );
  });
  test("in a batch, and of structures", async () => {
    const vs = randn([5, 3], f64);
    const only = (a: Tensor): Tensor => scalar(a, w);
    const rows = vmap((one: Tensor) => hvp(only, [x], [one])[1][0])(vs);
    await close([rows], [matmul(vs, hessian(scalar)(x, w))]);
    const tree = ({ a, b }: { a: Tensor; b: Tensor }): Tensor => scalar(a, b);
    const [, [given]] = hvp(tree, [{ a: x, b: w }], [{ a: v, b: u }]);
    const [, expected] = hvp(scalar, [x, w], [v, u]);
    await close([given.a, given.b], expected);
  });
  test("mistakes", () => {
    const only = (a: Tensor): Tensor => a.square().sum();
    expect(() => hvp(only, [x], [w])).toThrow(/jvp: tangent/);
    expect(() => vhp(only, [x], [w])).toThrow("vhp: expected vectors f64[3], got f64[2, 3]");
    expect(() => hvp((a: Tensor) => a.square(), [x], [v])).toThrow(
      /must return a floating-point tensor/,
    );
  });
});

describe("linearize", () => {
  test("gives what jvp gives, without running the function again", async () => {
    let runs = 0;
    const f = (a: Tensor, b: Tensor): { y: Tensor } => {
      runs++;
      return { y: vector(a, b) };
    };
    const [{ y }, push] = linearize(f, x, w);
    const directions = [randn([2, 3], f64), randn([2, 3], f64)];
    const given = directions.map((u) => push(x, u).y);
    expect(runs).toBe(1);
    const expected = directions.map((u) => jvp(vector, [x, w], [x, u])[1]);
    await close([y, ...given], [vector(x, w), ...expected]);
  });
  test("says what tangents it wants", () => {
    const [, push] = linearize((a: Tensor) => a.sin(), x);
    expect(() => push(w)).toThrow("linearize: expected tangents f64[3], got f64[2, 3]");
  });
});

test("vmap over grad over vmap", async () => {
  // Of each row of weights: the gradient of the mean error over a batch of examples.
  const xs = randn([5, 3], f64);
  const ws = randn([4, 3], f64);
  const loss = (weights: Tensor): Tensor =>
    vmap((one: Tensor) => one.dot(weights).sin().square())(xs).mean();
  const given = vmap(grad(loss))(ws);
  const whole = (weights: Tensor): Tensor => matmul(xs, weights.T).sin().square().mean(0).sum();
  await close([given], [grad(whole)(ws)]);
  const second = vmap((one: Tensor) => grad((a: Tensor) => grad(loss)(a).square().sum())(one))(ws);
  const secondWhole = grad((a: Tensor) => grad(whole)(a).square().sum())(ws);
  await close([second], [secondWhole]);
  const product = (a: Tensor): Tensor => a.sin().prod();
  const many = randn([2, 3, 3], f64);
  const rows = many
    .reshape([6, 3])
    .unbind(0)
    .map((row) => hessian(product)(row));
  const each = vmap(vmap(hessian(product)))(many)
    .reshape([6, 3, 3])
    .unbind(0);
  await close(each, rows);
});
