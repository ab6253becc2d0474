/** Where progress is shown: a terminal, or a file or pipe. */
export interface Output {
  readonly isTTY: boolean;
  /** Width of a terminal. */
  readonly columns: number;
  write(text: string): boolean;
}

/** Characters of a line beside the bar. */
const REST = 56;
const WIDEST = 24;
/** Milliseconds between two drawings of the bar. */
const INTERVAL = 100;

/** How far training has come. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  /** Images seen in this epoch, of `total`. */
  readonly images: number;
  readonly total: number;
  readonly loss: number;
}

const duration = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

function bar(share: number, columns: number): string {
  // Some terminals do not say how wide they are.
  const width = columns > 0 ? Math.max(4, Math.min(WIDEST, columns - REST)) : WIDEST;
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/**
 * Shows progress: on a terminal a bar that is drawn anew in its line, elsewhere one line an epoch.
 *
 * @returns A function to be called with the present state, as often as one likes.
 */
export function progressBar(out: Output): (state: Progress) => void {
  const start = performance.now();
  let drawn = -Infinity;
  return ({ epoch, epochs, images, total, loss }) => {
    const now = performance.now();
    const ended = images === total;
    if (!ended && (!out.isTTY || now - drawn < INTERVAL)) return;
    drawn = now;
    const done = (epoch - 1) * total + images;
    const rate = done / ((now - start) / 1000);
    const left = (epochs * total - done) / rate;
    const line = [
      `Epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
      ...(out.isTTY ? [bar(images / total, out.columns)] : []),
      `loss ${loss.toFixed(4)}`,
      `${Math.round(rate).toLocaleString("en-US")} images/s`,
      `${duration(left)} left`,
    ].join("  ");
    // The carriage return and "erase line" draw over what is there.
    out.write(out.isTTY ? `\r\x1b[2K${line}${ended ? "\n" : ""}` : `${line}\n`);
  };
}
