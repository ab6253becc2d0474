import { type Plan } from "../compiler/plan.ts";
import { type Target } from "../compiler/loop/loop.ts";
import { type DType, type TypedArray } from "../ir/dtype.ts";

/** A block of a device's memory. */
export interface DeviceBuffer {
  readonly bytes: number;
}

/** What a device has done so far; tests and profiles read it. */
export interface DeviceStats {
  /** Distinct kernels turned into machine code. */
  kernelsCompiled: number;
  /** Programs made ready to run. */
  plansLoaded: number;
  /** Programs run. */
  runs: number;
}

/** A graph that a device can compile, in as many ways as it likes. */
export interface Loadable {
  /** Arithmetic operations of one run, an estimate. */
  readonly cost: number;
  /** The plan for a target. */
  readonly lower: (target: Target) => Plan;
}

/** A run that goes on while JavaScript does. It cannot fail. */
export interface Running {
  /** Resolves when it is over. Who asks for it is told as soon as can be. */
  readonly done: Promise<void>;
  /** Returns when it is over. */
  finish(): void;
}

/** A plan made ready on a device. */
export interface LoadedPlan {
  /**
   * Runs the plan to its end. `inputs` and `outputs` are one buffer each, in the plan's order; an output
   * may be the same buffer as an input only where the plan was made for it. `constants` are numbers.
   */
  run(
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    constants: readonly number[],
  ): void;
  /**
   * As `run`, but where the plan takes long enough to be worth it, this returns once everything that may
   * fail is done, and the plan runs on while JavaScript does. Runs end in the order in which they were
   * begun, and the device reads and writes memory only between them. `isAwaited`: JavaScript has nothing else
   * to do than to wait for it. Undefined: the run is over.
   */
  runAsync?(
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    constants: readonly number[],
    isAwaited: boolean,
  ): Running | undefined;
  /** Seconds each step of the plan took in a run of its own, for profiles. */
  profile(
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    constants: readonly number[],
  ): { kernel: string; seconds: number }[];
  /** Gives back what the plan holds on the device. It must not be run again. */
  release(): void;
}

/** What every device does, and all that the rest of the framework knows of one. */
export interface Device {
  /** The name that `setDevice` takes. */
  readonly name: string;
  /** What kernels are compiled for. */
  readonly target: Target;
  /** Counters; tests and profiles read them. */
  readonly stats: DeviceStats;
  /** Memory of at least `bytes`, 64-byte aligned, contents undefined. */
  allocate(bytes: number): DeviceBuffer;
  /** Gives memory back. The buffer must not be used again. */
  free(buffer: DeviceBuffer): void;
  /** Writes elements to the start of a buffer. */
  upload(buffer: DeviceBuffer, data: TypedArray): void;
  /** A copy of the first `length` elements. */
  read(buffer: DeviceBuffer, dtype: DType, length: number): TypedArray;
  /**
   * The elements of a buffer as an array, without a copy where that is possible; the buffer is given up.
   * After `runAsync` the array may be had at once; its elements are there when the run is over.
   */
  take(buffer: DeviceBuffer, dtype: DType, length: number): TypedArray;
  /**
   * Devices that work on the host's memory: a buffer that is the array itself, only to be read. The
   * array must not change while the buffer is in use.
   */
  readonly adopt?: (data: TypedArray) => DeviceBuffer;
  /** Makes a graph ready to run. */
  load(graph: Loadable): LoadedPlan;
}

/** A device that cannot work here, for a reason that is nobody's mistake: another one takes its place. */
export class DeviceUnavailable extends Error {
  /** Why, and what there is to do. */
  readonly reason: string;

  constructor(device: string, reason: string) {
    super(`the device "${device}" cannot be used: ${reason}`);
    this.name = "DeviceUnavailable";
    this.reason = reason;
  }
}
