/** Largest relative difference between two peers' numbers for the same thing. */
export const TOLERANCE = 1e-3;

/** Numbers this much smaller than the largest are taken for rounding errors around 0. */
const NOTHING = 1e-6;

/**
 * Where two lists of numbers differ, in words; undefined where they agree. Numbers that are not finite
 * arrive as null, and agree with nothing.
 */
export function difference(
  got: readonly (number | null)[],
  expected: readonly (number | null)[],
): string | undefined {
  if (got.length !== expected.length) return `${got.length} values instead of ${expected.length}`;
  const largest = Math.max(...expected.map((value) => Math.abs(value ?? 0)));
  for (const [i, value] of got.entries()) {
    const right = expected[i];
    if (
      value === null ||
      right === null ||
      !(Math.abs(value - right) <= TOLERANCE * Math.abs(right) + NOTHING * largest)
    )
      return `value ${i + 1} of ${got.length} is ${value} instead of ${right}`;
  }
  return undefined;
}
