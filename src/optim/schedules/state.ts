import { type LRScheduler } from "./scheduler.ts";

/** What JSON can hold. */
export type StateValue =
  | number
  | string
  | boolean
  | null
  | readonly StateValue[]
  | { readonly [name: string]: StateValue };

/** What a schedule remembers, for saving. */
export type SchedulerState = Readonly<Record<string, StateValue>>;

const isState = (value: unknown): value is StateValue =>
  value === null ||
  ["number", "string", "boolean"].includes(typeof value) ||
  (Array.isArray(value) && value.every(isState));

/** Fields that are neither data nor schedules: the optimiser and functions. */
const fieldsOf = (scheduler: LRScheduler): [string, unknown][] =>
  Object.entries(scheduler).filter(([name]) => name !== "optimizer" && name !== "schedulers");

/** The schedules that this one is made of. */
const partsOf = (scheduler: LRScheduler): readonly LRScheduler[] =>
  "schedulers" in scheduler ? (scheduler.schedulers as readonly LRScheduler[]) : [];

export function saveSchedule(scheduler: LRScheduler): SchedulerState {
  const own = fieldsOf(scheduler).filter(([, value]) => isState(value));
  const parts = partsOf(scheduler);
  return {
    ...(structuredClone(Object.fromEntries(own)) as SchedulerState),
    ...(parts.length > 0 ? { schedulers: parts.map(saveSchedule) } : {}),
  };
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? `a list of ${value.length}` : `a ${typeof value}`;
}

/** Whether a value may stand where `own` is; `null` stands for what is not known yet. */
const fits = (own: unknown, value: unknown): boolean =>
  kindOf(own) === kindOf(value) || own === null || value === null;

function problemsOf(scheduler: LRScheduler, state: SchedulerState, at: string): string[] {
  if (typeof state !== "object" || state === null)
    return [`${at || "state"}: expected an object, got ${kindOf(state)}`];
  const problems: string[] = [];
  const own = saveSchedule(scheduler);
  for (const [name, value] of Object.entries(own)) {
    if (!Object.hasOwn(state, name)) problems.push(`${at}${name}: missing`);
    else if (!fits(value, state[name]) || !(name === "schedulers" || isState(state[name])))
      problems.push(`${at}${name}: expected ${kindOf(value)}, got ${kindOf(state[name])}`);
  }
  for (const name of Object.keys(state))
    if (!Object.hasOwn(own, name)) problems.push(`${at}${name}: unexpected`);
  if (problems.length > 0) return problems;
  return partsOf(scheduler).flatMap((part, i) =>
    problemsOf(part, (state.schedulers as SchedulerState[])[i], `${at}schedulers.${i}.`),
  );
}

function apply(scheduler: LRScheduler, state: SchedulerState): void {
  const { schedulers, ...own } = structuredClone(state) as Record<string, StateValue>;
  Object.assign(scheduler, own);
  partsOf(scheduler).forEach((part, i) => apply(part, (schedulers as SchedulerState[])[i]));
}

export function loadSchedule(scheduler: LRScheduler, state: SchedulerState): void {
  const problems = problemsOf(scheduler, state, "");
  if (problems.length > 0)
    throw new Error(
      `loadStateDict: the state does not fit ${scheduler.constructor.name}:\n  ${problems.join("\n  ")}`,
    );
  apply(scheduler, state);
}
