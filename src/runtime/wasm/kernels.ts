import { KERNEL_EXPORT } from "../../codegen/wasm/abi.ts";
import { generateKernel, supportsRelaxedSimd } from "../../codegen/wasm/generate.ts";
import { type Kernel } from "../../compiler/loop/loop.ts";
import { printKernel } from "../../compiler/loop/print.ts";
import { debug } from "../../ir/debug.ts";
import { type WasmMemory } from "./memory.ts";

/** Every kernel of a device, compiled once, as an entry of a table of functions. */
export interface Kernels {
  readonly table: WebAssembly.Table;
  /** The place of a kernel in the table. */
  indexOf(kernel: Kernel): number;
}

/**
 * @param onNew called with the code of each kernel that is compiled, in the order of the table.
 */
export function createKernels(memory: WasmMemory, onNew: (bytes: Uint8Array) => void): Kernels {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 64 });
  const options = {
    shared: memory.shared,
    maximumPages: memory.maximumPages,
    relaxed: supportsRelaxedSimd(),
  };
  const indices = new Map<string, number>();
  return {
    table,
    indexOf(kernel) {
      let index = indices.get(kernel.key);
      if (index !== undefined) return index;
      debug("code", () => printKernel(kernel));
      const bytes = generateKernel(kernel, options);
      const module = new WebAssembly.Module(bytes);
      const instance = new WebAssembly.Instance(module, { env: { memory: memory.memory } });
      index = indices.size;
      if (index >= table.length) table.grow(table.length);
      table.set(index, instance.exports[KERNEL_EXPORT]);
      indices.set(kernel.key, index);
      onNew(bytes);
      return index;
    },
  };
}
