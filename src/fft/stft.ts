import { Complex, div, mul } from "../complex/index.ts";
import { sameShape, showShape } from "../ir/shape.ts";
import { knownElements } from "../runtime/engine.ts";
import { ones, type PadOptions, Tensor } from "../tensor/index.ts";
import { framesOf, overlapAdd } from "./frames.ts";
import { checkLength } from "./options.ts";
import { checkSignal, type Signal } from "./planes.ts";
import { fft, ifft, irfft, rfft } from "./transforms.ts";

/** What `stft` and `istft` have in common. */
export interface FrameOptions {
  /** Entries between the starts of two frames. Default ⌊nFft / 4⌋. */
  readonly hopLength?: number;
  /** Length of the window, which stands in the middle of its frame. Default `nFft`. */
  readonly winLength?: number;
  /** Factors of the entries of a frame: a vector of `winLength` entries. Default ones. */
  readonly window?: Signal;
  /** Whether frame t is centered at entry `t · hopLength` of the signal, and does not start there. Default true. */
  readonly center?: boolean;
  /** Whether transforms are divided by √nFft. Default false. */
  readonly normalized?: boolean;
}

/** Options of `stft`. */
export interface StftOptions extends FrameOptions {
  /** What is put around the signal where frames are centered. Default `"reflect"`. */
  readonly padMode?: PadOptions["mode"];
  /** Whether only the first ⌊nFft / 2⌋ + 1 frequencies are given. Default: for real signals and windows. */
  readonly onesided?: boolean;
}

/** Options of `istft`. */
export interface IstftOptions extends FrameOptions {
  /** Whether only the first ⌊nFft / 2⌋ + 1 frequencies are there. Default: where their number is not `nFft`. */
  readonly onesided?: boolean;
  /** Length of the signal. Default: what the frames cover. */
  readonly length?: number;
  /** Whether the signal is complex. Default false: the first ⌊nFft / 2⌋ + 1 frequencies determine it. */
  readonly returnComplex?: boolean;
}

const mapped = <S extends Signal>(x: S, f: (part: Tensor) => Tensor): S =>
  (x instanceof Complex ? x.map(f) : f(x)) as S;

const product = (x: Signal, y: Signal): Signal =>
  x instanceof Tensor && y instanceof Tensor ? x.mul(y) : mul(x, y);

/** The hop, and the window as long as a frame. */
function frameOf(
  nFft: number,
  options: FrameOptions,
  like: Signal,
  what: string,
): { hop: number; window: Signal } {
  checkLength(nFft, "nFft", what);
  const { hopLength = Math.floor(nFft / 4), winLength = nFft } = options;
  checkLength(hopLength, "hopLength", what);
  checkLength(winLength, "winLength", what);
  if (winLength > nFft)
    throw new RangeError(`${what}: winLength must be at most nFft = ${nFft}, got ${winLength}`);
  const window =
    options.window ?? ones([winLength], { dtype: like.dtype === "f64" ? "f64" : "f32" });
  checkSignal(window, what);
  if (!sameShape(window.shape, [winLength]))
    throw new Error(
      `${what}: expected a window of winLength = ${winLength} entries, got shape ${showShape(window.shape)}`,
    );
  const left = Math.floor((nFft - winLength) / 2);
  return { hop: hopLength, window: mapped(window, (x) => x.pad([left, nFft - winLength - left])) };
}

/**
 * The transform of short times: `fft` of frames of `nFft` entries, each times a window. A signal (L) gives
 * (frequencies, frames), signals (N, L) give (N, frequencies, frames).
 *
 * @example
 * stft(rand([2, 100]), 16, { hopLength: 4 }); // (2, 9, 26)
 */
export function stft(x: Signal, nFft: number, options: StftOptions = {}): Complex {
  checkSignal(x, "stft");
  if (x.ndim !== 1 && x.ndim !== 2)
    throw new RangeError(
      `stft: expected a signal (L) or signals (N, L), got shape ${showShape(x.shape)}`,
    );
  const { hop, window } = frameOf(nFft, options, x, "stft");
  const isComplex = x instanceof Complex || window instanceof Complex;
  const { center = true, padMode = "reflect", normalized = false, onesided = !isComplex } = options;
  if (onesided && isComplex)
    throw new RangeError(
      "stft: complex signals have no conjugate frequencies; use onesided: false",
    );
  const around = Math.floor(nFft / 2);
  const signals = mapped(x, (part) => {
    const rows = part.ndim === 1 ? part.unsqueeze(0) : part;
    return center ? rows.pad([around, around], { mode: padMode }) : rows;
  });
  const length = signals.shape[1];
  if (length < nFft)
    throw new RangeError(`stft: a signal of ${length} entries has no frame of nFft = ${nFft}`);
  const frames = product(
    mapped(signals, (part) => framesOf(part, nFft, hop)),
    window,
  );
  const norm = normalized ? "ortho" : "backward";
  const spectra = onesided ? rfft(frames as Tensor, { norm }) : fft(frames, { norm });
  return spectra.map((part) => {
    const turned = part.transpose(1, 2);
    return x.ndim === 1 ? turned.squeeze(0) : turned;
  });
}

/** Sums of squares of the window that are taken for zero, as in PyTorch. */
const LEAST = 1e-11;

/** Throws where no window covers an entry from `start` on, if the window is known. */
function checkCover(
  window: Signal | undefined,
  winLength: number,
  nFft: number,
  hop: number,
  count: number,
  start: number,
  kept: number,
): void {
  const parts = window instanceof Complex ? [window.real, window.imag] : window ? [window] : [];
  const [re, im] = window
    ? parts.map(({ node }) => knownElements(node))
    : [new Float64Array(winLength).fill(1)];
  if (!re || (window instanceof Complex && !im)) return;
  // Between the first and the last frames, sums repeat.
  const frames = Math.min(count, 2 * Math.ceil(nFft / hop) + 1);
  const entries = kept - (count - frames) * hop;
  const sums = [0, 1].map(() => new Float64Array(hop * (frames - 1) + nFft));
  const left = Math.floor((nFft - winLength) / 2);
  for (let t = 0; t < frames; t++)
    for (let j = 0; j < winLength; j++) {
      const [x, y] = [re[j], im?.[j] ?? 0];
      sums[0][t * hop + left + j] += x * x - y * y;
      sums[1][t * hop + left + j] += 2 * x * y;
    }
  for (let i = start; i < start + entries && i < sums[0].length; i++)
    if (Math.hypot(sums[0][i], sums[1][i]) < LEAST)
      throw new RangeError(
        "istft: an entry of the signal is covered by no window, so it is not determined; " +
          "use center: true, another window or a smaller hopLength",
      );
}

/**
 * The inverse of `stft`: the signal whose frames have these transforms, with the least squares where frames
 * overlap (Griffin and Lim, 1984). Spectra (frequencies, frames) give (L), (N, frequencies, frames) give
 * (N, L).
 *
 * Throws where an entry is covered by no window; if the window would have to be computed first, such
 * entries are not finite.
 *
 * @example
 * const signal = rand([2, 100]);
 * const window = windows.hann(16, { sym: false });
 * istft(stft(signal, 16, { window }), 16, { window, length: 100 }).sub(signal).abs().lt(1e-5).all(); // true
 */
export function istft(
  z: Signal,
  nFft: number,
  options: IstftOptions & { readonly returnComplex: true },
): Complex;
export function istft(
  z: Signal,
  nFft: number,
  options?: IstftOptions & { readonly returnComplex?: false },
): Tensor;
export function istft(z: Signal, nFft: number, options: IstftOptions = {}): Signal {
  checkSignal(z, "istft");
  if (z.ndim !== 2 && z.ndim !== 3)
    throw new RangeError(
      `istft: expected spectra (F, T) or (N, F, T), got shape ${showShape(z.shape)}`,
    );
  const { hop, window } = frameOf(nFft, options, z, "istft");
  const [bins, count] = z.shape.slice(-2);
  const { center = true, normalized = false, returnComplex = false, length } = options;
  const { onesided = bins !== nFft } = options;
  const expected = onesided ? Math.floor(nFft / 2) + 1 : nFft;
  if (bins !== expected)
    throw new RangeError(
      `istft: expected ${expected} frequencies for nFft = ${nFft} with onesided: ${onesided}, got ${bins}`,
    );
  if (count === 0) throw new RangeError("istft: expected at least 1 frame, got none");
  if (onesided && returnComplex)
    throw new RangeError("istft: a complex signal needs all frequencies; use onesided: false");
  if (window instanceof Complex && !returnComplex)
    throw new TypeError("istft: a complex window makes a complex signal; use returnComplex: true");
  const spectra = mapped(z, (part) => (part.ndim === 2 ? part.unsqueeze(0) : part).transpose(1, 2));
  const norm = normalized ? "ortho" : "backward";
  // Of all frequencies of a real signal, the first half determine it.
  const frames = returnComplex ? ifft(spectra, { norm }) : irfft(spectra, { n: nFft, norm });
  const total = hop * (count - 1) + nFft;
  const start = center ? Math.floor(nFft / 2) : 0;
  const end = length !== undefined ? start + length : center ? total - start : total;
  const kept = Math.min(end, total) - start;
  if (kept < 1)
    throw new RangeError(`istft: of ${total} entries that frames cover, none is of the signal`);
  checkCover(options.window, options.winLength ?? nFft, nFft, hop, count, start, kept);
  const laid = (x: Signal): Signal =>
    mapped(x, (part) => overlapAdd(part, hop).narrow(1, start, kept));
  const signal = laid(product(frames, window));
  const squares = product(window, window);
  const sums = laid(mapped(squares, (part) => part.expand(1, count, nFft)));
  const quotient = signal instanceof Complex ? div(signal, sums) : signal.div(sums as Tensor);
  return mapped(quotient, (part) => {
    const padded = part.pad([0, end - start - kept]);
    return z.ndim === 2 ? padded.squeeze(0) : padded;
  });
}
