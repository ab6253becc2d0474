import { type Tensor } from "../tensor/index.ts";
import { checkReduction, type LossOptions } from "./loss-functions.ts";
import { Module, type Named } from "./module.ts";
import { torchFields } from "./names.ts";
import { Buffer } from "./parameter.ts";

/** A loss: what training makes smaller. */
export abstract class Loss<O extends LossOptions> extends Module {
  /** Factors of classes or elements: part of the state, as in PyTorch. */
  readonly weight: Buffer | undefined;
  /** Factors of positive targets. */
  readonly posWeight: Buffer | undefined;
  protected readonly options: O;

  constructor(options: O) {
    super();
    checkReduction(options.reduction ?? "mean", this.constructor.name);
    const { weight, posWeight } = options as { readonly weight?: Tensor; posWeight?: Tensor };
    this.weight = weight && new Buffer(weight.detach());
    this.posWeight = posWeight && new Buffer(posWeight.detach());
    this.options = options;
  }

  /** The options, with the weights that the state has now. */
  protected get settings(): O {
    const { options, weight, posWeight } = this;
    return weight || posWeight ? { ...options, weight, posWeight } : options;
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }
}
