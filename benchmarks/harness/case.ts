/** How the elements of an array are made: see arrays.ts. */
export interface ArraySpec {
  readonly shape: readonly number[];
  /** Default f32. */
  readonly dtype?: "f32" | "i32";
  /** Elements are spread evenly over [low, high); integers for i32. Equal bounds: that constant. */
  readonly low: number;
  readonly high: number;
}

/** Sizes and switches of a case. */
export type Settings = Readonly<Record<string, number | string | boolean>>;

/** One thing to measure, in all that every peer must know of it. It is sent to them as JSON. */
export interface Case {
  readonly workload: string;
  readonly variant: string;
  readonly settings: Settings;
  /** Initial weights and data, by name. */
  readonly arrays: Readonly<Record<string, ArraySpec>>;
}

/** A variant of a workload, and how to judge and show what it did. */
export interface Variant {
  readonly name: string;
  readonly settings: Settings;
  readonly arrays: Readonly<Record<string, ArraySpec>>;
  /** Peers that are left out. */
  readonly without?: readonly string[];
  /** What one step does, for rates such as GFLOP/s. */
  readonly work: { readonly amount: number; readonly unit: string };
}

/** What is measured. */
export interface Workload {
  readonly name: string;
  /** The folder of workloads/ that has the peers' programs; default the name. */
  readonly folder?: string;
  /** One line on what a step is. */
  readonly title: string;
  /**
   * `training`: every step gives a loss, and 20 of them are compared. `operator`: every step computes
   * the same, and some elements of it are compared. `memory`: 10,000 steps, of which the resident memory
   * is what matters.
   */
  readonly kind: "training" | "operator" | "memory";
  /** Whether a peer's process serves all variants, so that many small ones do not take all day. */
  readonly oneProcess?: boolean;
  readonly variants: readonly Variant[];
}

/** Elements that lie evenly in [-bound, bound), as PyTorch initialises weights. */
export const uniform = (shape: readonly number[], bound: number): ArraySpec => ({
  shape,
  low: -bound,
  high: bound,
});

/** The same number everywhere. */
export const constant = (shape: readonly number[], value: number): ArraySpec => ({
  shape,
  low: value,
  high: value,
});

/** The weights of `nn.Linear(inputs, outputs)` under the names and with the bounds of PyTorch. */
export const linear = (
  name: string,
  inputs: number,
  outputs: number,
): Record<string, ArraySpec> => ({
  [`${name}.weight`]: uniform([outputs, inputs], 1 / Math.sqrt(inputs)),
  [`${name}.bias`]: uniform([outputs], 1 / Math.sqrt(inputs)),
});
