import { afterAll, describe, expect, test } from "vitest";
import { defaultDevice, deviceNames, setDevice } from "../../src/runtime/registry.ts";
import { compile, manualSeed, randn, type Tensor } from "../../src/tensor/index.ts";
import { CellTensor } from "../../src/tensor/tensor.ts";

// Compiled functions write cells over their own memory. What they make must not depend on it.

type Update = (cells: readonly CellTensor[]) => readonly Tensor[];

const SIZE = 40;

/** Functions of cells (SIZE, SIZE), which get the values that are returned. */
const UPDATES: Record<string, Update> = {
  "one by one": (cells) => cells.map((x) => x.mul(0.5).add(1)),
  swapped: ([a, b, c]) => [b, a, c],
  "turned around": ([a, b, c]) => [b.mul(2), c.sub(1), a],
  "each other's transpose": ([a, b, c]) => [b.t().mul(0.5), a.t(), c.t().add(c)],
  "their own transpose": (cells) => cells.map((x) => x.t()),
  "shifted rows": (cells) => cells.map((x) => x.roll(1, 0).add(x)),
  "from the next values of others": ([a, b, c]) => {
    const next = a.mul(0.9).add(b);
    const second = b.add(next.mul(0.1));
    return [next, second, c.mul(0.5).add(second).sub(a)];
  },
  "products with themselves": (cells) => cells.map((x) => x.matmul(x).mul(0.01)),
  "products, and what is added to them": ([a, b, c]) => [
    a.sub(b.matmul(c).mul(0.01)),
    b.sub(a.t().matmul(b).mul(0.01)),
    c.add(a.matmul(b).tanh()),
  ],
  "sums of rows": ([a, b, c]) => [
    a.sub(a.sum(1, { keepdim: true })),
    b.add(a.softmax(1)),
    c.mul(b.sum(0)).mul(0.1),
  ],
  unchanged: (cells) => cells,
  "the same value": ([a, b, c]) => {
    const sum = a.add(b).add(c);
    return [sum, sum, sum];
  },
};

/** Values of three cells after `turns` updates; `run` decides how they are made. */
function after(update: Update, turns: number, isCompiled: boolean): number[][] {
  manualSeed(3);
  const cells = Array.from(
    { length: 3 },
    () => new CellTensor([SIZE, SIZE], "f32", randn([SIZE, SIZE]).dataSync() as Float32Array),
  );
  const apply = (): Tensor => {
    const total = cells[0].sum();
    const next = update(cells);
    cells.forEach((cell, i) => cell.rebind(next[i]));
    return total;
  };
  const step = isCompiled ? compile(apply) : apply;
  const totals: number[] = [];
  for (let i = 0; i < turns; i++) totals.push(step().itemSync());
  return [totals, ...cells.map((cell) => Array.from(cell.dataSync()))];
}

describe.each(deviceNames())("%s", (device) => {
  const before = defaultDevice();
  afterAll(() => {
    setDevice(before.name);
  });

  test.each(Object.keys(UPDATES))("cells that become %s", (name) => {
    setDevice(device);
    const plain = after(UPDATES[name], 3, false);
    const compiled = after(UPDATES[name], 3, true);
    compiled.forEach((values, k) =>
      values.forEach((value, i) => {
        const wanted = plain[k][i];
        expect(Math.abs(value - wanted), `${k}, ${i}`).toBeLessThanOrEqual(
          1e-4 * Math.max(1, Math.abs(wanted)),
        );
      }),
    );
  });
});

test("a value from before a compiled update is gone", () => {
  const cell = new CellTensor([2], "f32", Float32Array.of(1, 2));
  const before = cell.mul(2);
  const kept = cell.mul(3);
  kept.dataSync();
  const step = compile(() => {
    cell.rebind(cell.add(1));
    return cell.sum();
  });
  expect(step().itemSync()).toBe(5);
  expect(Array.from(kept.dataSync())).toEqual([3, 6]);
  expect(() => before.dataSync()).toThrow(/updated, twice or by a compiled function/);
  // A plain update keeps the value before it.
  const last = cell.mul(2);
  cell.rebind(cell.add(1));
  expect(Array.from(cell.dataSync())).toEqual([3, 4]);
  expect(Array.from(last.dataSync())).toEqual([4, 6]);
});
