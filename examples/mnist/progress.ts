import { type WriteStream } from "node:tty";

const WIDTH = 24;
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

const bar = (share: number): string => {
  const full = Math.round(share * WIDTH);
  return "█".repeat(full) + "░".repeat(WIDTH - full);
};

/**
 * Shows progress: on a terminal a bar that is drawn anew in its line, elsewhere one line an epoch.
 *
 * @returns A function to be called with the present state, as often as one likes.
 */
export function progressBar(out: WriteStream): (state: Progress) => void {
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
      ...(out.isTTY ? [bar(images / total)] : []),
      `loss ${loss.toFixed(4)}`,
      `${Math.round(rate).toLocaleString("en-US")} images/s`,
      `${duration(left)} left`,
    ].join("  ");
    // The carriage return and "erase line" draw over what is there.
    out.write(out.isTTY ? `\r\x1b[2K${line}${ended ? "\n" : ""}` : `${line}\n`);
  };
}
