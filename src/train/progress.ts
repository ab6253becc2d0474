import { type Callback, type Run } from "./callback.ts";

/** Where progress is shown: a terminal, or a file or pipe. */
export interface Output {
  readonly isTTY?: boolean;
  /** Width of a terminal. */
  readonly columns?: number;
  write(text: string): unknown;
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
  /** Batches, or samples, seen in this epoch. */
  readonly done: number;
  /** How many an epoch has, where that is known. */
  readonly total: number | undefined;
  /** Samples seen since the start of the bar. */
  readonly samples: number;
  /** Shown by their names, in this order. */
  readonly values: Readonly<Record<string, number>>;
  /** Whether the epoch has come to its end. */
  readonly ended: boolean;
}

/** Options of `progressBar`. */
export interface ProgressOptions {
  /** What samples are. Default "samples". */
  readonly unit?: string;
  /** Batches of all epochs that were done before: they have taken no time here. Default 0. */
  readonly from?: number;
}

const duration = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  const [minutes, rest] = [Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
};

function bar(share: number, columns: number | undefined): string {
  // Some terminals do not say how wide they are.
  const width = columns ? Math.max(4, Math.min(WIDEST, columns - REST)) : WIDEST;
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** `0.0417`, or with an exponent where that would show nothing. */
const shown = (value: number): string =>
  value !== 0 && Math.abs(value) < 5e-4 ? value.toExponential(2) : value.toFixed(4);

/**
 * Shows progress: on a terminal a bar that is drawn anew in its line, elsewhere one line an epoch.
 *
 * @returns A function to be called with the present state, as often as one likes.
 *
 * @example
 * const show = progressBar({ write: (text) => console.log(text) }, { unit: "images" });
 * const values = { loss: 0.5 };
 * show({ epoch: 1, epochs: 2, done: 60, total: 100, samples: 3840, values, ended: false });
 */
export function progressBar(
  out: Output,
  { unit = "samples", from = 0 }: ProgressOptions = {},
): (state: Progress) => void {
  const start = performance.now();
  let drawn = -Infinity;
  return ({ epoch, epochs, done, total, samples, values, ended }) => {
    const now = performance.now();
    if (!ended && (!out.isTTY || now - drawn < INTERVAL)) return;
    drawn = now;
    const seconds = (now - start) / 1000;
    const parts = [
      `Epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
      ...(out.isTTY && total !== undefined ? [bar(done / total, out.columns)] : []),
      ...Object.entries(values).map(([name, value]) => `${name} ${shown(value)}`),
      `${Math.round(samples / seconds).toLocaleString("en-US")} ${unit}/s`,
    ];
    if (total !== undefined) {
      const all = (epoch - 1) * total + done;
      parts.push(`${duration(((epochs * total - all) * seconds) / (all - from))} left`);
    }
    const line = parts.join("  ");
    // The carriage return and "erase line" draw over what is there.
    out.write(out.isTTY ? `\r\x1b[2K${line}${ended ? "\n" : ""}` : `${line}\n`);
  };
}

/** Where a program speaks to whoever runs it. */
export function defaultOutput(): Output {
  if (typeof process !== "undefined" && process.stdout) return process.stdout;
  // eslint-disable-next-line no-console -- a browser has no other place for text
  return { write: (text) => console.log(text.trimEnd()) };
}

/** Options of `progress`. */
export interface ProgressCallbackOptions {
  /** Default: standard output, or a browser's console. */
  readonly out?: Output;
  /** What samples are. Default "samples". */
  readonly unit?: string;
}

/** Values of an epoch that its line shows: those that the bar has already, or that change seldom, are left out. */
const ofEpoch = (run: Run): Record<string, number> =>
  Object.fromEntries(Object.entries(run.history.at(-1)!.values).filter(([name]) => name !== "lr"));

/**
 * Shows how far a run has come: a bar with the loss, samples a second and the time that is left; without a terminal one
 * line an epoch. Each epoch's line ends with the results of its validation.
 *
 * @example
 * const trainer = new Trainer({ model: net, criterion, optimizer, callbacks: [progress()] });
 */
export function progress({ out = defaultOutput(), unit }: ProgressCallbackOptions = {}): Callback {
  let show = progressBar(out, { unit });
  let drawn = false;
  const state = (run: Run, values: Record<string, number>, ended: boolean): Progress => {
    const { epoch, epochs, batch, batches, samples } = run;
    const done = ended ? (batches ?? batch) : batch;
    return { epoch, epochs, done, total: batches, samples, values, ended };
  };
  return {
    name: "progress",
    onFitStart: (run) => {
      const { batches = 0, batch, history } = run;
      show = progressBar(out, { unit, from: history.length * batches + batch });
    },
    onStep: (run) => {
      drawn = true;
      const { loss } = run.values;
      show(state(run, loss === undefined ? {} : { loss }, false));
    },
    onEpochEnd: (run) => {
      drawn = false;
      show(state(run, ofEpoch(run), true));
    },
    onFitEnd: (run) => {
      if (drawn && out.isTTY) out.write("\n");
      if (run.stopReason !== undefined) out.write(`Stopped: ${run.stopReason}\n`);
    },
  };
}
