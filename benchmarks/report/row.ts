/** A row of results.json. Numbers are null where nothing could be measured; `problem` says why. */
export interface Row {
  readonly workload: string;
  readonly variant: string;
  readonly threads: number;
  readonly peer: string;
  /** Median over the rounds of the seconds that a step took. */
  readonly medianSeconds: number | null;
  /** Range of the middle half of the rounds over the median. */
  readonly spread: number | null;
  /** This peer's median over that of the first peer, Nabla's plain loop: above 1 that one is faster. */
  readonly ratio: number | null;
  /** The most memory that was resident in the peer's process. */
  readonly peakBytes: number | null;
  /** From the data in memory, with the framework loaded and caches on disk empty, to the first result. */
  readonly firstStepSeconds: number | null;
  /** What a step does over its median, as "38.2 GFLOP/s". */
  readonly rate: { readonly value: number; readonly unit: string } | null;
  /** Workload `memory`: what was resident after 1,000 and after 10,000 steps. */
  readonly residentBytes?: readonly [number, number];
  /** Why there are no numbers, or what is wrong with them. */
  readonly problem?: string;
}
