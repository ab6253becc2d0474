import { type Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkCommon, checkNotNegative } from "./checks.ts";
import { penalised } from "./decay.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Adagrad`. */
export interface AdagradOptions {
  /** Learning rate. Default 0.01. */
  readonly lr?: number;
  /** How fast the learning rate falls. Default 0. */
  readonly lrDecay?: number;
  /** Factor of an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** What the sums of squares start with. Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Added to the denominator. Default 1e-10. */
  readonly eps?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type AdagradSettings = Required<AdagradOptions>;

/**
 * Adagrad (Duchi et al. 2011): `s ← s + g²`, `p ← p - lr / (1 + (t - 1) · lrDecay) · g / (√s + eps)`.
 *
 * @example
 * const optimizer = new optim.Adagrad(net.parameters(), { lr: 0.01 });
 */
export class Adagrad extends ParameterOptimizer<AdagradSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters, {
      lr: 0.01,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
      ...options,
    });
  }

  protected check(options: AdagradSettings): void {
    checkCommon(options, "Adagrad");
    checkNotNegative(options.lrDecay, "lrDecay", "Adagrad");
    checkNotNegative(options.initialAccumulatorValue, "initialAccumulatorValue", "Adagrad");
  }

  cellSpecs(p: Parameter, { initialAccumulatorValue }: AdagradSettings): CellSpecs {
    return { sum: like(p, initialAccumulatorValue) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { sum }: ParameterState["cells"],
    options: AdagradSettings,
    { lr, step, shared }: StepScalars<AdagradSettings>,
  ): Tensor {
    const g = penalised(p, grad, options);
    const total = sum.add(g.mul(g));
    sum.rebind(total);
    const size = shared("size", p.dtype, () => lr.div(step.sub(1).mul(options.lrDecay).add(1)));
    return p.sub(g.div(total.sqrt().add(options.eps)).mul(size));
  }
}
