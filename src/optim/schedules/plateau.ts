import { checkInteger, checkNotNegative, checkOneOf } from "../checks.ts";
import { type AnyOptimizer, LRScheduler } from "./scheduler.ts";

/** Options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether a lower or a higher metric is better. Default "min". */
  readonly mode?: "min" | "max";
  /** What the rates are multiplied by. Default 0.1. */
  readonly factor?: number;
  /** Steps without progress that are borne. Default 10. */
  readonly patience?: number;
  /** How much better a metric must be to count. Default 1e-4. */
  readonly threshold?: number;
  /** Whether `threshold` is a share of the best metric ("rel") or a difference ("abs"). Default "rel". */
  readonly thresholdMode?: "rel" | "abs";
  /** Steps after a change in which nothing counts. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate, one or one for each group. Default 0. */
  readonly minLr?: number | readonly number[];
  /** The smallest change that is made. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Rates that are multiplied by `factor` when a metric, such as the loss on validation data, has stopped
 * getting better.
 *
 * @example
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 3 });
 * scheduler.step(await loss.item());
 */
export class ReduceLROnPlateau extends LRScheduler {
  private readonly mode: "min" | "max";
  private readonly factor: number;
  private readonly patience: number;
  private readonly threshold: number;
  private readonly thresholdMode: "rel" | "abs";
  private readonly cooldown: number;
  private readonly minLrs: number[];
  private readonly eps: number;
  /** The best metric so far; none before the first step. */
  private best: number | null = null;
  private cooldownCounter = 0;
  private numBadEpochs = 0;

  /** @throws RangeError for options outside their range. */
  constructor(optimizer: AnyOptimizer, options: PlateauOptions = {}) {
    super(optimizer, 0);
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4 } = options;
    const { thresholdMode = "rel", cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    checkOneOf(["min", "max"], mode, "mode", "ReduceLROnPlateau");
    checkOneOf(["rel", "abs"], thresholdMode, "thresholdMode", "ReduceLROnPlateau");
    if (!(factor >= 0 && factor < 1))
      throw new RangeError(
        `ReduceLROnPlateau: factor must be at least 0 and below 1, got ${factor}`,
      );
    checkInteger(0, patience, "patience", "ReduceLROnPlateau");
    checkInteger(0, cooldown, "cooldown", "ReduceLROnPlateau");
    checkNotNegative(threshold, "threshold", "ReduceLROnPlateau");
    checkNotNegative(eps, "eps", "ReduceLROnPlateau");
    this.mode = mode;
    this.factor = factor;
    this.patience = patience;
    this.threshold = threshold;
    this.thresholdMode = thresholdMode;
    this.cooldown = cooldown;
    this.minLrs = this.perGroup(minLr, "minLr");
    this.eps = eps;
  }

  /**
   * @param metric - What is watched, a number: `await loss.item()`.
   * @throws TypeError for anything else.
   */
  override step(metric: number): void {
    if (typeof metric !== "number")
      throw new TypeError(
        `ReduceLROnPlateau: expected the metric as a number (await loss.item()), got a ${typeof metric}`,
      );
    this.lastEpoch++;
    if (this.isBetter(metric)) {
      this.best = metric;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.setLrs(this.reduced());
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.currentLrs();
  }

  private reduced(): number[] {
    return this.groups.map(({ lr }, i) => {
      const next = Math.max(lr * this.factor, this.minLrs[i]);
      return lr - next > this.eps ? next : lr;
    });
  }

  private isBetter(metric: number): boolean {
    const { best, mode, threshold, thresholdMode } = this;
    const sign = mode === "min" ? -1 : 1;
    if (best === null) return !Number.isNaN(metric) && metric !== -sign * Infinity;
    const bound = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? metric < bound : metric > bound;
  }
}
