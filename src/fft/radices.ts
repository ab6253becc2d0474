/** Factors are combined up to this: more steps cost memory traffic, larger ones arithmetic. */
const LARGEST_GROUP = 16;
/** Of two steps each may be larger. */
const LARGEST_OF_TWO = 32;
/** Shorter transforms are one product with their matrix. */
export const ONE_STEP = 64;
/** A prime factor up to here is one product with its matrix; beyond, Bluestein's way is cheaper. */
const LARGEST_PRIME = 127;

function primeFactors(n: number): number[] {
  const out: number[] = [];
  for (let p = 2; p * p <= n; p++) for (; n % p === 0; n /= p) out.push(p);
  if (n > 1) out.push(n);
  return out;
}

/**
 * The sizes of the steps in which a transform of n numbers is computed, whose product is n: as few as can
 * be, of sizes that are about equal. Undefined for a length with a large prime factor.
 */
export function radicesOf(n: number): number[] | undefined {
  if (n <= ONE_STEP) return [n];
  const primes = primeFactors(n).reverse();
  if (primes[0] > LARGEST_PRIME) return undefined;
  for (let count = 1; ; count++) {
    const groups = new Array<number>(count).fill(1);
    for (const prime of primes) {
      const least = groups.indexOf(Math.min(...groups));
      groups[least] *= prime;
    }
    const largest = count <= 2 ? LARGEST_OF_TWO : LARGEST_GROUP;
    if (groups.every((size) => size <= largest || primes.includes(size))) return groups;
  }
}
