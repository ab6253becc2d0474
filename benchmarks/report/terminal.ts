import { cells, type Context, HEADS } from "./cells.ts";
import { type Row } from "./row.ts";

/** A table of rows for the terminal; numbers are aligned at their right. */
export function terminalTable(rows: readonly Row[], context: Context): string {
  const lines = [HEADS, ...rows.map((row) => cells(row, context))];
  const widths = HEADS.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const pad = (text: string, i: number): string => {
    if (i === HEADS.length - 1) return text;
    return i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]);
  };
  return lines.map((line) => `  ${line.map(pad).join("  ").trimEnd()}`).join("\n");
}
