import { type DType, newArray } from "../ir/dtype.ts";
import { type Shape, sizeOf } from "../ir/shape.ts";
import { type Parameter, settleFresh } from "../nn/parameter.ts";
import { noGrad, Tensor, where } from "../tensor/index.ts";
import { asWritten } from "../tensor/precision.ts";
import { CellTensor, stepCells } from "../tensor/tensor.ts";
import { guarded } from "../tensor/tracing.ts";
import { type Closure, Optimizer } from "./optimizer.ts";
import { type OptimizerOptions } from "./param-group.ts";
import { type StepScalars, stepScalars } from "./scalars.ts";
import { Recorder } from "./recorded.ts";
import { loadState, type OptimizerState, saveState } from "./state.ts";

/** A cell of a parameter's state, and the number that all its elements start with. */
export interface CellSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly start: number;
}

/** The cells of a parameter's state by name. */
export type CellSpecs = Readonly<Record<string, CellSpec>>;

/** What an optimiser remembers of one parameter. */
export interface ParameterState {
  /** Number of steps taken, f64; parameters that always step together share it. */
  step: CellTensor;
  /** Tensors by name. */
  cells: Readonly<Record<string, CellTensor>>;
  /** The group's `structure` for which the cells are complete. */
  structure: number;
}

/** A cell of the parameter's own shape and dtype. */
export const like = ({ shape, dtype }: Parameter, start = 0): CellSpec => ({ shape, dtype, start });

/** A number of double precision. */
export const scalar = (start: number): CellSpec => ({ shape: [], dtype: "f64", start });

const makeCell = ({ shape, dtype, start }: CellSpec): CellTensor =>
  new CellTensor(shape, dtype, newArray(dtype, sizeOf(shape)).fill(start));

/** @internal A scalar cell of double precision. */
export const scalarCell = (value: number): CellTensor => makeCell(scalar(value));

/** @internal The cells that `specs` ask for: those that are there, and new ones. */
export const completeCells = (
  specs: CellSpecs,
  known: ParameterState["cells"],
): ParameterState["cells"] =>
  Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, known[name] ?? makeCell(spec)]),
  );

/** What a step gives a cell: the next value, or the old one where the step is skipped. */
type Unless = (old: Tensor, next: Tensor) => Tensor;

/** An optimiser that computes the next value of each parameter from its gradient and its own state. */
export abstract class ParameterOptimizer<O extends OptimizerOptions> extends Optimizer<O> {
  /** @internal What is remembered of each parameter, from its first gradient on. */
  readonly state = new Map<Parameter, ParameterState>();
  private readonly recorder = new Recorder();

  step(closure?: Closure): Tensor | undefined {
    const loss = closure?.();
    this.run(undefined);
    return loss;
  }

  /**
   * @internal A step that changes nothing, neither parameters nor what is remembered of them, where `skip`, a
   * bool scalar, turns out to be true.
   */
  stepUnless(skip: Tensor): void {
    this.run(skip);
  }

  private run(skip: Tensor | undefined): void {
    const active = this.paramGroups.flatMap(({ params }) => params.filter((p) => p.grad));
    const update = (given: readonly Tensor[]): Set<CellTensor> => {
      const gradients = new Map(active.map((p, i) => [p, given[i]]));
      return this.updateAll(gradients, skip && given[active.length]);
    };
    const circumstances = (): unknown[] => {
      const all: unknown[] = [this.state.size, skip !== undefined];
      for (const p of active) {
        const state = this.state.get(p);
        all.push(p, state?.step, state?.cells, p.grad!.dtype);
      }
      return all;
    };
    const given = [...active.map((p) => p.grad!), ...(skip ? [skip] : [])];
    const prepare = (): void => this.prepare(active);
    const touched = noGrad(() =>
      asWritten(() => this.recorder.run({ given, prepare, circumstances, update })),
    );
    stepCells(touched);
  }

  /** Binds the next values of parameters with these gradients, and of their state; all cells it knows of. */
  private updateAll(
    gradients: ReadonlyMap<Parameter, Tensor>,
    skip: Tensor | undefined,
  ): Set<CellTensor> {
    const touched = new Set<CellTensor>();
    const unless: Unless = (old, next) => (skip ? where(skip, old, next) : next);
    const steps = this.advanceSteps(gradients, touched, unless);
    for (const group of this.paramGroups) {
      const scalars = new Map<CellTensor, StepScalars<O>>();
      for (const p of group.params) {
        const grad = gradients.get(p);
        if (!grad) continue;
        const state = this.state.get(p)!;
        let own = scalars.get(state.step);
        if (!own) scalars.set(state.step, (own = stepScalars(group, steps.get(state.step)!)));
        const cells = Object.values(state.cells);
        const before = cells.map(({ node }) => new Tensor(node));
        p.rebind(unless(p, this.update(p, grad, state.cells, group.options, own)));
        touched.add(p);
        cells.forEach((cell, i) => {
          if (cell.node !== before[i].node) cell.rebind(unless(before[i], cell));
          touched.add(cell);
        });
      }
    }
    return touched;
  }

  stateDict(): OptimizerState {
    return saveState(this);
  }

  loadStateDict(state: OptimizerState): void {
    loadState(this, state);
  }

  /** @internal The state of a parameter before its first step. */
  abstract cellSpecs(p: Parameter, options: O): CellSpecs;

  /** The next value of `p`; new values of its state are bound on the way. */
  protected abstract update(
    p: Parameter,
    grad: Tensor,
    cells: ParameterState["cells"],
    options: O,
    scalars: StepScalars<O>,
  ): Tensor;

  /** Makes what is missing of the state of parameters that have a gradient. */
  private prepare(active: Iterable<Parameter>): void {
    // First values are computed when they are first asked for, which must not be while a step is recorded.
    settleFresh();
    const wanted = new Set(active);
    let first: CellTensor | undefined;
    guarded(() => this.paramGroups.length);
    for (const group of this.paramGroups) {
      const structure = guarded(() => group.structure);
      for (const p of group.params) {
        if (!wanted.has(p)) continue;
        let state = this.state.get(p);
        if (!state) {
          first ??= scalarCell(0);
          state = { step: first, cells: {}, structure: -1 };
          this.state.set(p, state);
        }
        if (state.structure === structure) continue;
        state.cells = completeCells(this.cellSpecs(p, group.options), state.cells);
        state.structure = structure;
      }
    }
  }

  /**
   * Counts this step for the parameters that have a gradient. Those that have always stepped together
   * share a counter; where only some of them have a gradient, these get a copy of it.
   */
  private advanceSteps(
    gradients: ReadonlyMap<Parameter, Tensor>,
    touched: Set<CellTensor>,
    unless: Unless,
  ): Map<CellTensor, Tensor> {
    const members = new Map<CellTensor, number>();
    for (const { step } of this.state.values()) members.set(step, (members.get(step) ?? 0) + 1);
    const active = new Map<CellTensor, ParameterState[]>();
    this.prepare(gradients.keys());
    for (const p of gradients.keys()) {
      const state = this.state.get(p)!;
      const together = active.get(state.step);
      if (together) together.push(state);
      else active.set(state.step, [state]);
    }
    const next = new Map<CellTensor, Tensor>();
    for (const [counter, states] of active) {
      const value = counter.add(1);
      const total = members.get(counter) ?? states.length;
      const target = states.length === total ? counter : ownCounter(states);
      target.rebind(unless(counter, value));
      touched.add(target);
      next.set(target, value);
    }
    return next;
  }
}

/** A counter of their own for parameters that leave those they have stepped with. */
function ownCounter(states: readonly ParameterState[]): CellTensor {
  const own = scalarCell(0);
  for (const state of states) state.step = own;
  return own;
}
