import { checkAtLeast, checkNotNegative, checkOneOf } from "../checks.ts";
import { checkHasMomentum, setMomentum } from "./momentum.ts";
import { type AnyOptimizer, EpochScheduler, type ScheduleOptions } from "./scheduler.ts";

/** Options of `CyclicLR`. */
export interface CyclicOptions extends ScheduleOptions {
  /** Steps in which the rate rises. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps in which it falls. Default `stepSizeUp`. */
  readonly stepSizeDown?: number;
  /**
   * Cycles of one height ("triangular"), each half as high as the one before ("triangular2"), or scaled
   * by `gamma ** step` ("expRange"). Default "triangular".
   */
  readonly mode?: "triangular" | "triangular2" | "expRange";
  /** Default 1. */
  readonly gamma?: number;
  /** A function that scales the height in place of `mode`. */
  readonly scaleFn?: (x: number) => number;
  /** Whether `scaleFn` is given the number of the cycle, from 1, or that of the step. Default "cycle". */
  readonly scaleMode?: "cycle" | "iterations";
  /** Whether the momentum (the first of the betas) falls while the rate rises. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum at the highest rate, one or one for each group. Default 0.8. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum at the lowest rate, one or one for each group. Default 0.9. */
  readonly maxMomentum?: number | readonly number[];
}

/**
 * Rates that go up and down between two bounds (Smith 2017, "Cyclical Learning Rates for Training Neural
 * Networks"). Call `step()` after every batch.
 *
 * @example
 * const scheduler = new optim.lrScheduler.CyclicLR(optimizer, 0.01, 0.1, { stepSizeUp: 500 });
 */
export class CyclicLR extends EpochScheduler {
  private readonly maxLrs: number[];
  private readonly totalSize: number;
  private readonly stepRatio: number;
  private readonly mode: NonNullable<CyclicOptions["mode"]>;
  private readonly gamma: number;
  private readonly scaleMode: NonNullable<CyclicOptions["scaleMode"]>;
  private readonly scaleFn: ((x: number) => number) | undefined;
  private readonly cycleMomentum: boolean;
  private readonly baseMomentums: number[];
  private readonly maxMomentums: number[];

  /**
   * @param baseLr - The lowest rate, one or one for each group.
   * @param maxLr - The highest rate, one or one for each group.
   * @throws RangeError for options outside their range, Error for `cycleMomentum` with an optimiser that
   * has no momentum.
   */
  constructor(
    optimizer: AnyOptimizer,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options: CyclicOptions = {},
  ) {
    super(optimizer, options, baseLr);
    const {
      stepSizeUp = 2000,
      stepSizeDown = stepSizeUp,
      mode = "triangular",
      gamma = 1,
    } = options;
    const { scaleFn, scaleMode = "cycle", cycleMomentum = true } = options;
    const { baseMomentum = 0.8, maxMomentum = 0.9 } = options;
    checkAtLeast(1, stepSizeUp, "stepSizeUp", "CyclicLR");
    checkAtLeast(1, stepSizeDown, "stepSizeDown", "CyclicLR");
    checkOneOf(["triangular", "triangular2", "expRange"], mode, "mode", "CyclicLR");
    checkOneOf(["cycle", "iterations"], scaleMode, "scaleMode", "CyclicLR");
    checkNotNegative(gamma, "gamma", "CyclicLR");
    if (cycleMomentum) checkHasMomentum(optimizer, "CyclicLR");
    this.baseLrs = this.perGroup(baseLr, "baseLr");
    this.maxLrs = this.perGroup(maxLr, "maxLr");
    this.totalSize = stepSizeUp + stepSizeDown;
    this.stepRatio = stepSizeUp / this.totalSize;
    this.mode = mode;
    this.gamma = gamma;
    this.scaleFn = scaleFn;
    this.scaleMode = scaleFn ? scaleMode : mode === "expRange" ? "iterations" : "cycle";
    this.cycleMomentum = cycleMomentum;
    this.baseMomentums = this.perGroup(baseMomentum, "baseMomentum");
    this.maxMomentums = this.perGroup(maxMomentum, "maxMomentum");
    this.begin();
  }

  protected rates(): number[] {
    const { lastEpoch, totalSize, stepRatio } = this;
    const cycle = Math.floor(1 + lastEpoch / totalSize);
    const x = 1 + lastEpoch / totalSize - cycle;
    const height = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1);
    const scale = this.scale(this.scaleMode === "cycle" ? cycle : lastEpoch);
    if (this.cycleMomentum)
      this.groups.forEach((group, i) => {
        const top = this.maxMomentums[i];
        setMomentum(group, top - (top - this.baseMomentums[i]) * height * scale);
      });
    return this.baseLrs.map((lr, i) => lr + (this.maxLrs[i] - lr) * height * scale);
  }

  private scale(x: number): number {
    if (this.scaleFn) return this.scaleFn(x);
    if (this.mode === "triangular") return 1;
    return this.mode === "triangular2" ? 1 / 2 ** (x - 1) : this.gamma ** x;
  }
}
