import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import koffi from "koffi";
import { KERNEL_PARAMETERS, SCALAR_BYTES } from "../../src/codegen/c/abi.ts";
import { generateSource } from "../../src/codegen/c/generate.ts";
import { type Kernel } from "../../src/compiler/loop/loop.ts";
import { COMPILER_FLAGS } from "../../src/runtime/native/compiler.ts";
import { type RunKernel } from "./operation-cases.ts";

const address = (memory: ArrayBufferLike): bigint => koffi.address(memory);

/** Compiles kernels together, for vectors of this many bytes, and returns a way to run them. */
export function compileAll(kernels: readonly Kernel[], vectorBytes: number): RunKernel {
  const symbols = new Map<string, string>();
  const named = kernels.flatMap((kernel) => {
    if (symbols.has(kernel.key)) return [];
    const symbol = `k${symbols.size}`;
    symbols.set(kernel.key, symbol);
    return [{ kernel, symbol }];
  });
  const folder = mkdtempSync(path.join(tmpdir(), "nabla-c-"));
  const [source, library] = ["kernels.c", "kernels.so"].map((name) => path.join(folder, name));
  writeFileSync(source, generateSource(named, vectorBytes));
  execFileSync(process.env.NABLA_CC ?? "cc", [
    ...COMPILER_FLAGS,
    "-march=native",
    "-O0",
    "-o",
    library,
    source,
  ]);
  const loaded = koffi.load(library);
  rmSync(folder, { recursive: true });
  const functions = new Map<string, (...args: unknown[]) => void>();
  return (kernel, arrays, ints, scalars, begin, end) => {
    let run = functions.get(kernel.key);
    if (!run) {
      run = loaded.func(`void ${symbols.get(kernel.key)!}(${KERNEL_PARAMETERS})`);
      functions.set(kernel.key, run);
    }
    const slots = new DataView(new ArrayBuffer(SCALAR_BYTES * (scalars.length + 1)));
    kernel.scalars.forEach(({ type }, i) => {
      const at = SCALAR_BYTES * i;
      if (type.dtype === "f64") slots.setFloat64(at, scalars[i], true);
      else if (type.dtype === "i64") slots.setBigInt64(at, BigInt(scalars[i]), true);
      else if (type.dtype === "f32") slots.setFloat32(at, scalars[i], true);
      else slots.setInt32(at, scalars[i] | 0, true);
    });
    // Copies in memory that has room around them, so that negative offsets stay in it.
    const room = 256;
    const memories = arrays.map((array) => {
      const memory = new Uint8Array(new ArrayBuffer(array.byteLength + 2 * room));
      memory.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), room);
      return memory;
    });
    const scratch = new ArrayBuffer(65536);
    let taken = 0;
    const pointers = new BigInt64Array(
      kernel.buffers.map((buffer, i) =>
        buffer.access === "scratch"
          ? BigInt(4096 * taken++)
          : address(memories[i].buffer) + BigInt(room),
      ),
    );
    run(pointers, slots.buffer, new Int32Array([...ints, 0]), begin, end, scratch);
    arrays.forEach((array, i) => {
      if (kernel.buffers[i].access !== "scratch")
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
          memories[i].subarray(room, room + array.byteLength),
        );
    });
  };
}
