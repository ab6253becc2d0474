import { describe, expect, test } from "vitest";
import { cat, type Complex, complex, vdot } from "../../src/complex/index.ts";
import * as F from "../../src/fft/index.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  compile,
  grad,
  manualSeed,
  randn,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";
import { differences } from "../complex/differences.ts";
import { devicesOfCompositions, devicesUnderTest } from "../conformance/devices.ts";

process.env.NABLA_FIRST_TIER = "off";

const f64 = { dtype: "f64" } as const;
const signal = (shape: number[], dtype: DType = "f64"): Complex =>
  complex(randn(shape, { dtype }), randn(shape, { dtype }));

/** The transform by its definition, of interleaved numbers. */
function direct(x: ArrayLike<number>, sign: number): Float64Array {
  const n = x.length / 2;
  const out = new Float64Array(2 * n);
  const angles = Array.from({ length: n }, (_, j) => (2 * Math.PI * j) / n);
  const roots = angles.map((a) => [Math.cos(a), sign * Math.sin(a)]);
  for (let k = 0; k < n; k++)
    for (let j = 0; j < n; j++) {
      const [c, s] = roots[(j * k) % n];
      out[2 * k] += c * x[2 * j] - s * x[2 * j + 1];
      out[2 * k + 1] += s * x[2 * j] + c * x[2 * j + 1];
    }
  return out;
}

/** The largest difference, in units of the largest number that is expected; NaN where there is one. */
function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [most, worst] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs(expected[i]));
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
  }
  return worst / most;
}

const LIMIT = { f32: 1e-6, f64: 1e-14 } as const;
// All short lengths, and some with one, two and more steps, large primes and prime powers.
const LENGTHS = [...Array.from({ length: 64 }, (_, i) => i + 1), 97, 100, 121, 251, 1000, 1021];

describe.each(devicesOfCompositions())("%s", (device) => {
  test.each(LENGTHS)("%i numbers, against the definition and back", (n) => {
    setDevice(device);
    for (const dtype of ["f32", "f64"] as const) {
      const z = signal([n], dtype);
      const x = z.dataSync();
      expect(deviation(F.fft(z).dataSync(), direct(x, -1))).toBeLessThan(LIMIT[dtype]);
      const back = F.ifft(z, { norm: "forward" });
      expect(deviation(back.dataSync(), direct(x, 1))).toBeLessThan(LIMIT[dtype]);
      expect(deviation(F.ifft(F.fft(z)).dataSync(), x)).toBeLessThan(LIMIT[dtype] * 2);
      // Real numbers, by the half of their transform.
      const half = F.rfft(z.real);
      const whole = F.fft(z.real);
      const kept = half.size;
      expect(kept).toBe(Math.floor(n / 2) + 1);
      expect(deviation(half.dataSync(), whole.narrow(0, 0, kept).dataSync())).toBeLessThan(
        LIMIT[dtype],
      );
      expect(deviation(F.irfft(half, { n }).dataSync(), z.real.dataSync())).toBeLessThan(
        LIMIT[dtype] * 2,
      );
      expect(deviation(F.hfft(F.ihfft(z.real), { n }).dataSync(), z.real.dataSync())).toBeLessThan(
        LIMIT[dtype] * 2,
      );
    }
  });
});

test.each(devicesUnderTest())("4096 numbers are as exact as promised on %s", (device) => {
  setDevice(device);
  manualSeed(4);
  for (const dtype of ["f32", "f64"] as const) {
    const z = signal([4096], dtype);
    const expected = direct(z.dataSync(), -1);
    expect(deviation(F.fft(z).dataSync(), expected)).toBeLessThan(LIMIT[dtype]);
  }
});

function expectClose(actual: Complex | Tensor, expected: Complex | Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(deviation(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-13);
}

describe("axes, lengths and norms", () => {
  test("Parseval: the orthonormal transform keeps products", () => {
    for (const n of [12, 100, 131]) {
      const [a, b] = [signal([n]), signal([n])];
      const [c, d] = [a, b].map((z) => F.fft(z, { norm: "ortho" }));
      expectClose(vdot(c, d), vdot(a, b));
    }
  });

  test("along any axis as along the last", () => {
    const z = signal([6, 40, 5]);
    for (const dim of [0, 1, 2, -2])
      for (const f of [F.fft, F.ifft])
        expectClose(f(z, { dim }), f(z.movedim(dim, -1)).movedim(-1, dim));
    expectClose(F.rfft(z.real, { dim: 0 }), F.rfft(z.real.movedim(0, -1)).movedim(-1, 0));
    expectClose(F.irfft(z, { dim: 0 }), F.irfft(z.movedim(0, -1)).movedim(-1, 0));
  });

  test("several axes one after the other", () => {
    const z = signal([6, 4, 5]);
    expectClose(F.fftn(z), F.fft(F.fft(F.fft(z), { dim: 1 }), { dim: 0 }));
    expectClose(F.fft2(z), F.fftn(z, { dim: [-2, -1] }));
    expectClose(F.ifft2(F.fft2(z)), z);
    expectClose(F.ifftn(F.fftn(z, { norm: "forward" }), { norm: "forward" }), z);
    expectClose(F.irfftn(F.rfftn(z.real), { s: [6, 4, 5] }), z.real);
    expectClose(F.irfft2(F.rfft2(z.real), { s: [4, 5] }), z.real);
    expectClose(F.hfftn(F.ihfftn(z.real), { s: [6, 4, 5] }), z.real);
    expectClose(F.hfft2(F.ihfft2(z.real), { s: [4, 5] }), z.real);
    expectClose(F.fftn(z, { dim: [] }), z);
  });

  test("cut or with zeros behind", () => {
    const z = signal([3, 10]);
    const zeros = signal([3, 3]).mul(0);
    const longer = F.fft(z, { n: 13 });
    expectClose(longer, F.fft(cat([z, zeros], 1)));
    expectClose(F.fft(z, { n: 7 }), F.fft(z.narrow(1, 0, 7)));
    expectClose(F.fftn(z, { s: [2, -1] }), F.fftn(z.narrow(0, 0, 2)));
    expectClose(F.irfft(z, { n: 8 }), F.irfft(z.narrow(1, 0, 5)));
    expectClose(F.irfft(z, { n: 21 }), F.irfft(cat([z, zeros], 1).narrow(1, 0, 11), { n: 21 }));
  });

  test("signals of integers and numbers", () => {
    expect(F.fft(tensor([1, 2, 3], { dtype: "i32" })).dtype).toBe("f32");
    expect(F.rfft(tensor([1, 2, 3], f64)).dtype).toBe("f64");
    expect(F.fft(signal([0, 4])).shape).toEqual([0, 4]);
    expect(F.fft(signal([0, 131])).shape).toEqual([0, 131]);
  });

  test("frequencies and shifts", () => {
    expect(Array.from(F.fftfreq(5, 0.5, f64).dataSync())).toEqual([0, 0.4, 0.8, -0.8, -0.4]);
    expect(Array.from(F.rfftfreq(5, 0.5, f64).dataSync())).toEqual([0, 0.4, 0.8]);
    const z = signal([4, 5]);
    for (const dim of [undefined, 0, [0, 1], -1])
      expectClose(F.ifftshift(F.fftshift(z, dim), dim), z);
    expect(F.fftshift(z, 1).at(0, 2).itemSync()).toEqual(z.at(0, 0).itemSync());
  });
});

describe("derivatives and transformations", () => {
  const real = (z: Complex): Tensor => z.real;
  test.each<[string, (z: Complex) => Complex | Tensor]>([
    ["fft", (z) => F.fft(z)],
    ["fft of another length", (z) => F.fft(z, { n: 40 })],
    ["fft of a large prime", (z) => F.fft(z, { n: 131, norm: "ortho" })],
    ["ifft", (z) => F.ifft(z, { dim: 0 })],
    ["rfft", (z) => F.rfft(real(z))],
    ["irfft", (z) => F.irfft(z)],
    ["irfft of an odd length", (z) => F.irfft(z, { n: 17 })],
    ["hfft", (z) => F.hfft(z)],
    ["ihfft", (z) => F.ihfft(real(z))],
    ["rfftn", (z) => F.rfftn(real(z))],
    ["irfft2", (z) => F.irfft2(z)],
  ])("%s: vjp, jvp and differences agree", (_, f) => {
    const checked = differences((z: Complex) => f(z), [signal([3, 12])]);
    // Linear: the difference is exact but for rounding.
    expect(checked.jvp).toBeCloseTo(checked.differences, 9);
    expect(checked.vjp).toBeCloseTo(checked.jvp, 11);
  });

  test("of products of transforms", () => {
    const energy = (z: Complex): Tensor => F.fft(F.fft(z).mul(z)).abs().sum();
    const checked = differences(energy, [signal([8])]);
    expect(checked.jvp).toBeCloseTo(checked.differences, 6);
    expect(checked.vjp).toBeCloseTo(checked.jvp, 10);
  });

  test("vmap", () => {
    const z = signal([5, 36]);
    expectClose(vmap((row: Complex) => F.fft(row))(z), F.fft(z));
    expectClose(
      vmap((row: Complex) => F.fft(row), { inDims: 1, outDims: 1 })(z),
      F.fft(z, { dim: 0 }),
    );
    const power = (row: Complex): Tensor => F.rfft(row.real).abs().square().sum();
    const each = vmap(grad(power))(z);
    expectClose(each.real, grad((all: Complex) => F.rfft(all.real).abs().square().sum())(z).real);
  });

  test("compile, with sizes that change", () => {
    const filtered = compile((x: Tensor) => F.irfft(F.rfft(x).mul(0.5), { n: x.size }));
    for (const n of [16, 33, 16, 131]) {
      const x = randn([n], f64);
      expectClose(filtered(x), x.mul(0.5));
    }
  });
});
