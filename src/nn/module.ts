import { CellTensor, type HookHandle, type Tensor } from "../tensor/index.ts";
import { guarded } from "../tensor/tracing.ts";
import { deepCopy } from "./clone.ts";
import { addHook, type BackwardHook, type ForwardHook, type ForwardPreHook } from "./hooks.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { type LoadOptions, type LoadResult, loadInto, type StateDict } from "./state.ts";
import { summarize, type SummaryInput } from "./summary.ts";
import { isLazy } from "./uninitialized.ts";

/** Something with a name: fields joined by points, as in `encoder.layers.0.weight`. */
export type Named<T> = [name: string, value: T];

/**
 * A part of a network: parameters, buffers and other modules in its fields, and a `forward`.
 *
 * Fields are looked up when they are needed, in the order in which they were defined; arrays count as
 * lists of modules or parameters. Private `#fields` cannot be seen: keep parameters in ordinary ones.
 *
 * @example
 * class Net extends nn.Module {
 *   fc1 = new nn.Linear(784, 128);
 *   fc2 = new nn.Linear(128, 10);
 *   forward(x: Tensor) {
 *     return this.fc2.forward(this.fc1.forward(x).relu());
 *   }
 * }
 */
export abstract class Module {
  /** Whether the module is being trained (`train()`) or used (`eval()`): what dropout goes by. */
  get training(): boolean {
    return guarded(() => this.inTraining);
  }
  set training(mode: boolean) {
    this.inTraining = mode;
  }
  private inTraining = true;

  /** What the module computes. */
  abstract forward(...inputs: never[]): unknown;

  /** Named fields in which parameters, buffers and modules are looked for. */
  protected fields(): Iterable<Named<unknown>> {
    return Object.entries(this);
  }

  /** The modules in the fields of this one. */
  namedChildren(): Named<Module>[] {
    return this.members((value) => value instanceof Module);
  }

  /** The modules in the fields of this one, without their names. */
  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module and all below it, each once; its own name is "". */
  namedModules(): Named<Module>[] {
    const found = new Map<Module, string>();
    const visit = (module: Module, name: string): void => {
      if (found.has(module)) return;
      found.set(module, name);
      for (const [child, value] of module.namedChildren()) visit(value, joined(name, child));
    };
    visit(this, "");
    return Array.from(found, ([module, name]) => [name, module]);
  }

  /** This module and all below it, each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** All parameters with their names, each once (a shared one by its first name). */
  namedParameters(): Named<Parameter>[] {
    return unique(this.cells((value) => value instanceof Parameter));
  }

  /** All parameters, each once: what an optimiser takes. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All buffers with their names, each once. */
  namedBuffers(): Named<Buffer>[] {
    return unique(this.cells(isBuffer));
  }

  /** All buffers, each once. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Sets `training` here and in all modules below. Returns itself. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** `train(false)`: for using the module and not training it. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = undefined;
  }

  /** Freezes all parameters (`false`), or trains them again. Returns itself. */
  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(on);
    return this;
  }

  /** Calls `fn` with every module, those inside before those around them. Returns itself. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /**
   * All parameters and persistent buffers by name. They are the live ones, whose values change with training; to
   * keep a copy, read them.
   */
  stateDict(): StateDict {
    return Object.fromEntries(this.cells(isState));
  }

  /**
   * Takes over the values of a state: all of them or, when anything does not fit, none.
   *
   * @param state - Tensors by the names of `stateDict()`.
   * @param options - `strict: false` allows names that are missing on either side.
   * @returns The names that were missing on either side.
   * @throws Error that lists missing, unexpected and misshaped entries.
   *
   * @example
   * copy.loadStateDict(net.stateDict());
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: LoadOptions = {}): LoadResult {
    return loadInto(this.constructor.name, this.stateDict(), state, options);
  }

  /** Whether lazy layers here or below still wait for their first input, which gives them their sizes. */
  hasUninitializedParams(): boolean {
    return this.cells(isLazy).length > 0;
  }

  /**
   * A table of all modules with the shapes of their outputs and their numbers of parameters, from a run
   * of `forward` on zeros that computes nothing.
   *
   * @param input - Shape of the input, or a list of tensors for several inputs. Without it the table
   * has no shapes.
   *
   * @example
   * console.log(net.summary([64, 784]));
   */
  summary(input?: SummaryInput): string {
    return summarize(this, input);
  }

  /**
   * A module of its own with the same structure, and with parameters and buffers that start with the
   * present values of these.
   */
  clone(): this {
    return deepCopy(this, (x) => x instanceof Module);
  }

  /**
   * Calls `hook(module, args)` before every `forward` of this module. It may return other arguments: a
   * list of them, or the only one. Hooks belong to this module, and not to its clones; a function that
   * `compile` has recorded before does not know them.
   *
   * @example
   * net.fc1.registerForwardPreHook((_, [x]) => (x as Tensor).clamp(-1, 1));
   */
  registerForwardPreHook(hook: ForwardPreHook): HookHandle {
    return addHook(this, "pre", hook, "registerForwardPreHook");
  }

  /**
   * Calls `hook(module, args, output)` after every `forward` of this module. What it returns, if
   * anything, takes the place of the output.
   *
   * @example
   * const seen: Tensor[] = [];
   * const handle = net.fc1.registerForwardHook((_module, _args, output) => {
   *   seen.push(output as Tensor);
   * });
   * net.forward(images);
   * handle.remove();
   */
  registerForwardHook(hook: ForwardHook): HookHandle {
    return addHook(this, "forward", hook, "registerForwardHook");
  }

  /**
   * Calls `hook(module, gradInput, gradOutput)` when the gradients of what went into a `forward` of this
   * module are known: lists with one entry for each tensor among the arguments and the results, undefined
   * where there is no gradient. What it returns, if anything, takes the place of `gradInput`. Where no
   * argument requires a gradient, it is called when those of the results are known.
   *
   * @example
   * net.fc1.registerFullBackwardHook((_module, gradInput) => gradInput.map((g) => g?.mul(0.5)));
   */
  registerFullBackwardHook(hook: BackwardHook): HookHandle {
    return addHook(this, "backward", hook, "registerFullBackwardHook");
  }

  /** The settings of this module as `toString` shows them, e.g. `p=0.5`. */
  extraRepr(): string {
    return "";
  }

  /** The modules as a tree, as PyTorch prints them. */
  toString(): string {
    const lines = this.namedChildren().map(
      ([name, child]) => `  (${name}): ${child.toString().replaceAll("\n", "\n  ")}`,
    );
    const extra = this.extraRepr();
    if (lines.length === 0) return `${this.constructor.name}(${extra})`;
    return [`${this.constructor.name}(`, ...(extra ? [`  ${extra}`] : []), ...lines, ")"].join(
      "\n",
    );
  }

  /** @internal What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  private members<T>(wanted: (value: unknown) => value is T): Named<T>[] {
    const found: Named<T>[] = [];
    const visit = (name: string, value: unknown): void => {
      if (wanted(value)) found.push([name, value]);
      else if (Array.isArray(value)) value.forEach((entry, i) => visit(`${name}.${i}`, entry));
    };
    for (const [name, value] of this.fields()) visit(name, value);
    return found;
  }

  /** Cells of this module and all below it, under all their names. */
  private cells<T extends CellTensor>(wanted: (value: unknown) => value is T): Named<T>[] {
    const own = this.members(wanted);
    const below = this.namedChildren().flatMap(([name, child]) =>
      child.cells(wanted).map(([rest, cell]): Named<T> => [joined(name, rest), cell]),
    );
    return [...own, ...below];
  }
}

const isBuffer = (value: unknown): value is Buffer =>
  value instanceof CellTensor && !(value instanceof Parameter);

const isState = (value: unknown): value is CellTensor =>
  value instanceof CellTensor && !(value instanceof Buffer && !value.persistent);

const joined = (name: string, rest: string): string => (name === "" ? rest : `${name}.${rest}`);

function unique<T>(entries: readonly Named<T>[]): Named<T>[] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}

/**
 * A module that makes one tensor of one tensor.
 *
 * @example
 * class Swish extends nn.Layer {
 *   forward(x: Tensor): Tensor {
 *     return x.mul(x.sigmoid());
 *   }
 * }
 * new nn.Sequential(new nn.Linear(4, 4), new Swish());
 */
export abstract class Layer extends Module {
  abstract override forward(x: Tensor): Tensor;
}
