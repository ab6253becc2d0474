import { showShape } from "../ir/shape.ts";
import { sameSpec, type Spec } from "../ir/node.ts";
import { HostValue } from "../runtime/values.ts";
import { Tensor } from "../tensor/index.ts";
import { type CellTensor, flushCells } from "../tensor/tensor.ts";
import { type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions } from "./param-group.ts";
import { completeCells, type ParameterOptimizer, scalarCell } from "./per-parameter.ts";

/** A group as it is saved: its options by name, and its parameters. */
export interface SavedGroup {
  readonly lr: number;
  /** The learning rate that schedules start from, where there is one. */
  readonly initialLr?: number;
  /** Positions of the group's parameters among those of all groups. */
  readonly params: readonly number[];
  readonly [option: string]: unknown;
}

/** What an optimiser remembers, for saving. */
export interface OptimizerState {
  /** By the position of the parameter among those of all groups: `step` and the moments. */
  readonly state: Readonly<Record<number, Readonly<Record<string, Tensor>>>>;
  readonly paramGroups: readonly SavedGroup[];
}

/** The groups with positions in place of their parameters. */
export function savedGroups<O extends OptimizerOptions>(optimizer: Optimizer<O>): SavedGroup[] {
  let position = 0;
  return optimizer.paramGroups.map(({ options, initialLr, params }) => ({
    ...(options as OptimizerOptions & Readonly<Record<string, unknown>>),
    ...(initialLr === undefined ? {} : { initialLr }),
    params: params.map(() => position++),
  }));
}

/** What a saved group holds besides its options. */
const BESIDE_OPTIONS: readonly string[] = ["params", "initialLr"];

/** Whether a saved option is of the kind that the optimiser has; `null` stands for a number or a name. */
const sameKind = (a: unknown, b: unknown): boolean =>
  typeof a === typeof b && Array.isArray(a) === Array.isArray(b) ? true : a === null || b === null;

/**
 * The options that a state brings, one set for each group. What does not fit is added to `problems`, and
 * options that the state lacks stay as they are.
 */
export function loadedOptions<O extends OptimizerOptions>(
  { paramGroups }: Optimizer<O>,
  saved: OptimizerState,
  problems: string[],
): Partial<O>[] {
  return paramGroups.map((group, i) => {
    const given = Object.fromEntries(
      Object.entries(saved.paramGroups[i]).filter(([name]) => !BESIDE_OPTIONS.includes(name)),
    ) as Partial<O>;
    const own = Object.fromEntries(Object.entries(group.options)) as Record<string, unknown>;
    const before = problems.length;
    for (const [name, value] of Object.entries(given)) {
      if (!Object.hasOwn(own, name)) problems.push(`group ${i}: unexpected option ${name}`);
      else if (!sameKind(own[name], value))
        problems.push(
          `group ${i}: ${name}: expected a ${Array.isArray(own[name]) ? "list" : typeof own[name]}, ` +
            `got ${JSON.stringify(value)}`,
        );
    }
    if (problems.length > before) return {};
    try {
      group.checkChanges(given);
    } catch (error) {
      problems.push(`group ${i}: ${(error as Error).message}`);
      return {};
    }
    return given;
  });
}

/** What is wrong with the sizes of the groups; nothing else can be compared then. */
export function groupProblem<O extends OptimizerOptions>(
  { paramGroups }: Optimizer<O>,
  saved: OptimizerState,
): string | undefined {
  const sizes = paramGroups.map(({ params }) => params.length).join(", ");
  const given = saved.paramGroups.map(({ params }) => params.length).join(", ");
  return sizes === given
    ? undefined
    : `groups: expected numbers of parameters [${sizes}], got [${given}]`;
}

/** Gives the groups the options of a state. */
export function applyOptions<O extends OptimizerOptions>(
  { paramGroups }: Optimizer<O>,
  saved: OptimizerState,
  options: readonly Partial<O>[],
): void {
  paramGroups.forEach((group, i) => {
    group.set(options[i]);
    group.initialLr = saved.paramGroups[i].initialLr ?? group.initialLr;
  });
}

export function refuse(optimizer: object, problems: readonly string[]): void {
  if (problems.length > 0)
    throw new Error(
      `loadStateDict: the state does not fit ${optimizer.constructor.name}:\n  ${problems.join("\n  ")}`,
    );
}

/** What is wrong with a tensor of a state, if anything is. */
export function tensorProblem(value: unknown, spec: Spec): string | undefined {
  const expected = `expected ${spec.dtype}${showShape(spec.shape)}`;
  if (!(value instanceof Tensor))
    return `${expected}, got ${value === undefined ? "nothing" : typeof value}`;
  if (sameSpec(value, spec)) return undefined;
  return `${expected}, got ${value.dtype}${showShape(value.shape)}`;
}

export function saveState<O extends OptimizerOptions>(
  optimizer: ParameterOptimizer<O>,
): OptimizerState {
  const params = optimizer.paramGroups.flatMap((group) => group.params);
  const entries = params.flatMap((p, i) => {
    const own = optimizer.state.get(p);
    return own ? [[i, { step: own.step, ...own.cells }] as const] : [];
  });
  return { state: Object.fromEntries(entries), paramGroups: savedGroups(optimizer) };
}

const COUNTER: Spec = { shape: [], dtype: "f64" };

/** What does not fit in the tensors of a state, for groups with these options. */
function cellProblems<O extends OptimizerOptions>(
  optimizer: ParameterOptimizer<O>,
  saved: OptimizerState,
  options: readonly Partial<O>[],
): string[] {
  const problems: string[] = [];
  let position = 0;
  optimizer.paramGroups.forEach((group, i) => {
    for (const p of group.params) {
      const at = position++;
      const own = saved.state[at];
      if (!own) continue;
      const specs: Readonly<Record<string, Spec>> = {
        step: COUNTER,
        ...optimizer.cellSpecs(p, { ...group.options, ...options[i] }),
      };
      for (const [name, spec] of Object.entries(specs)) {
        const problem = tensorProblem(own[name], spec);
        if (problem !== undefined) problems.push(`state ${at}: ${name}: ${problem}`);
      }
      for (const name of Object.keys(own))
        if (!Object.hasOwn(specs, name)) problems.push(`state ${at}: unexpected ${name}`);
    }
  });
  for (const key of Object.keys(saved.state))
    if (!(Number(key) >= 0 && Number(key) < position))
      problems.push(`state ${key}: expected positions below ${position}`);
  return problems;
}

export function loadState<O extends OptimizerOptions>(
  optimizer: ParameterOptimizer<O>,
  saved: OptimizerState,
): void {
  const sizes = groupProblem(optimizer, saved);
  if (sizes !== undefined) refuse(optimizer, [sizes]);
  const unfit: string[] = [];
  const options = loadedOptions(optimizer, saved, unfit);
  refuse(optimizer, [...cellProblems(optimizer, saved, options), ...unfit]);
  const counters = new Map<unknown, CellTensor>();
  const loaded: CellTensor[] = [];
  // Those whose counts are one tensor, or are known to be equal, go on together.
  const counterOf = (step: Tensor): CellTensor => {
    const { value } = step.node;
    const key = value instanceof HostValue ? value.data[0] : step;
    let counter = counters.get(key);
    if (!counter) {
      counter = scalarCell(0);
      counter.rebind(step);
      counters.set(key, counter);
      loaded.push(counter);
    }
    return counter;
  };
  applyOptions(optimizer, saved, options);
  optimizer.state.clear();
  let position = 0;
  for (const group of optimizer.paramGroups) {
    // Compiled steps know the cells from before.
    group.structure++;
    for (const p of group.params) {
      const own = saved.state[position++];
      if (!own) continue;
      const cells = completeCells(optimizer.cellSpecs(p, group.options), {});
      for (const [name, cell] of Object.entries(cells)) {
        cell.rebind(own[name]);
        loaded.push(cell);
      }
      optimizer.state.set(p, { step: counterOf(own.step), cells, structure: group.structure });
    }
  }
  // At once, so that later changes of where the values came from do not show.
  flushCells(loaded);
}
