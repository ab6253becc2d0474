import { describe, expect, test } from "vitest";
import * as X from "../../src/extra/index.ts";
import * as L from "../../src/linalg/index.ts";
import { axis, d, f, i, messageOf, type Mistakes, no, x } from "../tensor/mistakes/helpers.ts";

const a = f(2, 2);
const one = i(2);

const MISTAKES: Mistakes = {
  choleskySolve: [
    [() => L.choleskySolve(x, x), "choleskySolve: expected square matrices (…, n, n), got [2, 3]"],
    [
      () => L.choleskySolve(f(3, 2), a),
      "choleskySolve: the right-hand side [3, 2] does not fit matrices [2, 2]",
    ],
    [
      () => L.choleskySolve(d(2, 2), a),
      'choleskySolve: expected equal dtypes, got f32 and f64; cast one, e.g. x.to("f32")',
    ],
    [
      () => L.choleskySolve(f(2, 2, 1), f(3, 2, 2)),
      "choleskySolve: shapes [3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)",
    ],
  ],
  eigh: [[() => L.eigh(a, { uplo: no }), 'eigh: uplo must be "L" or "U", got "x"']],
  eigvalsh: [[() => L.eigvalsh(a, { uplo: no }), 'eigvalsh: uplo must be "L" or "U", got "x"']],
  qr: [
    [() => L.qr(a, { mode: no }), 'qr: the mode must be "reduced" or "complete" or "r", got "x"'],
  ],
  householderProduct: [
    [
      () => L.householderProduct(x, f(2)),
      "householderProduct: expected at least as many rows as columns, got [2, 3]",
    ],
    [
      () => L.householderProduct(a, f(3)),
      "householderProduct: expected reflections (…, m, n) and tau (…, k), k ≤ min(m, n), got [2, 2] and [3]",
    ],
    [() => L.householderProduct(a, no), 'householderProduct: expected a tensor, got "x"'],
  ],
  ormqr: [
    [
      () => L.ormqr(a, f(1, 2), a),
      "ormqr: expected reflections (…, m, n) and tau (…, k), k ≤ min(m, n), got [2, 2] and [1, 2]",
    ],
    [() => L.ormqr(a, f(2), f(3, 2)), "ormqr: reflections [2, 2] do not fit [3, 2]"],
  ],
  luUnpack: [
    [() => L.luUnpack(a, f(2)), "luUnpack: expected pivots i32[2], got f32[2]"],
    [() => L.luUnpack(a, i(3)), "luUnpack: expected pivots i32[2], got i32[3]"],
  ],
  luSolve: [
    [() => L.luSolve(x, one, a), "luSolve: expected square matrices (…, n, n), got [2, 3]"],
    [() => L.luSolve(a, i(3), a), "luSolve: expected pivots i32[2], got i32[3]"],
    [
      () => L.luSolve(a, one, f(3, 2)),
      "luSolve: the right-hand side [3, 2] does not fit matrices [2, 2]",
    ],
  ],
  ldlSolve: [
    [() => L.ldlSolve(x, one, a), "ldlSolve: expected square matrices (…, n, n), got [2, 3]"],
    [() => L.ldlSolve(a, i(3), a), "ldlSolve: expected pivots i32[2], got i32[3]"],
    [() => L.ldlSolve(a, one, d(2, 2)), "ldlSolve: expected equal dtypes, got f32 and f64"],
    [
      () => L.ldlSolve(a, one, f(3, 2)),
      "ldlSolve: the right-hand side [3, 2] does not fit matrices [2, 2]",
    ],
  ],
  solve: [
    [() => L.solve(a, no), 'solve: expected a tensor, got "x"'],
    [() => L.solve(a, f(3)), "solve: the right-hand side [3, 1] does not fit matrices [2, 2]"],
    [
      () => L.solve(a, f(2), { left: false }),
      "solve: with left: false B must be matrices, got [2]",
    ],
    [
      () => L.solve(a, d(2)),
      'solve: expected equal dtypes, got f32 and f64; cast one, e.g. x.to("f32")',
    ],
  ],
  solveEx: [
    [() => L.solveEx(a, f(3)), "solveEx: the right-hand side [3, 1] does not fit matrices [2, 2]"],
  ],
  solveTriangular: [
    [
      () => L.solveTriangular(a, f(3, 1), { upper: true }),
      "solveTriangular: the right-hand side [3, 1] does not fit matrices [2, 2]",
    ],
    [
      () => L.solveTriangular(a, f(2), { upper: true }),
      "solveTriangular: expected matrices (…, m, n), got [2]",
    ],
  ],
  triangularSolve: [
    [
      () => L.triangularSolve(f(3, 1), a),
      "triangularSolve: the right-hand side [3, 1] does not fit matrices [2, 2]",
    ],
    [
      () => L.triangularSolve(a, x),
      "triangularSolve: expected square matrices (…, n, n), got [2, 3]",
    ],
  ],
  tensorinv: [
    [
      () => L.tensorinv(f(2, 3, 4)),
      "tensorinv: expected as many entries along the first 2 axes as along the others, got [2, 3, 4]",
    ],
    [() => L.tensorinv(a, 0.5), "tensorinv: the number of axes must be an integer, got 0.5"],
  ],
  tensorsolve: [
    [
      () => L.tensorsolve(f(2, 3, 4), f(2, 3)),
      "tensorsolve: [2, 3, 4] does not fit [2, 3]: expected as many entries along the first 2 axes as along the others",
    ],
    [() => L.tensorsolve(a, f(2), { dims: [2] }), axis("tensorsolve", 2)],
  ],
  svdLowrank: [
    [() => L.svdLowrank(x), "svdLowrank: q must be an integer from 0 to 2, got 6"],
    [
      () => L.svdLowrank(x, { q: 1, niter: -1 }),
      "svdLowrank: niter must be an integer >= 0, got -1",
    ],
    [
      () => L.svdLowrank(x, { q: 1, mean: d(2, 3) }),
      'svdLowrank: expected equal dtypes, got f32 and f64; cast one, e.g. x.to("f32")',
    ],
  ],
  pcaLowrank: [
    [() => L.pcaLowrank(x, { q: 3 }), "pcaLowrank: q must be an integer from 0 to 2, got 3"],
  ],
  matrixRank: [
    [
      () => L.matrixRank(x, { hermitian: true }),
      "matrixRank: expected square matrices (…, n, n), got [2, 3]",
    ],
  ],
  pinv: [
    [() => L.pinv(x, { hermitian: true }), "pinv: expected square matrices (…, n, n), got [2, 3]"],
  ],
  cond: [
    [() => L.cond(x, 1), "cond: expected square matrices (…, n, n), got [2, 3]"],
    [
      () => L.cond(a, 3),
      'matrixNorm: the order must be "fro", "nuc", 1, -1, 2, -2 or ±Infinity, got 3',
    ],
  ],
  lstsq: [
    [() => L.lstsq(x, f(3, 1)), "lstsq: the right-hand side [3, 1] does not fit matrices [2, 3]"],
    [
      () => L.lstsq(x, x, { driver: no }),
      'lstsq: the driver must be "gels" or "gelsy" or "gelsd" or "gelss", got "x"',
    ],
    [() => L.lstsq(x, no), 'lstsq: expected a tensor, got "x"'],
  ],
  norm: [
    [() => L.norm(f(2, 2, 2), 1), "norm: order 1 is one of vectors or matrices, got [2, 2, 2]"],
    [() => L.norm(f(2), "nuc"), 'norm: order "nuc" is one of matrices, got [2]'],
    [
      () => L.norm(a, 3),
      'matrixNorm: the order must be "fro", "nuc", 1, -1, 2, -2 or ±Infinity, got 3',
    ],
    [() => L.norm(one), 'norm: expected a floating-point tensor, got i32; use x.to("f32")'],
  ],
  vectorNorm: [
    [
      () => L.vectorNorm(one),
      'vectorNorm: expected a floating-point tensor, got i32; use x.to("f32")',
    ],
    [() => L.vectorNorm(x, no), 'norm: the order must be a number, got "x"'],
  ],
  diagonal: [
    [() => L.diagonal(no), 'diagonal: expected a tensor, got "x"'],
    [() => L.diagonal(f(2)), "diagonal: expected at least 2 axes, got shape [2]"],
  ],
};

/** Functions of matrices of any shape, and of square ones, as their first argument. */
const ANY =
  "lu luFactor luFactorEx luUnpack qr geqrf svd svdvals svdLowrank pcaLowrank pinv cond lstsq matrixRank";
const SQUARE =
  "cholesky choleskyEx choleskyInverse det slogdet logdet eig eigvals eigh eigvalsh ldlFactor ldlFactorEx inv invEx matrixExp solve solveEx solveTriangular";
/** Functions whose errors are those of others of which they are made. */
const SPEAK_AS: Record<string, readonly string[]> = {
  cond: ["matrixNorm"],
  norm: ["matrixNorm"],
  vectorNorm: ["norm"],
};

test("every function has its mistakes", () => {
  const known = new Set([...Object.keys(MISTAKES), ...ANY.split(" "), ...SQUARE.split(" ")]);
  // Those that nabla/extra has too are in its table.
  const names = Object.keys(L).filter((name) => !(name in X));
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !names.includes(name))).toEqual([]);
});

describe.each(Object.entries(MISTAKES))("%s", (name, mistakes) => {
  test.each(mistakes.map(([call, message]) => [message, call] as const))("%s", (message, call) => {
    expect(messageOf(call)).toBe(message);
    const speakers = [name, ...(SPEAK_AS[name] ?? [])];
    expect(speakers.some((speaker) => message.startsWith(`${speaker}: `)) ? "" : message).toBe("");
  });
});

type Call = (a: unknown, b: unknown, c: unknown) => unknown;
const call = (name: string, given: unknown): string =>
  messageOf(() => (L as unknown as Record<string, Call>)[name](given, x, {}));

test.each(ANY.split(" "))("%s takes matrices of floating-point numbers", (name) => {
  expect(call(name, "x")).toBe(`${name}: expected a tensor, got "x"`);
  expect(call(name, f(3))).toBe(`${name}: expected matrices (…, m, n), got [3]`);
  expect(call(name, i(2, 2))).toBe(
    `${name}: expected a floating-point tensor, got i32; use x.to("f32")`,
  );
});

test.each(SQUARE.split(" "))("%s takes square matrices of floating-point numbers", (name) => {
  expect(call(name, "x")).toBe(`${name}: expected a tensor, got "x"`);
  for (const shape of [[3], [2, 3]])
    expect(call(name, f(...shape))).toBe(
      `${name}: expected square matrices (…, n, n), got [${shape.join(", ")}]`,
    );
  expect(call(name, i(2, 2))).toBe(
    `${name}: expected a floating-point tensor, got i32; use x.to("f32")`,
  );
});
