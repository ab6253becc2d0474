import { type Tensor } from "nabla";

/** Training that leads nowhere. */
export class DivergedError extends Error {}

/** Steps whose losses are read together. */
const READ_EVERY = 50;

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The losses of an epoch of `steps` steps. They are read a few at a time: a step does not wait for the
 * number that the step before it gave.
 */
export class LossReader {
  private readonly steps: number;
  private readonly advice: string;
  private readonly losses: number[] = [];
  private unread: Tensor[] = [];

  /** @param advice - What a message about diverging says after "The loss is not a number any more". */
  constructor(steps: number, advice = "") {
    this.steps = steps;
    this.advice = advice;
  }

  /**
   * Takes the loss of the next step.
   *
   * @returns Where it was time to read, the mean of what was read.
   * @throws DivergedError when a loss is not a number any more.
   */
  async add(loss: Tensor): Promise<number | undefined> {
    this.unread.push(loss);
    const last = this.losses.length + this.unread.length === this.steps;
    if (this.unread.length < READ_EVERY && !last) return undefined;
    const recent = await Promise.all(this.unread.map((value) => value.item()));
    this.unread = [];
    if (!recent.every(Number.isFinite))
      throw new DivergedError(`The loss is not a number any more${this.advice}`);
    this.losses.push(...recent);
    return mean(recent);
  }

  /** Steps whose losses have been read. */
  get read(): number {
    return this.losses.length;
  }

  /** Mean of what has been read. */
  get mean(): number {
    return mean(this.losses);
  }
}
