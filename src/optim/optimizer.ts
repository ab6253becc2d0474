import { type DType } from "../ir/dtype.ts";
import { Parameter } from "../nn/parameter.ts";
import { noGrad, type Tensor } from "../tensor/index.ts";
import { CellTensor, stepCells } from "../tensor/tensor.ts";
import { checkLearningRate } from "./checks.ts";
import { copySteps, loadState, type OptimizerState, saveState } from "./state.ts";

/** Settings that every optimiser has, once defaults have been filled in. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr: number;
}

/** Parameters with options of their own. */
export type GroupOptions<O> = Partial<O> & { readonly params: Iterable<Parameter> };

/** What an optimiser is given: parameters, or groups of them. */
export type Parameters<O> = Iterable<Parameter> | Iterable<GroupOptions<O>>;

/** What an optimiser remembers of one parameter. */
export interface ParameterState {
  /** Number of steps taken, f64; parameters that always step together share it. */
  step: CellTensor;
  /** Tensors of the parameter's shape, by name. */
  readonly cells: Record<string, CellTensor>;
}

/** A scalar cell of double precision. */
export const scalarCell = (value: number): CellTensor =>
  new CellTensor([], "f64", Float64Array.of(value));

/**
 * A group of parameters that share their options.
 *
 * @example
 * const groups = [{ params: net.parameters(), lr: 0.01 }, { params: copy.parameters() }];
 * const optimizer = new optim.SGD(groups, { lr: 0.1 });
 * optimizer.paramGroups[0].lr; // 0.01
 * optimizer.paramGroups[1].lr; // 0.1
 */
export class ParamGroup<O extends OptimizerOptions> {
  readonly params: readonly Parameter[];
  /** The settings that the group was made with; its learning rate now is `lr`. */
  readonly options: O;
  /** @internal The learning rate as steps see it: a cell, so that a compiled step sees changes too. */
  readonly lrCell: CellTensor;
  private rate: number;

  constructor(params: readonly Parameter[], options: O) {
    this.params = params;
    this.options = options;
    this.rate = options.lr;
    this.lrCell = scalarCell(options.lr);
  }

  /** Learning rate. Setting it compiles nothing anew. Throws a RangeError unless it is >= 0. */
  get lr(): number {
    return this.rate;
  }
  set lr(value: number) {
    checkLearningRate(value, "lr");
    this.rate = value;
    this.lrCell.cell.assign(Float64Array.of(value));
  }
}

/** One step of a group: numbers that all its parameters share, computed once. */
export interface StepScalars {
  /** `make()` in the dtype of a parameter; computed once for each key and dtype. */
  readonly shared: (key: string, dtype: DType, make: () => Tensor) => Tensor;
  /** Learning rate, f64. */
  readonly lr: Tensor;
  /** Number of this step, from 1, f64. */
  readonly step: Tensor;
}

/**
 * What all optimisers do: groups of parameters, gradients set to none, state, saving and loading.
 *
 * A step reads the `grad` of its parameters (those without are left alone), computes the new values and
 * runs everything that is pending, with the loss, as one program.
 *
 * @example
 * for await (const [data, target] of testLoader) {
 *   optimizer.zeroGrad();
 *   criterion.forward(net.forward(data), target).backward();
 *   optimizer.step();
 * }
 * optimizer.lr = 0.0001;
 */
export abstract class Optimizer<O extends OptimizerOptions> {
  /** The groups, one where the optimiser was given a list of parameters. */
  readonly paramGroups: readonly ParamGroup<O>[];
  /** @internal What is remembered of each parameter, from its first gradient on. */
  readonly state = new Map<Parameter, ParameterState>();

  protected constructor(parameters: Parameters<O>, options: O) {
    const what = this.constructor.name;
    const entries = Array.from<Parameter | GroupOptions<O>>(parameters);
    if (entries.length === 0)
      throw new Error(`${what}: expected parameters to optimise, got an empty list`);
    const grouped = entries.some((entry) => !(entry instanceof Parameter) && "params" in entry);
    const groups = grouped
      ? (entries as GroupOptions<O>[])
      : [{ params: entries as Parameter[] } as unknown as GroupOptions<O>];
    const seen = new Set<unknown>();
    this.paramGroups = groups.map(({ params, ...own }) => {
      const list = [...params];
      for (const p of list) {
        if (!(p instanceof Parameter))
          throw new TypeError(
            `${what}: expected nn.Parameter, got a ${typeof p} among the parameters`,
          );
        if (seen.has(p)) throw new Error(`${what}: a parameter is given twice`);
        seen.add(p);
      }
      const merged = { ...options, ...own } as O;
      this.check(merged);
      return new ParamGroup(list, merged);
    });
  }

  /** Learning rate of the first group; setting it sets that of all groups. */
  get lr(): number {
    return this.paramGroups[0].lr;
  }
  set lr(value: number) {
    for (const group of this.paramGroups) group.lr = value;
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const p of params) p.grad = undefined;
  }

  /** Gives the parameters that have a gradient their next values. */
  step(): void {
    const touched = new Set<CellTensor>();
    noGrad(() => {
      const steps = this.advanceSteps(touched);
      for (const group of this.paramGroups) {
        const scalars = new Map<CellTensor, StepScalars>();
        for (const p of group.params) {
          if (!p.grad) continue;
          const state = this.state.get(p)!;
          let own = scalars.get(state.step);
          if (!own) scalars.set(state.step, (own = sharedScalars(group, steps.get(state.step)!)));
          p.rebind(this.update(p, p.grad, state, group.options, own));
          touched.add(p);
          for (const cell of Object.values(state.cells)) touched.add(cell);
        }
      }
    });
    stepCells(touched);
  }

  /** Numbers of steps, moments and options, for saving; the tensors are the live ones. */
  stateDict(): OptimizerState {
    return saveState(this);
  }

  /**
   * Takes over a state that `stateDict()` gave: all of it or, when it does not fit, nothing.
   *
   * @throws Error that says what does not fit: groups, numbers of parameters, names or shapes.
   */
  loadStateDict(state: OptimizerState): void {
    loadState(this, state);
  }

  /** Throws for options outside their range. */
  protected abstract check(options: O): void;

  /** @internal Names of the cells that a parameter's state has. */
  abstract cellNames(options: O): readonly string[];

  /** The next value of `p`; new values of its state are bound on the way. */
  protected abstract update(
    p: Parameter,
    grad: Tensor,
    state: ParameterState,
    options: O,
    scalars: StepScalars,
  ): Tensor;

  /** @internal The state of `p` at 0. */
  freshState(p: Parameter, names: readonly string[], step: CellTensor): ParameterState {
    const zeros = (): CellTensor =>
      new CellTensor(
        p.shape,
        p.dtype,
        new (p.dtype === "f64" ? Float64Array : Float32Array)(p.size),
      );
    return { step, cells: Object.fromEntries(names.map((name) => [name, zeros()])) };
  }

  /**
   * Counts this step for the parameters that have a gradient. Those that have always stepped together
   * share a counter; where only some of them have a gradient, these get a copy of it.
   */
  private advanceSteps(touched: Set<CellTensor>): Map<CellTensor, Tensor> {
    const members = new Map<CellTensor, number>();
    for (const { step } of this.state.values()) members.set(step, (members.get(step) ?? 0) + 1);
    const active = new Map<CellTensor, ParameterState[]>();
    let first: CellTensor | undefined;
    for (const group of this.paramGroups) {
      for (const p of group.params) {
        if (!p.grad) continue;
        let state = this.state.get(p);
        if (!state) {
          first ??= scalarCell(0);
          state = this.freshState(p, this.cellNames(group.options), first);
          this.state.set(p, state);
        }
        const together = active.get(state.step);
        if (together) together.push(state);
        else active.set(state.step, [state]);
      }
    }
    const next = new Map<CellTensor, Tensor>();
    for (const [counter, states] of active) {
      const value = counter.add(1);
      const total = members.get(counter) ?? states.length;
      const target = states.length === total ? counter : copySteps(states);
      target.rebind(value);
      touched.add(target);
      next.set(target, value);
    }
    return next;
  }
}

function sharedScalars(group: ParamGroup<OptimizerOptions>, step: Tensor): StepScalars {
  const made = new Map<string, Tensor>();
  return {
    step,
    lr: group.lrCell,
    shared(key, dtype, make) {
      const name = `${key} ${dtype}`;
      let value = made.get(name);
      if (!value) made.set(name, (value = make().to(dtype)));
      return value;
    },
  };
}
