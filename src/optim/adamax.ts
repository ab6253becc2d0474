import { type Parameter } from "../nn/parameter.ts";
import { maximum, type Tensor } from "../tensor/index.ts";
import { checkCommon } from "./checks.ts";
import { penalised } from "./decay.ts";
import { bias, oldShare, updateMean } from "./moments.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Adamax`. */
export interface AdamaxOptions {
  /** Learning rate. Default 0.002. */
  readonly lr?: number;
  /** Shares of the old running mean of the gradient and of the largest gradient. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the gradient's size. Default 1e-8. */
  readonly eps?: number;
  /** Factor of an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type AdamaxSettings = Required<AdamaxOptions>;

/**
 * Adam with the largest instead of the mean square gradient (Kingma & Ba 2015): `u ← max(β₂ u, |g| + eps)`,
 * `p ← p - lr / (1 - β₁ᵗ) · m / u`.
 *
 * @example
 * const optimizer = new optim.Adamax(net.parameters(), { lr: 0.002 });
 */
export class Adamax extends ParameterOptimizer<AdamaxSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(parameters, {
      lr: 0.002,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected check(options: AdamaxSettings): void {
    checkCommon(options, "Adamax");
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { expAvg: like(p), expInf: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { expAvg, expInf }: ParameterState["cells"],
    options: AdamaxSettings,
    scalars: StepScalars<AdamaxSettings>,
  ): Tensor {
    const g = penalised(p, grad, options);
    const mean = updateMean(expAvg, g, scalars);
    const largest = maximum(expInf.mul(oldShare(scalars, 1, p.dtype)), g.abs().add(options.eps));
    expInf.rebind(largest);
    const size = scalars.shared("size", p.dtype, () => scalars.lr.div(bias(scalars, 0)));
    return p.sub(mean.div(largest).mul(size));
  }
}
