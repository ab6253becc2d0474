import { type Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkCommon, checkNotNegative } from "./checks.ts";
import { penalised } from "./decay.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `RMSprop`. */
export interface RMSpropOptions {
  /** Learning rate. Default 0.01. */
  readonly lr?: number;
  /** Share of the old running mean of squares. Default 0.99. */
  readonly alpha?: number;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** Factor of an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Share of the last step's direction that is kept. Default 0. */
  readonly momentum?: number;
  /** Whether gradients are divided by their deviation from their mean and not from 0. Default false. */
  readonly centered?: boolean;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type RMSpropSettings = Required<RMSpropOptions>;

/**
 * RMSprop (Hinton, lecture 6e of "Neural Networks for Machine Learning", 2012):
 * `v ← alpha v + (1 - alpha) g²`, `p ← p - lr · g / (√v + eps)`. Centred (Graves 2013), v is less the square
 * of the gradient's running mean; with momentum, `b ← momentum · b + g / (√v + eps)` and `p ← p - lr b`.
 *
 * @example
 * const optimizer = new optim.RMSprop(net.parameters(), { lr: 0.001, momentum: 0.9 });
 */
export class RMSprop extends ParameterOptimizer<RMSpropSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters, {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
      ...options,
    });
  }

  protected check(options: RMSpropSettings): void {
    checkCommon(options, "RMSprop");
    checkNotNegative(options.alpha, "alpha", "RMSprop");
  }

  cellSpecs(p: Parameter, { momentum, centered }: RMSpropSettings): CellSpecs {
    return {
      squareAvg: like(p),
      ...(momentum === 0 ? {} : { momentumBuffer: like(p) }),
      ...(centered ? { gradAvg: like(p) } : {}),
    };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { squareAvg, momentumBuffer, gradAvg }: ParameterState["cells"],
    options: RMSpropSettings,
    { number }: StepScalars<RMSpropSettings>,
  ): Tensor {
    const { alpha, eps, momentum, centered } = options;
    const g = penalised(p, grad, options);
    const square = squareAvg.mul(alpha).add(g.mul(g).mul(1 - alpha));
    squareAvg.rebind(square);
    let spread = square;
    if (centered) {
      const mean = gradAvg.add(g.sub(gradAvg).mul(1 - alpha));
      gradAvg.rebind(mean);
      spread = square.sub(mean.mul(mean));
    }
    let direction = g.div(spread.sqrt().add(eps));
    if (momentum !== 0) {
      const kept = number("momentum", p.dtype, (o) => o.momentum);
      direction = momentumBuffer.mul(kept).add(direction);
      momentumBuffer.rebind(direction);
    }
    return p.sub(direction.mul(number("lr", p.dtype, (o) => o.lr)));
  }
}
