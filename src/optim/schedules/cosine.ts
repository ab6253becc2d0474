import { checkInteger, checkNotNegative } from "../checks.ts";
import { type AnyOptimizer, EpochScheduler, type ScheduleOptions } from "./scheduler.ts";

/** Options of `CosineAnnealingLR`. */
export interface CosineOptions extends ScheduleOptions {
  /** The lowest rate. Default 0. */
  readonly etaMin?: number;
}

/**
 * Rates that follow a cosine from their initial values to `etaMin` in `tMax` steps, and back in as many
 * (Loshchilov & Hutter 2017, without restarts).
 *
 * @example
 * const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 100, { etaMin: 1e-5 });
 */
export class CosineAnnealingLR extends EpochScheduler {
  private readonly tMax: number;
  private readonly etaMin: number;

  /** @throws RangeError unless tMax is an integer >= 1 and etaMin a number >= 0. */
  constructor(optimizer: AnyOptimizer, tMax: number, options: CosineOptions = {}) {
    super(optimizer, options);
    const { etaMin = 0 } = options;
    checkInteger(1, tMax, "tMax", "CosineAnnealingLR");
    checkNotNegative(etaMin, "etaMin", "CosineAnnealingLR");
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.begin();
  }

  protected rates(first: boolean): number[] {
    const { lastEpoch, tMax, etaMin } = this;
    if (first) return this.currentLrs();
    if ((lastEpoch - 1 - tMax) % (2 * tMax) === 0) {
      // At the lowest point the quotient below is that of two zeros.
      const rise = (1 - Math.cos(Math.PI / tMax)) / 2;
      return this.groups.map(({ lr }, i) => lr + (this.baseLrs[i] - etaMin) * rise);
    }
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / tMax);
    const factor = height(lastEpoch) / height(lastEpoch - 1);
    return this.groups.map(({ lr }) => factor * (lr - etaMin) + etaMin);
  }

  protected override ratesAtStart(): number[] {
    return this.baseLrs;
  }
}

/** Options of `CosineAnnealingWarmRestarts`. */
export interface WarmRestartsOptions extends CosineOptions {
  /** How many times as long each cycle is as the one before. Default 1. */
  readonly tMult?: number;
}

/**
 * Rates that follow a cosine from their initial values to `etaMin`, and start again at once (SGDR, Loshchilov
 * & Hutter 2017): first in `t0` steps, then in `t0 · tMult`, and so on.
 *
 * @example
 * const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 10, { tMult: 2 });
 */
export class CosineAnnealingWarmRestarts extends EpochScheduler {
  private readonly t0: number;
  private readonly tMult: number;
  private readonly etaMin: number;
  /** Length of the present cycle, and how far it has gone. */
  private tI: number;
  private tCur: number;

  /** @throws RangeError unless t0 and tMult are integers >= 1 and etaMin is a number >= 0. */
  constructor(optimizer: AnyOptimizer, t0: number, options: WarmRestartsOptions = {}) {
    super(optimizer, options);
    const { tMult = 1, etaMin = 0, lastEpoch = -1 } = options;
    checkInteger(1, t0, "t0", "CosineAnnealingWarmRestarts");
    checkInteger(1, tMult, "tMult", "CosineAnnealingWarmRestarts");
    checkNotNegative(etaMin, "etaMin", "CosineAnnealingWarmRestarts");
    this.t0 = t0;
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.tI = t0;
    this.tCur = lastEpoch;
    this.begin();
  }

  /**
   * @param epoch - Where to go, for steps within epochs: `epoch + batch / batches`. By default to the
   * next whole step.
   * @throws RangeError for a number below 0.
   */
  override step(epoch?: number): void {
    if (epoch !== undefined) {
      checkNotNegative(epoch, "epoch", "CosineAnnealingWarmRestarts");
      this.place(epoch);
    } else if (this.lastEpoch < 0) {
      this.place(0);
    } else {
      this.lastEpoch++;
      this.tCur++;
      if (this.tCur >= this.tI) {
        this.tCur %= this.tI;
        this.tI *= this.tMult;
      }
    }
    this.setLrs(this.rates());
  }

  override begin(): void {
    this.stepCount = 0;
    this.step();
  }

  private place(epoch: number): void {
    const { t0, tMult } = this;
    this.lastEpoch = Math.floor(epoch);
    if (epoch < t0 || tMult === 1) {
      this.tCur = epoch % t0;
      if (epoch < t0) this.tI = t0;
      return;
    }
    const cycle = Math.floor(Math.log((epoch / t0) * (tMult - 1) + 1) / Math.log(tMult));
    this.tCur = epoch - (t0 * (tMult ** cycle - 1)) / (tMult - 1);
    this.tI = t0 * tMult ** cycle;
  }

  protected rates(): number[] {
    const { etaMin, tCur, tI } = this;
    const height = (1 + Math.cos((Math.PI * tCur) / tI)) / 2;
    return this.baseLrs.map((lr) => etaMin + (lr - etaMin) * height);
  }
}
