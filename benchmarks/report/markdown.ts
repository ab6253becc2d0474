import { type Workload } from "../harness/case.ts";
import { cells, type Context, HEADS } from "./cells.ts";
import { type Row } from "./row.ts";

/** What stands above the tables. */
export interface Header {
  readonly machine: string;
  /** Names and versions of what was measured. */
  readonly versions: readonly string[];
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}

const line = (cellsOfLine: readonly string[]): string => `| ${cellsOfLine.join(" | ")} |`;

const escape = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(rows: readonly Row[], context: Context): string[] {
  const align = HEADS.map((_, i) => (i === 0 || i === HEADS.length - 1 ? "---" : "---:"));
  return [line(HEADS), line(align), ...rows.map((row) => line(cells(row, context).map(escape)))];
}

/** All results as a page. */
export function markdown(
  rows: readonly Row[],
  workloads: readonly Workload[],
  header: Header,
  context: Context,
): string {
  const list = (items: readonly string[]): string[] => items.map((item) => `- ${item}`);
  const out = [
    "# Benchmark results",
    "",
    "Written by `npm run bench`; README.md says how it measures. A ratio is the peer's median over that of the",
    "table's first line, Nabla with a plain loop: above 1 that is faster. The spread is the range of the middle",
    "half of the rounds over the median.",
    "",
    ...list([header.machine, header.versions.join(", "), ...header.notes, ...header.missing]),
    "",
    "![Time of each peer relative to Nabla's](results.svg)",
  ];
  for (const workload of workloads) {
    const own = rows.filter((row) => row.workload === workload.name);
    if (own.length === 0) continue;
    out.push("", `## ${workload.name}`, "", `${workload.title}.`);
    for (const threads of new Set(own.map((row) => row.threads)))
      for (const variant of new Set(own.map((row) => row.variant))) {
        const group = own.filter((row) => row.threads === threads && row.variant === variant);
        if (group.length === 0) continue;
        out.push("", `${variant}, ${threads} ${threads === 1 ? "thread" : "threads"}:`, "");
        out.push(...table(group, context));
      }
  }
  return `${out.join("\n")}\n`;
}
