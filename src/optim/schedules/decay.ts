import { checkInteger, checkNotNegative } from "../checks.ts";
import { type AnyOptimizer, EpochScheduler, type ScheduleOptions } from "./scheduler.ts";

/** Options of `StepLR` and `MultiStepLR`. */
export interface GammaOptions extends ScheduleOptions {
  /** What the rates are multiplied by. Default 0.1. */
  readonly gamma?: number;
}

/**
 * Rates that are multiplied by `gamma` every `stepSize` steps.
 *
 * @example
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 30, { gamma: 0.1 });
 */
export class StepLR extends EpochScheduler {
  private readonly stepSize: number;
  private readonly gamma: number;

  /** @throws RangeError unless stepSize is an integer >= 1 and gamma a number >= 0. */
  constructor(optimizer: AnyOptimizer, stepSize: number, options: GammaOptions = {}) {
    super(optimizer, options);
    const { gamma = 0.1 } = options;
    checkInteger(1, stepSize, "stepSize", "StepLR");
    checkNotNegative(gamma, "gamma", "StepLR");
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.begin();
  }

  protected rates(): number[] {
    const { lastEpoch, stepSize, gamma } = this;
    return lastEpoch === 0 || lastEpoch % stepSize !== 0 ? this.currentLrs() : this.scaled(gamma);
  }

  protected override ratesAtStart(): number[] {
    return this.baseLrs;
  }
}

/**
 * Rates that are multiplied by `gamma` at certain steps.
 *
 * @example
 * const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, [30, 80], { gamma: 0.1 });
 */
export class MultiStepLR extends EpochScheduler {
  private readonly milestones: number[];
  private readonly gamma: number;

  /**
   * @param milestones - Numbers of steps; one that stands twice counts twice.
   * @throws RangeError unless milestones are integers >= 0 and gamma is a number >= 0.
   */
  constructor(optimizer: AnyOptimizer, milestones: Iterable<number>, options: GammaOptions = {}) {
    super(optimizer, options);
    const { gamma = 0.1 } = options;
    this.milestones = [...milestones];
    for (const milestone of this.milestones)
      checkInteger(0, milestone, "milestones", "MultiStepLR");
    checkNotNegative(gamma, "gamma", "MultiStepLR");
    this.gamma = gamma;
    this.begin();
  }

  protected rates(): number[] {
    const times = this.milestones.filter((milestone) => milestone === this.lastEpoch).length;
    return times === 0 ? this.currentLrs() : this.scaled(this.gamma ** times);
  }

  protected override ratesAtStart(): number[] {
    const times = this.milestones.filter((milestone) => milestone <= 0).length;
    return this.baseLrs.map((lr) => lr * this.gamma ** times);
  }
}

/** Options of `ConstantLR`. */
export interface ConstantOptions extends ScheduleOptions {
  /** What the rates are multiplied by at first. Default 1/3. */
  readonly factor?: number;
  /** Step from which they are no longer. Default 5. */
  readonly totalIters?: number;
}

/**
 * Rates that are multiplied by `factor` for the first `totalIters` steps.
 *
 * @example
 * const scheduler = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 4 });
 */
export class ConstantLR extends EpochScheduler {
  private readonly factor: number;
  private readonly totalIters: number;

  /** @throws RangeError unless factor is above 0 and at most 1, and totalIters an integer >= 0. */
  constructor(optimizer: AnyOptimizer, options: ConstantOptions = {}) {
    super(optimizer, options);
    const { factor = 1 / 3, totalIters = 5 } = options;
    if (!(factor > 0 && factor <= 1))
      throw new RangeError(`ConstantLR: factor must be above 0 and at most 1, got ${factor}`);
    checkInteger(0, totalIters, "totalIters", "ConstantLR");
    this.factor = factor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected rates(): number[] {
    if (this.lastEpoch === 0) return this.scaled(this.factor);
    return this.lastEpoch === this.totalIters ? this.scaled(1 / this.factor) : this.currentLrs();
  }

  protected override ratesAtStart(): number[] {
    const factor = this.totalIters === 0 ? 1 : this.factor;
    return this.baseLrs.map((lr) => lr * factor);
  }
}

/** Options of `LinearLR`. */
export interface LinearOptions extends ScheduleOptions {
  /** What the rates are multiplied by at first. Default 1/3. */
  readonly startFactor?: number;
  /** What they are multiplied by at the end. Default 1. */
  readonly endFactor?: number;
  /** Number of steps from one to the other. Default 5. */
  readonly totalIters?: number;
}

/**
 * Rates that go from `startFactor` to `endFactor` times their initial values on a straight line: a warm-up,
 * say.
 *
 * @example
 * const scheduler = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.1, totalIters: 20 });
 */
export class LinearLR extends EpochScheduler {
  private readonly startFactor: number;
  private readonly endFactor: number;
  private readonly totalIters: number;

  /**
   * @throws RangeError unless startFactor is above 0 and at most 1, endFactor from 0 to 1, and totalIters
   * an integer >= 1.
   */
  constructor(optimizer: AnyOptimizer, options: LinearOptions = {}) {
    super(optimizer, options);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    if (!(startFactor > 0 && startFactor <= 1))
      throw new RangeError(
        `LinearLR: startFactor must be above 0 and at most 1, got ${startFactor}`,
      );
    if (!(endFactor >= 0 && endFactor <= 1))
      throw new RangeError(`LinearLR: endFactor must be from 0 to 1, got ${endFactor}`);
    checkInteger(1, totalIters, "totalIters", "LinearLR");
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected rates(first: boolean): number[] {
    const { lastEpoch, startFactor, endFactor, totalIters } = this;
    if (lastEpoch === 0) return this.scaled(startFactor);
    if (first || lastEpoch > totalIters) return this.currentLrs();
    const rise = endFactor - startFactor;
    return this.scaled(1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise));
  }

  protected override ratesAtStart(): number[] {
    return this.baseLrs.map((lr) => lr * this.startFactor);
  }
}

/**
 * Rates that each step multiplies by `gamma`.
 *
 * @example
 * const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.95);
 */
export class ExponentialLR extends EpochScheduler {
  private readonly gamma: number;

  /** @throws RangeError unless gamma is a number >= 0. */
  constructor(optimizer: AnyOptimizer, gamma: number, options: ScheduleOptions = {}) {
    super(optimizer, options);
    checkNotNegative(gamma, "gamma", "ExponentialLR");
    this.gamma = gamma;
    this.begin();
  }

  protected rates(first: boolean): number[] {
    return first ? this.currentLrs() : this.scaled(this.gamma);
  }

  protected override ratesAtStart(): number[] {
    return this.baseLrs;
  }
}

/** Options of `PolynomialLR`. */
export interface PolynomialOptions extends ScheduleOptions {
  /** Number of steps after which the rates are 0. Default 5. */
  readonly totalIters?: number;
  /** Power of what is left. Default 1. */
  readonly power?: number;
}

/**
 * Rates that fall to 0 as `(1 - epoch / totalIters)^power`.
 *
 * @example
 * const scheduler = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 100, power: 2 });
 */
export class PolynomialLR extends EpochScheduler {
  private readonly totalIters: number;
  private readonly power: number;

  /** @throws RangeError unless totalIters is an integer >= 1 and power a number >= 0. */
  constructor(optimizer: AnyOptimizer, options: PolynomialOptions = {}) {
    super(optimizer, options);
    const { totalIters = 5, power = 1 } = options;
    checkInteger(1, totalIters, "totalIters", "PolynomialLR");
    checkNotNegative(power, "power", "PolynomialLR");
    this.totalIters = totalIters;
    this.power = power;
    this.begin();
  }

  protected rates(first: boolean): number[] {
    const { lastEpoch, totalIters, power } = this;
    if (first || lastEpoch > totalIters) return this.currentLrs();
    const left = (epoch: number): number => 1 - epoch / totalIters;
    return this.scaled((left(lastEpoch) / left(lastEpoch - 1)) ** power);
  }

  protected override ratesAtStart(): number[] {
    return this.baseLrs;
  }
}
