import { afterAll, describe, expect, it } from "vitest";
import { setDevice } from "../../src/runtime/registry.ts";
import { conv2d, manualSeed, randn, type Tensor } from "../../src/tensor/index.ts";
import { devicesUnderTest } from "../conformance/devices.ts";

// Convolutions that are computed by a minimal algorithm, against the direct sum in f64, which no device
// computes so: forward, with what comes after it, and both gradients.

type Sizes = readonly [images: number, inputs: number, outputs: number, h: number, w: number];

const CASES: readonly (readonly [Sizes, padding: number])[] = [
  [[1, 64, 64, 16, 16], 1],
  [[2, 40, 33, 17, 19], 1],
  [[2, 64, 50, 14, 14], 0],
  [[9, 64, 64, 4, 4], 1],
  [[1, 48, 36, 6, 150], 2],
  [[40, 64, 48, 3, 5], 1],
];

function resultsOf([n, c, o, h, w]: Sizes, padding: number, dtype: "f32" | "f64"): Tensor[] {
  manualSeed(7);
  const leaf = (...shape: number[]): Tensor => randn(shape).to(dtype).detach().requiresGrad_();
  const [x, weight, bias] = [leaf(n, c, h, w), leaf(o, c, 3, 3), leaf(o)];
  const y = conv2d(x, weight, bias, { padding }).relu();
  y.square().sum().backward();
  return [y, x.grad!, weight.grad!, bias.grad!];
}

const elements = (tensors: readonly Tensor[]): number[][] =>
  tensors.map((t) => Array.from(t.dataSync() as Float32Array));

describe.each(devicesUnderTest().filter((name) => name !== "js"))("on %s", (device) => {
  afterAll(() => setDevice("js"));

  it.each(CASES)("%j, padding %i", (sizes, padding) => {
    setDevice(device, { threads: 1 });
    const wanted = elements(resultsOf(sizes, padding, "f64"));
    const got = elements(resultsOf(sizes, padding, "f32"));
    got.forEach((values, k) => {
      const largest = wanted[k].reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      const worst = values.reduce((most, v, i) => Math.max(most, Math.abs(v - wanted[k][i])), 0);
      expect(worst / largest).toBeLessThan(2e-5);
    });
    setDevice(device, { threads: 3 });
    expect(elements(resultsOf(sizes, padding, "f32"))).toEqual(got);
  });
});
