import { type ClassificationMeter } from "../metrics/index.ts";
import { Tensor } from "../tensor/index.ts";

/** What a model's outputs are judged by, batch after batch. */
export interface Metric<O = Tensor, T = Tensor> {
  /** Forgets all batches. */
  reset(): void;
  /** Adds a batch: what the model gave, and what was to be found. */
  update(output: O, target: T): void | Promise<void>;
  /** The value for all batches since `reset`. */
  compute(): number;
}

/** A metric as a function: the mean over a batch. Batches count by their sizes. */
export type MetricFunction<O = Tensor, T = Tensor> = (output: O, target: T) => Tensor | number;

/** Metrics by the names that their values get. */
export type Metrics<O = Tensor, T = Tensor> = Readonly<
  Record<string, Metric<O, T> | MetricFunction<O, T>>
>;

/** @internal A mean over samples of what is known of batches. */
export class Mean {
  sum = 0;
  count = 0;

  add(value: number, samples: number): void {
    this.sum += value * samples;
    this.count += samples;
  }

  /** NaN without samples. */
  get value(): number {
    return this.sum / this.count;
  }
}

/** @internal Metrics ready to be updated with batches of known sizes. */
export interface Tracker<O, T> {
  reset(): void;
  update(output: O, target: T, samples: number): Promise<void>;
  values(): Record<string, number>;
}

type Entry<O, T> = readonly [string, Metric<O, T> | MetricFunction<O, T>];

/** @internal */
export function track<O, T>(metrics: Metrics<O, T>): Tracker<O, T> {
  const entries: Entry<O, T>[] = Object.entries(metrics);
  const means = new Map(entries.map(([name]) => [name, new Mean()]));
  return {
    reset() {
      for (const [name, metric] of entries)
        if (typeof metric === "function") means.set(name, new Mean());
        else metric.reset();
    },
    async update(output, target, samples) {
      await Promise.all(
        entries.map(async ([name, metric]) => {
          if (typeof metric !== "function") return metric.update(output, target);
          const value = metric(output, target);
          means.get(name)!.add(value instanceof Tensor ? await value.item() : value, samples);
        }),
      );
    },
    values: () =>
      Object.fromEntries(
        entries.map(([name, metric]) => [
          name,
          typeof metric === "function" ? means.get(name)!.value : metric.compute(),
        ]),
      ),
  };
}

const SCORES = {
  accuracy: (meter: ClassificationMeter) => meter.accuracy(),
  precision: (meter: ClassificationMeter) => meter.precision(),
  recall: (meter: ClassificationMeter) => meter.recall(),
  f1: (meter: ClassificationMeter) => meter.f1Score(),
};

/** What a `ClassificationMeter` can say: the last three as plain means over the classes. */
export type ScoreName = keyof typeof SCORES;

/**
 * Metrics of a classifier that share one meter, which afterwards has the confusion matrix.
 *
 * @param scores - Default: accuracy.
 * @throws RangeError for other names.
 *
 * @example
 * const meter = new ClassificationMeter(10);
 * const metrics = metricsOf(meter, ["accuracy", "f1"]);
 * const trainer = new Trainer({ model: net, criterion, optimizer, metrics });
 */
export function metricsOf(
  meter: ClassificationMeter,
  scores: readonly ScoreName[] = ["accuracy"],
): Record<string, Metric> {
  for (const name of scores)
    if (!Object.hasOwn(SCORES, name))
      throw new RangeError(
        `metricsOf: expected ${Object.keys(SCORES).join(", ")}, got ${JSON.stringify(name)}`,
      );
  // The first alone gives the batches to the meter.
  return Object.fromEntries(
    scores.map((name, i): [string, Metric] => [
      name,
      {
        reset: () => (i === 0 ? meter.reset() : undefined),
        update: (output, target) => (i === 0 ? meter.update(output, target) : undefined),
        compute: () => SCORES[name](meter),
      },
    ]),
  );
}
