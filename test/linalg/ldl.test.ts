import { beforeEach, describe, expect, test } from "vitest";
import * as C from "../../src/complex/index.ts";
import { type Complex } from "../../src/complex/index.ts";
import * as L from "../../src/linalg/index.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import { manualSeed, matmul, randn, Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { devicesOfCompositions } from "../conformance/devices.ts";

const f64 = { dtype: "f64" } as const;
/** What is above the diagonals must not be read. */
const real = tensor(
  [
    [0, 99, 99, 99],
    [2, 1, 99, 99],
    [3, -1, 0, 99],
    [1, 2, -4, 0.5],
  ],
  f64,
);
const imag = tensor(
  [
    [0, 99, 99, 99],
    [1, 0, 99, 99],
    [-2, 0.5, 0, 99],
    [0, 1, -1, 0],
  ],
  f64,
);

// What LAPACK gives through torch.linalg.ldl_factor: two blocks of size 2, the second of which exchanges a row
// with itself.
const PIVOTS = [-3, -3, -4, -4];
const REAL = [
  [0, 0, 0, 0],
  [3, 0, 0, 0],
  [-1 / 3, 2 / 3, 7 / 3, 0],
  [-4 / 3, 1 / 3, 5, 19 / 6],
];
const SYMMETRIC = [
  [
    [0, 0, 0, 0],
    [3, 0, 0, 0],
    [-4 / 13, 4 / 13, 28 / 13, 0],
    [-10 / 13, 3 / 13, 3, 53 / 26],
  ],
  [
    [0, 0, 0, 0],
    [-2, 0, 0, 0],
    [-1 / 26, 7 / 13, 10 / 13, 0],
    [-11 / 13, 2 / 13, 3.5, 22 / 13],
  ],
];
const HERMITIAN = [
  [
    [0, 0, 0, 0],
    [3, 0, 0, 0],
    [-4 / 13, 4 / 13, 28 / 13, 0],
    [-14 / 13, 3 / 13, 53 / 13, 69 / 26],
  ],
  [
    [0, 0, 0, 0],
    [-2, 0, 0, 0],
    [1 / 26, 7 / 13, 0, 0],
    [5 / 13, 2 / 13, -21 / 26, 0],
  ],
];

function close(actual: Tensor, expected: Tensor | number[][], slack = 1e-12): void {
  const want = expected instanceof Tensor ? expected : tensor(expected, f64);
  expect(actual.shape).toEqual(want.shape);
  if (want.size > 0) expect(actual.sub(want).abs().max().itemSync()).toBeLessThan(slack);
}

const whole = (a: Tensor, sign: 1 | -1): Tensor => a.tril().add(a.tril(-1).mT.mul(sign));

describe.each(devicesOfCompositions())("%s", (device) => {
  beforeEach(() => {
    setDevice(device);
    manualSeed(1);
  });

  test("factors and pivots are LAPACK's", () => {
    const own = L.ldlFactor(real);
    expect(own.pivots.toArraySync()).toEqual(PIVOTS);
    close(own.ld, REAL);
    for (const [hermitian, [re, im]] of [
      [false, SYMMETRIC],
      [true, HERMITIAN],
    ] as const) {
      const { ld, pivots } = L.ldlFactor(C.complex(real, imag), { hermitian });
      expect(pivots.toArraySync()).toEqual(PIVOTS);
      close(ld.real, re);
      close(ld.imag, im);
    }
  });

  test.each([1, 2, 7, 70])("equations of %i unknowns", (n) => {
    const a = randn([2, n, n], f64);
    const b = randn([n, 3], f64);
    const { ld, pivots } = L.ldlFactor(a);
    close(matmul(whole(a, 1), L.ldlSolve(ld, pivots, b)), b.expand(2, n, 3), 1e-9 * n);
    const single = L.ldlFactor(a.to("f32"));
    const x = L.ldlSolve(single.ld, single.pivots, b.to("f32"));
    const left = matmul(whole(a.to("f32"), 1), x).sub(b.to("f32"));
    expect(left.abs().max().div(x.abs().max()).itemSync()).toBeLessThan(1e-5 * n);
    const skew = a.roll(1, 0);
    const right = C.complex(b, b.flip([0]));
    for (const hermitian of [false, true]) {
      const imaginary = hermitian ? skew.tril(-1) : skew;
      const z = C.complex(a, imaginary);
      const all = C.complex(whole(a, 1), whole(imaginary, hermitian ? -1 : 1));
      const factors = L.ldlFactor(z, { hermitian });
      const solved = L.ldlSolve<Complex>(factors.ld, factors.pivots, right, { hermitian });
      const error = C.sub(C.matmul(all, solved), right);
      close(C.abs(error), zeros([2, n, 3], f64), 1e-9 * n);
    }
  });

  test("empty matrices, and those of zeros", () => {
    expect(L.ldlFactorEx(zeros([2, 0, 0])).info.toArraySync()).toEqual([0, 0]);
    expect(L.ldlFactor(zeros([0, 3, 3])).pivots.shape).toEqual([0, 3]);
    expect(
      L.ldlSolve(zeros([2, 0, 0]), zeros([2, 0], { dtype: "i32" }), zeros([0, 4])).shape,
    ).toEqual([2, 0, 4]);
    const { ld, pivots, info } = L.ldlFactorEx(zeros([3, 3]));
    expect(info.itemSync()).toBe(1);
    expect(pivots.toArraySync()).toEqual([1, 2, 3]);
    close(ld, zeros([3, 3]));
  });
});
