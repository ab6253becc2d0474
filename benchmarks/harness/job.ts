import { type NamedArray } from "./arrays.ts";
import { type Settings } from "./case.ts";

/** What a peer's program is given: the case with its arrays made. */
export interface Input {
  readonly variant: string;
  readonly settings: Settings;
  readonly arrays: Readonly<Record<string, NamedArray>>;
  /** What tells peers of one framework apart, such as `compile`. */
  readonly mode: string;
}

/** Numbers of each result of a step. */
export type Values = readonly (readonly number[])[];

/** A workload made ready in a peer. */
export interface Job {
  /** Does one step, or starts it. A promise is waited for. */
  readonly step: () => unknown;
  /** Waits until the steps so far are done, where `step` may return before. */
  readonly finish?: () => unknown;
  /** What the last step computed: its loss, or some elements of each of its results. */
  readonly values: () => Values | Promise<Values>;
}

/** The export of every program in workloads/: builds what the steps need. */
export type Prepare = (input: Input) => Job | Promise<Job>;

/** How many elements of a result are compared. */
const SAMPLES = 20;

/** Some elements of a result, evenly spaced; python/job.py takes the same. */
export function sample(data: ArrayLike<number>): number[] {
  const stride = Math.max(1, Math.floor(data.length / SAMPLES));
  return Array.from({ length: Math.min(SAMPLES, data.length) }, (_, i) => data[i * stride]);
}

/** The number of a setting. */
export function numberOf({ settings }: Input, name: string): number {
  const value = settings[name];
  if (typeof value !== "number") throw new TypeError(`setting ${name}: expected a number`);
  return value;
}

/** The text of a setting. */
export function textOf({ settings }: Input, name: string): string {
  const value = settings[name];
  if (typeof value !== "string") throw new TypeError(`setting ${name}: expected a text`);
  return value;
}

/** The switch of a setting. */
export function switchOf({ settings }: Input, name: string): boolean {
  const value = settings[name];
  if (typeof value !== "boolean") throw new TypeError(`setting ${name}: expected true or false`);
  return value;
}

/** The entries of an array's first axis, each with elements of its own. */
export function slices({ shape, data }: NamedArray): NamedArray[] {
  const [count, ...rest] = shape;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    shape: rest,
    data: data.slice(i * size, (i + 1) * size),
  }));
}

/** The batches of arrays with one entry a batch: their first entries, their second, and so on. */
export function batchesOf({ arrays }: Input, ...names: string[]): NamedArray[][] {
  const columns = names.map((name) => slices(arrays[name]));
  return columns[0].map((_, i) => columns.map((column) => column[i]));
}
