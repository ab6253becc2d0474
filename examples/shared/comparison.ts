import { type TwinResult } from "./twin.ts";

/** Something that is measured. */
export interface Figure {
  /** Its name in the results. */
  readonly key: string;
  readonly label: string;
  /** `%`, `births`, …; none for a number without one. */
  readonly unit?: string;
  readonly digits: number;
}

const shown = (value: number, { digits, unit }: Figure): string =>
  value.toFixed(digits) + (unit === undefined ? "" : ` ${unit}`);

const signed = (value: number, digits: number): string =>
  (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);

/** Figures of both side by side; those that were not measured here are left out. */
export function comparison(
  figures: readonly Figure[],
  ours: Pick<TwinResult, "figures" | "seconds">,
  theirs: TwinResult,
): string {
  const rows = [["", "Nabla", `PyTorch ${theirs.torch}`, "difference"]];
  for (const figure of figures) {
    const { key, label, digits } = figure;
    if (!(key in ours.figures)) continue;
    const own = ours.figures[key];
    const other = theirs.figures[key] as number | undefined;
    rows.push([
      label,
      shown(own, figure),
      other === undefined ? "–" : shown(other, figure),
      other === undefined ? "–" : signed(own - other, digits),
    ]);
  }
  rows.push(["seconds of training", ours.seconds.toFixed(1), theirs.seconds.toFixed(1), ""]);
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map(([label, ...cells]) =>
      [label.padEnd(widths[0]), ...cells.map((cell, i) => cell.padStart(widths[i + 1]))]
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
