import { type EpochRecord, type Values } from "../callback.ts";
import { escapeText, lineChart, type Point, type Series } from "./chart.ts";

/** What a report is made of. */
export interface ReportData {
  readonly title: string;
  readonly history: readonly EpochRecord[];
  /** The loss within epochs: after how many of them, and the loss. Default: none. */
  readonly steps?: readonly Point[];
  /** `matrix[i][j]`: samples of class i taken for class j. Default: none. */
  readonly confusion?: readonly (readonly number[])[];
  /** Names of the classes. Default: their numbers. */
  readonly classNames?: readonly string[];
  /** Why the run ended before its last epoch. */
  readonly stopReason?: string;
}

const VALIDATION = "validation.";

/** `98.3`, `0.0417`, `1.2e-7` */
const shown = (value: number): string =>
  !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(4)));

const pointsOf = (history: readonly EpochRecord[], name: string): Point[] =>
  history.flatMap(({ epoch, values }) =>
    Object.hasOwn(values, name) ? [[epoch, values[name]] as const] : [],
  );

/** Names of values and those of the validation, as one, in the order in which they first occur; `lr` last. */
function namesOf(history: readonly EpochRecord[]): string[] {
  const all = history.flatMap(({ values }) => Object.keys(values));
  const names = [...new Set(all.map((name) => name.replace(VALIDATION, "")))];
  return names.sort((a, b) => Number(a === "lr") - Number(b === "lr"));
}

/** Training and validation of a value, as far as there are points. */
function seriesOf({ history, steps = [] }: ReportData, name: string): Series[] {
  const training = name === "loss" && steps.length > 1 ? steps : pointsOf(history, name);
  return [
    { name: name === "lr" ? "" : "training", points: training },
    { name: "validation", points: pointsOf(history, VALIDATION + name) },
  ];
}

function charts(data: ReportData): string[] {
  return namesOf(data.history).flatMap((name) => {
    const series = seriesOf(data, name);
    const positive = series.every(({ points }) => points.every(([, y]) => !(y <= 0)));
    const visible = series.some(({ points }) =>
      points.some((point) => point.every(Number.isFinite)),
    );
    if (!visible) return [];
    const label = name === "lr" ? "learning rate" : name;
    const title = label[0].toUpperCase() + label.slice(1);
    const log = name === "loss" && positive;
    return [lineChart(series, { title, xLabel: "epoch", log })];
  });
}

const cells = (tag: string, words: readonly string[]): string =>
  words.map((word) => `<${tag}>${escapeText(word)}</${tag}>`).join("");

function epochTable(history: readonly EpochRecord[]): string {
  const names = [...new Set(history.flatMap(({ values }) => Object.keys(values)))];
  const valueOf = (values: Values, name: string): string =>
    Object.hasOwn(values, name) ? shown(values[name]) : "";
  const rows = history.map(({ epoch, step, seconds, values }) => {
    const row = [String(epoch), String(step), seconds.toFixed(1)];
    return `<tr>${cells("td", [...row, ...names.map((name) => valueOf(values, name))])}</tr>`;
  });
  return `<h2>Epochs</h2>
<div class="wide"><table>
<thead><tr>${cells("th", ["epoch", "step", "seconds", ...names])}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>`;
}

/** A cell whose blue, or red off the diagonal, says which share of its row it has; small shares are seen, too. */
function matrixCell(count: number, share: number, right: boolean): string {
  const colour = right ? "47 111 222" : "200 60 40";
  const strength = right ? share : Math.sqrt(share);
  const light = strength > 0.55 ? ";color:#fff" : "";
  return `<td style="background:rgb(${colour} / ${strength.toFixed(3)})${light}">${count === 0 ? "·" : count}</td>`;
}

function confusionTable(matrix: readonly (readonly number[])[], names: readonly string[]): string {
  const rows = matrix.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const counts = row.map((count, j) => matrixCell(count, total && count / total, i === j));
    const recall = total === 0 ? "" : `${((100 * row[i]) / total).toFixed(1)} %`;
    return `<tr><th>${escapeText(names[i])}</th>${counts.join("")}${cells("td", [recall])}</tr>`;
  });
  return `<h2>Confusion matrix</h2>
<p>Rows are the true classes, columns the predicted ones; at the right, the share of each class that was found.</p>
<div class="wide"><table class="matrix">
<thead><tr><th></th>${cells("th", names)}<th>found</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>`;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;color:#20202a;background:#fff;max-width:760px;margin:32px auto;padding:0 20px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}p{margin:4px 0;color:#606070}
svg{display:block;max-width:100%;height:auto;margin:16px 0}.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}
th{font-weight:500;color:#606070;text-align:right;padding:4px 10px;white-space:nowrap}
td{text-align:right;padding:4px 10px;border-top:1px solid #e8e8ee}
.matrix td{border:1px solid #fff;min-width:30px;text-align:center}.matrix thead th{text-align:center}
.matrix td:last-child{color:#606070;text-align:right}`;

/** `3 epochs, 1,200 steps, 8.1 s` */
function summary({ history, stopReason }: ReportData): string {
  const last = history.at(-1);
  if (!last) return "No epoch has come to its end.";
  const count = (n: number, what: string): string =>
    `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;
  const values = Object.entries(last.values)
    .filter(([name]) => name !== "lr")
    .map(([name, value]) => `${name} ${shown(value)}`);
  const stopped = stopReason === undefined ? "" : ` Stopped: ${stopReason}.`;
  return `${count(history.length, "epoch")}, ${count(last.step, "step")}, ${last.seconds.toFixed(1)} s. Last epoch: ${values.join(", ")}.${stopped}`;
}

/**
 * A training as a page that needs no other file: curves of the loss, the metrics and the learning rate, a confusion
 * matrix, and a table of the epochs.
 *
 * @throws RangeError for names of classes that are not one for each row of the matrix.
 *
 * @example
 * const history = await new Trainer({ model: net, criterion, optimizer }).fit(testLoader, { epochs: 1 });
 * const html = reportPage({ title: "First run", history, confusion: [[9, 1], [2, 8]] });
 */
export function reportPage(data: ReportData): string {
  const { title, history, confusion } = data;
  const names = data.classNames ?? confusion?.map((_, i) => String(i)) ?? [];
  if (confusion && names.length !== confusion.length)
    throw new RangeError(
      `reportPage: classNames: expected ${confusion.length} names, one a class, got ${names.length}`,
    );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)}</title>
<style>
${STYLE}
</style>
<h1>${escapeText(title)}</h1>
<p>${escapeText(summary(data))}</p>
${[...charts(data), ...(confusion ? [confusionTable(confusion, names)] : []), ...(history.length > 0 ? [epochTable(history)] : [])].join("\n")}
</html>
`;
}
