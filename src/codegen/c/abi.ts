import { type Kernel } from "../../compiler/loop/loop.ts";

// How a kernel is called: `buffers` holds a pointer for each buffer, or, for scratch buffers, bytes into
// `scratch`; `scalars` a slot of 8 bytes each, in the scalar's own type (integers of fewer bits as i32).

/** The parameters of a kernel's function, which returns nothing. */
export const KERNEL_PARAMETERS =
  "void *buffers, void *scalars, void *ints, int begin, int end, void *scratch";

/** Bytes of a scalar argument. */
export const SCALAR_BYTES = 8;
const POINTER_BYTES = 8;

/** Where the arguments lie when they are written one after the other. */
export function argumentLayout(kernel: Kernel) {
  const scalarsAt = kernel.buffers.length * POINTER_BYTES;
  const intsAt = scalarsAt + kernel.scalars.length * SCALAR_BYTES;
  return {
    buffers: kernel.buffers.map((_, i) => i * POINTER_BYTES),
    scalars: kernel.scalars.map((_, i) => scalarsAt + i * SCALAR_BYTES),
    ints: kernel.ints.map((_, i) => intsAt + i * 4),
    scalarsAt,
    intsAt,
    bytes: intsAt + kernel.ints.length * 4,
  };
}
