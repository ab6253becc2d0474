import { Tensor } from "../tensor/index.ts";
import { Module, type Named } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** A parameter as it is, or one that starts with a tensor's value. */
function parameterOf(value: Tensor, what: string): Parameter {
  if (value instanceof Parameter) return value;
  if ((value as unknown) instanceof Tensor) return new Parameter(value.detach());
  throw new TypeError(`${what}: expected nn.Parameter or a tensor, got ${typeof value}`);
}

const shown = (p: Parameter): string => `Parameter of ${p.dtype}[${p.shape.join(", ")}]`;

/**
 * A list of parameters, for a module that uses them itself. Other tensors become parameters.
 *
 * @example
 * const scales = new nn.ParameterList([new nn.Parameter(ones([2])), new nn.Parameter(ones([2]))]);
 * let y = tensor([1, 2]);
 * for (const scale of scales) y = y.mul(scale);
 */
export class ParameterList extends Module implements Iterable<Parameter> {
  private readonly entries: Parameter[] = [];

  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.extend(parameters);
  }

  /** Number of parameters. */
  get length(): number {
    return this.entries.length;
  }

  /** The parameter at `index`; negative positions count from the end. */
  at(index: number): Parameter | undefined {
    return this.entries.at(index);
  }

  /** Adds a parameter at the end. Returns itself. @throws TypeError for anything else. */
  append(parameter: Tensor): this {
    this.entries.push(parameterOf(parameter, "ParameterList"));
    return this;
  }

  /** Adds parameters at the end. Returns itself. @throws TypeError for anything else. */
  extend(parameters: Iterable<Tensor>): this {
    for (const parameter of parameters) this.append(parameter);
    return this;
  }

  [Symbol.iterator](): Iterator<Parameter> {
    return this.entries[Symbol.iterator]();
  }

  /** @throws Error always: a list is no function. */
  forward(): never {
    throw new Error("ParameterList: only holds parameters and computes nothing; use those in it");
  }

  override extraRepr(): string {
    return this.entries.map((p, i) => `(${i}): ${shown(p)}`).join(", ");
  }

  protected override fields(): Iterable<Named<unknown>> {
    return Object.entries(this.entries);
  }
}

/**
 * Parameters by name, for a module that uses them itself. Other tensors become parameters.
 *
 * @example
 * const shifts = new nn.ParameterDict({ left: new nn.Parameter(zeros([2])) });
 * tensor([1, 2]).add(shifts.get("left")); // [1, 2]
 */
export class ParameterDict extends Module implements Iterable<[string, Parameter]> {
  private readonly entries = new Map<string, Parameter>();

  constructor(parameters: Readonly<Record<string, Tensor>> = {}) {
    super();
    for (const [name, parameter] of Object.entries(parameters)) this.set(name, parameter);
  }

  /** Number of parameters. */
  get size(): number {
    return this.entries.size;
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** @throws Error for a name that is not there. */
  get(name: string): Parameter {
    const found = this.entries.get(name);
    if (!found)
      throw new Error(
        `ParameterDict: there is no parameter ${JSON.stringify(name)}, only ${[...this.keys()].join(", ")}`,
      );
    return found;
  }

  /** Adds or replaces a parameter. Returns itself. @throws TypeError for anything else. */
  set(name: string, parameter: Tensor): this {
    this.entries.set(name, parameterOf(parameter, "ParameterDict"));
    return this;
  }

  /** Removes a parameter. Returns whether it was there. */
  delete(name: string): boolean {
    return this.entries.delete(name);
  }

  keys(): IterableIterator<string> {
    return this.entries.keys();
  }

  values(): IterableIterator<Parameter> {
    return this.entries.values();
  }

  [Symbol.iterator](): Iterator<[string, Parameter]> {
    return this.entries[Symbol.iterator]();
  }

  /** @throws Error always: a dictionary is no function. */
  forward(): never {
    throw new Error("ParameterDict: only holds parameters and computes nothing; use those in it");
  }

  override extraRepr(): string {
    return Array.from(this.entries, ([name, p]) => `(${name}): ${shown(p)}`).join(", ");
  }

  protected override fields(): Iterable<Named<unknown>> {
    return this.entries;
  }
}
