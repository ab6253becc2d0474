import { type Parameter } from "../nn/parameter.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { checkLearningRate, checkPair } from "./checks.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Rprop`. */
export interface RpropOptions {
  /** What every weight's step starts with. Default 0.01. */
  readonly lr?: number;
  /** Factors of a step where the gradient changes its sign and where it does not. Default [0.5, 1.2]. */
  readonly etas?: readonly [number, number];
  /** The smallest and the largest step. Default [1e-6, 50]. */
  readonly stepSizes?: readonly [number, number];
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type RpropSettings = Required<RpropOptions>;

/**
 * Resilient propagation (Riedmiller & Braun 1993), for gradients of the whole data: each weight has a step
 * of its own, which grows while its gradient keeps its sign and shrinks, without moving the weight, where
 * the sign changes. Only the signs of gradients count.
 *
 * @example
 * const optimizer = new optim.Rprop(net.parameters(), { lr: 0.01 });
 */
export class Rprop extends ParameterOptimizer<RpropSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<RpropOptions>, options: RpropOptions = {}) {
    super(parameters, {
      lr: 0.01,
      etas: [0.5, 1.2],
      stepSizes: [1e-6, 50],
      maximize: false,
      ...options,
    });
  }

  protected check({ lr, etas, stepSizes }: RpropSettings): void {
    checkLearningRate(lr, "Rprop");
    checkPair(etas, "etas", "Rprop");
    checkPair(stepSizes, "stepSizes", "Rprop");
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1))
      throw new RangeError(
        `Rprop: etas must be a number between 0 and 1 and one above 1, got ${etas.join(" and ")}`,
      );
    if (!(stepSizes[0] >= 0 && stepSizes[0] <= stepSizes[1]))
      throw new RangeError(
        `Rprop: stepSizes must be a number >= 0 and one not below it, got ${stepSizes.join(" and ")}`,
      );
  }

  cellSpecs(p: Parameter, { lr }: RpropSettings): CellSpecs {
    return { prev: like(p), stepSize: like(p, lr) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { prev, stepSize }: ParameterState["cells"],
    { etas, stepSizes, maximize }: RpropSettings,
    _scalars: StepScalars<RpropSettings>,
  ): Tensor {
    const g = maximize ? grad.neg() : grad;
    const agreement = g.mul(prev);
    const turned = agreement.lt(0);
    const grown = where(agreement.gt(0), stepSize.mul(etas[1]), stepSize);
    const size = where(turned, stepSize.mul(etas[0]), grown).clamp(stepSizes[0], stepSizes[1]);
    const used = where(turned, 0, g);
    stepSize.rebind(size);
    prev.rebind(used);
    return p.sub(used.sign().mul(size));
  }
}
