import { Optimizer } from "../optimizer.ts";
import { type OptimizerOptions, type ParamGroup } from "../param-group.ts";
import { checkInteger } from "../checks.ts";
import { loadSchedule, saveSchedule, type SchedulerState } from "./state.ts";

/** Any optimiser: schedules change what all have. */
export type AnyOptimizer = Optimizer<OptimizerOptions>;

/**
 * What all schedules have: an optimiser whose learning rates they set, one for each group. Setting them
 * compiles nothing anew.
 *
 * @example
 * const scheduler: optim.lrScheduler.LRScheduler = new optim.lrScheduler.StepLR(optimizer, 30);
 * for (let epoch = 0; epoch < 90; epoch++) {
 *   for await (const [data, target] of testLoader) {
 *     optimizer.zeroGrad();
 *     criterion.forward(net.forward(data), target).backward();
 *     optimizer.step();
 *   }
 *   scheduler.step();
 * }
 */
export abstract class LRScheduler {
  readonly optimizer: AnyOptimizer;
  /** Number of the last step, 0 before the first. */
  lastEpoch: number;
  /** @internal What the rates were set to last. */
  protected lastLr: number[];

  protected constructor(optimizer: AnyOptimizer, lastEpoch: number) {
    if (!(optimizer instanceof Optimizer))
      throw new TypeError(
        `${this.constructor.name}: expected an optimiser, got a ${typeof optimizer}`,
      );
    this.optimizer = optimizer;
    this.lastEpoch = lastEpoch;
    this.lastLr = this.currentLrs();
  }

  /** Goes on to the next learning rates: call it after an epoch, or after a batch where a schedule says so. */
  abstract step(argument?: number): void;

  /** The rates that the last step set, one for each group. */
  getLastLr(): number[] {
    return [...this.lastLr];
  }

  /**
   * All that the schedule goes by, for saving: numbers, names and lists of them, which JSON can hold. Functions
   * are not among it, and neither is the optimiser, whose own state has its rates.
   */
  stateDict(): SchedulerState {
    return saveSchedule(this);
  }

  /**
   * Takes over a state that `stateDict()` gave: all of it or, when it does not fit, nothing.
   *
   * @throws Error that says what does not fit.
   *
   * @example
   * const saved = JSON.stringify(new optim.lrScheduler.StepLR(optimizer, 30).stateDict());
   * new optim.lrScheduler.StepLR(optimizer, 30).loadStateDict(JSON.parse(saved));
   */
  loadStateDict(state: SchedulerState): void {
    loadSchedule(this, state);
  }

  protected get groups(): readonly ParamGroup<OptimizerOptions>[] {
    return this.optimizer.paramGroups;
  }

  protected currentLrs(): number[] {
    return this.groups.map((group) => group.lr);
  }

  /** @internal Sets the groups' rates. */
  protected setLrs(rates: readonly number[]): void {
    this.groups.forEach((group, i) => (group.lr = rates[i]));
    this.lastLr = this.currentLrs();
  }

  /** One value for each group: those of a list, or the same for all. */
  protected perGroup<T>(value: T | readonly T[], name: string): T[] {
    const count = this.groups.length;
    if (!Array.isArray(value)) return new Array<T>(count).fill(value as T);
    if (value.length !== count)
      throw new RangeError(
        `${this.constructor.name}: ${name}: expected one for each of the ${count} groups, got ${value.length}`,
      );
    return [...(value as T[])];
  }
}

/** Options of all schedules that know their rates by the number of the step. */
export interface ScheduleOptions {
  /**
   * Number of the last step of a schedule that goes on, whose optimiser's state was loaded before. Default
   * -1: a new one.
   */
  readonly lastEpoch?: number;
}

/** A schedule that others can be made of. */
export interface Chainable extends LRScheduler {
  /** @internal Sets the rates of the first step, as on being made. */
  begin(): void;
  /** @internal Sets the rates of step 0, from the rates of now. */
  restart(): void;
  /** @internal Takes back the count of the first step. */
  undo(): void;
}

/** A schedule that computes its rates from the number of the step and the rates before. */
export abstract class EpochScheduler extends LRScheduler implements Chainable {
  /** The rates that the schedule starts from. */
  protected baseLrs: number[];
  protected stepCount = 0;

  /**
   * Subclasses set their own fields and then call `begin()`.
   *
   * @param startLrs - The rates to start from, where they are not those of the optimiser.
   */
  protected constructor(
    optimizer: AnyOptimizer,
    { lastEpoch = -1 }: ScheduleOptions,
    startLrs?: number | readonly number[],
  ) {
    super(optimizer, lastEpoch);
    checkInteger(-1, lastEpoch, "lastEpoch", this.constructor.name);
    const starts = startLrs === undefined ? undefined : this.perGroup(startLrs, "baseLr");
    if (starts && lastEpoch === -1) this.setLrs(starts);
    this.baseLrs = this.groups.map((group, i) => {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined)
        throw new Error(
          `${this.constructor.name}: group ${i} has no initial learning rate to go on from at step ` +
            `${lastEpoch}: load the optimiser's state before`,
        );
      return group.initialLr;
    });
  }

  step(): void {
    this.advance(false);
  }

  begin(): void {
    this.stepCount = 0;
    this.advance(true);
  }

  restart(): void {
    this.lastEpoch = 0;
    this.setLrs(this.ratesAtStart());
  }

  undo(): void {
    this.lastEpoch = Math.max(-1, this.lastEpoch - 1);
  }

  private advance(first: boolean): void {
    this.stepCount++;
    this.lastEpoch++;
    this.setLrs(this.rates(first));
  }

  /** The rates of step `lastEpoch`; `first` where the schedule has just been made. */
  protected abstract rates(first: boolean): number[];

  /** The rates of step 0 where the schedule takes over from another. */
  protected ratesAtStart(): number[] {
    return this.rates(false);
  }

  /** The present rates times `factor`. */
  protected scaled(factor: number): number[] {
    return this.groups.map(({ lr }) => lr * factor);
  }
}
