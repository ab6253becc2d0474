import { GradScaler } from "../amp/grad-scaler.ts";
import { isNode } from "../runtime/node.ts";
import type { Module } from "../nn/module.ts";
import { cat, noGrad, Tensor } from "../tensor/index.ts";
import { describe } from "../tensor/operand.ts";
import { type EpochRecord, monitored, type Values } from "./callback.ts";
import { Mean, track, type Tracker } from "./metric.ts";
import {
  checkCount,
  checkOptions,
  inPrecision,
  type OutputOf,
  type Parts,
  partsOf,
  samplesOf,
  type TrainerOptions,
} from "./options.ts";
import { RunState } from "./run.ts";
import { makeStep, type Step } from "./step.ts";

/** Batches, epoch after epoch: a `DataLoader`, or anything that can be looped over again. */
export type Loader<B> = (AsyncIterable<B> | Iterable<B>) & {
  /** Batches that an epoch has. */
  readonly length?: number;
};

/** Where and when `fit` saves its whole state. */
export interface CheckpointOptions {
  /** A safetensors file; it always holds the last checkpoint. */
  readonly path: string | URL;
  /** Steps from one checkpoint to the next. Default: none within epochs. */
  readonly everySteps?: number;
  /** Epochs from one checkpoint to the next. Default 1. */
  readonly everyEpochs?: number;
}

/** Options of `fit`. */
export interface FitOptions<B> {
  /** How many epochs there are; one that goes on runs those that are left. */
  readonly epochs: number;
  /** Batches that are evaluated after every epoch. */
  readonly validation?: Loader<B>;
  /** Where the state is saved, at the end of each epoch where nothing else is said. */
  readonly checkpoint?: string | URL | CheckpointOptions;
  /**
   * Whether training goes on from the checkpoint where there is one (`true`), or from this file, which must
   * exist. Default false.
   */
  readonly resume?: boolean | string | URL;
}

/**
 * The loop of training: batches, steps, validation, checkpoints. It does nothing that a loop written by hand
 * would not; the model, the loss, the optimiser and the loaders are the same.
 *
 * Losses stay on the device and are read every `logEvery` steps. A run that goes on from a checkpoint ends with the
 * same weights, to the last bit, as one that was never interrupted. That takes loaders with `prefetch: 0` where
 * samples draw random numbers from the default generator.
 *
 * @example
 * const trainer = new Trainer({ model: net, criterion, optimizer });
 * const history = await trainer.fit(testLoader, { epochs: 2, validation: testLoader });
 * history.length; // 2
 * history[1].step; // 4
 */
export class Trainer<M extends Module = Module, T = Tensor, B = readonly unknown[]> {
  private readonly options: TrainerOptions<M, T, B>;
  private readonly step: Step<OutputOf<M>, T>;
  private readonly tracker: Tracker<OutputOf<M>, T>;

  /** @throws TypeError, RangeError for options that cannot be used. */
  constructor(options: TrainerOptions<M, T, B>) {
    checkOptions(options);
    const { precision, scaler = precision === "f16" ? new GradScaler() : undefined } = options;
    this.options = { ...options, scaler };
    this.step = makeStep(this.options);
    this.tracker = track(options.metrics ?? {});
  }

  /**
   * Trains for some epochs.
   *
   * @returns What came of each epoch.
   * @throws Error where a loss is not finite, RangeError for options outside their range.
   */
  async fit(loader: Loader<B>, options: FitOptions<B>): Promise<readonly EpochRecord[]> {
    checkCount(options.epochs, "epochs", "fit");
    const checkpoint = checkpointOf(options.checkpoint);
    const run = new RunState(this.options, this.options.callbacks ?? [], loader, options.epochs);
    const from = await resumedFrom(options.resume, checkpoint);
    if (from !== undefined) await run.load(from);
    try {
      await run.call("onFitStart");
      while (run.finished < run.epochs && run.stopReason === undefined) {
        run.epoch = run.finished + 1;
        await run.call("onEpochStart");
        await this.epoch(run, loader, checkpoint);
        if (run.batch > 0) break;
        await this.endEpoch(run, options.validation);
        if (checkpoint && run.finished % (checkpoint.everyEpochs ?? 1) === 0)
          await run.save(checkpoint.path);
      }
    } finally {
      await run.call("onFitEnd");
    }
    return run.history;
  }

  /** The steps of an epoch, or of what is left of one. Where it is left early, `run.batch` says where. */
  private async epoch(
    run: RunState,
    loader: Loader<B>,
    checkpoint: CheckpointOptions | undefined,
  ): Promise<void> {
    const { model, scheduler, schedule, split, accumulate = 1 } = this.options;
    model.train();
    if (run.batch === 0 && this.options.trainMetrics) this.tracker.reset();
    let pending: Parts<T>[] = [];
    for await (const batch of loader) {
      pending.push(partsOf(batch, split));
      run.batch++;
      if (pending.length < accumulate && run.batch !== run.batches) continue;
      await this.train(run, pending);
      pending = [];
      if (schedule === "step") scheduler?.step();
      await run.call("onStep");
      if (run.step % (this.options.logEvery ?? 50) === 0) await this.log(run);
      const stops = run.stopReason !== undefined && run.batch !== run.batches;
      if (checkpoint && (stops || run.step % (checkpoint.everySteps ?? Infinity) === 0))
        await run.save(checkpoint.path);
      if (stops) return;
    }
    // Of loaders that do not say how many batches they have.
    if (pending.length > 0) {
      await this.train(run, pending);
      if (schedule === "step") scheduler?.step();
      await run.call("onStep");
    }
    await run.readLosses();
    run.batch = 0;
  }

  private async train(run: RunState, batches: readonly Parts<T>[]): Promise<void> {
    const made = this.step(batches);
    const { losses, outputs } = made instanceof Promise ? await made : made;
    run.step++;
    for (const [i, { inputs, target }] of batches.entries()) {
      const samples = samplesOf(inputs);
      run.note(losses[i], samples);
      if (outputs.length > 0) await this.tracker.update(outputs[i], target, samples);
    }
  }

  private async log(run: RunState): Promise<void> {
    await run.readLosses();
    const values = {
      loss: run.logLoss.value,
      lr: this.options.optimizer.lr,
      samplesPerSecond: run.rate(),
      ...(this.options.scaler ? { scale: await this.options.scaler.getScale() } : {}),
    };
    run.logLoss = new Mean();
    run.values = { ...run.values, ...values };
    await run.log({ epoch: run.epoch, step: run.step, values });
  }

  private async endEpoch(run: RunState, validation: Loader<B> | undefined): Promise<void> {
    const { scheduler, schedule = "epoch", monitor, trainMetrics, optimizer } = this.options;
    let values: Values = {
      loss: run.epochLoss.value,
      ...(trainMetrics ? this.tracker.values() : {}),
      lr: optimizer.lr,
    };
    if (validation) {
      const found = Object.entries(await this.evaluate(validation));
      const named = found.map(([name, value]) => [`validation.${name}`, value] as const);
      values = { ...values, ...Object.fromEntries(named) };
    }
    run.values = { ...run.values, ...values };
    if (validation) await run.call("onValidation");
    if (scheduler && schedule === "epoch")
      scheduler.step(
        monitor === undefined ? undefined : monitored(values, monitor, "Trainer: monitor"),
      );
    const { epoch, step, seconds } = run;
    run.history.push({ epoch, step, seconds, values });
    run.epochLoss = new Mean();
    run.finished = epoch;
    await run.call("onEpochEnd");
  }

  /**
   * The mean loss of a model on batches, and the metrics. Nothing is trained; the model's mode is afterwards as
   * before.
   *
   * @throws Error where there is no batch.
   *
   * @example
   * const { loss } = await new Trainer({ model: net, criterion, optimizer }).evaluate(testLoader);
   */
  async evaluate(loader: Loader<B>): Promise<Record<string, number>> {
    const { criterion, split, precision } = this.options;
    const mean = new Mean();
    this.tracker.reset();
    await this.inEvalMode(async () => {
      for await (const batch of loader) {
        const { inputs, target } = partsOf(batch, split);
        const samples = samplesOf(inputs);
        const output = this.forward(inputs);
        const loss = inPrecision(precision, () =>
          noGrad(() =>
            typeof criterion === "function"
              ? criterion(output, target)
              : criterion.forward(output, target),
          ),
        );
        const [value] = await Promise.all([
          loss.item(),
          this.tracker.update(output, target, samples),
        ]);
        mean.add(value, samples);
      }
    });
    if (mean.count === 0) throw new Error("evaluate: expected at least one batch, got none");
    return { loss: mean.value, ...this.tracker.values() };
  }

  /**
   * What the model makes of batches, joined along the first axis. The batches are those of `fit`, of which the
   * targets are not looked at, or inputs alone: tensors, or lists of one.
   *
   * @throws TypeError for models that give something else than a tensor, Error where there is no batch.
   *
   * @example
   * const trainer = new Trainer({ model: net, criterion, optimizer });
   * await trainer.predict(testLoader); // (4, 10)
   * await trainer.predict([images]); // (4, 10)
   */
  async predict(loader: Loader<B | Tensor>): Promise<Tensor> {
    const outputs: Tensor[] = [];
    await this.inEvalMode(async () => {
      for await (const batch of loader) {
        const output: unknown = this.forward(this.inputsOf(batch));
        if (!(output instanceof Tensor))
          throw new TypeError(
            `predict: expected a model that gives a tensor, got ${describe(output)}: call its forward`,
          );
        outputs.push(await output.eval());
      }
    });
    if (outputs.length === 0) throw new Error("predict: expected at least one batch, got none");
    return outputs.length === 1 ? outputs[0] : cat(outputs);
  }

  private inputsOf(batch: B | Tensor): readonly unknown[] {
    if (batch instanceof Tensor) return [batch];
    if (Array.isArray(batch) && batch.length === 1) return batch;
    return partsOf(batch, this.options.split).inputs;
  }

  private forward(inputs: readonly unknown[]): OutputOf<M> {
    const { model, precision } = this.options;
    return inPrecision(precision, () =>
      noGrad(() => model.forward(...(inputs as never[]))),
    ) as OutputOf<M>;
  }

  private async inEvalMode(body: () => Promise<void>): Promise<void> {
    const { model } = this.options;
    const modes = model.modules().map((module) => [module, module.training] as const);
    model.eval();
    try {
      await body();
    } finally {
      for (const [module, training] of modes) module.training = training;
    }
  }
}

function checkpointOf(
  checkpoint: string | URL | CheckpointOptions | undefined,
): CheckpointOptions | undefined {
  if (checkpoint === undefined) return undefined;
  const options =
    typeof checkpoint === "string" || checkpoint instanceof URL ? { path: checkpoint } : checkpoint;
  const { path, everySteps, everyEpochs } = options;
  if (typeof path !== "string" && !(path instanceof URL))
    throw new TypeError(`fit: checkpoint: expected a path, got ${describe(path)}`);
  if (everySteps !== undefined) checkCount(everySteps, "everySteps", "fit");
  if (everyEpochs !== undefined) checkCount(everyEpochs, "everyEpochs", "fit");
  return options;
}

/** The file to go on from, if there is to be one. */
async function resumedFrom(
  resume: boolean | string | URL | undefined,
  checkpoint: CheckpointOptions | undefined,
): Promise<string | URL | undefined> {
  if (resume === undefined || resume === false) return undefined;
  if (resume !== true) return resume;
  if (!checkpoint)
    throw new Error(
      "fit: resume: true goes on from the checkpoint: give checkpoint, or a path to resume",
    );
  if (!isNode()) return undefined;
  const { access } = await import("node:fs/promises");
  return access(checkpoint.path).then(
    () => checkpoint.path,
    () => undefined,
  );
}
