import { type ClassificationMeter } from "nabla/metrics";

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The scores of a test, one a line. */
export function scoreLines(meter: ClassificationMeter): string {
  return [
    `Test accuracy  ${percent(meter.accuracy())}`,
    `Macro recall   ${percent(meter.recall())}`,
    `Macro F1       ${percent(meter.f1Score())}`,
  ].join("\n");
}

/** A confusion matrix with its classes: rows are the true ones, columns the predicted ones. */
export function matrixTable(matrix: readonly (readonly number[])[]): string {
  const width = Math.max(...matrix.flat().map((n) => String(n).length)) + 1;
  const line = (head: string, cells: readonly (string | number)[]): string =>
    `${head.padStart(6)} │${cells.map((cell) => String(cell).padStart(width)).join("")}`;
  const rule = `${"─".repeat(7)}┼${"─".repeat(width * matrix.length)}`;
  return [
    line(
      "true",
      matrix.map((_, i) => i),
    ),
    rule,
    ...matrix.map((row, i) =>
      line(
        String(i),
        row.map((n) => (n === 0 ? "·" : n)),
      ),
    ),
  ].join("\n");
}
