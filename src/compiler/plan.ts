import { type DType } from "../ir/dtype.ts";
import { type Shape } from "../ir/shape.ts";
import { type Kernel } from "./loop/loop.ts";

// A plan is what the compiler makes of a graph for given sizes, and what a device runs: kernels in
// order over buffers. Inputs and outputs are bound at every run; temporaries lie in one arena.

/** Where a buffer of a plan lives. */
export type Place =
  /** Supplied at each run: input `index` of the program. */
  | { readonly kind: "input"; readonly index: number }
  /** Memory for output `index`, supplied at each run. */
  | { readonly kind: "output"; readonly index: number }
  /** `offset` bytes into the arena (a multiple of 64). */
  | { readonly kind: "arena"; readonly offset: number };

export interface PlanBuffer {
  readonly place: Place;
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
}

/** A scalar argument of a kernel: a number of the graph, or constant `index` given at each run. */
export type PlanScalar =
  | { readonly kind: "fixed"; readonly value: number }
  | { readonly kind: "constant"; readonly index: number };

/** What a buffer argument of a kernel is bound to. */
export type PlanArg =
  | {
      /** Index into `Plan.buffers`. */
      readonly buffer: number;
      /** Elements to skip at its start. */
      readonly offset: number;
      /** Elements by which the argument moves at each turn of the enclosing loops, outermost first. */
      readonly advance?: readonly number[];
    }
  /** For scratch buffers: bytes into the running thread's scratch memory (a multiple of 64). */
  | { readonly scratch: number };

/** One kernel call. */
export interface KernelStep {
  readonly kind: "kernel";
  readonly kernel: Kernel;
  /** One entry a buffer of the kernel. */
  readonly args: readonly PlanArg[];
  readonly ints: readonly number[];
  readonly scalars: readonly PlanScalar[];
  /** Pieces 0 … pieces - 1 may run in any order and on any thread. */
  readonly pieces: number;
  /** Arithmetic operations of the step, an estimate: small steps are not worth waking threads. */
  readonly cost: number;
}

/** Runs `body` `count` times. */
export interface LoopStep {
  readonly kind: "loop";
  readonly count: number;
  readonly body: readonly Step[];
}

export type Step = KernelStep | LoopStep;

export interface Plan {
  readonly buffers: readonly PlanBuffer[];
  readonly steps: readonly Step[];
  readonly inputs: readonly { readonly dtype: DType; readonly shape: Shape }[];
  readonly outputs: readonly { readonly dtype: DType; readonly shape: Shape }[];
  /** Number of scalar constants given at each run. */
  readonly constants: number;
  readonly arenaBytes: number;
  /** Bytes of scratch memory that each thread needs. */
  readonly scratchBytes: number;
}
