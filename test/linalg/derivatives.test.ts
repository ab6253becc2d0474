import { beforeAll, describe, expect, test } from "vitest";
import * as C from "../../src/complex/index.ts";
import * as L from "../../src/linalg/index.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  arange,
  compile,
  evalAll,
  eye,
  fromTypedArray,
  grad,
  jvp,
  manualSeed,
  matmul,
  randn,
  type Tensor,
  vmap,
} from "../../src/tensor/index.ts";

// Every function's derivatives, in f64 and of one matrix at a time, against differences; and what other
// transformations make of it.

interface Subject {
  readonly shape: readonly number[];
  readonly f: (a: Tensor) => Tensor | readonly Tensor[];
}

const f64 = { dtype: "f64" } as const;
/** Symmetric and positive definite. */
const positive = (a: Tensor): Tensor => matmul(a, a.mT).add(eye(a.shape[0], undefined, f64));
const symmetric = (a: Tensor): Tensor => a.add(a.mT);
/** Far from singular. */
const regular = (a: Tensor): Tensor => a.add(eye(a.shape[0], undefined, f64).mul(4));
/** A diagonal of zeros makes blocks of size 2. */
const indefinite = eye(4, undefined, f64).neg().add(1);
const b = fromTypedArray(Float64Array.of(1, -2, 3, 0.5, 2, -1, 0.25, 4), [4, 2]);
const tall = (a: Tensor): Tensor => a.narrow(0, 0, 4);

const SUBJECTS: Record<string, Subject> = {
  cholesky: { shape: [4, 4], f: (a) => L.cholesky(positive(a)) },
  "cholesky, upper": { shape: [4, 4], f: (a) => L.cholesky(positive(a), { upper: true }) },
  choleskyInverse: { shape: [4, 4], f: (a) => L.choleskyInverse(L.cholesky(positive(a))) },
  choleskySolve: { shape: [4, 4], f: (a) => L.choleskySolve(b, L.cholesky(positive(a))) },
  solveTriangular: {
    shape: [4, 4],
    f: (a) => [true, false].map((upper) => L.solveTriangular(regular(a), b, { upper })),
  },
  "solveTriangular of the other side": {
    shape: [4, 4],
    f: (a) => L.solveTriangular(regular(a), b.T, { upper: true, left: false, unitriangular: true }),
  },
  solve: { shape: [4, 4], f: (a) => L.solve(regular(a), b.add(a.narrow(1, 0, 2))) },
  inv: { shape: [4, 4], f: (a) => L.inv(regular(a)) },
  det: { shape: [4, 4], f: (a) => L.det(a) },
  slogdet: { shape: [4, 4], f: (a) => L.slogdet(regular(a)).logabsdet },
  logdet: { shape: [4, 4], f: (a) => L.logdet(positive(a)) },
  lu: {
    shape: [4, 4],
    f: (a) => {
      const { l, u } = L.lu(regular(a));
      return [l, u];
    },
  },
  "lu, tall": {
    shape: [5, 3],
    f: (a) => {
      const { l, u } = L.lu(a);
      return [l, u];
    },
  },
  "lu, wide": {
    shape: [3, 5],
    f: (a) => {
      const { l, u } = L.lu(a);
      return [l, u];
    },
  },
  luSolve: {
    shape: [4, 4],
    f: (a) => {
      const { lu, pivots } = L.luFactor(regular(a));
      return L.luSolve(lu, pivots, b);
    },
  },
  ldlFactor: { shape: [5, 5], f: (a) => L.ldlFactor(a).ld },
  ldlSolve: {
    shape: [4, 4],
    f: (a) => {
      const { ld, pivots } = L.ldlFactor(a.mul(indefinite));
      return L.ldlSolve(ld, pivots, b.add(a.narrow(1, 0, 2)));
    },
  },
  qr: { shape: [4, 4], f: (a) => Object.values(L.qr(a)) },
  "qr, tall": { shape: [5, 3], f: (a) => Object.values(L.qr(a)) },
  "qr, wide": { shape: [3, 5], f: (a) => Object.values(L.qr(a)) },
  geqrf: {
    shape: [5, 3],
    f: (a) => {
      const factors = L.geqrf(a);
      return L.householderProduct(factors.a, factors.tau);
    },
  },
  ormqr: {
    shape: [4, 4],
    f: (a) => {
      const factors = L.geqrf(a);
      return L.ormqr(factors.a, factors.tau, b, { transpose: true });
    },
  },
  eigvalsh: { shape: [4, 4], f: (a) => L.eigvalsh(symmetric(a)) },
  eigh: {
    shape: [5, 5],
    f: (a) => {
      const { eigenvalues, eigenvectors } = L.eigh(symmetric(a));
      return [eigenvalues, eigenvectors.square()];
    },
  },
  "eigh, by tridiagonal matrices": {
    shape: [6, 7],
    f: (a) => {
      // Of 42 rows, of which few entries are taken for arguments.
      const x = a.reshape(42, 1).mul(a.reshape(1, 42)).mul(0.1);
      const levels = arange(42).to("f64").mul(3);
      const { eigenvalues, eigenvectors } = L.eigh(x.add(eye(42, undefined, f64).mul(levels)));
      return [eigenvalues, eigenvectors.square()];
    },
  },
  eigvals: {
    shape: [4, 4],
    f: (a) => {
      const { real, imag } = L.eigvals(a);
      return [real, imag];
    },
  },
  eig: {
    shape: [4, 4],
    f: (a) => {
      const { eigenvalues, eigenvectors } = L.eig(a);
      return [eigenvalues.real, eigenvalues.imag, C.abs(eigenvectors).square()];
    },
  },
  svdvals: { shape: [4, 3], f: (a) => L.svdvals(a) },
  "svd, square": { shape: [4, 4], f: vectorsOf },
  "svd, tall": { shape: [5, 3], f: vectorsOf },
  "svd, wide": { shape: [3, 4], f: vectorsOf },
  pinv: { shape: [4, 3], f: (a) => L.pinv(a) },
  "pinv, hermitian": {
    shape: [4, 4],
    f: (a) => L.pinv(symmetric(a), { hermitian: true }),
  },
  lstsq: {
    shape: [5, 3],
    f: (a) => {
      const { solution, residuals } = L.lstsq(tall(a), b, { driver: "gelsd" });
      return [solution, residuals];
    },
  },
  "lstsq by QR": { shape: [5, 3], f: (a) => L.lstsq(tall(a), b, { driver: "gels" }).solution },
  "lstsq by QR, wide": { shape: [4, 5], f: (a) => L.lstsq(a, b, { driver: "gels" }).solution },
  cond: { shape: [4, 4], f: (a) => L.cond(regular(a)) },
  "cond, 1": { shape: [4, 4], f: (a) => L.cond(regular(a), 1) },
  "matrixNorm, nuc": { shape: [4, 3], f: (a) => L.matrixNorm(a, "nuc") },
  "matrixNorm, 2": { shape: [4, 3], f: (a) => L.matrixNorm(a, 2) },
  matrixExp: { shape: [4, 4], f: (a) => L.matrixExp(a) },
  matrixPower: { shape: [4, 4], f: (a) => L.matrixPower(regular(a), -2) },
  tensorinv: { shape: [4, 4], f: (a) => L.tensorinv(regular(a).reshape(2, 2, 4)) },
  tensorsolve: { shape: [4, 4], f: (a) => L.tensorsolve(regular(a).reshape(2, 2, 4), b.at(":2")) },
  multiDot: { shape: [4, 4], f: (a) => L.multiDot([a, b, b.T, a]) },
};

function vectorsOf(a: Tensor): Tensor[] {
  const { u, s, vh } = L.svd(a, { fullMatrices: false });
  return [u.square(), s, vh.square(), matmul(u, vh)];
}

/** The results weighted and added up, so that every element counts differently. */
function total({ f }: Subject): (a: Tensor) => Tensor {
  return (a) => {
    const given = f(a);
    const results = Array.isArray(given) ? (given as Tensor[]) : [given as Tensor];
    return results
      .map((y) => {
        const weights = Float64Array.from({ length: y.size }, (_, i) => Math.cos(i + 1));
        return y
          .flatten()
          .mul(fromTypedArray(weights, [y.size]))
          .sum();
      })
      .reduce((p, q) => p.add(q));
  };
}

function closeTo(actual: Tensor, expected: Tensor, slack: number): void {
  const [x, y] = [actual.dataSync(), expected.dataSync()];
  expect(x.length).toBe(y.length);
  const most = Math.max(1, ...Array.from(y, Math.abs));
  for (let i = 0; i < x.length; i++)
    if (!(Math.abs(x[i] - y[i]) <= slack * most)) expect(x[i], `element ${i}`).toBe(y[i]);
}

describe.each(Object.entries(SUBJECTS))("%s", (_, subject) => {
  beforeAll(() => setDevice("js"));
  const sum = total(subject);
  const slope = grad(sum);
  manualSeed(7);
  const a = randn([...subject.shape], f64);
  const direction = randn([...subject.shape], f64);
  const h = 1e-5;
  const difference = (f: (x: Tensor) => Tensor): Tensor =>
    f(a.add(direction.mul(h)))
      .sub(f(a.sub(direction.mul(h))))
      .div(2 * h);

  test("the gradient is that of differences", () => {
    closeTo(slope(a).mul(direction).sum(), difference(sum), 1e-7);
  });

  test("the second derivative is that of differences of the first", () => {
    const along = grad((x: Tensor) => slope(x).mul(direction).sum());
    closeTo(
      along(a).mul(direction).sum(),
      difference((x) => slope(x).mul(direction).sum()),
      1e-5,
    );
  });

  test("the forward derivative agrees with the gradient", () => {
    const [value, tangent] = jvp(sum, [a], [direction]);
    closeTo(value, sum(a), 1e-12);
    closeTo(tangent, slope(a).mul(direction).sum(), 1e-8);
  });

  test("vmap gives what each matrix gives, and its gradient", async () => {
    const batch = randn([3, ...subject.shape], f64);
    const each = [0, 1, 2].map((i) => batch.select(0, i));
    const values = vmap(sum)(batch);
    const slopes = vmap(slope)(batch);
    const through = grad((x: Tensor) => vmap(sum)(x).sum())(batch);
    await evalAll([values, slopes, through]);
    each.forEach((x, i) => {
      closeTo(values.select(0, i), sum(x), 1e-10);
      closeTo(slopes.select(0, i), slope(x), 1e-8);
      closeTo(through.select(0, i), slope(x), 1e-6);
    });
  });

  test("compile gives the same", () => {
    const compiled = compile((x: Tensor) => [sum(x), slope(x)]);
    for (const x of [a, direction]) {
      const [value, gradient] = compiled(x);
      closeTo(value, sum(x), 1e-12);
      closeTo(gradient, slope(x), 1e-10);
    }
  });
});
