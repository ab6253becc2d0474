import { type Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkCommon } from "./checks.ts";
import { decayed } from "./decay.ts";
import { newShare } from "./moments.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Lion`. */
export interface LionOptions {
  /** Learning rate: that of Adam divided by 3 to 10. Default 0.0001. */
  readonly lr?: number;
  /** Shares of the old momentum in the step's direction, and in the next momentum. Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
  /** Decay of the weights, apart from the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type LionSettings = Required<LionOptions>;

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2):
 * `p ← p - lr · (sign(β₁ m + (1 - β₁) g) + weightDecay · p)`, `m ← β₂ m + (1 - β₂) g`.
 *
 * @example
 * const optimizer = new optim.Lion(net.parameters(), { lr: 0.0001, weightDecay: 0.1 });
 */
export class Lion extends ParameterOptimizer<LionSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<LionOptions>, options: LionOptions = {}) {
    super(parameters, {
      lr: 1e-4,
      betas: [0.9, 0.99],
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected check(options: LionSettings): void {
    checkCommon(options, "Lion");
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { expAvg: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { expAvg }: ParameterState["cells"],
    options: LionSettings,
    scalars: StepScalars<LionSettings>,
  ): Tensor {
    const g = options.maximize ? grad.neg() : grad;
    const change = g.sub(expAvg);
    const direction = expAvg.add(change.mul(newShare(scalars, 0, p.dtype))).sign();
    expAvg.rebind(expAvg.add(change.mul(newShare(scalars, 1, p.dtype))));
    const lr = scalars.number("lr", p.dtype, (o) => o.lr);
    return decayed(p, options, scalars).sub(direction.mul(lr));
  }
}
