import { type nn } from "nabla";
import { RandomSampler } from "nabla/data";
import { type RawArray } from "./twin.ts";

// Where few samples are tested with, luck with the first weights and with the order of the batches would be
// as large as what is to be compared: there PyTorch begins with the same weights, and takes the same batches.

/** The present weights of a net by name, each with `prefix` before it. */
export async function weightsOf(net: nn.Module, prefix: string): Promise<Record<string, RawArray>> {
  const weights = Object.entries(net.stateDict()).map(async ([name, weight]) => {
    const data = Float32Array.from(await weight.data());
    return [`${prefix}${name}`, { data, shape: weight.shape }] as const;
  });
  return Object.fromEntries(await Promise.all(weights));
}

/** The order of `length` samples in each epoch of a `DataLoader` that shuffles. (epochs, length) */
export function ordersOf(length: number, seed: number, epochs: number): RawArray {
  const sampler = new RandomSampler(length, seed);
  const data = new Int32Array(epochs * length);
  for (let epoch = 0; epoch < epochs; epoch++) data.set(sampler.indices(epoch), epoch * length);
  return { data, shape: [epochs, length] };
}
