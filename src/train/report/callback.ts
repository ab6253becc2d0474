import type { JsonValue } from "../../io/json.ts";
import type { ClassificationMeter } from "../../metrics/index.ts";
import { pathOf, writeAtomically } from "../../io/atomic.ts";
import { type Callback, type Run } from "../callback.ts";
import { type Point } from "./chart.ts";
import { reportPage } from "./page.ts";

/** Options of `htmlReport`. */
export interface ReportOptions {
  /** Default "Training". */
  readonly title?: string;
  /** A meter among the metrics, of which the page shows the confusion matrix. */
  readonly meter?: ClassificationMeter;
  /** Names of the classes. Default: their numbers. */
  readonly classNames?: readonly string[];
}

/** Points that a curve has at most: more than pixels. */
const MAX_POINTS = 2000;

/** Points of a saved state. */
const isPoints = (value: unknown): value is Point[] =>
  Array.isArray(value) &&
  value.every((p) => Array.isArray(p) && p.length === 2 && p.every((n) => typeof n === "number"));

/**
 * Writes a page with the curves of the run after every epoch, and when it ends.
 *
 * @example
 * const meter = new ClassificationMeter(10);
 * const callbacks = [htmlReport("report.html", { title: "Digits", meter })];
 * const metrics = metricsOf(meter);
 * const trainer = new Trainer({ model: net, criterion, optimizer, metrics, callbacks });
 */
export function htmlReport(
  path: string | URL,
  { title = "Training", meter, classNames }: ReportOptions = {},
): Callback {
  let steps: Point[] = [];
  const write = async ({ history, stopReason }: Run): Promise<void> => {
    const confusion = meter && meter.count > 0 ? meter.confusionMatrix() : undefined;
    const page = reportPage({ title, history, steps, confusion, classNames, stopReason });
    await writeAtomically(await pathOf(path), [new TextEncoder().encode(page)]);
  };
  return {
    name: "htmlReport",
    onFitStart: (run) => {
      if (run.resumedAt === 0) steps = [];
    },
    onLog: ({ epoch, batch, batches }, { values }) => {
      if (batches === undefined) return;
      steps.push([epoch - 1 + batch / batches, values.loss]);
      // Every second one is enough to draw the curve.
      if (steps.length > MAX_POINTS) steps = steps.filter((_, i) => i % 2 === 1);
    },
    onEpochEnd: write,
    onFitEnd: write,
    stateDict: (): JsonValue => steps,
    loadStateDict: (state) => {
      if (isPoints(state)) steps = [...state];
    },
  };
}
