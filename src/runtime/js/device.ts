import { type CompiledKernel, compileKernel, printSource } from "../../codegen/js/generate.ts";
import { type Kernel, type Target } from "../../compiler/loop/loop.ts";
import { type Plan } from "../../compiler/plan.ts";
import { debug } from "../../ir/debug.ts";
import { type DType, itemBytes, type TypedArray, viewArray } from "../../ir/dtype.ts";
import { type Device, type DeviceBuffer, type DeviceStats, type LoadedPlan } from "../device.ts";
import { type Bindings, bindPlan } from "./plan.ts";

/** `vectors` of the tile counts scalars: a block of 4 × 4 keeps its sums in registers. */
const TARGET: Target = {
  name: "js",
  vectorBytes: 0,
  math: "builtin",
  tile: { rows: 4, vectors: 4, kBlock: 256, mBlock: 64, nBlock: 64 },
  threads: 1,
};

/** Memory of the js device: the garbage collector owns it. */
export interface JsBuffer extends DeviceBuffer {
  memory: ArrayBuffer;
}

/** Typed arrays are of 8-byte elements at most. */
const newMemory = (bytes: number): ArrayBuffer => new ArrayBuffer(Math.ceil(bytes / 8) * 8);

/**
 * A device that runs plans as generated JavaScript on the calling thread. It is the reference that
 * other devices are compared with, and needs nothing but the language.
 */
export function createJsDevice(): Device {
  const stats: DeviceStats = { kernelsCompiled: 0, plansLoaded: 0, runs: 0 };
  const kernels = new Map<string, CompiledKernel>();
  // Plans run one at a time, so they share one arena and one scratch memory, as large as the
  // largest plan needs. A plan that runs after either was replaced binds its views anew.
  let arena = newMemory(0);
  let scratch = newMemory(0);

  function compile(kernel: Kernel): CompiledKernel {
    let compiled = kernels.get(kernel.key);
    if (!compiled) {
      const source = printSource(kernel);
      debug("code", () => `// js: ${kernel.name}\n${source}`);
      compiled = compileKernel(kernel, source);
      kernels.set(kernel.key, compiled);
      stats.kernelsCompiled++;
    }
    return compiled;
  }

  function load(plan: Plan): LoadedPlan {
    stats.plansLoaded++;
    const program = bindPlan(plan, compile);
    let released = false;

    function bindings(
      inputs: readonly DeviceBuffer[],
      outputs: readonly DeviceBuffer[],
      constants: readonly number[],
    ): Bindings {
      if (released) throw new Error("run: the plan was released");
      if (inputs.length !== plan.inputs.length || outputs.length !== plan.outputs.length)
        throw new Error(
          `run: expected ${plan.inputs.length} inputs and ${plan.outputs.length} outputs, ` +
            `got ${inputs.length} and ${outputs.length}`,
        );
      if (arena.byteLength < plan.arenaBytes) arena = newMemory(plan.arenaBytes);
      if (scratch.byteLength < plan.scratchBytes) scratch = newMemory(plan.scratchBytes);
      const memoryOf = (buffer: DeviceBuffer): ArrayBuffer => (buffer as JsBuffer).memory;
      return {
        inputs: inputs.map(memoryOf),
        outputs: outputs.map(memoryOf),
        constants,
        arena,
        scratch,
      };
    }

    return {
      run(inputs, outputs, constants) {
        program.run(bindings(inputs, outputs, constants));
        stats.runs++;
      },
      profile(inputs, outputs, constants) {
        stats.runs++;
        return program.profile(bindings(inputs, outputs, constants));
      },
      release() {
        released = true;
      },
    };
  }

  return {
    name: "js",
    target: TARGET,
    stats,
    allocate: (bytes): JsBuffer => ({ bytes, memory: newMemory(bytes) }),
    free(buffer) {
      (buffer as JsBuffer).memory = newMemory(0);
    },
    upload(buffer, data) {
      const { memory } = buffer as JsBuffer;
      if (data.byteLength > memory.byteLength)
        throw new RangeError(
          `upload: ${data.byteLength} bytes do not fit in a buffer of ${memory.byteLength}`,
        );
      new Uint8Array(memory).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },
    read(buffer, dtype: DType, length: number): TypedArray {
      const { memory } = buffer as JsBuffer;
      const copy = memory.slice(0, length * itemBytes(dtype));
      return viewArray(dtype, copy, 0, length);
    },
    load,
  };
}
