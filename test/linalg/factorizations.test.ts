import { beforeEach, describe, expect, test } from "vitest";
import * as C from "../../src/complex/index.ts";
import * as L from "../../src/linalg/index.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  arange,
  evalAll,
  eye,
  manualSeed,
  matmul,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.ts";
import { devicesOfCompositions } from "../conformance/devices.ts";

type Float = "f32" | "f64";
const SLACK = { f32: 2e-6, f64: 4e-15 };

/** The largest difference, in relation to the largest element. */
const apart = (x: Tensor, y: Tensor): Tensor =>
  x.size === 0 ? zeros([]) : x.sub(y).abs().max().div(y.abs().max().clamp(1));

const unit = (n: number, dtype: Float): Tensor => eye(n, n, { dtype });
/** How far columns are from orthonormal. */
const skewness = (q: Tensor): Tensor =>
  apart(matmul(q.mT, q), unit(q.shape[q.ndim - 1], q.dtype as Float).expand(matmul(q.mT, q).shape));

async function small(errors: Record<string, Tensor>, slack: number): Promise<void> {
  await evalAll(Object.values(errors));
  for (const [name, error] of Object.entries(errors)) {
    const value = error.itemSync();
    if (!(value <= slack)) expect(`${name}: ${value}`).toBe(`at most ${slack}`);
  }
}

const spectral = (v: Tensor, values: Tensor, w: Tensor): Tensor =>
  matmul(v.mul(values.unsqueeze(-2)), w);

function errorsOf(a: Tensor): Record<string, Tensor> {
  const { p, l, u } = L.lu(a);
  const { q, r } = L.qr(a);
  const whole = L.qr(a, { mode: "complete" });
  const s = L.svd(a, { fullMatrices: false });
  const full = L.svd(a);
  const k = s.s.shape[s.s.ndim - 1];
  const plus = L.pinv(a);
  return {
    "P L U": apart(matmul(p, matmul(l, u)), a),
    "multipliers of partial pivoting": l.abs().max().sub(1).relu(),
    "Q R": apart(matmul(q, r), a),
    "Q of QR": skewness(q),
    "complete Q R": apart(matmul(whole.q, whole.r), a),
    "complete Q": skewness(whole.q),
    "U S V": apart(spectral(s.u, s.s, s.vh), a),
    U: skewness(s.u),
    V: skewness(s.vh.mT),
    "full U": skewness(full.u),
    "full V": skewness(full.vh.mT),
    "U S V of the full one": apart(
      spectral(full.u.narrow(-1, 0, k), full.s, full.vh.narrow(-2, 0, k)),
      a,
    ),
    "order of singular values": s.s.diff(1, -1).relu().sum(),
    "A A⁺ A": apart(matmul(a, matmul(plus, a)), a),
    "A⁺ A A⁺": apart(matmul(plus, matmul(a, plus)), plus),
  };
}

function squareErrors(a: Tensor): Record<string, Tensor> {
  const n = a.shape[a.ndim - 1];
  const dtype = a.dtype as Float;
  const symmetric = a.add(a.mT);
  const positive = matmul(a, a.mT).add(unit(n, dtype));
  const l = L.cholesky(positive);
  const upper = L.cholesky(positive, { upper: true });
  const { eigenvalues, eigenvectors } = L.eigh(symmetric);
  const well = positive.div(n);
  const { sign, logabsdet } = L.slogdet(well);
  const { lu, pivots } = L.luFactor(well);
  const one = unit(n, dtype).expand(a.shape);
  return {
    "L Lᵀ": apart(matmul(l, l.mT), positive),
    "Uᵀ U": apart(matmul(upper.mT, upper), positive),
    "V Λ Vᵀ": apart(spectral(eigenvectors, eigenvalues, eigenvectors.mT), symmetric),
    V: skewness(eigenvectors),
    "order of eigenvalues": eigenvalues.diff(1, -1).neg().relu().sum(),
    "A⁻¹ A": apart(matmul(L.inv(well), well), one),
    "A X = B": apart(matmul(well, L.solve(well, a)), a),
    "X A = B": apart(matmul(L.solve(well, a, { left: false }), well), a),
    "by LU": apart(matmul(well, L.luSolve(lu, pivots, a)), a),
    "by its transpose": apart(matmul(well.mT, L.luSolve(lu, pivots, a, { adjoint: true })), a),
    "by Cholesky": apart(matmul(well, L.choleskySolve(a, L.cholesky(well))), a),
    "log det": apart(
      logabsdet.mul(sign),
      L.cholesky(well).diagonal(0, -2, -1).log().sum(-1).mul(2),
    ),
  };
}

const isFull = process.env.NABLA_TEST_MODE === "full";

describe.each(devicesOfCompositions())("%s", (device) => {
  beforeEach(() => {
    setDevice(device);
    manualSeed(1);
  });

  describe.each<Float>(["f32", "f64"])("%s", (dtype) => {
    test.each([
      [1, 1],
      [2, 2],
      [3, 5],
      [5, 3],
      [6, 6],
      [9, 1],
      [70, 40],
    ])("factors of %i x %i matrices give them back", async (m, n) => {
      await small(errorsOf(randn([2, m, n], { dtype })), SLACK[dtype] * (m + n));
    });

    test.each([1, 2, 3, 6, 37, 70])("square matrices of %i", async (n) => {
      await small(squareErrors(randn([3, n, n], { dtype })), SLACK[dtype] * 8 * (n + 4));
    });

    test("matrices of lower rank", async () => {
      const a = matmul(randn([2, 7, 2], { dtype }), randn([2, 2, 5], { dtype }));
      await small(errorsOf(a), SLACK[dtype] * 12);
      expect(L.matrixRank(a).toArraySync()).toEqual([2, 2]);
      expect(L.matrixRank(zeros([4, 3], { dtype })).itemSync()).toBe(0);
      await small(errorsOf(zeros([3, 4], { dtype })), 0);
    });

    test("eigenvalues that are equal, or nearly so", async () => {
      const n = 24;
      const { q } = L.qr(randn([n, n], { dtype }));
      const gaps = arange(n)
        .div(n)
        .mul(dtype === "f32" ? 1e-4 : 1e-9);
      for (const values of [arange(n).remainder(3), arange(n).remainder(3).add(gaps)]) {
        const a = matmul(q.mul(values.to(dtype)), q.mT);
        const { eigenvalues, eigenvectors } = L.eigh(a);
        const { u, s, vh } = L.svd(a);
        const [sorted] = [values.to(dtype).sort().values];
        await small(
          {
            eigh: apart(spectral(eigenvectors, eigenvalues, eigenvectors.mT), a),
            eigenvalues: apart(eigenvalues, sorted),
            eigenvectors: skewness(eigenvectors),
            svd: apart(spectral(u, s, vh), a),
            "singular values": apart(s, sorted.flip(0)),
          },
          SLACK[dtype] * 8,
        );
      }
    });

    test.each([1, 2, 3, 6, 20])("eigenvalues of any matrix of %i", async (n) => {
      const a = randn([2, n, n], { dtype });
      const kinds = {
        random: a,
        // A fixed point of the QR algorithm without exceptional shifts.
        "a cycle": unit(n, dtype).roll(1, 0).expand(2, n, n),
        symmetric: a.add(a.mT),
        skew: a.sub(a.mT),
        triangular: a.triu(),
        orthogonal: L.qr(a).q,
        "of rank 1": matmul(a.narrow(2, 0, 1), a.narrow(1, 0, 1)),
        zero: a.mul(0),
      };
      const errors: Record<string, Tensor> = {};
      for (const [name, x] of Object.entries(kinds)) {
        const { eigenvalues, eigenvectors } = L.eig(x);
        const left = eigenvectors.map((part) => matmul(x, part));
        const right = C.mul(
          eigenvectors,
          eigenvalues.map((part) => part.unsqueeze(-2)),
        );
        const size = x.abs().max().clamp(1);
        errors[name] = C.abs(C.sub(left, right)).max().div(size);
        errors[`${name}: lengths`] = C.abs(eigenvectors).square().sum(1).sub(1).abs().max();
        errors[`${name}: trace`] = eigenvalues.real
          .sum(-1)
          .sub(x.diagonal(0, -2, -1).sum(-1))
          .abs()
          .max()
          .div(size);
        errors[`${name}: pairs`] = eigenvalues.imag.sum(-1).abs().max();
      }
      await small(errors, SLACK[dtype] * (n + 4));
    });

    test("large and small numbers", async () => {
      const a = randn([5, 5], { dtype });
      const scale = dtype === "f32" ? 1e30 : 1e200;
      for (const by of [scale, 1 / scale]) {
        const x = a.mul(by);
        const { q, r } = L.qr(x);
        const { u, s, vh } = L.svd(x);
        const e = L.eigh(x.add(x.mT));
        const back = spectral(e.eigenvectors, e.eigenvalues, e.eigenvectors.mT);
        await small(
          {
            qr: apart(matmul(q, r.div(by)), a),
            svd: apart(spectral(u, s.div(by), vh), a),
            eigh: apart(back.div(by), a.add(a.mT)),
          },
          SLACK[dtype] * 20,
        );
      }
    });
  });

  test("empty matrices", async () => {
    const a = zeros([2, 0, 0]);
    expect(L.det(a).toArraySync()).toEqual([1, 1]);
    expect(L.slogdet(a).logabsdet.toArraySync()).toEqual([0, 0]);
    expect(L.cond(a).toArraySync()).toEqual([0, 0]);
    const { u, s, vh } = L.svd(zeros([0, 3]));
    expect([u.shape, s.shape, vh.shape]).toEqual([[0, 0], [0], [3, 3]]);
    const { q, r } = L.qr(zeros([3, 0]), { mode: "complete" });
    expect([q.toArraySync(), r.shape]).toEqual([unit(3, "f32").toArraySync(), [3, 0]]);
    const none = zeros([0, 4, 4]);
    const results = [
      L.cholesky(none),
      L.inv(none),
      L.eigh(none).eigenvectors,
      L.lu(none).p,
      L.matrixExp(none),
      L.pinv(none),
      L.solve(none, none),
    ];
    for (const x of results) expect([x.shape, (await x.data()).length]).toEqual([[0, 4, 4], 0]);
    expect(L.lstsq(zeros([0, 3]), zeros([0, 2])).solution.toArraySync()).toEqual(
      zeros([3, 2]).toArraySync(),
    );
  });

  test("what is singular or not positive is told", () => {
    const flat = tensor([
      [1, 2],
      [2, 4],
    ]);
    expect(L.det(flat).itemSync()).toBeCloseTo(0, 12);
    expect(L.slogdet(flat).logabsdet.itemSync()).toBe(-Infinity);
    expect(L.invEx(flat).info.itemSync()).toBe(2);
    expect(L.solveEx(flat, tensor([1, 1])).info.itemSync()).toBe(2);
    expect(L.luFactorEx(zeros([2, 2])).info.itemSync()).toBe(1);
    const saddle = tensor([
      [1, 2],
      [2, 1],
    ]);
    expect(L.cholesky(saddle).toArraySync()).toEqual([
      [1, 0],
      [2, NaN],
    ]);
    expect(L.choleskyEx(saddle).info.itemSync()).toBe(2);
    expect(L.choleskyEx(flat.add(unit(2, "f32"))).info.itemSync()).toBe(0);
    expect(L.cond(flat, 1).itemSync()).toBe(Infinity);
    expect(L.logdet(saddle).itemSync()).toBe(NaN);
  });

  test("the determinant of a singular matrix has the derivative that cofactors give", () => {
    const a = tensor([
      [1, 2, 3],
      [2, 4, 6],
      [1, 0, 1],
    ]).requiresGrad_();
    L.det(a).backward();
    const cofactors = [
      [4, 4, -4],
      [-2, -2, 2],
      [0, 0, 0],
    ];
    expect(apart(a.grad!, tensor(cofactors)).itemSync()).toBeLessThan(1e-5);
  });
});

// Jacobi's methods take a second and more for large matrices.
const LARGE = isFull ? 200 : 80;

test("a large matrix, in double precision", async () => {
  const a = randn([LARGE, LARGE], { dtype: "f64" });
  await small({ ...errorsOf(a), ...squareErrors(a) }, 1e-11);
});

test("symmetric matrices that are made tridiagonal: clusters, low rank, zeros", async () => {
  setDevice("js");
  const n = 75;
  const double = { dtype: "f64" } as const;
  const { q } = L.qr(randn([n, n], double));
  const like = (values: Tensor): Tensor => matmul(q.mul(values), q.mT);
  const kinds: Record<string, Tensor> = {
    "one cluster": like(arange(n).to("f64").mul(1e-11).add(1)),
    "two clusters": like(arange(n).remainder(2).to("f64").add(1)),
    "low rank": matmul(randn([n, 3], double), randn([3, n], double)),
    graded: like(arange(n).to("f64").mul(-0.4).exp()),
    huge: randn([n, n], double).mul(1e200),
    diagonal: unit(n, "f64").mul(arange(n).flip([0])),
    zeros: zeros([n, n], double),
  };
  await evalAll(Object.values(kinds));
  const errors: Record<string, Tensor> = {};
  for (const [name, a] of Object.entries(kinds)) {
    const x = a.add(a.mT);
    const { eigenvalues: l, eigenvectors: v } = L.eigh(x);
    const size = x.abs().max().clamp(1).detach();
    errors[name] = apart(spectral(v, l, v.mT).div(size), x.div(size));
    errors[`${name}: vectors`] = skewness(v);
    errors[`${name}: order`] = l.div(size).diff().neg().relu().sum();
  }
  await small(errors, SLACK.f64 * 8 * n);
});

test("eigenvectors of a matrix that hardly has enough of them", async () => {
  const a = randn([96, 96]).triu();
  const { eigenvalues, eigenvectors } = L.eig(a);
  const left = eigenvectors.map((part) => matmul(a, part));
  const right = C.mul(eigenvectors, eigenvalues);
  await small({ vectors: C.abs(C.sub(left, right)).max() }, 1e-4);
});

test("Q and R in mode r, and what has no derivative", () => {
  const a = randn([4, 2]).requiresGrad_();
  expect(L.qr(a, { mode: "r" }).q.shape).toEqual([0]);
  expect(() => L.qr(a, { mode: "complete" }).q.sum().backward()).toThrow(
    'qr: mode "complete" has no derivative for more rows than columns',
  );
});
