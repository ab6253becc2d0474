import { type Parameter } from "../nn/parameter.ts";
import { maximum, type Tensor } from "../tensor/index.ts";
import { checkCommon } from "./checks.ts";
import { penalised } from "./decay.ts";
import { type Parameters } from "./param-group.ts";
import {
  type CellSpecs,
  like,
  ParameterOptimizer,
  type ParameterState,
  scalar,
} from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `ASGD`. */
export interface ASGDOptions {
  /** Learning rate. Default 0.01. */
  readonly lr?: number;
  /** Decay of the weights, and of the learning rate. Default 1e-4. */
  readonly lambd?: number;
  /** Power with which the learning rate falls. Default 0.75. */
  readonly alpha?: number;
  /** Step at which averaging begins. Default 1e6. */
  readonly t0?: number;
  /** Factor of an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type ASGDSettings = Required<ASGDOptions>;

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky 1992): `p ← p (1 - lambd · η) - η g` with
 * `η = lr / (1 + lambd · lr · t)^alpha` of the step before (at first lr). The mean of the values since step t0
 * is kept in the state, as `ax`.
 *
 * @example
 * const optimizer = new optim.ASGD(net.parameters(), { lr: 0.01, t0: 1000 });
 */
export class ASGD extends ParameterOptimizer<ASGDSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<ASGDOptions>, options: ASGDOptions = {}) {
    super(parameters, {
      lr: 0.01,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected check(options: ASGDSettings): void {
    checkCommon(options, "ASGD");
    for (const name of ["lambd", "alpha", "t0"] as const)
      if (!Number.isFinite(options[name]))
        throw new RangeError(`ASGD: ${name} must be a finite number, got ${options[name]}`);
  }

  cellSpecs(p: Parameter, { lr }: ASGDSettings): CellSpecs {
    return { eta: scalar(lr), mu: scalar(1), ax: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { eta, mu, ax }: ParameterState["cells"],
    options: ASGDSettings,
    { lr, step, shared }: StepScalars<ASGDSettings>,
  ): Tensor {
    const { lambd, alpha, t0 } = options;
    const g = penalised(p, grad, options);
    const kept = eta.mul(-lambd).add(1).to(p.dtype);
    const next = p.mul(kept).sub(g.mul(eta.to(p.dtype)));
    ax.rebind(ax.add(next.sub(ax).mul(mu.to(p.dtype))));
    eta.rebind(shared("eta", "f64", () => lr.div(lr.mul(lambd).mul(step).add(1).pow(alpha))));
    mu.rebind(shared("mu", "f64", () => maximum(step.sub(t0), 1).reciprocal()));
    return next;
  }
}
