import { expect, it } from "vitest";
import { ALIGNMENT, Blocks } from "../../src/runtime/wasm/blocks.ts";
import { WasmMemory } from "../../src/runtime/wasm/memory.ts";

/** Numbers 0 … below - 1 from a seed (xorshift). */
function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

it("hands out blocks that do not overlap, and takes all of them back", () => {
  const seed = (Math.random() * 2 ** 31) | 0;
  const next = generator(seed);
  const what = `seed ${seed}`;
  const size = 1 << 22;
  const blocks = new Blocks(ALIGNMENT, size);
  const owner = new Int32Array(size / ALIGNMENT);
  const live: { address: number; bytes: number; id: number }[] = [];
  for (let turn = 1; turn <= 20000; turn++) {
    // Phases of more taking than giving back, and the other way round.
    const takes = next(10) < (turn % 2000 < 1000 ? 7 : 3);
    if (takes || live.length === 0) {
      const bytes = next(20) === 0 ? next(300000) : next(4000);
      const address = blocks.allocate(bytes);
      if (address === undefined) continue;
      expect(address % ALIGNMENT, what).toBe(0);
      const units = Blocks.roundUp(bytes) / ALIGNMENT;
      const range = owner.subarray(address / ALIGNMENT, address / ALIGNMENT + units);
      expect(range.length, what).toBe(units);
      expect(
        range.every((id) => id === 0),
        what,
      ).toBe(true);
      range.fill(turn);
      live.push({ address, bytes, id: turn });
    } else {
      const [block] = live.splice(next(live.length), 1);
      const units = Blocks.roundUp(block.bytes) / ALIGNMENT;
      const range = owner.subarray(block.address / ALIGNMENT, block.address / ALIGNMENT + units);
      expect(
        range.every((id) => id === block.id),
        what,
      ).toBe(true);
      range.fill(0);
      blocks.release(block.address);
    }
    expect(blocks.count, what).toBe(live.length);
  }
  for (const block of live) blocks.release(block.address);
  expect(blocks.used, what).toBe(0);
  expect(blocks.allocate(size - ALIGNMENT), what).toBe(ALIGNMENT);
});

it("does not need more and more room for varying batches", () => {
  const seed = (Math.random() * 2 ** 31) | 0;
  const next = generator(seed);
  const memory = new WasmMemory(false);
  let peak = 0;
  let kept: number[] = [];
  for (let step = 0; step < 30000; step++) {
    const batch = 1 + next(256);
    const sizes = [784, 128, 128, 64, 64, 10].map((width) => batch * width * 4);
    const taken = sizes.map((bytes) => memory.allocate(bytes));
    peak = Math.max(peak, memory.used);
    for (const address of kept) memory.free(address);
    // Some values live on into the next step.
    kept = taken.filter(() => next(3) === 0);
    for (const address of taken) if (!kept.includes(address)) memory.free(address);
  }
  for (const address of kept) memory.free(address);
  expect(memory.used).toBe(0);
  expect(memory.bytes, `seed ${seed}`).toBeLessThanOrEqual(2 * peak);
});

it("refuses what was not handed out", () => {
  const blocks = new Blocks(64, 1024);
  const address = blocks.allocate(100)!;
  blocks.release(address);
  expect(() => blocks.release(address)).toThrow(/no block starts at address 64/);
});

it("grows, keeps the contents, and says how much was asked when it cannot", () => {
  for (const shared of [false, true]) {
    const memory = new WasmMemory(shared, 64);
    const first = memory.allocate(1000);
    memory.views.u8[first] = 42;
    const before = memory.views;
    const large = memory.allocate(2 << 20);
    expect(memory.views === before).toBe(false);
    expect(memory.views.u8[first]).toBe(42);
    memory.views.f32[large / 4] = 1;
    expect(() => memory.allocate(3 << 20)).toThrow(
      /3\.0 MiB were asked for, 2\.0 MiB are in use in .* of at most 4\.0 MiB/,
    );
    memory.free(large);
    expect(memory.allocate(3 << 20)).toBe(large);
  }
  expect(() => new WasmMemory(false).allocate(NaN)).toThrow(/expected a number of bytes, got NaN/);
});
