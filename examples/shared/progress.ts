import { type Output, progressBar as bar } from "nabla/train";

/** How far training has come. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  /** Samples seen in this epoch, of `total`. */
  readonly seen: number;
  readonly total: number;
  readonly loss: number;
}

/**
 * The progress bar of `nabla/train`, for trainings that tell how many samples they have seen.
 *
 * @param unit - What the samples are, in the plural.
 */
export function progressBar(out: Output, unit: string): (state: Progress) => void {
  const show = bar(out, { unit });
  return ({ epoch, epochs, seen, total, loss }) =>
    show({
      epoch,
      epochs,
      done: seen,
      total,
      samples: (epoch - 1) * total + seen,
      values: { loss },
      ended: seen === total,
    });
}
