import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DType } from "../../src/ir/dtype.ts";
import { Tensor, tensor } from "../../src/tensor/index.ts";

// Made by tools/fixtures-tensor.py.
interface Dump {
  dtype: DType;
  shape: number[];
  data: (number | string)[];
}
interface Case {
  method: string;
  args: unknown[] | null;
  inputs: Dump[];
  outputs: Dump[];
  grads?: (Dump | null)[];
}

const url = new URL("./fixtures.json", import.meta.url);
const cases = JSON.parse(readFileSync(url, "utf8")) as Case[];

const SPECIAL: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const number = (v: unknown): number => (typeof v === "string" ? SPECIAL[v] : (v as number));

const load = ({ data, dtype, shape }: Dump): Tensor =>
  tensor(data.map(number), { dtype }).reshape(shape);

function argument(arg: unknown, inputs: readonly Tensor[]): unknown {
  if (typeof arg !== "string") return arg;
  if (arg.startsWith("$")) return inputs[Number(arg.slice(1))];
  return SPECIAL[arg] ?? arg;
}

function outputsOf(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (Array.isArray(result)) return result as Tensor[];
  const { values, indices } = result as { values: Tensor; indices: Tensor };
  return [values, indices];
}

function expectClose(actual: Tensor, expected: Dump, what: string): void {
  expect(actual.shape, `shape of ${what}`).toEqual(expected.shape);
  expect(actual.dtype, `dtype of ${what}`).toBe(expected.dtype);
  const data = actual.dataSync();
  const tolerance = expected.dtype === "f64" ? 1e-9 : 1e-6;
  expected.data.forEach((value, i) => {
    const want = number(value);
    const close =
      Object.is(data[i], want) ||
      data[i] === want ||
      Math.abs(data[i] - want) <= tolerance * Math.max(1, Math.abs(want));
    if (!close) expect.fail(`${what}[${i}]: expected ${want}, got ${data[i]}`);
  });
}

const names = new Map<string, number>();

for (const { method, args, inputs, outputs, grads } of cases) {
  const shown = `${method}(${(args ?? []).map((a) => JSON.stringify(a)).join(", ")}) of ${inputs.map((x) => `${x.dtype}[${x.shape.join(", ")}]`).join(", ")}`;
  const count = (names.get(shown) ?? 0) + 1;
  names.set(shown, count);
  test(count > 1 ? `${shown} (${count})` : shown, () => {
    const leaves = inputs.map(load);
    if (grads)
      for (const x of leaves) if (x.dtype === "f64" || x.dtype === "f32") x.requiresGrad_();
    const member = (leaves[0] as unknown as Record<string, unknown>)[method];
    const result =
      args === null
        ? member
        : (member as (...a: unknown[]) => unknown).apply(
            leaves[0],
            args.map((a) => argument(a, leaves)),
          );
    const actual = outputsOf(result);
    expect(actual.length).toBe(outputs.length);
    actual.forEach((y, i) => expectClose(y, outputs[i], `output ${i}`));
    if (!grads) return;
    let total = tensor(0, { dtype: "f64" });
    for (const y of actual) {
      if (!y.requiresGrad) continue;
      const weights = tensor(
        Array.from({ length: y.size }, (_, i) => Math.cos(i)),
        { dtype: y.dtype },
      );
      total = total.add(y.flatten().mul(weights).sum());
    }
    if (total.requiresGrad) total.backward();
    grads.forEach((g, i) => {
      if (g) expectClose(leaves[i].grad ?? leaves[i].mul(0), g, `gradient ${i}`);
    });
  });
}
