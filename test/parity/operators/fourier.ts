import { viewAsReal } from "../../../src/complex/index.ts";
import * as F from "../../../src/fft/index.ts";
import { type Args, op, type Operator } from "../bind.ts";

/** Axes, of which PyTorch also takes one as a number. */
const list = (x: unknown): number[] | undefined =>
  typeof x === "number" ? [x] : (x as number[] | undefined);

// Sums of many numbers, whose parts may cancel.
const SUMS = { tolerance: { f32: [1e-5, 1e-4] } } as const;

const one = (f: (x: never, options: F.FftOptions) => unknown): Operator =>
  op("input n dim norm", (a) => f(a.input, a), SUMS);
const several = (f: (x: never, options: F.FftnOptions) => unknown): Operator =>
  op("input s dim norm", (a) => f(a.input, { ...a, s: list(a.s), dim: list(a.dim) }), SUMS);

const frames = (a: Args): F.FrameOptions => ({ ...a, window: a.window });

const TRANSFORMS: Record<string, Operator> = {
  "fft.fft": one(F.fft),
  "fft.ifft": one(F.ifft),
  "fft.rfft": one(F.rfft),
  "fft.irfft": one(F.irfft),
  "fft.hfft": one(F.hfft),
  "fft.ihfft": one(F.ihfft),
  "fft.fft2": several(F.fft2),
  "fft.ifft2": several(F.ifft2),
  "fft.rfft2": several(F.rfft2),
  "fft.irfft2": several(F.irfft2),
  "fft.hfft2": several(F.hfft2),
  "fft.ihfft2": several(F.ihfft2),
  "fft.fftn": several(F.fftn),
  "fft.ifftn": several(F.ifftn),
  "fft.rfftn": several(F.rfftn),
  "fft.irfftn": several(F.irfftn),
  "fft.hfftn": several(F.hfftn),
  "fft.ihfftn": several(F.ihfftn),
  "fft.fftshift": op("input dim", (a) => F.fftshift(a.input, a.dim)),
  "fft.ifftshift": op("input dim", (a) => F.ifftshift(a.input, a.dim)),
  stft: op(
    "input n_fft hop_length win_length window center pad_mode normalized onesided return_complex",
    (a) => {
      const z = F.stft(a.input, a.nFft, frames(a));
      // Without complex results PyTorch gives the parts along a last axis.
      return (a.returnComplex as unknown) === false ? viewAsReal(z) : z;
    },
    SUMS,
  ),
  istft: op(
    "input n_fft hop_length win_length window center normalized onesided length return_complex",
    (a) => F.istft(a.input, a.nFft, frames(a)),
    SUMS,
  ),
};

/** Fourier transforms, of real and of complex samples. */
export const FOURIER: Record<string, Operator> = Object.fromEntries(
  Object.entries(TRANSFORMS).map(([name, operator]) => [name, { ...operator, complex: operator }]),
);
