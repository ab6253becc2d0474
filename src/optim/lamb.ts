import { type Parameter } from "../nn/parameter.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { checkCommon } from "./checks.ts";
import { bias, updateMean, updateSquare } from "./moments.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `LAMB`. */
export interface LAMBOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number;
  /** Shares of the old running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-6. */
  readonly eps?: number;
  /** Decay of the weights, as a part of the step's direction. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type LAMBSettings = Required<LAMBOptions>;

/**
 * LAMB (You et al. 2020, "Large Batch Optimization for Deep Learning", algorithm 2), for large batches: the
 * direction `u = m̂ / (√v̂ + eps) + weightDecay · p` with Adam's means, then
 * `p ← p - lr · ‖p‖ / ‖u‖ · u`, the norms over each parameter; their quotient is 1 where one of them is 0.
 *
 * @example
 * const optimizer = new optim.LAMB(net.parameters(), { lr: 0.01, weightDecay: 0.01 });
 */
export class LAMB extends ParameterOptimizer<LAMBSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<LAMBOptions>, options: LAMBOptions = {}) {
    super(parameters, {
      lr: 0.001,
      betas: [0.9, 0.999],
      eps: 1e-6,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected check(options: LAMBSettings): void {
    checkCommon(options, "LAMB");
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { expAvg: like(p), expAvgSq: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { expAvg, expAvgSq }: ParameterState["cells"],
    { eps, weightDecay, maximize }: LAMBSettings,
    scalars: StepScalars<LAMBSettings>,
  ): Tensor {
    const { number, shared } = scalars;
    const g = maximize ? grad.neg() : grad;
    const mean = updateMean(expAvg, g, scalars);
    const square = updateSquare(expAvgSq, g, scalars);
    const scale = shared("scale", p.dtype, () => bias(scalars, 0).reciprocal());
    const root = shared("root", p.dtype, () => bias(scalars, 1).rsqrt());
    const adam = mean.mul(scale).div(square.sqrt().mul(root).add(eps));
    const direction = weightDecay === 0 ? adam : adam.add(p, { alpha: weightDecay });
    const [ofWeights, ofStep] = [p.norm(), direction.norm()];
    const trust = where(ofWeights.mul(ofStep).gt(0), ofWeights.div(ofStep), 1);
    return p.sub(direction.mul(trust.mul(number("lr", p.dtype, (o) => o.lr))));
  }
}
