import { generateSource } from "../../codegen/c/generate.ts";
import { type Kernel } from "../../compiler/loop/loop.ts";
import { debug } from "../../ir/debug.ts";
import { buildAll, buildInBackground, keyOf, type Part, type Recipe } from "./build.ts";
import { type Compiler } from "./compiler.ts";
import { type Runner } from "./library.ts";

/** The name that keys are made with; in a library, a kernel's function is named by its key. */
const SYMBOL = "nabla_kernel";
const symbolOf = (key: string): string => `nabla_${key}`;
/**
 * Kernels are written so that little is left to do: what `-O2` does besides, and choosing other induction
 * variables, takes as long as all the rest and makes no kernel faster.
 */
const FLAGS = ["-O1", "-fno-ivopts"];

interface KernelPart extends Part {
  readonly kernel: Kernel;
}

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
  const partOf = (kernel: Kernel): KernelPart => {
    const source = generateSource([{ kernel, symbol: SYMBOL }], compiler.vectorBytes);
    return { kernel, source, key: keyOf(compiler, source, FLAGS) };
  };
  const recipe: Recipe<KernelPart> = {
    flags: FLAGS,
    join: (parts) =>
      generateSource(
        parts.map(({ kernel, key }) => ({ kernel, symbol: symbolOf(key) })),
        compiler.vectorBytes,
      ),
  };
  const missing = (kernels: readonly Kernel[]): Kernel[] => {
    const byKey = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    return [...byKey.values()].filter(({ key }) => !addresses.has(key));
  };
  return {
    prepare(kernels) {
      const wanted = missing(kernels);
      const parts = wanted.map(partOf);
      for (const { kernel, source } of parts)
        debug("code", () => `kernel ${kernel.name}, for native\n${source}`);
      buildAll(compiler, parts, recipe).forEach((file, i) => {
        addresses.set(wanted[i].key, runner.open(file, symbolOf(parts[i].key)));
        onNew();
      });
    },
    prefetch: (kernels) => buildInBackground(compiler, missing(kernels).map(partOf), recipe),
    addressOf: (kernel) => addresses.get(kernel.key)!,
  };
}
