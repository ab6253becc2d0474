import { generateSource } from "../../codegen/c/generate.ts";
import { type Kernel } from "../../compiler/loop/loop.ts";
import { debug } from "../../ir/debug.ts";
import { buildAll, buildInBackground, type Unit } from "./build.ts";
import { type Compiler } from "./compiler.ts";
import { type Runner } from "./library.ts";

const SYMBOL = "nabla_kernel";
const FLAGS = ["-O2"];

/** Every kernel of a device, compiled once. */
export interface Kernels {
  /** Compiles those that are new, side by side. */
  prepare(kernels: readonly Kernel[]): void;
  /** Compiles them in the background. */
  prefetch(kernels: readonly Kernel[]): void;
  /** The address of a kernel's function. */
  addressOf(kernel: Kernel): number;
}

/** @param onNew called for each kernel that is new to this process. */
export function createKernels(compiler: Compiler, runner: Runner, onNew: () => void): Kernels {
  const addresses = new Map<string, number>();
  const unitOf = (kernel: Kernel): Unit => ({
    source: generateSource([{ kernel, symbol: SYMBOL }], compiler.vectorBytes),
    flags: FLAGS,
  });
  const missing = (kernels: readonly Kernel[]): Kernel[] => {
    const byKey = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    return [...byKey.values()].filter(({ key }) => !addresses.has(key));
  };
  return {
    prepare(kernels) {
      const wanted = missing(kernels);
      const units = wanted.map(unitOf);
      wanted.forEach((kernel, i) =>
        debug("code", () => `kernel ${kernel.name}, for native\n${units[i].source}`),
      );
      buildAll(compiler, units).forEach((file, i) => {
        addresses.set(wanted[i].key, runner.open(file, SYMBOL));
        onNew();
      });
    },
    prefetch: (kernels) => buildInBackground(compiler, missing(kernels).map(unitOf)),
    addressOf: (kernel) => addresses.get(kernel.key)!,
  };
}
