import { describe, expect, test } from "vitest";
import * as C from "../../src/complex/index.ts";
import { Complex, complex } from "../../src/complex/index.ts";
import {
  compile,
  grad,
  jvp,
  rand,
  scan,
  stack,
  type Tensor,
  tensor,
  vjp,
  vmap,
  where,
  zeros,
} from "../../src/tensor/index.ts";
import { differences, direction } from "./differences.ts";

const f64 = { dtype: "f64" } as const;
const make = (real: number[], imag: number[]): Complex =>
  complex(tensor(real, f64), tensor(imag, f64));
/** Numbers in all four quadrants. */
const z = make([0.3, -1.2, -0.7, 1.9], [0.8, 0.4, -1.1, -0.2]);
const w = make([1.1, 0.2, -0.5, 0.6], [-0.4, 1.3, 0.9, -0.8]);

function expectClose(actual: Complex, expected: Complex, digits = 12): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i], digits));
}

describe("values", () => {
  test.each<[string, Complex, Complex]>([
    ["exp(log z) = z", z.log().exp(), z],
    ["√z² = z", z.sqrt().square(), z],
    ["sin² + cos² = 1", z.sin().square().add(z.cos().square()), C.cdouble(tensor([1, 1, 1, 1]))],
    [
      "cosh² - sinh² = 1",
      z.cosh().square().sub(z.sinh().square()),
      C.cdouble(tensor([1, 1, 1, 1])),
    ],
    ["tan = sin / cos", z.tan(), z.sin().div(z.cos())],
    ["tanh = sinh / cosh", z.tanh(), z.sinh().div(z.cosh())],
    ["z / w · w = z", z.div(w).mul(w), z],
    ["z^w = exp(w log z)", z.pow(w), z.log().mul(w).exp()],
    ["z⁻³", z.pow(-3), z.mul(z).mul(z).reciprocal()],
    ["sgn z · |z| = z", z.sgn().mul(z.abs()), z],
    ["polar", C.polar(z.abs(), z.angle()), z],
    ["prod", z.prod(), z.at(0).mul(z.at(1)).mul(z.at(2)).mul(z.at(3))],
    ["prod of no numbers", z.narrow(0, 0, 0).prod(), C.cdouble(1)],
    ["mean", z.mean(), z.sum().div(4)],
    ["vdot", z.vdot(w), z.conj().dot(w)],
    ["views", C.viewAsComplex(C.viewAsReal(z)), z],
  ])("%s", (_, actual, expected) => expectClose(actual, expected));

  test("large and small numbers neither overflow nor vanish", () => {
    const huge = complex(tensor([3e38, 3e-38]), tensor([-3e38, 3e-38]));
    expect(Array.from(huge.div(huge).real.dataSync())).toEqual([1, 1]);
    expect(huge.abs().at(1).itemSync()).toBeCloseTo(4.2426e-38, 42);
    expect(complex(tensor(Infinity), tensor(-2)).abs().itemSync()).toBe(Infinity);
    expect(complex(tensor(2e38), tensor(2e38)).abs().itemSync() / 2.8284271e38).toBeCloseTo(1, 6);
  });

  test("branch cuts are continuous from above, and from below at -0", () => {
    const cut = complex(tensor([-4, -4]), tensor([0, -0]));
    expect(cut.sqrt().toArraySync()).toEqual([
      [0, 2],
      [0, -2],
    ]);
    expect(cut.angle().dataSync()[1]).toBeCloseTo(-Math.PI, 6);
  });

  test("matrix products and adjoints", () => {
    const a = complex(rand([2, 3, 4], f64), rand([2, 3, 4], f64));
    const b = complex(rand([4, 5], f64), rand([4, 5], f64));
    const products = [0, 1].map((i) => a.at(i).unsqueeze(-1).mul(b).sum(1));
    expectClose(a.matmul(b), C.stack(products));
    expectClose(C.matmul(a.real, b), C.matmul(C.cdouble(a.real), b));
    expectClose(a.matmul(b.real), a.matmul(C.cdouble(b.real)));
    expectClose(a.matmul(b).mH, b.mH.matmul(a.mH));
  });

  test("shapes, indices and joins are those of both parts", () => {
    const a = z.reshape(2, 2);
    expectClose(a.T.flatten(), make([0.3, -0.7, -1.2, 1.9], [0.8, -1.1, 0.4, -0.2]));
    expectClose(a.at(":", 1), make([-1.2, 1.9], [0.4, -0.2]));
    expectClose(C.cat(a.unbind(0)), z);
    expectClose(C.cat(z.split(3)), z);
    expect(C.stack([a, a], 1).shape).toEqual([2, 2, 2]);
    expectClose(C.cat([z.real, w]), C.cat([C.cdouble(z.real), w]));
    expectClose(a.trace(), z.at(0).add(z.at(3)));
    expectClose(C.where(z.real.gt(0), z, 0).sum(), z.maskedSelect(z.real.gt(0)).sum());
  });

  test("comparisons", async () => {
    expect(await C.equal(z, z.add(0))).toBe(true);
    expect(await C.allclose(z, z.add(complex(0, 1e-9)))).toBe(true);
    expect(await C.allclose(z, z.add(complex(0, 1e-3)))).toBe(false);
    expect(z.ne(z.real).all().itemSync()).toBe(1);
    const nan = make([NaN], [0]);
    expect(C.isclose(nan, nan).itemSync()).toBe(0);
    expect(C.isclose(nan, nan, { equalNan: true }).itemSync()).toBe(1);
  });

  test("dtypes of operands are those of real tensors", () => {
    const single = complex(tensor([1, 2]), tensor([0, 1]));
    for (const other of [3, tensor([1, 2], { dtype: "i32" }), tensor(2, f64)])
      for (const op of [C.add, C.sub, C.mul, C.div]) {
        expect(op(single, other).dtype).toBe("f32");
        expect(op(other, single).dtype).toBe("f32");
      }
    expect(single.mul(tensor([1, 2], f64)).dtype).toBe("f64");
    expect(z.mul(single.at(0)).dtype).toBe("f64");
  });
});

describe("reading", () => {
  test("parts by turns, as pairs, and as NumPy prints them", async () => {
    const a = complex(tensor([[1, -0.5]]), tensor([[2, -0.25]]));
    expect(Array.from(await a.data())).toEqual([1, 2, -0.5, -0.25]);
    expect(await a.toArray()).toEqual([
      [
        [1, 2],
        [-0.5, -0.25],
      ],
    ]);
    expect(await a.at(0, 0).item()).toEqual([1, 2]);
    expect(a.at(0, 0).itemSync()).toEqual([1, 2]);
    expect(String(a)).toBe("tensor([[ 1. +2.j  , -0.5-0.25j]])");
    expect(String(z.at(0))).toBe("tensor(0.3+0.8j, dtype=f64)");
    expect(String(complex(zeros([0, 2]), 0))).toBe("tensor([], shape=[0, 2])");
    expect(() => a.itemSync()).toThrow("item: expected a tensor of one element, got shape [1, 2]");
  });
});

type Case = [string, (z: Complex, w: Complex) => Complex | Tensor];

const DIFFERENTIABLE: Case[] = [
  ["add", (a, b) => C.add(a, b, { alpha: 2 })],
  ["sub", (a, b) => C.sub(a, b, { alpha: 2 })],
  ["mul", C.mul],
  ["div", C.div],
  ["pow", C.pow],
  ["pow of whole numbers", (a) => a.pow(5)],
  ["pow of fractions", (a) => a.pow(1.7)],
  ["conj", C.conj],
  ["matmul", (a, b) => a.reshape(2, 2).matmul(b.reshape(2, 2))],
  ["prod", (a) => a.narrow(0, 0, 3).prod()],
  ["cumsum", (a) => a.cumsum(0)],
  ["abs", C.abs],
  ["angle", C.angle],
  ["sgn", C.sgn],
  ["exp", C.exp],
  ["log", C.log],
  ["sqrt", C.sqrt],
  ["sin", C.sin],
  ["cos", C.cos],
  ["tan", C.tan],
  ["sinh", C.sinh],
  ["cosh", C.cosh],
  ["tanh", C.tanh],
  ["sigmoid", C.sigmoid],
  ["silu", C.silu],
];

describe("derivatives", () => {
  test.each(DIFFERENTIABLE)("%s: vjp, jvp and differences agree", (_, f) => {
    const checked = differences((a: Complex, b: Complex) => f(a, b), [z, w]);
    expect(checked.jvp).toBeCloseTo(checked.differences, 6);
    expect(checked.vjp).toBeCloseTo(checked.jvp, 10);
  });

  test("the gradient of a real number is ∂L/∂x + i ∂L/∂y", () => {
    const leaf = make([3], [4]).requiresGrad_();
    expect(leaf.grad).toBeUndefined();
    leaf.abs().square().sum().backward();
    expectClose(leaf.grad!, make([6], [8]));
    expect(leaf.detach().requiresGrad).toBe(false);
    expectClose(grad((a: Complex) => a.abs().square().sum())(make([3], [4])), make([6], [8]));
  });

  test("at 0, those of abs, angle and sgn are none", () => {
    const origin = make([0], [0]);
    for (const f of [C.abs, C.angle])
      expectClose(grad((a: Complex) => f(a).sum())(origin), make([0], [0]));
    expect(C.sgn(origin).toArraySync()).toEqual([[0, 0]]);
  });
});

describe("transformations take complex tensors, and give them", () => {
  const f = (a: Complex, b: Complex): { product: Complex; size: Tensor } => ({
    product: a.mul(b).exp(),
    size: a.abs(),
  });

  test("compile", () => {
    const compiled = compile(f);
    for (const [a, b] of [
      [z, w],
      [w, z],
      [z.narrow(0, 0, 2), w.narrow(0, 1, 2)],
    ])
      expectClose(compiled(a, b).product, f(a, b).product);
    const real = compile((a: Complex | Tensor) => (a instanceof Complex ? a.abs() : a.neg()));
    expect(real(z).at(0).itemSync()).toBeCloseTo(Math.hypot(0.3, 0.8), 12);
    expect(real(z.real).at(0).itemSync()).toBe(-0.3);
  });

  test("vmap", () => {
    const [a, b] = [z.reshape(2, 2), w.reshape(2, 2)];
    expectClose(vmap(f)(a, b).product, f(a, b).product);
    expectClose(vmap(f, { inDims: 1, outDims: 1 })(a, b).product, f(a, b).product);
    const norms = vmap(grad((row: Complex) => row.mul(row).abs().sum()));
    expectClose(norms(a), grad((all: Complex) => all.mul(all).abs().sum())(a));
  });

  test("vjp and jvp", () => {
    const [y, pull] = vjp(f, z, w);
    expectClose(y.product, f(z, w).product);
    expect(pull(y)[0]).toBeInstanceOf(Complex);
    const [, tangent] = jvp(f, [z, w], [direction(z), direction(w)] as [Complex, Complex]);
    expect(tangent.product).toBeInstanceOf(Complex);
  });

  test("scan", () => {
    const [last] = scan(
      (carry: Complex, step: Complex): [Complex, Tensor[]] => [carry.mul(step), []],
      C.cdouble(1),
      z,
    );
    expectClose(last, z.prod());
  });
});

describe("parts of f16", () => {
  const exact = [C.cfloat(z), C.cfloat(w)].map((x) => C.chalf(x).to("f64"));
  const [a, b] = exact.map((x) => C.chalf(x));

  test.each<[string, (x: Complex, y: Complex) => Complex | Tensor]>([
    ["add", (x, y) => x.add(y, { alpha: 3 })],
    ["mul", (x, y) => x.mul(y)],
    ["div", (x, y) => x.div(y)],
    ["pow", (x, y) => x.pow(y)],
    ["pow of integers", (x) => x.pow(-3)],
    ["exp", (x) => x.exp()],
    ["log", (x) => x.log()],
    ["sqrt", (x) => x.sqrt()],
    ["tan", (x) => x.tan()],
    ["abs", (x) => x.abs()],
    ["angle", (x) => x.angle()],
    ["silu", (x) => x.silu()],
    ["sum", (x) => x.sum()],
    ["mean", (x) => x.mean()],
    ["prod", (x) => x.prod()],
    ["vdot", (x, y) => x.vdot(y)],
    ["cumsum", (x) => x.cumsum(0)],
  ])("%s computes in f32 and rounds once", (_, f) => {
    const rounded = f(a, b);
    expect(rounded.dtype).toBe("f16");
    const wanted = f(exact[0], exact[1]).to("f16");
    const [x, y] = [rounded.dataSync(), wanted.dataSync()];
    x.forEach((v, i) => expect(Math.abs(v - y[i])).toBeLessThanOrEqual(2 ** -11 * Math.abs(y[i])));
  });

  test("wider operands win; integers and numbers do not count", () => {
    expect(a.mul(C.cfloat(b)).dtype).toBe("f32");
    expect(a.add(b.real).dtype).toBe("f16");
    expect(a.mul(tensor([1, 2, 3, 4], { dtype: "i32" })).dtype).toBe("f16");
    expect(a.mul(2).dtype).toBe("f16");
    expect(C.complex(tensor([1], { dtype: "f16" }), 2).dtype).toBe("f16");
  });

  test("gradients and batches", () => {
    const slope = grad((x: Complex) => x.mul(b).abs().sum());
    const [own, wide] = [
      slope(a).to("f64"),
      grad((x: Complex) => x.mul(exact[1]).abs().sum())(exact[0]),
    ];
    expectClose(own, wide, 2);
    expectClose(vmap((x: Complex) => x.mul(2))(a.reshape(2, 2)).reshape(4), a.mul(2));
  });
});

test("complex tensors are no operands of real functions", () => {
  expect(() => where(tensor([true]), z as never, 0)).toThrow(
    "where: expected a tensor or a number, got an instance of Complex",
  );
  expect(() => stack([z as never])).toThrow(
    "stack: expected an array of tensors, got an instance of Complex in it",
  );
});
