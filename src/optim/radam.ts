import { type Parameter } from "../nn/parameter.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { checkCommon } from "./checks.ts";
import { withDecay } from "./decay.ts";
import { bias, updateMean, updateSquare } from "./moments.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `RAdam`. */
export interface RAdamOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number;
  /** Shares of the old running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** Factor of the weights' decay. Default 0. */
  readonly weightDecay?: number;
  /** Whether weights decay apart from the gradient, and not by an L2 penalty. Default false. */
  readonly decoupledWeightDecay?: boolean;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type RAdamSettings = Required<RAdamOptions>;

/**
 * Rectified Adam (Liu et al. 2020): with `ρ∞ = 2 / (1 - β₂) - 1` and `ρₜ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)`, for
 * `ρₜ > 5` Adam's step times `√((ρₜ - 4)(ρₜ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρₜ))`, before that `p ← p - lr · m̂`.
 *
 * @example
 * const optimizer = new optim.RAdam(net.parameters(), { lr: 0.001 });
 */
export class RAdam extends ParameterOptimizer<RAdamSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<RAdamOptions>, options: RAdamOptions = {}) {
    super(parameters, {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
      maximize: false,
      ...options,
    });
  }

  protected check(options: RAdamSettings): void {
    checkCommon(options, "RAdam");
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { expAvg: like(p), expAvgSq: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    cells: ParameterState["cells"],
    options: RAdamSettings,
    scalars: StepScalars<RAdamSettings>,
  ): Tensor {
    const { lr, shared } = scalars;
    const { value, g } = withDecay(p, grad, options, scalars);
    const mean = updateMean(cells.expAvg, g, scalars);
    const square = updateSquare(cells.expAvgSq, g, scalars);
    const size = shared("size", p.dtype, () => lr.div(bias(scalars, 0)));
    const known = shared("known", "bool", () => length(scalars).gt(5));
    const rectified = shared("rectified", p.dtype, () =>
      bias(scalars, 1).sqrt().mul(rectification(scalars)),
    );
    const factor = where(known, rectified.div(square.sqrt().add(options.eps)), 1);
    return value.sub(mean.mul(size).mul(factor));
  }
}

type Scalars = StepScalars<RAdamSettings>;

/** ρ∞, the length of the longest running mean. */
const longest = (beta: number): number => 2 / (1 - beta) - 1;

/** ρₜ, the length of a plain mean that is as uncertain as the running one. */
const length = (scalars: Scalars): Tensor =>
  scalars.shared("length", "f64", () => {
    const { number, step } = scalars;
    const rest = bias(scalars, 1);
    const limit = number("longest", "f64", (o) => longest(o.betas[1]));
    return limit.sub(step.mul(2).mul(rest.neg().add(1)).div(rest));
  });

function rectification(scalars: Scalars): Tensor {
  const now = length(scalars);
  const scale = scalars.number("scale", "f64", (o) => {
    const limit = longest(o.betas[1]);
    return limit / ((limit - 4) * (limit - 2));
  });
  // Below the bound the root is not used; it must not be that of a negative number all the same.
  return now.sub(4).mul(now.sub(2)).mul(scale).div(now).clamp(0).sqrt();
}
