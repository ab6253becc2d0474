import { type DType } from "../ir/dtype.ts";
import { tensor, type Tensor } from "../tensor/index.ts";

// Windows of signals: torch.signal.windows.

/** Options of windows. */
export interface WindowOptions {
  /** Whether the window is symmetric (default), or one period of a periodic one. */
  readonly sym?: boolean;
  /** Default `"f32"`. */
  readonly dtype?: DType;
}

type Shape = (position: number, last: number) => number;

/** `shape(i, last)` for m positions; a periodic window is a symmetric one without its last entry. */
function made(m: number, options: WindowOptions, what: string, shape: Shape): Tensor {
  if (!Number.isInteger(m) || m < 0)
    throw new RangeError(`${what}: the size must be an integer >= 0, got ${m}`);
  const { sym = true, dtype = "f32" } = options;
  const last = sym ? m - 1 : m;
  const values = Array.from({ length: m }, (_, i) => (m === 1 ? 1 : shape(i, last)));
  return tensor(values, { dtype });
}

const cosineSum =
  (a: readonly number[]): Shape =>
  (i, last) =>
    a.reduce(
      (sum, c, k) => sum + (k % 2 === 0 ? c : -c) * Math.cos((2 * Math.PI * k * i) / last),
      0,
    );

/**
 * `Σ (-1)ᵏ aₖ cos(2πki / (m - 1))`.
 *
 * @example
 * windows.generalCosine(3, [0.5, 0.5]); // [0, 1, 0]
 */
export const generalCosine = (
  m: number,
  a: readonly number[],
  options: WindowOptions = {},
): Tensor => made(m, options, "generalCosine", cosineSum(a));

/**
 * `alpha - (1 - alpha) cos(2πi / (m - 1))`.
 *
 * @example
 * windows.generalHamming(3, { alpha: 0.5 }); // [0, 1, 0]
 */
export const generalHamming = (
  m: number,
  options: WindowOptions & { readonly alpha?: number } = {},
): Tensor => {
  const { alpha = 0.54 } = options;
  return made(m, options, "generalHamming", cosineSum([alpha, 1 - alpha]));
};

/**
 * The Hamming window.
 *
 * @example
 * windows.hamming(3); // [0.0800, 1, 0.0800]
 */
export const hamming = (m: number, options: WindowOptions = {}): Tensor =>
  made(m, options, "hamming", cosineSum([0.54, 0.46]));

/**
 * The Hann window.
 *
 * @example
 * windows.hann(5); // [0, 0.5, 1, 0.5, 0]
 */
export const hann = (m: number, options: WindowOptions = {}): Tensor =>
  made(m, options, "hann", cosineSum([0.5, 0.5]));

/**
 * The Blackman window.
 *
 * @example
 * windows.blackman(5); // [0, 0.34, 1, 0.34, 0]
 */
export const blackman = (m: number, options: WindowOptions = {}): Tensor =>
  made(m, options, "blackman", cosineSum([0.42, 0.5, 0.08]));

/**
 * The window of Nuttall with four terms.
 *
 * @example
 * windows.nuttall(3); // [0.0004, 1.0000, 0.0004]
 */
export const nuttall = (m: number, options: WindowOptions = {}): Tensor =>
  made(m, options, "nuttall", cosineSum([0.3635819, 0.4891775, 0.1365995, 0.0106411]));

/**
 * The triangle of Bartlett.
 *
 * @example
 * windows.bartlett(5); // [0, 0.5, 1, 0.5, 0]
 */
export const bartlett = (m: number, options: WindowOptions = {}): Tensor =>
  made(m, options, "bartlett", (i, last) => 1 - Math.abs((2 * i) / last - 1));

/**
 * Half a period of a sine.
 *
 * @example
 * windows.cosine(3); // [0.5000, 1, 0.5000]
 */
export const cosine = (m: number, options: WindowOptions = {}): Tensor =>
  made(m, options, "cosine", (i, last) => Math.sin((Math.PI * (i + 0.5)) / (last + 1)));

/**
 * `e^(-|i - center| / tau)`; the center is the middle.
 *
 * @example
 * windows.exponential(3); // [0.3679, 1, 0.3679]
 */
export function exponential(
  m: number,
  options: WindowOptions & { readonly center?: number; readonly tau?: number } = {},
): Tensor {
  const { center, tau = 1 } = options;
  if (!(tau > 0)) throw new RangeError(`exponential: tau must be > 0, got ${tau}`);
  return made(m, options, "exponential", (i, last) =>
    Math.exp(-Math.abs(i - (center ?? last / 2)) / tau),
  );
}

/**
 * The normal distribution with standard deviation `std` around the middle.
 *
 * @example
 * windows.gaussian(3); // [0.6065, 1, 0.6065]
 */
export function gaussian(
  m: number,
  options: WindowOptions & { readonly std?: number } = {},
): Tensor {
  const { std = 1 } = options;
  if (!(std > 0)) throw new RangeError(`gaussian: std must be > 0, got ${std}`);
  return made(m, options, "gaussian", (i, last) => Math.exp(-(((i - last / 2) / std) ** 2) / 2));
}

/** The modified Bessel function of order 0, by its power series: all terms are positive. */
function bessel(x: number): number {
  let [term, sum] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * The window of Kaiser with shape parameter `beta`.
 *
 * @example
 * windows.kaiser(3, { beta: 0 }); // [1, 1, 1]
 */
export function kaiser(
  m: number,
  options: WindowOptions & { readonly beta?: number } = {},
): Tensor {
  const { beta = 12 } = options;
  if (!(beta >= 0)) throw new RangeError(`kaiser: beta must be >= 0, got ${beta}`);
  return made(m, options, "kaiser", (i, last) => {
    const inside = 1 - ((2 * i) / last - 1) ** 2;
    return bessel(beta * Math.sqrt(Math.max(0, inside))) / bessel(beta);
  });
}
