import { type Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkCommon, checkNotNegative } from "./checks.ts";
import { withDecay } from "./decay.ts";
import { bias, updateMean, updateSquare } from "./moments.ts";
import { type Parameters } from "./param-group.ts";
import {
  type CellSpecs,
  like,
  ParameterOptimizer,
  type ParameterState,
  scalar,
} from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `NAdam`. */
export interface NAdamOptions {
  /** Learning rate. Default 0.002. */
  readonly lr?: number;
  /** Shares of the old running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** Factor of the weights' decay. Default 0. */
  readonly weightDecay?: number;
  /** How fast the momentum reaches β₁. Default 0.004. */
  readonly momentumDecay?: number;
  /** Whether weights decay apart from the gradient, and not by an L2 penalty. Default false. */
  readonly decoupledWeightDecay?: boolean;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type NAdamSettings = Required<NAdamOptions>;

/**
 * Adam with Nesterov's momentum (Dozat 2016): with `μₜ = β₁ (1 - 0.96^(t · momentumDecay) / 2)`,
 * `p ← p - lr · (g (1 - μₜ) / (1 - ∏ᵢ₌₁ᵗ μᵢ) + m μₜ₊₁ / (1 - ∏ᵢ₌₁ᵗ⁺¹ μᵢ)) / (√v̂ + eps)`, where m and v̂
 * are those of Adam.
 *
 * @example
 * const optimizer = new optim.NAdam(net.parameters(), { lr: 0.002 });
 */
export class NAdam extends ParameterOptimizer<NAdamSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<NAdamOptions>, options: NAdamOptions = {}) {
    super(parameters, {
      lr: 0.002,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      momentumDecay: 0.004,
      decoupledWeightDecay: false,
      maximize: false,
      ...options,
    });
  }

  protected check(options: NAdamSettings): void {
    checkCommon(options, "NAdam");
    checkNotNegative(options.momentumDecay, "momentumDecay", "NAdam");
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { expAvg: like(p), expAvgSq: like(p), muProduct: scalar(1) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    cells: ParameterState["cells"],
    options: NAdamSettings,
    scalars: StepScalars<NAdamSettings>,
  ): Tensor {
    const { lr, step, number, shared } = scalars;
    const { value, g } = withDecay(p, grad, options, scalars);
    const mean = updateMean(cells.expAvg, g, scalars);
    const square = updateSquare(cells.expAvgSq, g, scalars);
    const beta = number("beta", "f64", (o) => o.betas[0]);
    const decay = options.momentumDecay * Math.log(0.96);
    const mu = (t: Tensor): Tensor => t.mul(decay).exp().mul(-0.5).add(1).mul(beta);
    const now = shared("mu", "f64", () => mu(step));
    const then = shared("mu next", "f64", () => mu(step.add(1)));
    const product = cells.muProduct.mul(now);
    cells.muProduct.rebind(product);
    // 1 - x, of which only x is kept.
    const rest = (x: Tensor): Tensor => x.neg().add(1);
    const ofGradient = lr.mul(rest(now)).div(rest(product)).to(p.dtype);
    const ofMean = lr
      .mul(then)
      .div(rest(product.mul(then)))
      .to(p.dtype);
    const root = shared("root", p.dtype, () => bias(scalars, 1).rsqrt());
    const denominator = square.sqrt().mul(root).add(options.eps);
    return value.sub(g.mul(ofGradient).add(mean.mul(ofMean)).div(denominator));
  }
}
