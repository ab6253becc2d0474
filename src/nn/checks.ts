/** Checks a number of features, channels and the like. */
export function checkSize(value: number, name: string, what: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${what}: ${name} must be an integer >= 1, got ${value}`);
}

/** Checks the probability of a dropout. */
export function checkProbability(value: number, name: string, what: string): void {
  if (!(value >= 0 && value <= 1))
    throw new RangeError(`${what}: ${name} must be from 0 to 1, got ${value}`);
}
