import { describe, expect, test } from "vitest";
import { type Complex, complex } from "../../src/complex/index.ts";
import { windows } from "../../src/extra/index.ts";
import { fft, istft, rfft, stft } from "../../src/fft/index.ts";
import { framesOf, overlapAdd } from "../../src/fft/frames.ts";
import { compile, randn, type Tensor, tensor, vmap } from "../../src/tensor/index.ts";
import { differences } from "../complex/differences.ts";

const f64 = { dtype: "f64" } as const;
const hann = windows.hann(16, { sym: false, ...f64 });

function expectClose(actual: Complex | Tensor, expected: Complex | Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i], 11));
}

describe("frames", () => {
  test.each([
    [10, 4, 2],
    [11, 4, 3],
    [9, 4, 4],
    [20, 3, 5],
    [7, 7, 1],
    [8, 3, 1],
  ])("%i entries, frames of %i, %i apart", (length, size, hop) => {
    const x = randn([2, length], f64);
    const rows = x.toArraySync() as number[][];
    const count = Math.floor((length - size) / hop) + 1;
    const frames = rows.map((row) =>
      Array.from({ length: count }, (_, t) => row.slice(t * hop, t * hop + size)),
    );
    expect(framesOf(x, size, hop).toArraySync()).toEqual(frames);
    const sums = frames.map((list) => {
      const sum = new Array<number>((count - 1) * hop + size).fill(0);
      list.forEach((frame, t) => frame.forEach((v, j) => (sum[t * hop + j] += v)));
      return sum;
    });
    expectClose(overlapAdd(tensor(frames, f64), hop), tensor(sums, f64));
  });
});

describe("stft", () => {
  test("transforms of frames", () => {
    const x = randn([2, 50], f64);
    const window = hann.narrow(0, 0, 12);
    const y = stft(x, 16, { hopLength: 5, winLength: 12, window, center: false });
    expect(y.shape).toEqual([2, 9, 7]);
    const frame = x.at(1, "10:26").mul(window.pad([2, 2]));
    expectClose(y.at(1, ":", 2), rfft(frame));
    const padded = x.pad([8, 8], { mode: "circular" });
    expectClose(stft(x, 16, { padMode: "circular" }), stft(padded, 16, { center: false }));
    const z = complex(x, x.flip(1));
    expectClose(stft(z, 16, { center: false }).at(0, ":", 1), fft(z.at(0, "4:20")));
    expectClose(stft(x.at(0), 16), stft(x, 16).at(0));
    expectClose(stft(x, 16, { normalized: true }).mul(4), stft(x, 16));
  });

  test.each([
    [{}],
    [{ window: hann }],
    [{ window: hann, hopLength: 8, normalized: true }],
    [{ window: hann.narrow(0, 2, 12), winLength: 12, hopLength: 3 }],
    [{ window: hann.add(1), center: false, hopLength: 4 }],
    [{ onesided: false }],
  ])("istft is its inverse: %o", (options) => {
    const x = randn([3, 64], f64);
    expectClose(istft(stft(x, 16, options), 16, { ...options, length: 64 }), x);
    expectClose(istft(stft(x.at(0), 16, options), 16, { ...options, length: 64 }), x.at(0));
  });

  test("of complex signals, with complex windows too", () => {
    const z = complex(randn([2, 64], f64), randn([2, 64], f64));
    for (const window of [hann, complex(hann, hann.mul(0.3))])
      expectClose(
        istft(stft(z, 16, { window }), 16, { window, length: 64, returnComplex: true }),
        z,
      );
  });

  test("a length beyond the frames is filled with zeros", () => {
    const x = randn([40], f64);
    const longer = istft(stft(x, 16), 16, { length: 60 });
    expect(longer.shape).toEqual([60]);
    expectClose(longer.narrow(0, 0, 40), x);
    expect(longer.narrow(0, 48, 12).abs().sum().itemSync()).toBe(0);
    expect(istft(stft(x, 16), 16).shape).toEqual([40]);
  });

  test("derivatives, vmap and compile", () => {
    const x = randn([40], f64);
    const forth = (signal: Tensor): Complex => stft(signal, 16, { window: hann });
    const back = (z: Complex): Tensor => istft(z, 16, { window: hann });
    const spectra = forth(x);
    for (const checked of [differences(forth, [x]), differences(back, [spectra])]) {
      expect(checked.jvp).toBeCloseTo(checked.differences, 8);
      expect(checked.vjp).toBeCloseTo(checked.jvp, 10);
    }
    const both = randn([3, 40], f64);
    expectClose(vmap(forth)(both), forth(both));
    const compiled = compile(back);
    expectClose(compiled(spectra), x);
  });

  test("istft tells where nothing is known of the signal", () => {
    const spectra = stft(randn([64], f64), 16, { window: hann });
    const message = "istft: an entry of the signal is covered by no window";
    expect(() => istft(spectra, 16, { window: hann, center: false })).toThrow(message);
    expect(() => istft(spectra, 16, { hopLength: 20, center: false })).toThrow(message);
  });
});
