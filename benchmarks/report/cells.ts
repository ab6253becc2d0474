import { showBytes, showPercent, showSeconds, threeDigits } from "./format.ts";
import { type Row } from "./row.ts";

/** Heads of the columns of a table. */
export const HEADS = ["peer", "median", "spread", "ratio", "rate", "peak", "first step", ""];

export interface Context {
  /** Bytes a second that the machine copies, by the number of threads. */
  readonly copyBytes: ReadonlyMap<number, number>;
}

const show = (value: number | null, format: (value: number) => string): string =>
  value === null ? "–" : format(value);

function rate({ rate, threads }: Row, { copyBytes }: Context): string {
  if (rate === null) return "–";
  const copy = copyBytes.get(threads);
  const share =
    rate.unit === "GB/s" && copy !== undefined
      ? `, ${showPercent((rate.value * 1e9) / copy)} of copy`
      : "";
  return `${threeDigits(rate.value)} ${rate.unit}${share}`;
}

function remarks({ problem, residentBytes }: Row): string {
  const memory = residentBytes
    ? `resident after 1,000 steps ${showBytes(residentBytes[0])}, after 10,000 ${showBytes(residentBytes[1])}`
    : "";
  // The first line of a peer's error; the rest is its stack.
  const lines = problem?.split("\n").map((line) => line.trim()) ?? [];
  const error = lines.findLast((line) => /^\S*(Error|Exception)\b/.test(line)) ?? lines.at(0) ?? "";
  return [memory, error].filter((text) => text !== "").join("; ");
}

/** The cells of a row, in the order of `HEADS`. */
export const cells = (row: Row, context: Context): string[] => [
  row.peer,
  show(row.medianSeconds, showSeconds),
  show(row.spread, showPercent),
  show(row.ratio, (ratio) => ratio.toFixed(2)),
  rate(row, context),
  show(row.peakBytes, showBytes),
  show(row.firstStepSeconds, showSeconds),
  remarks(row),
];
