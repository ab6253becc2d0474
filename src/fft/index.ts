/**
 * Fourier transforms: torch.fft, and transforms of short times.
 *
 * @module
 */
export * from "./frequencies.ts";
export { type FftnOptions, type FftOptions, type Norm } from "./options.ts";
export { type Signal } from "./planes.ts";
export * from "./stft.ts";
export * from "./transforms.ts";
export * from "./transforms-nd.ts";
