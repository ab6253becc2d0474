import { autocast, type LowDType } from "../amp/autocast.ts";
import { GradScaler } from "../amp/grad-scaler.ts";
import { Module } from "../nn/module.ts";
import { LBFGS } from "../optim/lbfgs.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { OptimizerOptions } from "../optim/param-group.ts";
import type { LRScheduler } from "../optim/schedules/scheduler.ts";
import { type Generator, Tensor } from "../tensor/index.ts";
import { describe } from "../tensor/operand.ts";
import type { Callback } from "./callback.ts";
import { type Metrics } from "./metric.ts";

export type AnyOptimizer = Optimizer<OptimizerOptions>;

/** What a model makes of its inputs. */
export type OutputOf<M extends Module> = ReturnType<M["forward"]>;

/** A loss: a module such as `nn.CrossEntropyLoss`, or a function. */
export type Criterion<O, T> =
  { forward(output: O, target: T): Tensor } | ((output: O, target: T) => Tensor);

/** A batch taken apart. */
export interface Parts<T> {
  /** The arguments of the model's `forward`. */
  readonly inputs: readonly unknown[];
  readonly target: T;
}

/** Options of `Trainer`. */
export interface TrainerOptions<M extends Module, T, B> {
  readonly model: M;
  /** What is to become small: the mean over a batch. */
  readonly criterion: Criterion<OutputOf<M>, T>;
  readonly optimizer: AnyOptimizer;
  readonly scheduler?: LRScheduler;
  /** When the scheduler takes its next step. Default "epoch": after each of them. */
  readonly schedule?: "epoch" | "step";
  /** The value that the scheduler is given, for `ReduceLROnPlateau`: `validation.loss`, say. */
  readonly monitor?: string;
  /** What outputs are judged by, beside the loss. */
  readonly metrics?: Metrics<OutputOf<M>, T>;
  /** Whether metrics are also taken of training, where each step then waits for its outputs. Default false. */
  readonly trainMetrics?: boolean;
  readonly callbacks?: readonly Callback[];
  /** Batches of which the mean of the gradients makes a step. Default 1. */
  readonly accumulate?: number;
  /** The largest norm of all gradients together. Default: none. */
  readonly clipNorm?: number;
  /** The largest size of an element of the gradients. Default: none. */
  readonly clipValue?: number;
  /**
   * What products run in, forwards and backwards, in training and in validation: `"bf16"` and `"f16"` as under
   * `autocast` of `nabla/amp`. Parameters and the optimiser's state stay as they are. Default `"f32"`.
   */
  readonly precision?: "f32" | "bf16" | "f16";
  /** With `precision: "f16"`, what scales gradients. Default: a `GradScaler` with its own defaults. */
  readonly scaler?: GradScaler;
  /** Whether the step is recorded once and then run as one program (`compile`). Default false. */
  readonly compileStep?: boolean;
  /** Steps from one record of the loss to the next. Default 50. */
  readonly logEvery?: number;
  /** What a loss that is not finite is. Default "error". */
  readonly onNonFinite?: "error" | "continue";
  /** Takes batches apart. Default: all entries of a batch but the last are inputs, and the last is the target. */
  readonly split?: (batch: B) => Parts<T>;
  /** The generator whose state checkpoints keep. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const KNOWN = ["model", "criterion", "optimizer", "scheduler", "schedule", "monitor", "metrics", "trainMetrics",
  "callbacks", "accumulate", "clipNorm", "clipValue", "compileStep", "logEvery", "onNonFinite", "split",
  "generator", "precision", "scaler"]; // prettier-ignore

export function checkCount(value: number, name: string, what: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${what}: ${name} must be an integer >= 1, got ${describe(value)}`);
}

function checkLimit(value: number | undefined, name: string): void {
  if (value !== undefined && !(value > 0))
    throw new RangeError(`Trainer: ${name} must be > 0, got ${describe(value)}`);
}

function checkOneOf(value: string, names: readonly string[], name: string): void {
  if (!names.includes(value))
    throw new RangeError(`Trainer: ${name} must be ${names.join(" or ")}, got ${describe(value)}`);
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether it is an object with a method of this name. */
const has = (value: unknown, method: string): boolean =>
  isObject(value) && typeof (value as Record<string, unknown>)[method] === "function";

/** Throws unless all options can be used together. */
export function checkOptions<M extends Module, T, B>(options: TrainerOptions<M, T, B>): void {
  if (!isObject(options))
    throw new TypeError(
      `Trainer: expected { model, criterion, optimizer }, got ${describe(options)}`,
    );
  for (const name of Object.keys(options))
    if (!KNOWN.includes(name))
      throw new RangeError(`Trainer: unknown option ${name}: expected ${KNOWN.join(", ")}`);
  const { model, criterion, optimizer, scheduler, schedule = "epoch", monitor } = options;
  const { accumulate = 1, logEvery = 50, onNonFinite = "error" } = options;
  if (!(model instanceof Module))
    throw new TypeError(`Trainer: model: expected an nn.Module, got ${describe(model)}`);
  if (typeof criterion !== "function" && !has(criterion, "forward"))
    throw new TypeError(
      `Trainer: criterion: expected a function or a loss of nn, got ${describe(criterion)}`,
    );
  if (!has(optimizer, "step") || !has(optimizer, "zeroGrad"))
    throw new TypeError(`Trainer: optimizer: expected one of optim, got ${describe(optimizer)}`);
  if (scheduler !== undefined && !has(scheduler, "getLastLr"))
    throw new TypeError(
      `Trainer: scheduler: expected one of optim.lrScheduler, got ${describe(scheduler)}`,
    );
  if (scheduler && scheduler.optimizer !== optimizer)
    throw new Error("Trainer: the scheduler is of another optimiser");
  checkOneOf(schedule, ["epoch", "step"], "schedule");
  if (schedule === "step" && !scheduler)
    throw new RangeError('Trainer: schedule: "step" needs a scheduler');
  checkOneOf(onNonFinite, ["error", "continue"], "onNonFinite");
  if (monitor !== undefined && (schedule === "step" || !scheduler))
    throw new RangeError(
      'Trainer: monitor is what a scheduler goes by after an epoch: it needs a scheduler, and schedule: "epoch"',
    );
  checkCount(accumulate, "accumulate", "Trainer");
  checkCount(logEvery, "logEvery", "Trainer");
  const { precision = "f32", scaler } = options;
  checkOneOf(precision, ["f32", "bf16", "f16"], "precision");
  if (scaler !== undefined && (precision !== "f16" || !(scaler instanceof GradScaler)))
    throw new RangeError(
      `Trainer: scaler: expected a GradScaler, with precision: "f16", got ${describe(scaler)} with ` +
        describe(precision),
    );
  if (precision === "f16" && (optimizer as unknown) instanceof LBFGS)
    throw new RangeError(
      'Trainer: precision: "f16" scales the loss, which LBFGS evaluates itself: use "bf16" or "f32"',
    );
  checkLimit(options.clipNorm, "clipNorm");
  checkLimit(options.clipValue, "clipValue");
}

/** Runs `fn` in the precision of a training. */
export const inPrecision = <R>(precision: "f32" | LowDType | undefined, fn: () => R): R =>
  precision === undefined || precision === "f32" ? fn() : autocast({ dtype: precision }, fn);

/** Takes a batch apart, the way `split` says or by its entries. */
export function partsOf<T, B>(batch: B, split: ((batch: B) => Parts<T>) | undefined): Parts<T> {
  if (split) return split(batch);
  if (!Array.isArray(batch) || batch.length < 2)
    throw new TypeError(
      `Trainer: expected batches [...inputs, target], got ${describe(batch)}: ` +
        "give split, which takes them apart",
    );
  return { inputs: batch.slice(0, -1), target: batch.at(-1) as T };
}

/** Samples of a batch: the first axis of the first tensor among its inputs. */
export function samplesOf(inputs: readonly unknown[]): number {
  const first = inputs.find((x) => x instanceof Tensor && x.ndim > 0);
  return first instanceof Tensor ? first.shape[0] : 1;
}
