import { generateKernel, type GenerateOptions } from "../../src/codegen/wasm/generate.ts";
import { argumentLayout, KERNEL_EXPORT } from "../../src/codegen/wasm/abi.ts";
import { type Kernel } from "../../src/compiler/loop/loop.ts";
import { type TypedArray, viewArray } from "../../src/ir/dtype.ts";

const OPTIONS: GenerateOptions = { shared: false, maximumPages: 64, relaxed: false };
const ARGS_AT = 64;
const SCRATCH_BYTES = 1 << 20;

/**
 * Runs pieces `begin` … `end - 1` of a kernel in a memory of its own. `arrays` holds an entry a buffer,
 * which takes what the kernel wrote (undefined for scratch buffers, which lie at the bytes `scratchAt` of
 * the scratch memory, else 4096 apart).
 */
export function runKernel(
  kernel: Kernel,
  arrays: readonly (TypedArray | undefined)[],
  ints: readonly number[],
  scalars: readonly number[],
  begin: number,
  end: number,
  options: Partial<GenerateOptions> = {},
  scratchAt?: readonly number[],
): void {
  const all = { ...OPTIONS, ...options };
  const memory = new WebAssembly.Memory({
    initial: all.maximumPages,
    maximum: all.maximumPages,
    shared: all.shared,
  });
  const module = new WebAssembly.Module(generateKernel(kernel, all));
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const layout = argumentLayout(kernel);
  const view = new DataView(memory.buffer);
  let next = Math.ceil((ARGS_AT + layout.bytes) / 64) * 64;
  const take = (bytes: number): number => {
    const at = next;
    // Room around arrays, so that negative offsets stay in the memory.
    next = Math.ceil((next + bytes + 64) / 64) * 64;
    return at;
  };
  const scratch = take(SCRATCH_BYTES);
  let scratchUsed = 0;
  const places = kernel.buffers.map((buffer, i) => {
    const array = arrays[i];
    if (buffer.access === "scratch") {
      view.setInt32(ARGS_AT + layout.buffers[i], scratchAt?.[i] ?? scratchUsed, true);
      scratchUsed += 4096;
      return undefined;
    }
    if (!array) throw new Error(`buffer ${i} needs an array`);
    const at = take(array.byteLength);
    view.setInt32(ARGS_AT + layout.buffers[i], at, true);
    const place = viewArray(buffer.dtype, memory.buffer, at, array.length);
    place.set(array);
    return place;
  });
  ints.forEach((value, i) => view.setInt32(ARGS_AT + layout.ints[i], value, true));
  kernel.scalars.forEach(({ type }, i) => {
    const at = ARGS_AT + layout.scalars[i];
    if (type.dtype === "f64") view.setFloat64(at, scalars[i], true);
    else if (type.dtype === "i64") view.setBigInt64(at, BigInt(scalars[i]), true);
    else if (type.dtype === "f32") view.setFloat32(at, scalars[i], true);
    else view.setInt32(at, scalars[i] | 0, true);
  });
  const run = instance.exports[KERNEL_EXPORT] as (...args: number[]) => void;
  run(ARGS_AT, begin, end, scratch);
  places.forEach((place, i) => {
    if (place) arrays[i]!.set(place);
  });
}
