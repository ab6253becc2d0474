import { type Kernel, type Target } from "../../compiler/loop/loop.ts";
import { type Plan, type Step } from "../../compiler/plan.ts";
import { itemBytes, viewArray } from "../../ir/dtype.ts";
import { sizeOf } from "../../ir/shape.ts";
import { bindPlan, type BoundPlan } from "../commands.ts";
import {
  type Device,
  type DeviceBuffer,
  type DeviceStats,
  DeviceUnavailable,
  type Loadable,
  type LoadedPlan,
  type Running,
} from "../device.ts";
import { nodeModule } from "../node.ts";
import { findCompiler, identifyCompiler } from "./compiler.ts";
import { nativeEncoding } from "./encoding.ts";
import { createKernels, type Kernels } from "./kernels.ts";
import { hasKoffi, loadRunner, type Pool, type Runner } from "./library.ts";
import { addressOf, type NativeBuffer, newBuffer } from "./memory.ts";
import { nodeThreads } from "./modules.ts";
import { createQueue, type Queue } from "./queue.ts";
import { shareOf, targetFor } from "./target.ts";

/** Operations that the first tier does in about a tenth of the time that compiling a few kernels takes. */
const CHEAP = 5_000_000;
/** Operations that the first tier does at most for one graph, all runs together. */
const FIRST_TIER = 50_000_000;
const FIRST_TIER_RUNS = 1000;
/** Operations from which on a graph may run while JavaScript goes on. */
const ASYNC_COST = 2_000_000;
/** Milliseconds that are better waited for: hearing from another thread takes a good part of one. */
const SHORT = 2;

/** Why the device cannot be used here, as far as that can be told at no cost; undefined where it can. */
export function nativeProblem(): string | undefined {
  if (nodeModule("fs") === undefined) return "it needs Node 20.16 or later";
  if (process.platform === "win32") return "it needs POSIX threads";
  if (findCompiler() === undefined)
    return "no C compiler is installed (cc, clang, gcc or zig on the PATH, or NABLA_CC)";
  return hasKoffi() ? undefined : "the package koffi is not installed: npm install koffi";
}

/** What the device has once a graph was worth compiling. */
interface Machine {
  readonly target: Target;
  readonly runner: Runner;
  readonly pool: Pool;
  readonly queue: Queue;
  readonly kernels: Kernels;
}

const queues: Queue[] = [];

/** Memory goes when the process ends: what still works on it must have ended. */
function drainAtExit(queue: Queue): void {
  if (queues.push(queue) === 1) process.on("exit", () => queues.forEach((one) => one.drain()));
}

const kernelsOf = (steps: readonly Step[]): Kernel[] =>
  steps.flatMap((step) => (step.kind === "loop" ? kernelsOf(step.body) : [step.kernel]));

/**
 * A device that runs plans as C, compiled by the system's compiler, on `threads` threads.
 *
 * Nobody waits for the compiler on something small: graphs of few operations run on `firstTier` over the
 * same memory, until they have been run so often that compiling them pays. When that is depends on the
 * graph alone, so results do not depend on how fast the compiler is or what it has compiled before.
 *
 * @throws DeviceUnavailable where there is no compiler or no koffi, at the latest at the first run.
 */
export function createNativeDevice(options: { threads: number }, firstTier: Device): Device {
  const problem = nativeProblem();
  if (problem !== undefined) throw new DeviceUnavailable("native", problem);
  const { threads } = options;
  // Whoever ends a thread of JavaScript's from outside does not wait for what works on its memory.
  const mayRunOn = threads > 1 && nodeThreads().isMainThread;
  const stats: DeviceStats = { kernelsCompiled: 0, plansLoaded: 0, runs: 0 };
  let machine: Machine | undefined;
  let arena: NativeBuffer = newBuffer(0, undefined);

  function start(): Machine {
    if (machine) return machine;
    const compiler = identifyCompiler(findCompiler()!);
    const runner = loadRunner(compiler);
    const kernels = createKernels(compiler, runner, () => stats.kernelsCompiled++);
    const pool = runner.createPool(threads);
    const queue = createQueue(pool);
    if (mayRunOn) drainAtExit(queue);
    machine = { target: targetFor(compiler, threads), runner, pool, queue, kernels };
    return machine;
  }

  /** Waits for what other threads still run. */
  const drain = (): void => machine?.queue.drain();

  /** The compiled plan. */
  function loadCompiled(plan: Plan): Required<LoadedPlan> {
    const { runner, pool, queue, kernels } = start();
    kernels.prepare(kernelsOf(plan.steps));
    const encoding = nativeEncoding(runner, {
      kernel: (kernel) => kernels.addressOf(kernel),
      share: shareOf(threads),
    });
    const program: BoundPlan = bindPlan(plan, encoding);
    const bytesOf = ({ dtype, shape }: Plan["inputs"][number]): number =>
      sizeOf(shape) * itemBytes(dtype);
    const need = { input: plan.inputs.map(bytesOf), output: plan.outputs.map(bytesOf) };
    const { constants: constantCount, arenaBytes, scratchBytes } = plan;
    const addresses = (buffers: readonly DeviceBuffer[], kind: "input" | "output"): number[] => {
      if (buffers.length !== need[kind].length)
        throw new Error(`run: expected ${need[kind].length} ${kind}s, got ${buffers.length}`);
      return buffers.map((buffer, i) => {
        if (buffer.bytes < need[kind][i])
          throw new RangeError(
            `run: ${kind} ${i} needs ${need[kind][i]} bytes, got a buffer of ${buffer.bytes}`,
          );
        const { memory, offset } = buffer as NativeBuffer;
        return addressOf(runner, memory) + offset;
      });
    };
    let released = false;
    let last: Running | undefined;
    const bases = (
      inputs: readonly DeviceBuffer[],
      outputs: readonly DeviceBuffer[],
      constants: readonly number[],
    ) => {
      if (released) throw new Error("run: the plan was released");
      if (constants.length !== constantCount)
        throw new Error(`run: expected ${constantCount} constants, got ${constants.length}`);
      // The commands hold the arguments of one run at a time.
      last?.finish();
      last = undefined;
      if (arena.bytes < arenaBytes) arena = newBuffer(arenaBytes, runner);
      pool.reserve(scratchBytes);
      return {
        inputs: addresses(inputs, "input"),
        outputs: addresses(outputs, "output"),
        constants,
        arena: addressOf(runner, arena.memory) + arena.offset,
      };
    };
    return {
      run(inputs, outputs, constants) {
        program.run(bases(inputs, outputs, constants), (from, to) => pool.run(from, to));
      },
      runAsync(inputs, outputs, constants, isAwaited) {
        // While one step runs the next is written down; no more are kept waiting.
        if (!isAwaited) queue.drain();
        const own = bases(inputs, outputs, constants);
        const holds = [program, arena, inputs, outputs];
        program.run(own, (from, to) => (last = queue.start(from, to, holds, isAwaited)));
        return last;
      },
      profile: (inputs, outputs, constants) =>
        program.profile(bases(inputs, outputs, constants), (from, to) => pool.run(from, to)),
      release() {
        released = true;
        program.release();
      },
    };
  }

  function load({ cost, lower }: Loadable): LoadedPlan {
    stats.plansLoaded++;
    const runs =
      cost > CHEAP || process.env.NABLA_FIRST_TIER === "off"
        ? 0
        : Math.min(FIRST_TIER_RUNS, Math.floor(FIRST_TIER / Math.max(1, cost)));
    let left = runs;
    let first: LoadedPlan | undefined;
    let plan: Plan | undefined;
    /** The graph, until it has been compiled. */
    let graph: Loadable | undefined = { cost, lower };
    let compiled: Required<LoadedPlan> | undefined;
    /** The fewest milliseconds from the begin of a run that went on to where it was known to be over. */
    let fastest = Infinity;

    /** The tier whose turn it is. */
    function tier(): LoadedPlan {
      if (left > 0) {
        // It works on this thread, on memory that others may still write.
        drain();
        // A graph that is run a second time will probably be run more often.
        if (left === runs - 1) prefetch();
        left--;
        return (first ??= firstTier.load(graph!));
      }
      if (!compiled) {
        compiled = loadCompiled((plan ??= graph!.lower(start().target)));
        first?.release();
        first = plan = graph = undefined;
      }
      return compiled;
    }

    function prefetch(): void {
      try {
        const { target, kernels } = start();
        plan = graph!.lower(target);
        kernels.prefetch(kernelsOf(plan.steps));
      } catch (error) {
        // When its turn comes, the compiled tier says so; until then nothing is wrong.
        if (!(error instanceof DeviceUnavailable)) throw error;
      }
    }

    return {
      run(inputs, outputs, constants) {
        tier().run(inputs, outputs, constants);
        stats.runs++;
      },
      runAsync(inputs, outputs, constants, isAwaited) {
        stats.runs++;
        const now = tier();
        const runsOn = isAwaited ? fastest > SHORT : mayRunOn;
        if (!now.runAsync || cost < ASYNC_COST || !runsOn) {
          now.run(inputs, outputs, constants);
          return undefined;
        }
        const begin = performance.now();
        const running = now.runAsync(inputs, outputs, constants, isAwaited);
        if (!running) return undefined;
        const isOver = (): void => void (fastest = Math.min(fastest, performance.now() - begin));
        const finish = (): void => {
          running.finish();
          isOver();
        };
        return {
          get done() {
            if (fastest <= SHORT) finish();
            return running.done.then(isOver);
          },
          finish,
        };
      },
      profile(inputs, outputs, constants) {
        stats.runs++;
        return tier().profile(inputs, outputs, constants);
      },
      release() {
        first?.release();
        compiled?.release();
      },
    };
  }

  return {
    name: "native",
    get target() {
      return start().target;
    },
    stats,
    allocate: (bytes) => newBuffer(bytes, machine?.runner),
    free: () => undefined,
    upload(buffer, data) {
      const { memory, offset, bytes } = buffer as NativeBuffer;
      if (data.byteLength > bytes)
        throw new RangeError(`upload: ${data.byteLength} bytes do not fit in a buffer of ${bytes}`);
      drain();
      new Uint8Array(memory, offset).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
    },
    read(buffer, dtype, length) {
      drain();
      const { memory, offset } = buffer as NativeBuffer;
      return viewArray(dtype, memory.slice(offset, offset + length * itemBytes(dtype)), 0, length);
    },
    take(buffer, dtype, length) {
      const { memory, offset } = buffer as NativeBuffer;
      return viewArray(dtype, memory, offset, length);
    },
    adopt: (data): NativeBuffer => ({
      bytes: data.byteLength,
      memory: data.buffer,
      offset: data.byteOffset,
    }),
    load,
  };
}
