import { type Kernel, type Target } from "../../compiler/loop/loop.ts";
import { type DType, itemBytes, type TypedArray, viewArray } from "../../ir/dtype.ts";
import { showShape, sizeOf } from "../../ir/shape.ts";
import { type Bases, bindPlan } from "../commands.ts";
import {
  type Device,
  type DeviceBuffer,
  type DeviceStats,
  type LoadedPlan,
  type Loadable,
} from "../device.ts";
import { Blocks } from "./blocks.ts";
import { createKernels } from "./kernels.ts";
import { WasmMemory } from "./memory.ts";
import { wasmEncoding } from "./plan.ts";
import { Pool } from "./pool.ts";
import { canShareMemory } from "./worker.ts";

/** How a wasm device is to run. */
export interface WasmOptions {
  /** Threads that share the work; one where the engine has no shared memory. */
  readonly threads: number;
}

/** Memory of the wasm device. */
interface WasmBuffer extends DeviceBuffer {
  /** -1 once it was given back. */
  address: number;
}

/** Steps of fewer operations than this are done before another thread has woken up. */
const SHARED_COST = 50_000;
/** Parts of a step that each thread takes on average: a slow thread then leaves more to the others. */
const PARTS = 4;

const targetFor = (threads: number): Target => ({
  name: "wasm",
  vectorBytes: 16,
  partial: false,
  math: "expand",
  tile: { rows: 4, vectors: 2, kBlock: 1024, mBlock: 128, nBlock: 256, strip: 256 },
  threads,
});

/** A block of memory that plans share, as large as the largest of them needs. */
class CommonBlock {
  address = 0;
  bytes = 0;
  private readonly memory: WasmMemory;

  constructor(memory: WasmMemory) {
    this.memory = memory;
  }

  /** Makes room for `bytes`; the contents are lost when it grows. */
  reserve(bytes: number): void {
    if (bytes <= this.bytes) return;
    if (this.bytes > 0) this.memory.free(this.address);
    this.bytes = 0;
    this.address = this.memory.allocate(bytes);
    this.bytes = bytes;
  }
}

/**
 * A device that runs plans as WebAssembly with SIMD, on the calling thread and on `threads` - 1 workers
 * over shared memory. Results do not depend on the number of threads.
 *
 * @throws RangeError where `threads` is not a positive integer.
 *
 * @example
 * const device = createWasmDevice({ threads: 2 });
 */
export function createWasmDevice(options: WasmOptions): Device {
  if (!Number.isInteger(options.threads) || options.threads < 1)
    throw new RangeError(`wasm: threads must be a positive integer, got ${options.threads}`);
  const threads = canShareMemory() ? options.threads : 1;
  const target = targetFor(threads);
  const stats: DeviceStats = { kernelsCompiled: 0, plansLoaded: 0, runs: 0 };
  const memory = new WasmMemory(threads > 1);
  const kernels = createKernels(memory, (bytes) => {
    stats.kernelsCompiled++;
    pool.register(bytes);
  });
  const pool = new Pool(memory, kernels.table, threads);
  const arena = new CommonBlock(memory);
  const scratch = new CommonBlock(memory);
  const encoding = wasmEncoding(memory, {
    kernel: (kernel: Kernel) => kernels.indexOf(kernel),
    share: ({ pieces, cost }: { pieces: number; cost: number }) =>
      threads > 1 && pieces > 1 && cost >= SHARED_COST ? Math.ceil(pieces / (threads * PARTS)) : 0,
  });

  function addressOf(buffer: DeviceBuffer, action: string): number {
    const { address } = buffer as WasmBuffer;
    if (!(address >= 0))
      throw new Error(
        `${action}: expected memory of this device, got a buffer that was given back`,
      );
    return address;
  }

  function load({ lower }: Loadable): LoadedPlan {
    const plan = lower(target);
    const program = bindPlan(plan, encoding);
    stats.plansLoaded++;
    let released = false;
    const need = {
      input: plan.inputs.map(({ dtype, shape }) => sizeOf(shape) * itemBytes(dtype)),
      output: plan.outputs.map(({ dtype, shape }) => sizeOf(shape) * itemBytes(dtype)),
    };
    const scratchStride = Blocks.roundUp(plan.scratchBytes);
    const execute = (from: number, to: number): void => pool.run(from, to);

    /** Addresses of the buffers; a kernel that wrote past one would break others unseen. */
    const addresses = (buffers: readonly DeviceBuffer[], kind: "input" | "output"): number[] =>
      buffers.map((buffer, i) => {
        if (buffer.bytes < need[kind][i])
          throw new RangeError(
            `run: ${kind} ${i} of shape ${showShape(plan[`${kind}s`][i].shape)} needs ` +
              `${need[kind][i]} bytes, got a buffer of ${buffer.bytes}`,
          );
        return addressOf(buffer, "run");
      });

    function bases(
      inputs: readonly DeviceBuffer[],
      outputs: readonly DeviceBuffer[],
      constants: readonly number[],
    ): Bases {
      if (released) throw new Error("run: the plan was released");
      if (inputs.length !== plan.inputs.length || outputs.length !== plan.outputs.length)
        throw new Error(
          `run: expected ${plan.inputs.length} inputs and ${plan.outputs.length} outputs, ` +
            `got ${inputs.length} and ${outputs.length}`,
        );
      if (constants.length !== plan.constants)
        throw new Error(`run: expected ${plan.constants} constants, got ${constants.length}`);
      arena.reserve(plan.arenaBytes);
      scratch.reserve(scratchStride * threads);
      pool.setScratch(scratch.address, scratch.bytes / threads);
      return {
        inputs: addresses(inputs, "input"),
        outputs: addresses(outputs, "output"),
        constants,
        arena: arena.address,
      };
    }

    return {
      run(inputs, outputs, constants) {
        program.run(bases(inputs, outputs, constants), execute);
        stats.runs++;
      },
      profile(inputs, outputs, constants) {
        stats.runs++;
        return program.profile(bases(inputs, outputs, constants), execute);
      },
      release() {
        if (!released) program.release();
        released = true;
      },
    };
  }

  function free(buffer: DeviceBuffer): void {
    memory.free(addressOf(buffer, "free"));
    (buffer as WasmBuffer).address = -1;
  }

  function read(buffer: DeviceBuffer, dtype: DType, length: number): TypedArray {
    const address = addressOf(buffer, "read");
    const bytes = length * itemBytes(dtype);
    if (bytes > buffer.bytes)
      throw new RangeError(`read: ${bytes} bytes were asked of a buffer of ${buffer.bytes}`);
    const copy = new Uint8Array(bytes);
    copy.set(memory.views.u8.subarray(address, address + bytes));
    return viewArray(dtype, copy.buffer, 0, length);
  }

  return {
    name: "wasm",
    target,
    stats,
    allocate: (bytes): WasmBuffer => ({ bytes, address: memory.allocate(bytes) }),
    free,
    upload(buffer, data) {
      const address = addressOf(buffer, "upload");
      if (data.byteLength > buffer.bytes)
        throw new RangeError(
          `upload: ${data.byteLength} bytes do not fit in a buffer of ${buffer.bytes}`,
        );
      memory.views.u8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
    },
    read,
    take(buffer, dtype, length) {
      const data = read(buffer, dtype, length);
      free(buffer);
      return data;
    },
    load,
  };
}
