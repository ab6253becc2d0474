import { type DeviceBuffer } from "../device.ts";
import { type Runner } from "./library.ts";

/** Memory of the native device: an `ArrayBuffer` that the garbage collector owns, from `offset` bytes on. */
export interface NativeBuffer extends DeviceBuffer {
  readonly memory: ArrayBufferLike;
  readonly offset: number;
}

/** Buffers start at multiples of this where it matters, as vectors do. */
const ALIGN = 64;

const addresses = new WeakMap<ArrayBufferLike, number>();

/** Where memory lies; it stays there. */
export function addressOf(runner: Runner, memory: ArrayBufferLike): number {
  let address = addresses.get(memory);
  if (address === undefined) addresses.set(memory, (address = runner.addressOf(memory)));
  return address;
}

/** Memory whose contents nobody has asked for: zeroing it would cost as much as using it. */
const uncleared = (bytes: number): ArrayBuffer => Buffer.allocUnsafeSlow(bytes).buffer;

/**
 * Memory of at least `bytes`. Its start is only aligned where a runner tells addresses: before the first
 * compiled kernel runs, it does not matter.
 */
export function newBuffer(bytes: number, runner: Runner | undefined): NativeBuffer {
  const memory = uncleared(Math.ceil(bytes / 8) * 8 + ALIGN);
  if (!runner) return { bytes, memory, offset: 0 };
  const address = addressOf(runner, memory);
  runner.advise(address, bytes);
  return { bytes, memory, offset: (ALIGN - (address % ALIGN)) % ALIGN };
}
