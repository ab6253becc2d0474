import type { JsonValue } from "../io/json.ts";
import { describe } from "../tensor/operand.ts";
import { type Callback, monitored, type Run } from "./callback.ts";

/** What is watched, and which way is better. */
export interface MonitorOptions {
  /** A value of the epochs. Default "validation.loss". */
  readonly monitor?: string;
  /** Whether a lower or a higher value is better. Default "min". */
  readonly mode?: "min" | "max";
  /** How much better a value must be to count. Default 0. */
  readonly minDelta?: number;
}

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without progress that are borne. Default 3. */
  readonly patience?: number;
}

/** Remembers the best of a value. */
class Best {
  value: number | null = null;
  private readonly monitor: string;
  private readonly sign: number;
  private readonly minDelta: number;
  private readonly what: string;

  constructor(
    { monitor = "validation.loss", mode = "min", minDelta = 0 }: MonitorOptions,
    what: string,
  ) {
    if (mode !== "min" && mode !== "max")
      throw new RangeError(`${what}: mode must be min or max, got ${describe(mode)}`);
    if (!(minDelta >= 0 && minDelta < Infinity))
      throw new RangeError(
        `${what}: minDelta must be a finite number >= 0, got ${describe(minDelta)}`,
      );
    this.monitor = monitor;
    this.sign = mode === "min" ? -1 : 1;
    this.minDelta = minDelta;
    this.what = what;
  }

  /** Takes the value of a run; whether it is better than all before. NaN never is. */
  improves(run: Run): boolean {
    const value = monitored(run.values, this.monitor, this.what);
    const better =
      this.value === null ? !Number.isNaN(value) : this.sign * (value - this.value) > this.minDelta;
    if (better) this.value = value;
    return better;
  }

  /** "validation.loss 0.25" */
  toString(): string {
    return `${this.monitor} ${this.value === null ? "none" : Number(this.value.toPrecision(4))}`;
  }

  load(state: JsonValue): Readonly<Record<string, JsonValue>> {
    const record = typeof state === "object" && state !== null ? state : {};
    const { best } = record as { best?: unknown };
    if (best !== null && typeof best !== "number")
      throw new TypeError(
        `${this.what}: expected a state with the best value, got ${describe(best)}`,
      );
    this.value = best;
    return record as Readonly<Record<string, JsonValue>>;
  }
}

/**
 * Ends a run when a value has stopped getting better.
 *
 * @throws RangeError for options outside their range. In a run: Error where there is no such value.
 *
 * @example
 * const callbacks = [earlyStopping({ monitor: "validation.accuracy", mode: "max", patience: 5 })];
 * const trainer = new Trainer({ model: net, criterion, optimizer, callbacks });
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const what = "earlyStopping";
  const { patience = 3 } = options;
  if (!Number.isInteger(patience) || patience < 0)
    throw new RangeError(`${what}: patience must be an integer >= 0, got ${describe(patience)}`);
  const best = new Best(options, what);
  let waited = 0;
  const stopIfDue = (run: Run): void => {
    if (waited > patience) run.stop(`no progress for ${waited} epochs, best ${String(best)}`);
  };
  return {
    name: what,
    // A run that had ended ends again when it is taken up.
    onFitStart: (run) => {
      if (run.resumedAt > 0) stopIfDue(run);
      else [best.value, waited] = [null, 0];
    },
    onEpochEnd: (run) => {
      waited = best.improves(run) ? 0 : waited + 1;
      stopIfDue(run);
    },
    stateDict: () => ({ best: best.value, waited }),
    loadStateDict: (state) => {
      waited = Number(best.load(state).waited);
    },
  };
}

/**
 * Saves the whole state after every epoch that is better than all before, so that the file has the best weights.
 * `loadCheckpoint(path, { model })` takes them over.
 *
 * @throws RangeError for options outside their range. In a run: Error where there is no such value.
 *
 * @example
 * const callbacks = [bestCheckpoint("best.safetensors", { monitor: "validation.loss" })];
 * const trainer = new Trainer({ model: net, criterion, optimizer, callbacks });
 */
export function bestCheckpoint(path: string | URL, options: MonitorOptions = {}): Callback {
  const best = new Best(options, "bestCheckpoint");
  return {
    name: "bestCheckpoint",
    onFitStart: (run) => {
      if (run.resumedAt === 0) best.value = null;
    },
    onEpochEnd: async (run) => {
      if (best.improves(run)) await run.save(path);
    },
    stateDict: () => ({ best: best.value }),
    loadStateDict: (state) => void best.load(state),
  };
}
