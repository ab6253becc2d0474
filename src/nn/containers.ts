import { type Tensor } from "../tensor/index.ts";
import { Layer, Module, type Named } from "./module.ts";

/**
 * Layers one after the other.
 *
 * @example
 * const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));
 */
export class Sequential extends Layer implements Iterable<Layer> {
  private readonly layers: Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  /** Number of layers. */
  get length(): number {
    return this.layers.length;
  }

  /** The layer at `index`; negative positions count from the end. */
  at(index: number): Layer | undefined {
    return this.layers.at(index);
  }

  /** Adds a layer at the end. Returns itself. */
  append(layer: Layer): this {
    this.layers.push(layer);
    return this;
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.layers[Symbol.iterator]();
  }

  forward(x: Tensor): Tensor {
    for (const layer of this.layers) x = layer.forward(x);
    return x;
  }

  protected override fields(): Iterable<Named<unknown>> {
    return Object.entries(this.layers);
  }
}

const notALayer = (what: string): never => {
  throw new Error(`${what}: only holds modules and computes nothing; call those in it`);
};

/**
 * A list of modules, for a module that calls them itself.
 *
 * @example
 * const blocks = new nn.ModuleList([new nn.Linear(4, 4), new nn.Linear(4, 4)]);
 * let x = rand([8, 4]);
 * for (const block of blocks) x = block.forward(x);
 */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  private readonly entries: M[];

  constructor(modules: Iterable<M> = []) {
    super();
    this.entries = [...modules];
  }

  /** Number of modules. */
  get length(): number {
    return this.entries.length;
  }

  /** The module at `index`; negative positions count from the end. */
  at(index: number): M | undefined {
    return this.entries.at(index);
  }

  /** Adds a module at the end. Returns itself. */
  append(module: M): this {
    this.entries.push(module);
    return this;
  }

  /** Adds modules at the end. Returns itself. */
  extend(modules: Iterable<M>): this {
    this.entries.push(...modules);
    return this;
  }

  /** Puts a module before that at `index`. Returns itself. */
  insert(index: number, module: M): this {
    this.entries.splice(index, 0, module);
    return this;
  }

  [Symbol.iterator](): Iterator<M> {
    return this.entries[Symbol.iterator]();
  }

  /** @throws Error always: a list is no function. */
  forward(): never {
    return notALayer("ModuleList");
  }

  protected override fields(): Iterable<Named<unknown>> {
    return Object.entries(this.entries);
  }
}

/**
 * Modules by name, for a module that calls them itself.
 *
 * @example
 * const heads = new nn.ModuleDict({ digit: new nn.Linear(64, 10), parity: new nn.Linear(64, 2) });
 * heads.get("digit").forward(x);
 */
export class ModuleDict<M extends Module = Module> extends Module implements Iterable<[string, M]> {
  private readonly entries: Map<string, M>;

  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    this.entries = new Map(Object.entries(modules));
  }

  /** Number of modules. */
  get size(): number {
    return this.entries.size;
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** @throws Error for a name that is not there. */
  get(name: string): M {
    const found = this.entries.get(name);
    if (!found)
      throw new Error(
        `ModuleDict: there is no module ${JSON.stringify(name)}, only ${[...this.keys()].join(", ")}`,
      );
    return found;
  }

  /** Adds or replaces a module. Returns itself. */
  set(name: string, module: M): this {
    this.entries.set(name, module);
    return this;
  }

  /** Removes a module. Returns whether it was there. */
  delete(name: string): boolean {
    return this.entries.delete(name);
  }

  keys(): IterableIterator<string> {
    return this.entries.keys();
  }

  values(): IterableIterator<M> {
    return this.entries.values();
  }

  [Symbol.iterator](): Iterator<[string, M]> {
    return this.entries[Symbol.iterator]();
  }

  /** @throws Error always: a dictionary is no function. */
  forward(): never {
    return notALayer("ModuleDict");
  }

  protected override fields(): Iterable<Named<unknown>> {
    return this.entries;
  }
}
