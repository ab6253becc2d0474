import { Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import {
  type GroupOptions,
  type OptimizerOptions,
  ParamGroup,
  type Parameters,
} from "./param-group.ts";
import type { OptimizerState } from "./state.ts";

/** Evaluates the model anew, calls `backward()` and returns the loss. */
export type Closure = () => Tensor;

/**
 * What all optimisers do: groups of parameters, gradients set to none, saving and loading.
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
  private readonly defaults: O;

  protected constructor(parameters: Parameters<O>, options: O) {
    this.defaults = options;
    const entries = Array.from<Parameter | GroupOptions<O>>(parameters);
    if (entries.length === 0)
      throw new Error(
        `${this.constructor.name}: expected parameters to optimise, got an empty list`,
      );
    const grouped = entries.some((entry) => !(entry instanceof Parameter) && "params" in entry);
    const groups = grouped
      ? (entries as GroupOptions<O>[])
      : [{ params: entries as Parameter[] } as unknown as GroupOptions<O>];
    const seen = new Set<Parameter>();
    this.paramGroups = groups.map((group) => this.makeGroup(group, seen));
  }

  /**
   * Adds parameters, with options of their own: a part of a net that is to be trained from now on, say.
   *
   * @throws As the constructor.
   *
   * @example
   * const head = new nn.Linear(10, 2);
   * optimizer.addParamGroup({ params: head.parameters(), lr: 0.01 });
   */
  addParamGroup(group: GroupOptions<O>): void {
    const seen = new Set(this.paramGroups.flatMap(({ params }) => params));
    (this.paramGroups as ParamGroup<O>[]).push(this.makeGroup(group, seen));
  }

  private makeGroup({ params, ...own }: GroupOptions<O>, seen: Set<Parameter>): ParamGroup<O> {
    const what = this.constructor.name;
    const list = [...params];
    for (const p of list) {
      if (!(p instanceof Parameter))
        throw new TypeError(
          `${what}: expected nn.Parameter, got a ${typeof p} among the parameters`,
        );
      if (seen.has(p)) throw new Error(`${what}: a parameter is given twice`);
      seen.add(p);
    }
    this.checkParameters(list);
    const merged = { ...this.defaults, ...own } as O;
    return new ParamGroup(list, merged, { check: (options) => this.check(options) });
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

  /**
   * Gives the parameters that have a gradient their next values.
   *
   * @param closure - Called first, where given: it evaluates the model, calls `backward()` and returns the
   * loss.
   * @returns What the closure returned.
   */
  abstract step(closure?: Closure): Tensor | undefined;

  /** Moments, numbers of steps and options, for saving; the tensors are the live ones. */
  abstract stateDict(): OptimizerState;

  /**
   * Takes over a state that `stateDict()` gave, options included: all of it or, when it does not fit, nothing.
   *
   * @throws Error that says what does not fit: groups, numbers of parameters, names or shapes.
   */
  abstract loadStateDict(state: OptimizerState): void;

  /** Throws for options outside their range. */
  protected abstract check(options: O): void;

  /** Throws for parameters that the optimiser cannot handle. */
  protected checkParameters(_params: readonly Parameter[]): void {
    // Most take any.
  }
}
