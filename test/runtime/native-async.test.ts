import { spawnSync } from "node:child_process";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { nn, setDevice, tensor, type Tensor } from "../../src/index.ts";
import { type Node } from "../../src/ir/node.ts";
import { evaluateAsync } from "../../src/runtime/engine.ts";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";
import { heldBytes } from "./held.ts";

// A value that is awaited is computed while JavaScript goes on, and whatever else is asked for in the
// meantime is as right as if it had waited.

const N = 700;

/** A matrix of small integers, so that products are exact whatever their order. */
const matrix = (factor: number, n = N): Tensor =>
  tensor(
    Float32Array.from({ length: n * n }, (_, i) => ((i * factor) % 5) - 2),
    { dtype: "f32" },
  ).reshape([n, n]);

/** An element of `matrix(a)` · `matrix(b)`, computed here. */
function expectedAt(a: number, b: number, row: number, column: number): number {
  let sum = 0;
  for (let k = 0; k < N; k++)
    sum += ((((row * N + k) * a) % 5) - 2) * ((((k * N + column) * b) % 5) - 2);
  return sum;
}

function expectProduct(data: ArrayLike<number>, a: number, b: number): void {
  for (const [row, column] of [
    [0, 0],
    [13, 600],
    [N - 1, N - 1],
    [350, 7],
  ])
    expect(data[row * N + column]).toBe(expectedAt(a, b, row, column));
}

describe.skipIf(nativeProblem() !== undefined)("reading on native with await", () => {
  beforeAll(() => {
    setDevice("native");
    // Compiled before anybody looks at the clock.
    matrix(2).matmul(matrix(3)).dataSync();
  });

  it("leaves the event loop free", async () => {
    // A long chain of products, small enough to stay finite.
    const chain = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 30; i++) y = y.matmul(x).mul(1e-3);
      return y;
    };
    chain(matrix(2)).dataSync();
    const y = chain(matrix(3));
    let turns = 0;
    let isOver = false;
    const tick = (): void => {
      turns++;
      if (!isOver) setTimeout(tick, 1);
    };
    setTimeout(tick, 1);
    await y.data();
    isOver = true;
    expect(turns).toBeGreaterThan(2);
  });

  it("lets go of a result that nobody keeps once it is there", async () => {
    // A graph of its own: what it keeps from its first run on is seen.
    const n = 2400;
    const x = await matrix(2, n).eval();
    const before = await heldBytes();
    for (let i = 0; i < 3; i++) await x.neg().eval();
    expect(x.size).toBe(n * n);
    await expect.poll(heldBytes, { timeout: 20_000 }).toBeLessThan(before + (n * n * 4) / 2);
  });

  it("computes several at once, in order", async () => {
    const products = [
      [2, 3],
      [3, 4],
      [4, 2],
      [2, 3],
    ].map(([a, b]) => ({ a, b, y: matrix(a).matmul(matrix(b)) }));
    const all = await Promise.all(products.map(({ y }) => y.data()));
    products.forEach(({ a, b }, i) => expectProduct(all[i], a, b));
  });

  it("computes what waits for a value that is still computed", async () => {
    const y = matrix(2).matmul(matrix(3));
    const first = y.data();
    const second = y.add(1).matmul(matrix(1)).mul(0).add(y).data();
    expectProduct(await second, 2, 3);
    expectProduct(await first, 2, 3);
    expect(await y.data()).toBe(await first);
  });

  it("gives right results to who reads at once in the midst", async () => {
    const y = matrix(3).matmul(matrix(4));
    const reading = y.data();
    // The same value, another program on the same arena, a small graph of the first tier.
    expectProduct(matrix(4).matmul(matrix(2)).dataSync(), 4, 2);
    expect(tensor([1, 2, 3]).mul(2).dataSync()).toEqual(Float32Array.of(2, 4, 6));
    const other = matrix(2).matmul(matrix(2)).data();
    expectProduct(y.dataSync(), 3, 4);
    expectProduct(await reading, 3, 4);
    expectProduct(await other, 2, 2);
  });

  it("keeps the values of cells that are updated in the midst", async () => {
    const cell = new nn.Parameter(matrix(2));
    const other = matrix(3);
    const y = cell.matmul(other);
    const before = y.data();
    cell.rebind(matrix(4));
    const after = cell.matmul(other).data();
    cell.rebind(matrix(1));
    const last = cell.matmul(other).data();
    cell.rebind(tensor(new Float32Array(N * N)).reshape([N, N]));
    expect((await cell.data()).every((v) => v === 0)).toBe(true);
    expectProduct(await before, 2, 3);
    expectProduct(await after, 4, 3);
    expectProduct(await last, 1, 3);
  });

  it("rejects where something is wrong, and goes on", async () => {
    const y = matrix(2).matmul(matrix(3));
    await expect(y.item()).rejects.toThrow(/expected a tensor of one element/);
    const foreign = { value: undefined, inputs: [], shape: [], op: {} } as unknown as Node;
    await expect(evaluateAsync([foreign])).rejects.toThrow();
    expectProduct(await y.data(), 2, 3);
  });

  it("lets the process end while something is computed", () => {
    const program = `
      import { ones, setDevice } from ${JSON.stringify(path.join(ROOT, "src/index.ts"))};
      setDevice("native");
      const x = ones([1500, 1500]);
      let y = x;
      for (let i = 0; i < 10; i++) y = y.matmul(x);
      void y.data();
      setTimeout(() => process.exit(7), 5);
    `;
    const { status, signal } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      { cwd: ROOT, encoding: "utf8" },
    );
    expect([status, signal]).toEqual([7, null]);
  });
});
