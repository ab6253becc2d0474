import { checkInteger } from "../checks.ts";
import { ReduceLROnPlateau } from "./plateau.ts";
import { type AnyOptimizer, type Chainable, LRScheduler } from "./scheduler.ts";

/** Throws unless all schedules can be combined and are of this optimiser. */
function checkParts(optimizer: AnyOptimizer, schedulers: readonly Chainable[], what: string): void {
  (schedulers as readonly unknown[]).forEach((part, i) => {
    if (!(part instanceof LRScheduler) || part instanceof ReduceLROnPlateau)
      throw new TypeError(
        `${what}: schedule ${i}: expected one that steps without a metric, got ` +
          (part instanceof LRScheduler ? part.constructor.name : typeof part),
      );
    if (part.optimizer !== optimizer)
      throw new Error(`${what}: schedule ${i} is of another optimiser`);
  });
}

/** A schedule that is made of others. */
abstract class CombinedScheduler extends LRScheduler implements Chainable {
  /** @internal */
  readonly schedulers: readonly Chainable[];

  protected constructor(optimizer: AnyOptimizer, schedulers: readonly Chainable[]) {
    super(optimizer, 0);
    this.schedulers = [...schedulers];
    checkParts(optimizer, this.schedulers, this.constructor.name);
  }

  abstract override step(): void;
  abstract begin(): void;
  abstract restart(): void;

  undo(): void {
    for (const part of this.schedulers) part.undo();
  }
}

/**
 * Several schedules one after the other: a warm-up and what follows it, say. Each begins with its own
 * step 0 at its milestone.
 *
 * @example
 * const { LinearLR, CosineAnnealingLR, SequentialLR } = optim.lrScheduler;
 * const warmUp = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 * const cosine = new CosineAnnealingLR(optimizer, 95);
 * const scheduler = new SequentialLR(optimizer, [warmUp, cosine], [5]);
 */
export class SequentialLR extends CombinedScheduler {
  private readonly milestones: number[];

  /**
   * @param milestones - At which steps the second schedule begins, the third, and so on.
   * @throws RangeError unless there is one milestone less than schedules and they rise, TypeError for
   * `ReduceLROnPlateau`, Error for schedules of another optimiser.
   */
  constructor(
    optimizer: AnyOptimizer,
    schedulers: readonly Chainable[],
    milestones: readonly number[],
  ) {
    super(optimizer, schedulers);
    if (schedulers.length === 0 || milestones.length !== schedulers.length - 1)
      throw new RangeError(
        `SequentialLR: expected one milestone less than schedules, got ${milestones.length} and ${schedulers.length}`,
      );
    milestones.forEach((milestone, i) => {
      checkInteger(i === 0 ? 0 : milestones[i - 1], milestone, `milestones[${i}]`, "SequentialLR");
    });
    this.milestones = [...milestones];
    this.begin();
  }

  step(): void {
    this.lastEpoch++;
    const at = this.indexAt(this.lastEpoch);
    const part = this.schedulers[at];
    if (at > 0 && this.milestones[at - 1] === this.lastEpoch) part.restart();
    else part.step();
    this.lastLr = this.currentLrs();
  }

  begin(): void {
    // All schedules have set their first rates when they were made; only one of them counts.
    this.setLrs(this.groups.map(({ initialLr, lr }) => initialLr ?? lr));
    this.undo();
    this.lastEpoch = 0;
    this.schedulers[this.indexAt(0)].begin();
    this.lastLr = this.currentLrs();
  }

  restart(): void {
    this.lastEpoch = 0;
    this.schedulers[this.indexAt(0)].restart();
    this.lastLr = this.currentLrs();
  }

  private indexAt(epoch: number): number {
    return this.milestones.filter((milestone) => milestone <= epoch).length;
  }
}

/**
 * Several schedules at once: each multiplies or changes what those before it made of the rates.
 *
 * @example
 * const { ChainedScheduler, ConstantLR, ExponentialLR } = optim.lrScheduler;
 * const parts = [new ConstantLR(optimizer, { totalIters: 20 }), new ExponentialLR(optimizer, 0.9)];
 * const scheduler = new ChainedScheduler(parts);
 */
export class ChainedScheduler extends CombinedScheduler {
  /** @throws RangeError for an empty list, TypeError for `ReduceLROnPlateau`, Error for two optimisers. */
  constructor(schedulers: readonly Chainable[]) {
    if (schedulers.length === 0)
      throw new RangeError("ChainedScheduler: expected at least one schedule, got none");
    super(schedulers[0].optimizer, schedulers);
  }

  step(): void {
    this.lastEpoch++;
    for (const part of this.schedulers) part.step();
    this.lastLr = this.currentLrs();
  }

  begin(): void {
    this.lastEpoch = 0;
    for (const part of this.schedulers) part.begin();
    this.lastLr = this.currentLrs();
  }

  restart(): void {
    this.lastEpoch = 0;
    for (const part of this.schedulers) part.restart();
    this.lastLr = this.currentLrs();
  }
}
