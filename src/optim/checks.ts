/** Throws unless `value` is a number >= 0. */
export function checkNotNegative(value: number, name: string, what: string): void {
  if (!(typeof value === "number" && value >= 0 && value < Infinity))
    throw new RangeError(`${what}: ${name} must be a finite number >= 0, got ${value}`);
}

export const checkLearningRate = (value: number, what: string): void =>
  checkNotNegative(value, "the learning rate", what);

/** Throws unless both are in [0, 1). */
export function checkBetas(betas: readonly [number, number], what: string): void {
  betas.forEach((beta, i) => {
    if (!(beta >= 0 && beta < 1))
      throw new RangeError(`${what}: betas[${i}] must be in [0, 1), got ${beta}`);
  });
  if (betas.length !== 2)
    throw new RangeError(`${what}: expected two betas, got ${(betas as readonly number[]).length}`);
}
