import { type Case } from "./case.ts";

// One JSON object a line: the runner asks on a peer's standard input, the peer answers on its standard
// output. Nothing else may be written there.

export type Request =
  /** Makes a case ready and does its first step. */
  | { readonly do: "prepare"; readonly case: Case; readonly mode: string }
  /** Does steps and tells what each of them computed. */
  | { readonly do: "check"; readonly steps: number }
  /** Does steps and tells how long they took together. */
  | { readonly do: "run"; readonly steps: number }
  /** Tells the memory in use. */
  | { readonly do: "memory" };

/** Numbers of each result of a step, compared by themselves; null for those that are not finite. */
export type StepValues = readonly (readonly (number | null)[])[];

export interface Answers {
  readonly prepare: {
    /** From the arrays in memory, with the framework loaded, to the value of the first step. */
    readonly firstStepSeconds: number;
    readonly values: StepValues;
  };
  readonly check: { readonly values: readonly StepValues[] };
  readonly run: { readonly seconds: number };
  readonly memory: {
    /** Since the case was prepared, where the system can tell; else since the start. */
    readonly peakBytes: number;
    readonly residentBytes: number;
  };
}

/** What a peer says first, when its framework is loaded. */
export interface Ready {
  readonly ready: true;
}

export interface Failure {
  readonly error: string;
}
