import { checkReduction, type LossOptions } from "./loss-functions.ts";
import { Module } from "./module.ts";

/** A loss: what training makes smaller. */
export abstract class Loss<O extends LossOptions> extends Module {
  protected readonly options: O;

  constructor(options: O) {
    super();
    checkReduction(options.reduction ?? "mean", this.constructor.name);
    this.options = options;
  }
}
