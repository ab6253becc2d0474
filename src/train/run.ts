import { loadCheckpoint, saveCheckpoint, type Stateful } from "../io/checkpoint.ts";
import type { JsonValue } from "../io/json.ts";
import type { Module } from "../nn/module.ts";
import { type Tensor } from "../tensor/index.ts";
import {
  type Callback,
  type EpochRecord,
  type HookName,
  type LogRecord,
  namedCallbacks,
  type Run,
  type Values,
} from "./callback.ts";
import { Mean } from "./metric.ts";
import { type AnyOptimizer, type TrainerOptions } from "./options.ts";

/** What a run needs of the options of its trainer. */
type RunOptions = Pick<
  TrainerOptions<Module, never, never>,
  "model" | "optimizer" | "scheduler" | "scaler" | "generator" | "onNonFinite"
>;

/** A loss that has not been read, of so many samples. */
interface Unread {
  readonly loss: Tensor;
  readonly samples: number;
  readonly step: number;
}

/** What of a run is saved beside the states of its parts. */
interface SavedRun {
  readonly finished: number;
  readonly batch: number;
  readonly step: number;
  readonly seconds: number;
  readonly epochLoss: readonly [sum: number, count: number];
  readonly logLoss: readonly [sum: number, count: number];
  readonly values: Values;
  readonly history: readonly EpochRecord[];
  readonly callbacks: Readonly<Record<string, JsonValue>>;
}

/** The state of a training that is under way. */
export class RunState implements Run {
  readonly epochs: number;
  readonly batches: number | undefined;
  epoch = 1;
  /** Epochs that have come to an end. */
  finished = 0;
  batch = 0;
  step = 0;
  samples = 0;
  resumedAt = 0;
  loss: Tensor | undefined;
  values: Values = {};
  history: EpochRecord[] = [];
  stopReason: string | undefined;
  /** The mean loss of the present epoch, and that since the last record. */
  epochLoss = new Mean();
  logLoss = new Mean();
  private unread: Unread[] = [];
  private secondsBefore = 0;
  private start = performance.now();
  private rated = { samples: 0, time: this.start };
  private readonly options: RunOptions;
  private readonly loader: Partial<Stateful>;
  private readonly callbacks: readonly Callback[];

  constructor(
    options: RunOptions,
    callbacks: readonly Callback[],
    loader: Partial<Stateful> & { readonly length?: number },
    epochs: number,
  ) {
    this.options = options;
    this.callbacks = callbacks;
    this.loader = loader;
    this.epochs = epochs;
    this.batches = loader.length;
  }

  get model(): Module {
    return this.options.model;
  }
  get optimizer(): AnyOptimizer {
    return this.options.optimizer;
  }

  /** Seconds of training, those before it was taken up again included. */
  get seconds(): number {
    return this.secondsBefore + (performance.now() - this.start) / 1000;
  }

  /** Samples a second since the last call. */
  rate(): number {
    const now = performance.now();
    const { samples, time } = this.rated;
    this.rated = { samples: this.samples, time: now };
    return ((this.samples - samples) * 1000) / (now - time);
  }

  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  /** Calls the hooks of this name. */
  async call(name: HookName): Promise<void> {
    for (const callback of this.callbacks) {
      const waiting = callback[name]?.(this);
      if (waiting) await waiting;
    }
  }

  async log(record: LogRecord): Promise<void> {
    for (const callback of this.callbacks) await callback.onLog?.(this, record);
  }

  /** Notes the loss of a batch, to be read later. */
  note(loss: Tensor, samples: number): void {
    this.loss = loss;
    this.samples += samples;
    this.unread.push({ loss, samples, step: this.step });
  }

  /** Reads the losses that were noted. Throws where one is not finite, unless that is allowed. */
  async readLosses(): Promise<void> {
    const noted = this.unread;
    this.unread = [];
    const values = await Promise.all(noted.map(({ loss }) => loss.item()));
    values.forEach((value, i) => {
      const { samples, step } = noted[i];
      if (!Number.isFinite(value) && this.options.onNonFinite !== "continue")
        throw new Error(
          `Trainer: the loss is ${value} at step ${step} of epoch ${this.epoch}: try a lower learning rate or ` +
            'clipNorm; with onNonFinite: "continue" training goes on',
        );
      this.epochLoss.add(value, samples);
      this.logLoss.add(value, samples);
    });
  }

  async save(path: string | URL): Promise<void> {
    const { loader } = this;
    await this.readLosses();
    await saveCheckpoint(path, {
      ...this.parts(),
      loader: isStateful(loader) ? loader : undefined,
      epoch: this.finished,
      step: this.step,
      metrics: this.values,
      extra: this.saved() as unknown as JsonValue,
    });
  }

  /** Goes on where `save` was called. */
  async load(path: string | URL): Promise<void> {
    const loader = isStateful(this.loader) ? this.loader : undefined;
    const { extra: found } = await loadCheckpoint(path, { ...this.parts(), loader });
    const extra: unknown = found;
    if (!isSaved(extra))
      throw new Error(
        `${String(path)}: expected the checkpoint of a Trainer, got one without its run`,
      );
    if (extra.batch > 0 && !loader)
      throw new Error(
        `${String(path)}: it was saved within an epoch, and this loader cannot go on there: ` +
          "use a DataLoader, or save at the ends of epochs alone",
      );
    this.finished = extra.finished;
    this.epoch = Math.min(extra.finished + 1, this.epochs);
    this.batch = extra.batch;
    this.step = this.resumedAt = extra.step;
    this.secondsBefore = extra.seconds;
    [this.epochLoss.sum, this.epochLoss.count] = extra.epochLoss;
    [this.logLoss.sum, this.logLoss.count] = extra.logLoss;
    this.values = extra.values;
    this.history = [...extra.history];
    for (const [name, callback] of namedCallbacks(this.callbacks))
      if (Object.hasOwn(extra.callbacks, name)) callback.loadStateDict?.(extra.callbacks[name]);
    this.start = performance.now();
    this.rated = { samples: 0, time: this.start };
  }

  private parts() {
    const { model, optimizer, scheduler, scaler, generator } = this.options;
    return { model, optimizer, scheduler, scaler, generator };
  }

  private saved(): SavedRun {
    const states = namedCallbacks(this.callbacks).flatMap(([name, callback]) =>
      callback.stateDict ? [[name, callback.stateDict()] as const] : [],
    );
    const { finished, batch, step, seconds, values, history, epochLoss, logLoss } = this;
    return {
      finished,
      batch,
      step,
      seconds,
      values,
      history,
      epochLoss: [epochLoss.sum, epochLoss.count],
      logLoss: [logLoss.sum, logLoss.count],
      callbacks: Object.fromEntries(states),
    };
  }
}

const isStateful = (loader: Partial<Stateful>): loader is Stateful =>
  "stateDict" in loader && "loadStateDict" in loader;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether it is what `saved` made: files may hold anything. */
function isSaved(value: unknown): value is SavedRun {
  if (typeof value !== "object" || value === null) return false;
  const run = value as Partial<Record<keyof SavedRun, unknown>>;
  const isMean = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((n) => typeof n === "number");
  return (
    isCount(run.finished) &&
    isCount(run.batch) &&
    isCount(run.step) &&
    typeof run.seconds === "number" &&
    isMean(run.epochLoss) &&
    isMean(run.logLoss) &&
    Array.isArray(run.history) &&
    [run.values, run.callbacks].every((x) => typeof x === "object" && x !== null)
  );
}
