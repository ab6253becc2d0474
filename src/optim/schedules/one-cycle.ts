import { checkAtLeast, checkInteger, checkOneOf, checkShare } from "../checks.ts";
import { checkHasMomentum, setMomentum } from "./momentum.ts";
import { type AnyOptimizer, EpochScheduler, type ScheduleOptions } from "./scheduler.ts";

/** Options of `OneCycleLR`: `totalSteps`, or both `epochs` and `stepsPerEpoch`. */
export interface OneCycleOptions extends ScheduleOptions {
  /** Number of steps in the cycle. Default `epochs · stepsPerEpoch`. */
  readonly totalSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** Share of the cycle in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Along a cosine or a straight line. Default "cos". */
  readonly annealStrategy?: "cos" | "linear";
  /** Whether the momentum (the first of the betas) falls while the rate rises. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum at the highest rate, one or one for each group. Default 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum at the lowest rates, one or one for each group. Default 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** The highest rate over the first one. Default 25. */
  readonly divFactor?: number;
  /** The first rate over the last one. Default 10,000. */
  readonly finalDivFactor?: number;
  /** Whether the rate first falls as it has risen, and to the last rate after that. Default false. */
  readonly threePhase?: boolean;
}

/** A part of the cycle: its last step, and which of a group's values it goes from and to. */
interface Phase {
  readonly end: number;
  readonly rates: readonly ["initial" | "max" | "min", "initial" | "max" | "min"];
  readonly momenta: readonly ["base" | "max", "base" | "max"];
}

/**
 * A rate that rises once and falls far below where it began, while the momentum does the opposite (Smith &
 * Topin 2019, "Super-Convergence"). Call `step()` after every batch.
 *
 * @example
 * const options = { epochs: 10, stepsPerEpoch: 500 };
 * const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 0.1, options);
 */
export class OneCycleLR extends EpochScheduler {
  private readonly totalSteps: number;
  private readonly pctStart: number;
  private readonly threePhase: boolean;
  private readonly annealStrategy: "cos" | "linear";
  private readonly cycleMomentum: boolean;
  private readonly maxLrs: number[];
  private readonly minLrs: number[];
  private readonly baseMomentums: number[];
  private readonly maxMomentums: number[];

  /**
   * @param maxLr - The highest rate, one or one for each group.
   * @throws RangeError for options outside their range, Error for `cycleMomentum` with an optimiser that
   * has no momentum.
   */
  constructor(
    optimizer: AnyOptimizer,
    maxLr: number | readonly number[],
    options: OneCycleOptions = {},
  ) {
    super(optimizer, options);
    const { pctStart = 0.3, annealStrategy = "cos", cycleMomentum = true } = options;
    const { baseMomentum = 0.85, maxMomentum = 0.95, threePhase = false } = options;
    const { divFactor = 25, finalDivFactor = 1e4, lastEpoch = -1 } = options;
    this.totalSteps = stepsOf(options);
    checkShare(pctStart, "pctStart", "OneCycleLR");
    checkOneOf(["cos", "linear"], annealStrategy, "annealStrategy", "OneCycleLR");
    checkAtLeast(Number.MIN_VALUE, divFactor, "divFactor", "OneCycleLR");
    checkAtLeast(Number.MIN_VALUE, finalDivFactor, "finalDivFactor", "OneCycleLR");
    if (cycleMomentum) checkHasMomentum(optimizer, "OneCycleLR");
    this.maxLrs = this.perGroup(maxLr, "maxLr");
    this.baseLrs = this.maxLrs.map((lr) => lr / divFactor);
    this.minLrs = this.baseLrs.map((lr) => lr / finalDivFactor);
    if (lastEpoch === -1) this.groups.forEach((group, i) => (group.initialLr = this.baseLrs[i]));
    this.pctStart = pctStart;
    this.threePhase = threePhase;
    this.annealStrategy = annealStrategy;
    this.cycleMomentum = cycleMomentum;
    this.baseMomentums = this.perGroup(baseMomentum, "baseMomentum");
    this.maxMomentums = this.perGroup(maxMomentum, "maxMomentum");
    this.begin();
  }

  protected rates(): number[] {
    const { lastEpoch, totalSteps, baseLrs, maxLrs, minLrs, baseMomentums, maxMomentums } = this;
    if (lastEpoch > totalSteps)
      throw new RangeError(
        `OneCycleLR: step ${lastEpoch} of a cycle of ${totalSteps}: make totalSteps larger, or stop stepping`,
      );
    const phases = this.phases();
    const found = phases.findIndex(({ end }) => lastEpoch <= end);
    const at = found < 0 ? phases.length - 1 : found;
    const start = at === 0 ? 0 : phases[at - 1].end;
    const { end, rates, momenta } = phases[at];
    const share = (lastEpoch - start) / (end - start);
    const rateOf = { initial: baseLrs, max: maxLrs, min: minLrs };
    const momentumOf = { base: baseMomentums, max: maxMomentums };
    if (this.cycleMomentum)
      this.groups.forEach((group, i) =>
        setMomentum(
          group,
          this.between(momentumOf[momenta[0]][i], momentumOf[momenta[1]][i], share),
        ),
      );
    return this.groups.map((_, i) => this.between(rateOf[rates[0]][i], rateOf[rates[1]][i], share));
  }

  private phases(): readonly Phase[] {
    const { pctStart, totalSteps, threePhase } = this;
    const end = totalSteps - 1;
    const up: Phase = {
      end: pctStart * totalSteps - 1,
      rates: ["initial", "max"],
      momenta: ["max", "base"],
    };
    if (!threePhase) return [up, { end, rates: ["max", "min"], momenta: ["base", "max"] }];
    const down: Phase = {
      end: 2 * pctStart * totalSteps - 2,
      rates: ["max", "initial"],
      momenta: ["base", "max"],
    };
    return [up, down, { end, rates: ["initial", "min"], momenta: ["max", "max"] }];
  }

  private between(start: number, end: number, share: number): number {
    return this.annealStrategy === "cos"
      ? end + ((start - end) / 2) * (Math.cos(Math.PI * share) + 1)
      : (end - start) * share + start;
  }
}

function stepsOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  if (totalSteps !== undefined) {
    checkInteger(1, totalSteps, "totalSteps", "OneCycleLR");
    return totalSteps;
  }
  if (epochs === undefined || stepsPerEpoch === undefined)
    throw new RangeError(
      "OneCycleLR: expected totalSteps, or both epochs and stepsPerEpoch, got neither",
    );
  checkInteger(1, epochs, "epochs", "OneCycleLR");
  checkInteger(1, stepsPerEpoch, "stepsPerEpoch", "OneCycleLR");
  return epochs * stepsPerEpoch;
}
