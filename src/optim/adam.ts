import { type Parameter } from "../nn/parameter.ts";
import { maximum, type Tensor } from "../tensor/index.ts";
import { checkCommon } from "./checks.ts";
import { withDecay } from "./decay.ts";
import { bias, updateMean, updateSquare } from "./moments.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number;
  /** Shares of the old running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** Factor of the weights' decay. Default 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: number;
  /** Whether the denominator never falls (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
  /**
   * Whether weights decay apart from the gradient, and not by an L2 penalty. Default false for Adam, true
   * for AdamW.
   */
  readonly decoupledWeightDecay?: boolean;
}

type AdamSettings = Required<AdamOptions>;

const DEFAULTS: AdamSettings = {
  lr: 0.001,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
  decoupledWeightDecay: false,
};

/**
 * Adam (Kingma & Ba 2015): `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`,
 * `p ← p - lr · m̂ / (√v̂ + eps)` with `m̂ = m / (1 - β₁ᵗ)` and `v̂ = v / (1 - β₂ᵗ)`.
 *
 * @example
 * const optimizer = new optim.Adam(net.parameters(), { lr: 0.001 });
 */
export class Adam extends ParameterOptimizer<AdamSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, { ...DEFAULTS, ...options });
  }

  protected check(options: AdamSettings): void {
    checkCommon(options, this.constructor.name);
  }

  cellSpecs(p: Parameter, { amsgrad }: AdamSettings): CellSpecs {
    const means = { expAvg: like(p), expAvgSq: like(p) };
    return amsgrad ? { ...means, maxExpAvgSq: like(p) } : means;
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    cells: ParameterState["cells"],
    options: AdamSettings,
    scalars: StepScalars<AdamSettings>,
  ): Tensor {
    const { value, g } = withDecay(p, grad, options, scalars);
    const { lr, shared } = scalars;
    const mean = updateMean(cells.expAvg, g, scalars);
    let square = updateSquare(cells.expAvgSq, g, scalars);
    if (options.amsgrad) {
      square = maximum(cells.maxExpAvgSq, square);
      cells.maxExpAvgSq.rebind(square);
    }
    const size = shared("size", g.dtype, () => lr.div(bias(scalars, 0)));
    const root = shared("root", g.dtype, () => bias(scalars, 1).rsqrt());
    return value.sub(mean.mul(size).div(square.sqrt().mul(root).add(options.eps)));
  }
}

/**
 * Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019): first
 * `p ← p · (1 - lr · weightDecay)`, then Adam's step.
 *
 * @example
 * const optimizer = new optim.AdamW(net.parameters(), { lr: 0.001, weightDecay: 0.05 });
 */
export class AdamW extends Adam {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, { decoupledWeightDecay: true, weightDecay: 0.01, ...options });
  }
}
