/** Throws unless `value` is a finite number >= `least`. */
export function checkAtLeast(least: number, value: number, name: string, what: string): void {
  if (!(typeof value === "number" && value >= least && value < Infinity))
    throw new RangeError(`${what}: ${name} must be a finite number >= ${least}, got ${value}`);
}

export const checkNotNegative = (value: number, name: string, what: string): void =>
  checkAtLeast(0, value, name, what);

export const checkLearningRate = (value: number, what: string): void =>
  checkNotNegative(value, "the learning rate", what);

/** Throws unless `value` is an integer >= `least`. */
export function checkInteger(least: number, value: number, name: string, what: string): void {
  if (!(Number.isInteger(value) && value >= least))
    throw new RangeError(`${what}: ${name} must be an integer >= ${least}, got ${value}`);
}

/** Throws unless `value` is a number from 0 to 1. */
export function checkShare(value: number, name: string, what: string): void {
  if (!(typeof value === "number" && value >= 0 && value <= 1))
    throw new RangeError(`${what}: ${name} must be a number from 0 to 1, got ${value}`);
}

/** Throws unless `value` is one of the `known` ones. */
export function checkOneOf<T>(known: readonly T[], value: T, name: string, what: string): void {
  if (!known.includes(value))
    throw new RangeError(
      `${what}: ${name} must be one of ${known.map((x) => JSON.stringify(x)).join(", ")}, got ${JSON.stringify(value)}`,
    );
}

/** Throws unless both are in [0, 1). */
export function checkBetas(betas: readonly [number, number], what: string): void {
  checkPair(betas, "betas", what);
  betas.forEach((beta, i) => {
    if (!(beta >= 0 && beta < 1))
      throw new RangeError(`${what}: betas[${i}] must be in [0, 1), got ${beta}`);
  });
}

/** Throws unless `values` is a list of two. */
export function checkPair(values: readonly unknown[], name: string, what: string): void {
  if (!Array.isArray(values) || values.length !== 2)
    throw new RangeError(
      `${what}: ${name} must be two values, got ${Array.isArray(values) ? values.length : typeof values}`,
    );
}

/** What the options of most optimisers have in common. */
export interface CommonSettings {
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** Checks the options that most optimisers have. */
export function checkCommon(options: CommonSettings, what: string): void {
  const { lr, betas, eps, momentum, weightDecay } = options;
  checkLearningRate(lr, what);
  if (betas !== undefined) checkBetas(betas, what);
  if (eps !== undefined) checkNotNegative(eps, "eps", what);
  if (momentum !== undefined) checkNotNegative(momentum, "momentum", what);
  if (weightDecay !== undefined) checkNotNegative(weightDecay, "weightDecay", what);
}
