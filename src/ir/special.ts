// Functions of mathematics that JavaScript lacks.

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/**
 * The error function 2/√π ∫₀ˣ exp(-t²) dt, to about 1e-15. Below 2.5 the series
 * 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!! (Abramowitz & Stegun 7.1.6), whose terms are all positive and
 * so lose nothing; above it the continued fraction of erfc (7.1.14), which is small there.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6)) return a === a ? Math.sign(x) : NaN;
  if (a < 2.5) {
    const xx = x * x;
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
      term *= (2 * xx) / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_SQRT_PI * Math.exp(-xx) * sum;
  }
  let fraction = a;
  for (let n = 80; n >= 1; n--) fraction = a + n / 2 / fraction;
  const erfc = Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction);
  return x < 0 ? erfc - 1 : 1 - erfc;
}

/** To the nearest integer, halves to the even one (IEEE 754 roundTiesToEven). */
export function roundEven(x: number): number {
  const whole = Math.floor(x);
  const rest = x - whole;
  if (rest < 0.5) return whole;
  // -0.5 rounds to -0 and not to 0.
  if (rest > 0.5 || whole % 2 !== 0) return x < 0 && whole === -1 ? -0 : whole + 1;
  return whole;
}

/** xʸ by the rules of C, which gives 1 where JavaScript says NaN: 1^NaN and (±1)^±∞. */
export function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return Math.pow(x, y);
}

/** xⁿ of i32 or u32 modulo 2^32, by squaring; with a negative exponent ±1 of ±1, else 0. */
export function integerPower(x: number, n: number): number {
  if (n < 0) return Math.abs(x) === 1 ? (n % 2 === 0 ? 1 : x) : 0;
  let result = 1;
  let square = x;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** xⁿ of i64 modulo 2^64, as `integerPower`. */
export function longPower(x: bigint, n: bigint): bigint {
  if (n < 0n) return x === 1n || x === -1n ? x ** (n & 1n) : 0n;
  let result = 1n;
  for (let square = x; n > 0n; n >>= 1n) {
    if (n & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

const high = (a: number, b: number): number => {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  const mid2 = (mid & 0xffff) + al * bh;
  return ah * bh + Math.floor(mid / 65536) + (mid2 >>> 16);
};

/**
 * Philox 4x32 with ten rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3,
 * SC 2011): the four words, as u32, that belong to a counter under a key.
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = high(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = high(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}
