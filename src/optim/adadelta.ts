import { type Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkCommon, checkShare } from "./checks.ts";
import { penalised } from "./decay.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Adadelta`. */
export interface AdadeltaOptions {
  /** Learning rate. Default 1. */
  readonly lr?: number;
  /** Share of the old running means. Default 0.9. */
  readonly rho?: number;
  /** Added to the means before their roots. Default 1e-6. */
  readonly eps?: number;
  /** Factor of an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type AdadeltaSettings = Required<AdadeltaOptions>;

/**
 * Adadelta (Zeiler 2012): `v ← rho v + (1 - rho) g²`, `Δ = √(u + eps) / √(v + eps) · g`,
 * `u ← rho u + (1 - rho) Δ²`, `p ← p - lr Δ`.
 *
 * @example
 * const optimizer = new optim.Adadelta(net.parameters());
 */
export class Adadelta extends ParameterOptimizer<AdadeltaSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(parameters, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false, ...options });
  }

  protected check(options: AdadeltaSettings): void {
    checkCommon(options, "Adadelta");
    checkShare(options.rho, "rho", "Adadelta");
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { squareAvg: like(p), accDelta: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { squareAvg, accDelta }: ParameterState["cells"],
    options: AdadeltaSettings,
    { number }: StepScalars<AdadeltaSettings>,
  ): Tensor {
    const { rho, eps } = options;
    const g = penalised(p, grad, options);
    const square = squareAvg.mul(rho).add(g.mul(g).mul(1 - rho));
    squareAvg.rebind(square);
    const delta = accDelta.add(eps).sqrt().div(square.add(eps).sqrt()).mul(g);
    accDelta.rebind(accDelta.mul(rho).add(delta.mul(delta).mul(1 - rho)));
    return p.sub(delta.mul(number("lr", p.dtype, (o) => o.lr)));
  }
}
