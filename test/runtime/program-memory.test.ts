import { expect, it } from "vitest";
import { cat, ones, setDevice, zeros } from "../../src/index.ts";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { heldBytes } from "./held.ts";

// A program is kept for the next graph of its structure. What it must not keep are the values of the graphs
// that it was made for, or of their neighbours.

const WIDTH = 10_000;
const ROWS = 40;

/** A cache that grows by a row a step, each step by a program of its own. */
async function grow(): Promise<void> {
  let cache = zeros([0, WIDTH]);
  for (let i = 1; i <= ROWS; i++) cache = await cat([cache, ones([1, WIDTH]).mul(i + 0.5)]).eval();
  expect(await cache.sum().item()).toBe((WIDTH * ROWS * (ROWS + 2)) / 2);
}

it.skipIf(nativeProblem() !== undefined)("programs in the cache keep no values", async () => {
  setDevice("native");
  const before = await heldBytes();
  await grow();
  // All of them together are twenty times the last.
  await expect.poll(heldBytes, { timeout: 20_000 }).toBeLessThan(before + 2 * 4 * WIDTH * ROWS);
});
