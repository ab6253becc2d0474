import { type Tensor } from "../tensor/index.ts";
import { ModuleDict } from "./containers.ts";
import { Module, type Named } from "./module.ts";
import { Parameter } from "./parameter.ts";

// Weights that are computed from other parameters: PyTorch's torch.nn.utils.parametrize, with the names that
// its states have.

/**
 * How a weight is computed from other parameters. Register it with `utils.parametrize.registerParametrization`.
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
  /** The weight that the parameters make. */
  abstract override forward(...originals: Tensor[]): Tensor;

  /** Values of the parameters that make this weight, or one near it. By default the weight itself. */
  rightInverse(weight: Tensor): readonly Tensor[] {
    return [weight];
  }
}

/** A parametrization with its parameters. */
class ParametrizationList extends Module {
  /** The field of the module that is computed. */
  readonly field: string;
  readonly originals: readonly Parameter[];
  readonly parametrization: Parametrization;

  constructor(field: string, weight: Parameter, parametrization: Parametrization) {
    super();
    this.field = field;
    const { requiresGrad } = weight;
    this.originals = parametrization
      .rightInverse(weight.detach())
      .map((value) => new Parameter(value, { requiresGrad }));
    this.parametrization = parametrization;
  }

  forward(): Tensor {
    return this.parametrization.forward(...this.originals);
  }

  protected override fields(): Iterable<Named<unknown>> {
    const one = this.originals.length === 1;
    const names = this.originals.map((_, i) => (one ? "original" : `original${i}`));
    return [
      ...this.originals.map((p, i): Named<unknown> => [names[i], p]),
      ["0", this.parametrization],
    ];
  }
}

type Fields = Record<string, unknown> & {
  parametrizations?: ModuleDict<ParametrizationList>;
};

/** The name that a parameter of a module has in the module's state. */
const stateName = (module: Module, weight: Parameter): string =>
  module.namedParameters().find(([, parameter]) => parameter === weight)![0];

/**
 * Lets a weight of a module be computed from other parameters, whenever it is used. Its state gets
 * `parametrizations.weight.original` (or `original0` and so on) for `weight`, as in PyTorch. Optimisers must
 * be made afterwards.
 *
 * @param field - The field that holds the weight.
 * @returns The module.
 * @throws TypeError where the field holds no parameter; Error where it is parametrized already.
 *
 * @example
 * class Positive extends nn.utils.parametrize.Parametrization {
 *   forward(x: Tensor): Tensor {
 *     return x.exp();
 *   }
 *   override rightInverse(weight: Tensor): Tensor[] {
 *     return [weight.abs().log()];
 *   }
 * }
 * nn.utils.parametrize.registerParametrization(new nn.Linear(2, 2), "weight", new Positive());
 */
export function registerParametrization<M extends Module>(
  module: M,
  field: string,
  parametrization: Parametrization,
): M {
  return parametrized(module, field, () => parametrization, "registerParametrization");
}

/** @internal `registerParametrization` of one that is made for the weight. */
export function parametrized<M extends Module>(
  module: M,
  field: string,
  make: (weight: Tensor) => Parametrization,
  what: string,
): M {
  const fields = module as unknown as Fields;
  if (isParametrized(module, field))
    throw new Error(
      `${what}: ${JSON.stringify(field)} of ${module.constructor.name} is parametrized already; ` +
        `call removeParametrizations first`,
    );
  const weight = Object.hasOwn(module, field) ? fields[field] : undefined;
  if (!(weight instanceof Parameter))
    throw new TypeError(
      `${what}: expected a field of ${module.constructor.name} that holds a parameter, got ${JSON.stringify(field)}`,
    );
  const name = stateName(module, weight);
  const parametrization = make(weight.detach()).train(module.training);
  const list = new ParametrizationList(field, weight, parametrization);
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
      const { originals, parametrization: made } = own(this);
      made.rightInverse(value).forEach((x, i) => originals[i].rebind(x));
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
  if (field === undefined) return (module as unknown as Fields).parametrizations !== undefined;
  return Object.getOwnPropertyDescriptor(module, field)?.get !== undefined;
}

/**
 * Makes a parametrized weight an ordinary parameter again, with its present value. Optimisers must be made
 * afterwards.
 *
 * @returns The module.
 * @throws Error where the field is not parametrized.
 *
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 3));
 * nn.utils.parametrize.removeParametrizations(layer, "weight").weight; // (3, 2)
 */
export function removeParametrizations<M extends Module>(module: M, field: string): M {
  const fields = module as unknown as Fields;
  if (!isParametrized(module, field))
    throw new Error(
      `removeParametrizations: ${JSON.stringify(field)} of ${module.constructor.name} is not parametrized`,
    );
  const weight = (fields[field] as Tensor).detach();
  const dict = fields.parametrizations!;
  for (const [name, list] of [...dict]) if (list.field === field) dict.delete(name);
  Object.defineProperty(module, field, {
    configurable: true,
    enumerable: true,
    writable: true,
    value: new Parameter(weight),
  });
  if (dict.size === 0) delete fields.parametrizations;
  return module;
}
