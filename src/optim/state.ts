import { showShape } from "../ir/shape.ts";
import { sameSpec } from "../ir/node.ts";
import { type Parameter } from "../nn/parameter.ts";
import { HostValue } from "../runtime/values.ts";
import { Tensor } from "../tensor/index.ts";
import { type CellTensor, flushCells } from "../tensor/tensor.ts";
import {
  type Optimizer,
  type OptimizerOptions,
  type ParameterState,
  scalarCell,
} from "./optimizer.ts";

/** What an optimiser remembers, for saving. */
export interface OptimizerState {
  /** By the position of the parameter among those of all groups: `step` and the moments. */
  readonly state: Readonly<Record<number, Readonly<Record<string, Tensor>>>>;
  readonly paramGroups: readonly {
    readonly lr: number;
    /** Positions of the group's parameters. */
    readonly params: readonly number[];
  }[];
}

/** A counter of their own for parameters that leave those they have stepped with. */
export function copySteps(states: readonly ParameterState[]): CellTensor {
  const own = scalarCell(0);
  for (const state of states) state.step = own;
  return own;
}

const allParams = (optimizer: Optimizer<OptimizerOptions>): Parameter[] =>
  optimizer.paramGroups.flatMap(({ params }) => params);

export function saveState(optimizer: Optimizer<OptimizerOptions>): OptimizerState {
  const position = new Map(allParams(optimizer).map((p, i) => [p, i]));
  return {
    state: Object.fromEntries(
      Array.from(optimizer.state, ([p, { step, cells }]) => [position.get(p)!, { step, ...cells }]),
    ),
    paramGroups: optimizer.paramGroups.map(({ lr, params }) => ({
      lr,
      params: params.map((p) => position.get(p)!),
    })),
  };
}

/** What does not fit, as lines of an error message. */
function problemsOf(optimizer: Optimizer<OptimizerOptions>, saved: OptimizerState): string[] {
  const sizes = optimizer.paramGroups.map(({ params }) => params.length).join(", ");
  const given = saved.paramGroups.map(({ params }) => params.length).join(", ");
  if (sizes !== given) return [`groups: expected numbers of parameters [${sizes}], got [${given}]`];
  const problems: string[] = [];
  for (const { lr } of saved.paramGroups)
    if (!(lr >= 0)) problems.push(`lr: expected a number >= 0, got ${lr}`);
  let position = 0;
  for (const group of optimizer.paramGroups) {
    const names = optimizer.cellNames(group.options);
    for (const p of group.params) {
      const at = position++;
      const own = saved.state[at];
      if (!own) continue;
      for (const name of ["step", ...names]) {
        const value: unknown = own[name];
        const spec = name === "step" ? { shape: [], dtype: "f64" as const } : p;
        const expected = `${spec.dtype}${showShape(spec.shape)}`;
        if (!(value instanceof Tensor))
          problems.push(
            `state ${at}: ${name}: expected ${expected}, got ${value === undefined ? "nothing" : typeof value}`,
          );
        else if (!sameSpec(value, spec))
          problems.push(
            `state ${at}: ${name}: expected ${expected}, got ${value.dtype}${showShape(value.shape)}`,
          );
      }
      for (const name of Object.keys(own))
        if (name !== "step" && !names.includes(name))
          problems.push(`state ${at}: unexpected ${name}`);
    }
  }
  for (const key of Object.keys(saved.state))
    if (!(Number(key) >= 0 && Number(key) < position))
      problems.push(`state ${key}: expected positions below ${position}`);
  return problems;
}

export function loadState(optimizer: Optimizer<OptimizerOptions>, saved: OptimizerState): void {
  const problems = problemsOf(optimizer, saved);
  if (problems.length > 0)
    throw new Error(
      `loadStateDict: the state does not fit ${optimizer.constructor.name}:\n  ${problems.join("\n  ")}`,
    );
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
  optimizer.state.clear();
  let position = 0;
  optimizer.paramGroups.forEach((group, i) => {
    group.lr = saved.paramGroups[i].lr;
    const names = optimizer.cellNames(group.options);
    for (const p of group.params) {
      const own = saved.state[position++];
      if (!own) continue;
      const state = optimizer.freshState(p, names, counterOf(own.step));
      for (const name of names) {
        state.cells[name].rebind(own[name]);
        loaded.push(state.cells[name]);
      }
      optimizer.state.set(p, state);
    }
  });
  // At once, so that later changes of where the values came from do not show.
  flushCells(loaded);
}
