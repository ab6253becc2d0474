import { type Kernel } from "../../compiler/loop/loop.ts";

// How a kernel is called. Its module imports the memory "env" "memory" and exports
//
//   k(args: i32, begin: i32, end: i32, scratch: i32)
//
// which does the pieces begin … end - 1. `args` is the address, a multiple of 8, of an argument block;
// `scratch` that of the running thread's scratch memory, a multiple of 64.

/** Name of the function that a kernel's module exports. */
export const KERNEL_EXPORT = "k";

/** Bytes from the start of an argument block at which each argument lies. */
export interface ArgumentLayout {
  /** Slots of 8 bytes: f64 and i64 fill them, f32 and i32 (all other dtypes) the first four bytes. */
  readonly scalars: readonly number[];
  /** i32: the address of a buffer, or for scratch buffers bytes into the scratch memory. */
  readonly buffers: readonly number[];
  /** i32. */
  readonly ints: readonly number[];
  /** Of the whole block. */
  readonly bytes: number;
}

export function argumentLayout(kernel: Kernel): ArgumentLayout {
  const buffersAt = kernel.scalars.length * 8;
  const intsAt = buffersAt + kernel.buffers.length * 4;
  return {
    scalars: kernel.scalars.map((_, i) => i * 8),
    buffers: kernel.buffers.map((_, i) => buffersAt + i * 4),
    ints: kernel.ints.map((_, i) => intsAt + i * 4),
    bytes: intsAt + kernel.ints.length * 4,
  };
}
