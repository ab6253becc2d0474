import type { JsonValue } from "../io/json.ts";
import type { Module } from "../nn/module.ts";
import type { Tensor } from "../tensor/index.ts";
import type { AnyOptimizer } from "./options.ts";

/** Numbers by name: `loss`, `accuracy`, `validation.loss`, `lr` and so on. */
export type Values = Readonly<Record<string, number>>;

/** What came of an epoch. */
export interface EpochRecord {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Steps from the start to the end of the epoch. */
  readonly step: number;
  /** Seconds from the start, resumed runs included. */
  readonly seconds: number;
  /** Mean loss over the epoch, metrics, those of the validation, and the learning rate. */
  readonly values: Values;
}

/** What is known after some steps: every `logEvery` of them. */
export interface LogRecord {
  readonly epoch: number;
  readonly step: number;
  /** The mean loss since the record before, the learning rate, and samples a second. */
  readonly values: Values;
}

/** A training that is under way, as callbacks see it. */
export interface Run {
  readonly model: Module;
  readonly optimizer: AnyOptimizer;
  /** Number of the present epoch, from 1. */
  readonly epoch: number;
  /** How many epochs there will be. */
  readonly epochs: number;
  /** Batches of the present epoch that have been seen. */
  readonly batch: number;
  /** Batches that an epoch has, where the loader knows. */
  readonly batches: number | undefined;
  /** Samples that this process has seen, in all epochs. */
  readonly samples: number;
  /** Steps of the optimiser, in all epochs. */
  readonly step: number;
  /** Steps after which the run was taken up again; 0 for one that starts. */
  readonly resumedAt: number;
  /** The loss of the last step. Reading it waits for the step. */
  readonly loss: Tensor | undefined;
  /** The last of each value that is known. */
  readonly values: Values;
  /** The epochs that have come to an end. */
  readonly history: readonly EpochRecord[];
  /** Ends the run after the present step or epoch. */
  stop(reason: string): void;
  /** Why the run ends before its last epoch, where it does. */
  readonly stopReason: string | undefined;
  /** Saves the whole state, as `fit` takes it up again. */
  save(path: string | URL): Promise<void>;
}

type Hook = (run: Run) => void | Promise<void>;

/**
 * What is to happen while a model is trained. All hooks are optional, are called in the order of the list of
 * callbacks, and are awaited where they return a promise.
 */
export interface Callback {
  /** What its state is saved by. */
  readonly name: string;
  /** Before the first step. */
  readonly onFitStart?: Hook;
  readonly onEpochStart?: Hook;
  /** After every step of the optimiser. */
  readonly onStep?: Hook;
  /** When losses have been read, every `logEvery` steps. */
  readonly onLog?: (run: Run, log: LogRecord) => void | Promise<void>;
  /** After a validation: `run.values` has its results. */
  readonly onValidation?: Hook;
  /** After an epoch: `run.history` has its record. */
  readonly onEpochEnd?: Hook;
  /** After the last step, also where an error ends the run. */
  readonly onFitEnd?: Hook;
  /** What a run that goes on needs; what JSON can hold. */
  readonly stateDict?: () => JsonValue;
  readonly loadStateDict?: (state: JsonValue) => void;
}

/** Names of hooks that take the run alone. */
export type HookName =
  "onFitStart" | "onEpochStart" | "onStep" | "onValidation" | "onEpochEnd" | "onFitEnd";

/** The value of `name`, or an error that says which there are. */
export function monitored(values: Values, name: string, what: string): number {
  if (Object.hasOwn(values, name)) return values[name];
  const known = Object.keys(values).join(", ");
  throw new Error(
    `${what}: there is no value ${JSON.stringify(name)} to go by; there are ${known}`,
  );
}

/** States of callbacks by their names; a second one of a name counts. */
export function namedCallbacks(callbacks: readonly Callback[]): [string, Callback][] {
  const seen = new Map<string, number>();
  return callbacks.map((callback) => {
    const count = (seen.get(callback.name) ?? 0) + 1;
    seen.set(callback.name, count);
    return [count === 1 ? callback.name : `${callback.name}#${count}`, callback];
  });
}
