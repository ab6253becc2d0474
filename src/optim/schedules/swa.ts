import { checkInteger, checkOneOf } from "../checks.ts";
import { type AnyOptimizer, EpochScheduler, type ScheduleOptions } from "./scheduler.ts";

/** Options of `SWALR`. */
export interface SWALROptions extends ScheduleOptions {
  /** Steps until the rate is reached. Default 10. */
  readonly annealEpochs?: number;
  /** Along a cosine or a straight line. Default "cos". */
  readonly annealStrategy?: "cos" | "linear";
}

/**
 * Rates that go to a constant one and stay there, for averaging the weights (Izmailov et al. 2018).
 *
 * @example
 * const scheduler = new optim.swaUtils.SWALR(optimizer, 0.05, { annealEpochs: 5 });
 */
export class SWALR extends EpochScheduler {
  private readonly swaLrs: number[];
  private readonly annealEpochs: number;
  private readonly annealStrategy: "cos" | "linear";

  /**
   * @param swaLr - The rate to go to, one or one for each group.
   * @throws RangeError for options outside their range.
   */
  constructor(
    optimizer: AnyOptimizer,
    swaLr: number | readonly number[],
    options: SWALROptions = {},
  ) {
    super(optimizer, options);
    const { annealEpochs = 10, annealStrategy = "cos" } = options;
    checkInteger(0, annealEpochs, "annealEpochs", "SWALR");
    checkOneOf(["cos", "linear"], annealStrategy, "annealStrategy", "SWALR");
    this.swaLrs = this.perGroup(swaLr, "swaLr");
    this.annealEpochs = annealEpochs;
    this.annealStrategy = annealStrategy;
    this.begin();
  }

  protected rates(): number[] {
    const step = this.annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const before = this.share(step - 1);
    const now = this.share(step);
    return this.groups.map(({ lr }, i) => {
      const target = this.swaLrs[i];
      // The rate that the way began with, which another schedule may have changed since.
      const first = before === 1 ? target : (lr - before * target) / (1 - before);
      return target * now + first * (1 - now);
    });
  }

  /** How much of the way is done at a step. */
  private share(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this.annealStrategy === "cos" ? (1 - Math.cos(Math.PI * t)) / 2 : t;
  }
}
