import { type Complex } from "../complex/index.ts";
import { type Tensor } from "../tensor/index.ts";
import { complexToComplex, complexToReal, halfOf, realExtents, realToComplex } from "./kinds.ts";
import { extentsOf, type FftnOptions } from "./options.ts";
import { checkReal, checkSignal, type Signal } from "./planes.ts";

const lastTwo = (options: FftnOptions): FftnOptions => ({
  ...options,
  dim: options.dim ?? [-2, -1],
});

/**
 * `fft` along the last two axes (or those in `dim`).
 *
 * @example
 * fft2(rand([4, 4])); // (4, 4)
 */
export function fft2(x: Signal, options: FftnOptions = {}): Complex {
  checkSignal(x, "fft2");
  const extents = extentsOf(x.shape, lastTwo(options), "fft2");
  return complexToComplex(x, extents, options.norm, false, "fft2");
}

/**
 * `ifft` along the last two axes (or those in `dim`): the inverse of `fft2`.
 *
 * @example
 * ifft2(fft2(tensor([[1, 2], [3, 4]]))).real; // [[1, 2], [3, 4]]
 */
export function ifft2(x: Signal, options: FftnOptions = {}): Complex {
  checkSignal(x, "ifft2");
  const extents = extentsOf(x.shape, lastTwo(options), "ifft2");
  return complexToComplex(x, extents, options.norm, true, "ifft2");
}

/**
 * `rfft` along the last of the last two axes (or those in `dim`), and `fft` along the others.
 *
 * @example
 * rfft2(rand([4, 4])); // (4, 3)
 */
export function rfft2(x: Tensor, options: FftnOptions = {}): Complex {
  checkReal(x, "rfft2");
  const extents = realExtents(x, lastTwo(options), "rfft2");
  return realToComplex(x, extents, options.norm, false, "rfft2");
}

/**
 * The inverse of `rfft2`, real numbers.
 *
 * @example
 * irfft2(rfft2(tensor([[1, 2], [3, 4]]))); // [[1, 2], [3, 4]]
 */
export function irfft2(x: Signal, options: FftnOptions = {}): Tensor {
  checkSignal(x, "irfft2");
  const extents = realExtents(x, lastTwo(options), "irfft2", halfOf);
  return complexToReal(x, extents, options.norm, true, "irfft2");
}

/**
 * `hfft` along the last of the last two axes (or those in `dim`), and `fft` along the others.
 *
 * @example
 * hfft2(rand([4, 4])); // (4, 6)
 */
export function hfft2(x: Signal, options: FftnOptions = {}): Tensor {
  checkSignal(x, "hfft2");
  const extents = realExtents(x, lastTwo(options), "hfft2", halfOf);
  return complexToReal(x, extents, options.norm, false, "hfft2");
}

/**
 * The inverse of `hfft2`.
 *
 * @example
 * hfft2(ihfft2(tensor([[1, 2], [3, 4]]))); // [[1, 2], [3, 4]]
 */
export function ihfft2(x: Tensor, options: FftnOptions = {}): Complex {
  checkReal(x, "ihfft2");
  const extents = realExtents(x, lastTwo(options), "ihfft2");
  return realToComplex(x, extents, options.norm, true, "ihfft2");
}

/**
 * `fft` along several axes, all by default.
 *
 * @example
 * fftn(rand([4, 4])); // (4, 4)
 */
export function fftn(x: Signal, options: FftnOptions = {}): Complex {
  checkSignal(x, "fftn");
  const extents = extentsOf(x.shape, options, "fftn");
  return complexToComplex(x, extents, options.norm, false, "fftn");
}

/**
 * `ifft` along several axes, all by default: the inverse of `fftn`.
 *
 * @example
 * ifftn(fftn(tensor([[1, 2], [3, 4]]))).real; // [[1, 2], [3, 4]]
 */
export function ifftn(x: Signal, options: FftnOptions = {}): Complex {
  checkSignal(x, "ifftn");
  const extents = extentsOf(x.shape, options, "ifftn");
  return complexToComplex(x, extents, options.norm, true, "ifftn");
}

/**
 * `rfft` along the last of several axes, all by default, and `fft` along the others.
 *
 * @example
 * rfftn(rand([4, 4])); // (4, 3)
 */
export function rfftn(x: Tensor, options: FftnOptions = {}): Complex {
  checkReal(x, "rfftn");
  const extents = realExtents(x, options, "rfftn");
  return realToComplex(x, extents, options.norm, false, "rfftn");
}

/**
 * The inverse of `rfftn`, real numbers.
 *
 * @example
 * irfftn(rfftn(tensor([[1, 2], [3, 4]]))); // [[1, 2], [3, 4]]
 */
export function irfftn(x: Signal, options: FftnOptions = {}): Tensor {
  checkSignal(x, "irfftn");
  const extents = realExtents(x, options, "irfftn", halfOf);
  return complexToReal(x, extents, options.norm, true, "irfftn");
}

/**
 * `hfft` along the last of several axes, all by default, and `fft` along the others.
 *
 * @example
 * hfftn(rand([4, 4])); // (4, 6)
 */
export function hfftn(x: Signal, options: FftnOptions = {}): Tensor {
  checkSignal(x, "hfftn");
  const extents = realExtents(x, options, "hfftn", halfOf);
  return complexToReal(x, extents, options.norm, false, "hfftn");
}

/**
 * The inverse of `hfftn`.
 *
 * @example
 * hfftn(ihfftn(tensor([[1, 2], [3, 4]]))); // [[1, 2], [3, 4]]
 */
export function ihfftn(x: Tensor, options: FftnOptions = {}): Complex {
  checkReal(x, "ihfftn");
  const extents = realExtents(x, options, "ihfftn");
  return realToComplex(x, extents, options.norm, true, "ihfftn");
}
