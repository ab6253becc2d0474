import { type Dim, type Tensor, tensor, type TensorOptions } from "../tensor/index.ts";
import { Complex } from "../complex/index.ts";
import { reduceAxes } from "../tensor/operand.ts";
import { checkLength } from "./options.ts";
import { checkSignal, type Signal } from "./planes.ts";

/** Frequencies k / (n · d) of so many entries. */
function frequencies(
  n: number,
  d: number,
  count: number,
  options: TensorOptions | undefined,
  what: string,
): Tensor {
  checkLength(n, "n", what);
  if (typeof d !== "number" || d === 0 || Number.isNaN(d))
    throw new RangeError(`${what}: d must be a number other than 0, got ${String(d)}`);
  const positive = count === n ? Math.ceil(n / 2) : count;
  const values = Array.from({ length: count }, (_, k) => (k < positive ? k : k - n) / (n * d));
  return tensor(values, { dtype: "f32", ...options });
}

/**
 * The frequencies of the entries of `fft`, in cycles per unit of the distance `d` between samples (default
 * 1): `[0, 1, …, -2, -1] / (d · n)`.
 *
 * @example
 * fftfreq(4); // [0, 0.25, -0.5, -0.25]
 */
export const fftfreq = (n: number, d = 1, options?: TensorOptions): Tensor =>
  frequencies(n, d, n, options, "fftfreq");

/**
 * The frequencies of the entries of `rfft`: `[0, 1, …, ⌊n/2⌋] / (d · n)`.
 *
 * @example
 * rfftfreq(4); // [0, 0.25, 0.5]
 */
export const rfftfreq = (n: number, d = 1, options?: TensorOptions): Tensor =>
  frequencies(n, d, Math.floor(n / 2) + 1, options, "rfftfreq");

/** Rolls axes by a part of their sizes. */
function shifted<S extends Signal>(
  x: S,
  dim: Dim | undefined,
  by: (size: number) => number,
  what: string,
): S {
  checkSignal(x, what);
  const axes = reduceAxes(dim, x.ndim, what);
  const move = (part: Tensor): Tensor =>
    part.roll(
      axes.map((axis) => by(part.shape[axis])),
      axes,
    );
  return (x instanceof Complex ? x.map(move) : move(x)) as S;
}

/**
 * Moves frequency 0 to the middle of the axes `dim` (all by default).
 *
 * @example
 * fftshift(fftfreq(4)); // [-0.5, -0.25, 0, 0.25]
 */
export const fftshift = <S extends Signal>(x: S, dim?: Dim): S =>
  shifted(x, dim, (size) => Math.floor(size / 2), "fftshift");

/**
 * The inverse of `fftshift`.
 *
 * @example
 * ifftshift(fftshift(tensor([0, 1, 2]))); // [0, 1, 2]
 */
export const ifftshift = <S extends Signal>(x: S, dim?: Dim): S =>
  shifted(x, dim, (size) => Math.ceil(size / 2), "ifftshift");
