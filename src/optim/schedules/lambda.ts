import { type AnyOptimizer, EpochScheduler, type ScheduleOptions } from "./scheduler.ts";

/** A factor for each step, from 0. */
export type LrLambda = (epoch: number) => number;

/** What `LambdaLR` and `MultiplicativeLR` have in common. */
abstract class FunctionLR extends EpochScheduler {
  protected readonly lrLambdas: LrLambda[];

  protected constructor(
    optimizer: AnyOptimizer,
    lrLambda: LrLambda | readonly LrLambda[],
    options: ScheduleOptions,
  ) {
    super(optimizer, options);
    this.lrLambdas = this.perGroup(lrLambda, "lrLambda");
    for (const fn of this.lrLambdas as unknown[])
      if (typeof fn !== "function")
        throw new TypeError(
          `${this.constructor.name}: lrLambda: expected a function, got a ${typeof fn}`,
        );
    this.begin();
  }
}

/**
 * Rates that are the initial ones times what a function gives for the number of the step.
 *
 * @example
 * const scheduler = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.95 ** epoch);
 */
export class LambdaLR extends FunctionLR {
  /**
   * @param lrLambda - One function, or one for each group.
   * @throws RangeError for another number of functions than of groups.
   */
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: LrLambda | readonly LrLambda[],
    options: ScheduleOptions = {},
  ) {
    super(optimizer, lrLambda, options);
  }

  protected rates(): number[] {
    return this.baseLrs.map((lr, i) => lr * this.lrLambdas[i](this.lastEpoch));
  }
}

/**
 * Rates that each step multiplies by what a function gives for its number.
 *
 * @example
 * const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.95);
 */
export class MultiplicativeLR extends FunctionLR {
  /**
   * @param lrLambda - One function, or one for each group.
   * @throws RangeError for another number of functions than of groups.
   */
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: LrLambda | readonly LrLambda[],
    options: ScheduleOptions = {},
  ) {
    super(optimizer, lrLambda, options);
  }

  protected rates(first: boolean): number[] {
    if (first) return this.currentLrs();
    return this.groups.map(({ lr }, i) => lr * this.lrLambdas[i](this.lastEpoch));
  }
}
