import { type Complex } from "../complex/index.ts";
import { type Tensor } from "../tensor/index.ts";
import { complexToComplex, complexToReal, halfOf, realToComplex } from "./kinds.ts";
import { extentOf, type FftOptions } from "./options.ts";
import { checkReal, checkSignal, type Signal } from "./planes.ts";

/**
 * The discrete Fourier transform along one axis: entry k is `Σ xⱼ e^(-2πi jk / n)`.
 *
 * @example
 * fft(tensor([1, 2, 3, 4])); // [10+0i, -2+2i, -2+0i, -2-2i]
 */
export function fft(x: Signal, options: FftOptions = {}): Complex {
  checkSignal(x, "fft");
  const extents = extentOf(x.shape, options, "fft");
  return complexToComplex(x, extents, options.norm, false, "fft");
}

/**
 * The inverse of `fft`: entry j is `Σ Xₖ e^(2πi jk / n) / n`.
 *
 * @example
 * ifft(fft(tensor([1, 2, 3, 4]))).real; // [1, 2, 3, 4]
 */
export function ifft(x: Signal, options: FftOptions = {}): Complex {
  checkSignal(x, "ifft");
  const extents = extentOf(x.shape, options, "ifft");
  return complexToComplex(x, extents, options.norm, true, "ifft");
}

/**
 * `fft` of real numbers, without the entries that are conjugates of others: the first ⌊n/2⌋ + 1.
 *
 * @example
 * rfft(tensor([1, 2, 3, 4])); // [10+0i, -2+2i, -2+0i]
 */
export function rfft(x: Tensor, options: FftOptions = {}): Complex {
  checkReal(x, "rfft");
  const extents = extentOf(x.shape, options, "rfft");
  return realToComplex(x, extents, options.norm, false, "rfft");
}

/**
 * The inverse of `rfft`, real numbers. An odd length must be given as `n`; default 2 · (entries - 1).
 *
 * @example
 * irfft(rfft(tensor([1, 2, 3])), { n: 3 }); // [1, 2, 3]
 */
export function irfft(x: Signal, options: FftOptions = {}): Tensor {
  checkSignal(x, "irfft");
  const extents = extentOf(x.shape, options, "irfft", halfOf);
  return complexToReal(x, extents, options.norm, true, "irfft");
}

/**
 * `fft` of a signal whose other half is the conjugate of this one, which makes the result real. Default of
 * `n` is 2 · (entries - 1).
 *
 * @example
 * hfft(complex(tensor([1, 2, 0]), tensor([0, 1, 0]))); // [5, 3, -3, -1]
 */
export function hfft(x: Signal, options: FftOptions = {}): Tensor {
  checkSignal(x, "hfft");
  const extents = extentOf(x.shape, options, "hfft", halfOf);
  return complexToReal(x, extents, options.norm, false, "hfft");
}

/**
 * The inverse of `hfft`: of real numbers the first ⌊n/2⌋ + 1 entries of `ifft`.
 *
 * @example
 * ihfft(tensor([5, 3, -3, -1])); // [1+0i, 2+1i, 0+0i]
 */
export function ihfft(x: Tensor, options: FftOptions = {}): Complex {
  checkReal(x, "ihfft");
  const extents = extentOf(x.shape, options, "ihfft");
  return realToComplex(x, extents, options.norm, true, "ihfft");
}
