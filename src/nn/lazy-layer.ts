import { sameShape, showShape } from "../ir/shape.ts";
import { isTracing } from "../runtime/engine.ts";
import { Generator, withRandomSource } from "../tensor/random.ts";
import { CellTensor, Tensor } from "../tensor/tensor.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { isLazy, UninitializedBuffer, UninitializedParameter } from "./uninitialized.ts";

// PyTorch's LazyModuleMixin.

/** How a layer is made once its first input is there. */
export interface LazyPlan {
  /** The field of the size that the input gives. */
  readonly size: "inFeatures" | "inChannels" | "numFeatures";
  /** The axis of the input that has this size, by the input's number of axes; the last one if not given. */
  readonly axes?: Readonly<Record<number, number>>;
  /** A size that is allowed, for checking the other settings before. */
  readonly possible?: number;
  /** The layer of that size, with its first values. */
  readonly make: (size: number) => Layer;
}

type Fields = Record<string, unknown>;
type Forward = (this: Layer, ...inputs: unknown[]) => Tensor;

/** What `make` gives, without numbers of the generator that the user seeds. */
function quietly(make: () => Layer): Layer {
  const stream = new Generator(0).next();
  const layer = withRandomSource(() => stream, make);
  // Nobody will look at these values.
  for (const [, cell] of cellsOf(layer)) cell.cell.pending = undefined;
  return layer;
}

const cellsOf = (layer: Layer): [name: string, cell: CellTensor][] =>
  Object.entries(layer).filter(
    (entry): entry is [string, CellTensor] => entry[1] instanceof CellTensor,
  );

function sizeIn({ shape, ndim }: Tensor, { axes }: LazyPlan, what: string): number {
  const axis = axes ? (axes[ndim] as number | undefined) : ndim - 1;
  if (axis !== undefined && ndim > 0) return shape[axis];
  const ranks = Object.keys(axes ?? {}).join(" or ") || "at least 1";
  throw new Error(`${what}: expected an input of ${ranks} axes, got ${showShape(shape)}`);
}

/** Gives the layer the values that one of this size starts with, where it has none. */
function initialize(layer: Layer, plan: LazyPlan, input: Tensor): void {
  const what = layer.constructor.name;
  const size = sizeIn(input, plan, what);
  if (isTracing())
    throw new Error(
      `${what}: a compiled function cannot give the layer its sizes; call forward or summary before`,
    );
  const fields = layer as unknown as Fields;
  const isNew = layer.hasUninitializedParams();
  const make = (): Layer => plan.make(size);
  const made = isNew ? make() : quietly(make);
  for (const [name, { cell, shape }] of cellsOf(made)) {
    const own = fields[name] as CellTensor;
    if (isLazy(own)) own.materialize(shape).rebind(new Tensor(cell.node).detach());
    else if (!sameShape(own.shape, shape))
      throw new Error(
        `${what}: an input ${showShape(input.shape)} needs ${name} ${showShape(shape)}, and the one that ` +
          `was loaded is ${showShape(own.shape)}`,
      );
    cell.pending = undefined;
  }
  fields[plan.size] = size;
}

/**
 * The layer `Kind`, whose sizes come from its first input: until then its parameters and buffers have no
 * shapes. Afterwards it is a `Kind`. What it starts with is what a `Kind` made at that moment has.
 */
export function lazy<L extends Layer>(Kind: { readonly prototype: L }): new (plan: LazyPlan) => L {
  class LazyLayer extends Layer {
    private plan: LazyPlan | undefined;

    constructor(plan: LazyPlan) {
      super();
      const fields = this as unknown as Fields;
      for (const [name, value] of Object.entries(quietly(() => plan.make(plan.possible ?? 1)))) {
        // Scalars have no size to wait for.
        if (!(value instanceof CellTensor) || value.ndim === 0) fields[name] = value;
        else if (value instanceof Parameter) fields[name] = new UninitializedParameter(value);
        else fields[name] = new UninitializedBuffer(value);
      }
      fields[plan.size] = 0;
      this.plan = plan;
    }

    override forward(...inputs: unknown[]): Tensor {
      if (this.plan) {
        initialize(this, this.plan, inputs[0] as Tensor);
        this.plan = undefined;
        Object.setPrototypeOf(this, Kind.prototype);
      }
      return (Kind.prototype.forward as Forward).apply(this, inputs);
    }
  }
  // The methods of `Kind`, but not its constructor, which needs the size.
  Object.setPrototypeOf(LazyLayer.prototype, Kind.prototype);
  return LazyLayer as unknown as new (plan: LazyPlan) => L;
}
