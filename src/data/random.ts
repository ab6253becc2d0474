import { type TypedArray } from "../ir/dtype.ts";
import { constant, randomBits } from "../ir/ops.ts";

// Keeps the bits drawn here apart from those that tensors draw with the same seed.
const PURPOSE = 0x5eed;

export function checkSeed(seed: number, what: string): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`${what}: seed must be an integer >= 0, got ${seed}`);
}

/**
 * `length` uniform u32 words for (seed, stream), the same everywhere: the bits of the framework's random
 * primitive, computed on the host because they decide what the host does.
 */
export function randomWords(length: number, seed: number, stream: number): TypedArray {
  const node = randomBits(
    constant(seed >>> 0, "u32"),
    constant((Math.floor(seed / 2 ** 32) ^ PURPOSE) >>> 0, "u32"),
    constant(stream >>> 0, "u32"),
    [length],
  );
  const inputs = node.inputs.map((input) => input.op.evaluate([], input));
  return node.op.evaluate(inputs, node).data;
}

/** The numbers 0 … length - 1 in random order (Fisher–Yates). */
export function permutation(length: number, seed: number, stream = 0): number[] {
  checkSeed(seed, "permutation");
  const order = Array.from({ length }, (_, i) => i);
  if (length < 2) return order;
  const words = randomWords(length, seed, stream);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor((words[i] / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
