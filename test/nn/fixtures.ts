import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type Tensor } from "../../src/tensor/index.ts";

// PyTorch's numbers, made by tools/fixtures-nn.py.

/** Options by PyTorch's names. */
export type Options = Readonly<Record<string, unknown>>;

export interface LossCase {
  kind: string;
  options: Options;
  shape: number[];
  input: number[];
  target: number[];
  targetShape: number[];
  targetKind: "indices" | "probabilities" | "values";
  value: number[];
  valueShape: number[];
  grad: number[];
}

export interface Fixtures {
  losses: LossCase[];
  activations: {
    input: number[];
    cases: { kind: string; args: number[]; value: number[]; grad: number[] }[];
  };
  initialisers: {
    cases: { name: string; options: Options; shape: number[]; std: number }[];
    gains: Record<string, number>;
    leaky: number;
  };
  linear: Record<
    "weight" | "bias" | "input" | "value" | "weightGrad" | "biasGrad" | "inputGrad",
    number[]
  >;
}

const url = new URL("./fixtures.json", import.meta.url);
export const fixtures = JSON.parse(readFileSync(url, "utf8")) as Fixtures;

/** `kaiming_uniform` as `kaimingUniform`. */
export const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Options with Nabla's names. */
export const camelOptions = (options: Options): Options =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));

/** Expects numbers that agree to `tolerance`, relative to the size of the expected ones (at least 1). */
export function expectNumbers(
  actual: Tensor | ArrayLike<number>,
  expected: readonly number[],
  what: string,
  tolerance = 1e-9,
): void {
  const data: ArrayLike<number> = "dataSync" in actual ? actual.dataSync() : actual;
  expect(data.length, `number of elements of ${what}`).toBe(expected.length);
  expected.forEach((want, i) => {
    const close =
      Object.is(data[i], want) ||
      Math.abs(data[i] - want) <= tolerance * Math.max(1, Math.abs(want));
    if (!close) expect.fail(`${what}[${i}]: expected ${want}, got ${data[i]}`);
  });
}
