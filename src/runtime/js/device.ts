import { type CompiledKernel, compileKernel, printSource } from "../../codegen/js/generate.ts";
import { type Kernel, type Target } from "../../compiler/loop/loop.ts";
import { debug } from "../../ir/debug.ts";
import { type DType, itemBytes, type TypedArray, viewArray } from "../../ir/dtype.ts";
import {
  type Device,
  type DeviceBuffer,
  type DeviceStats,
  type Loadable,
  type LoadedPlan,
} from "../device.ts";
import { type Bindings, bindPlan, type Place } from "./plan.ts";

/** `vectors` of the tile counts scalars: a block of 4 × 4 keeps its sums in registers. */
const TARGET: Target = {
  name: "js",
  vectorBytes: 0,
  partial: false,
  math: "builtin",
  tile: { rows: 4, vectors: 4, kBlock: 256, mBlock: 64, nBlock: 64, strip: 64 },
  threads: 1,
};

/** Memory of the js device: the garbage collector owns it. */
interface JsBuffer extends DeviceBuffer, Place {
  memory: ArrayBufferLike;
}

/** Typed arrays are of 8-byte elements at most. */
const newMemory = (bytes: number): ArrayBuffer => new ArrayBuffer(Math.ceil(bytes / 8) * 8);

const atLeast = (place: Place, bytes: number): Place =>
  place.memory.byteLength >= bytes ? place : { memory: newMemory(bytes), offset: 0 };

/**
 * A device that runs plans as generated JavaScript on the calling thread. It is the reference that
 * other devices are compared with, and needs nothing but the language.
 */
export function createJsDevice(): Device {
  const stats: DeviceStats = { kernelsCompiled: 0, plansLoaded: 0, runs: 0 };
  const kernels = new Map<string, CompiledKernel>();
  // Plans run one at a time, so they share one arena and one scratch memory, as large as the
  // largest plan needs. A plan that runs after either was replaced binds its views anew.
  let arena: Place = { memory: newMemory(0), offset: 0 };
  let scratch = arena;

  function compile(kernel: Kernel): CompiledKernel {
    let compiled = kernels.get(kernel.key);
    if (!compiled) {
      const source = printSource(kernel);
      debug("code", () => `kernel ${kernel.name}, for js\n${source}`);
      compiled = compileKernel(kernel, source);
      kernels.set(kernel.key, compiled);
      stats.kernelsCompiled++;
    }
    return compiled;
  }

  function load({ lower }: Loadable): LoadedPlan {
    const plan = lower(TARGET);
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
      arena = atLeast(arena, plan.arenaBytes);
      scratch = atLeast(scratch, plan.scratchBytes);
      return {
        inputs: inputs as JsBuffer[],
        outputs: outputs as JsBuffer[],
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
    allocate: (bytes): JsBuffer => ({ bytes, memory: newMemory(bytes), offset: 0 }),
    free(buffer) {
      (buffer as JsBuffer).memory = newMemory(0);
    },
    upload(buffer, data) {
      const { memory, offset } = buffer as JsBuffer;
      if (data.byteLength > memory.byteLength)
        throw new RangeError(
          `upload: ${data.byteLength} bytes do not fit in a buffer of ${memory.byteLength}`,
        );
      new Uint8Array(memory, offset).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
    },
    read(buffer, dtype: DType, length: number): TypedArray {
      const { memory, offset } = buffer as JsBuffer;
      const copy = memory.slice(offset, offset + length * itemBytes(dtype));
      return viewArray(dtype, copy, 0, length);
    },
    take(buffer, dtype, length) {
      const { memory, offset } = buffer as JsBuffer;
      return viewArray(dtype, memory, offset, length);
    },
    adopt: (data): JsBuffer => ({
      bytes: data.byteLength,
      memory: data.buffer,
      offset: data.byteOffset,
    }),
    load,
  };
}
