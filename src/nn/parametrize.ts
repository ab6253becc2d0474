import { sameSpec } from "../ir/node.ts";
import { showShape } from "../ir/shape.ts";
import { noGrad, Tensor } from "../tensor/index.ts";
import { ModuleDict } from "./containers.ts";
import { Module, type Named } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

// Weights that are computed from other parameters: PyTorch's torch.nn.utils.parametrize, with the names that
// its states have.

/**
 * How a weight is computed from other parameters: any module that makes one tensor of one or several. Register
 * it with `utils.parametrize.registerParametrization`.
 *
 * @example
 * class Symmetric extends nn.utils.parametrize.Parametrization {
 *   forward(x: Tensor): Tensor {
 *     return x.triu().add(x.triu(1).t());
 *   }
 * }
 * const layer = new nn.Linear(3, 3);
 * nn.utils.parametrize.registerParametrization(layer, "weight", new Symmetric());
 * layer.weight.sub(layer.weight.t()).abs().sum(); // 0
 */
export abstract class Parametrization extends Module {
  /** The weight that the parameters, or the parametrization before, make. */
  abstract override forward(...originals: Tensor[]): Tensor;

  /**
   * What makes this weight, or one near it: a tensor, or the values of several parameters. Without it weights
   * start as they are, and no other value can be assigned to them.
   */
  rightInverse?(weight: Tensor): Tensor | readonly Tensor[];
}

/** Options of `registerParametrization`. */
export interface RegisterOptions {
  /** Whether the weight's shape and dtype may change, which is then not checked. Default false. */
  readonly unsafe?: boolean;
}

type Cell = Parameter | Buffer;

const spec = (x: Tensor): string => `${x.dtype}${showShape(x.shape)}`;

function checkTensor(x: unknown, method: string, of: Parametrization, like?: Tensor): Tensor {
  const what = `registerParametrization: ${of.constructor.name}.${method}`;
  if (!(x instanceof Tensor))
    throw new TypeError(
      `${what} must return a tensor, got a ${Array.isArray(x) ? "list" : typeof x}`,
    );
  if (like && !sameSpec(x, like))
    throw new Error(
      `${what} must return a tensor like the weight, ${spec(like)}, got ${spec(x)}; allow it with unsafe: true`,
    );
  return x;
}

/** Parametrizations of a weight, and the parameters that the first of them takes. */
class ParametrizationList extends Module {
  /** The field of the module that is computed. */
  readonly field: string;
  /** One, or those of a `rightInverse` that returns a list. */
  originals: readonly Cell[];
  readonly single: boolean;
  readonly parametrizations: Parametrization[];

  constructor(field: string, weight: Cell, first: Parametrization, unsafe: boolean) {
    super();
    this.field = field;
    this.parametrizations = [first];
    const before = weight.detach();
    const start = first.rightInverse ? first.rightInverse(before) : before;
    this.single = start instanceof Tensor;
    const values = start instanceof Tensor ? [start] : start;
    // With the values of a copy, so that nothing has changed when there is something wrong.
    const originals = values.map((value) => like(weight, value));
    this.originals = originals;
    if (!unsafe) checkTensor(this.forward(), "forward", first, before);
    // The same parameter, so that optimisers made before go on training it.
    if (start instanceof Tensor && sameSpec(start, weight)) {
      weight.rebind(originals[0]);
      this.originals = [weight];
    }
  }

  forward(): Tensor {
    const [first, ...others] = this.parametrizations;
    let x = first.forward(...this.originals);
    for (const next of others) x = next.forward(x);
    return x;
  }

  append(next: Parametrization, unsafe: boolean): void {
    if (!unsafe) {
      const before = noGrad(() => this.forward());
      // Only the first one may take several tensors.
      if (next.rightInverse) checkTensor(next.rightInverse(before), "rightInverse", next, before);
      checkTensor(next.forward(before), "forward", next, before);
    }
    this.parametrizations.push(next);
  }

  /** Gives the originals the values that make this weight. */
  assign(weight: Tensor): void {
    let x: Tensor | readonly Tensor[] = weight.detach();
    for (const one of this.parametrizations.toReversed()) {
      if (!one.rightInverse || !(x instanceof Tensor))
        throw new Error(
          `a value was assigned to a parametrized weight, and ${one.constructor.name} does not say by ` +
            "rightInverse what makes it",
        );
      x = one.rightInverse(x);
    }
    const values = x instanceof Tensor ? [x] : x;
    values.forEach((value, i) => this.originals[i].rebind(value));
  }

  protected override fields(): Iterable<Named<unknown>> {
    const names = this.originals.map((_, i) => (this.single ? "original" : `original${i}`));
    return [
      ...this.originals.map((p, i): Named<unknown> => [names[i], p]),
      ...Object.entries(this.parametrizations),
    ];
  }
}

/** A parameter that is trained as `weight` is, or a buffer where that is one. */
const like = (weight: Cell, value: Tensor): Cell =>
  weight instanceof Parameter
    ? new Parameter(value, { requiresGrad: weight.requiresGrad })
    : new Buffer(value, { persistent: weight.persistent });

type Fields = Record<string, unknown> & {
  parametrizations?: ModuleDict<ParametrizationList>;
};

const fieldsOf = (module: Module): Fields => module as unknown as Fields;

const isCell = (x: unknown): x is Cell => x instanceof Parameter || x instanceof Buffer;

/** The name that a cell of a module has. */
const nameOf = (module: Module, weight: Cell): string =>
  [...module.namedParameters(), ...module.namedBuffers()].find(([, cell]) => cell === weight)![0];

const listOf = (module: Module, field: string): ParametrizationList | undefined =>
  [...(fieldsOf(module).parametrizations?.values() ?? [])].find((list) => list.field === field);

/**
 * Lets a weight of a module be computed from other parameters, whenever it is used. Its state gets
 * `parametrizations.weight.original` (or `original0` and so on) for `weight`, as in PyTorch. A second
 * parametrization takes what the first one makes. Where there is one original like the weight, it is the
 * parameter that was there, which optimisers may know already.
 *
 * @param field - The field that holds the weight, a parameter or a buffer.
 * @returns The module.
 * @throws TypeError where the field holds neither; Error where the weight's shape or dtype changed.
 *
 * @example
 * class Positive extends nn.utils.parametrize.Parametrization {
 *   forward(x: Tensor): Tensor {
 *     return x.exp();
 *   }
 *   override rightInverse(weight: Tensor): Tensor {
 *     return weight.abs().log();
 *   }
 * }
 * nn.utils.parametrize.registerParametrization(new nn.Linear(2, 2), "weight", new Positive());
 */
export function registerParametrization<M extends Module>(
  module: M,
  field: string,
  parametrization: Parametrization,
  options: RegisterOptions = {},
): M {
  return parametrized(module, field, () => parametrization, "registerParametrization", options);
}

/** @internal `registerParametrization` of one that is made for the weight. */
export function parametrized<M extends Module>(
  module: M,
  field: string,
  make: (weight: Tensor) => Parametrization,
  what: string,
  { unsafe = false }: RegisterOptions = {},
): M {
  const fields = fieldsOf(module);
  const present = Object.hasOwn(module, field) ? fields[field] : undefined;
  const known = listOf(module, field);
  if (known) {
    known.append(make(present as Tensor).train(module.training), unsafe);
    return module;
  }
  if (!isCell(present))
    throw new TypeError(
      `${what}: expected a field of ${module.constructor.name} that holds a parameter or a buffer, got ` +
        JSON.stringify(field),
    );
  const name = nameOf(module, present);
  const parametrization = make(present.detach()).train(module.training);
  const list = new ParametrizationList(field, present, parametrization, unsafe);
  fields.parametrizations ??= new ModuleDict<ParametrizationList>();
  fields.parametrizations.set(name, list);
  const own = (owner: Fields): ParametrizationList => owner.parametrizations!.get(name);
  Object.defineProperty(module, field, {
    configurable: true,
    enumerable: false,
    get(this: Fields): Tensor {
      return own(this).forward();
    },
    set(this: Fields, value: Tensor) {
      own(this).assign(value);
    },
  });
  return module;
}

/**
 * Whether a field of a module, or any, is parametrized.
 *
 * @example
 * nn.utils.parametrize.isParametrized(net, "fc1"); // false
 */
export function isParametrized(module: Module, field?: string): boolean {
  if (field === undefined) return fieldsOf(module).parametrizations !== undefined;
  return listOf(module, field) !== undefined;
}

/** Options of `removeParametrizations`. */
export interface RemoveOptions {
  /** Whether the weight keeps the value that was computed, or is the original again. Default true. */
  readonly leaveParametrized?: boolean;
}

/**
 * Makes a parametrized weight an ordinary parameter again, with its present value or that of its original.
 * Where it had one original, it is that parameter; optimisers must otherwise be made afterwards.
 *
 * @returns The module.
 * @throws Error where the field is not parametrized, and for `leaveParametrized: false` where the weight has
 * several originals.
 *
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 3));
 * nn.utils.parametrize.removeParametrizations(layer, "weight").weight; // (3, 2)
 */
export function removeParametrizations<M extends Module>(
  module: M,
  field: string,
  options: RemoveOptions = {},
): M {
  const { leaveParametrized = true } = options;
  const what = `removeParametrizations: ${JSON.stringify(field)} of ${module.constructor.name}`;
  const list = listOf(module, field);
  if (!list) throw new Error(`${what} is not parametrized`);
  const [original] = list.originals;
  if (!leaveParametrized && !list.single)
    throw new Error(
      `${what} has several originals, and none of them is the weight; leave it parametrized`,
    );
  let value = original;
  if (leaveParametrized) {
    const present = list.forward().detach();
    if (list.single && sameSpec(present, original)) original.rebind(present);
    else value = like(original, present);
  }
  const fields = fieldsOf(module);
  const dict = fields.parametrizations!;
  for (const [name, other] of [...dict]) if (other === list) dict.delete(name);
  setField(module, field, value);
  if (dict.size === 0) delete fields.parametrizations;
  return module;
}

const setField = (module: Module, field: string, value: Cell): unknown =>
  Object.defineProperty(module, field, {
    configurable: true,
    enumerable: true,
    writable: true,
    value,
  });

/**
 * Gives a module the parametrizations of another one and the parameters that they take, which both then share.
 * Weights that the module does not have are made.
 *
 * @param field - Only of this field. Default: of all that are parametrized.
 * @returns `to`.
 * @throws Error where `from` has no parametrization of that field.
 *
 * @example
 * const from = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 3));
 * const to = new nn.Linear(2, 3);
 * nn.utils.parametrize.transferParametrizationsAndParams(from, to);
 * to.weight.sub(from.weight).abs().sum(); // 0
 */
export function transferParametrizationsAndParams<M extends Module>(
  from: Module,
  to: M,
  field?: string,
): M {
  const all = [...(fieldsOf(from).parametrizations?.values() ?? [])];
  const lists = field === undefined ? all : all.filter((list) => list.field === field);
  if (field !== undefined && all.length > 0 && lists.length === 0)
    throw new Error(
      `transferParametrizationsAndParams: ${JSON.stringify(field)} of ${from.constructor.name} is not parametrized`,
    );
  for (const list of lists) {
    if (!(list.field in to)) setField(to, list.field, new Parameter(list.forward().detach()));
    for (const one of list.parametrizations) registerParametrization(to, list.field, one);
    listOf(to, list.field)!.originals = list.originals;
  }
  return to;
}
