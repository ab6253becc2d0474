import { type Parameter } from "../nn/parameter.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { checkLearningRate, checkNotNegative } from "./checks.ts";
import { Optimizer, type Parameters, type ParameterState, type StepScalars } from "./optimizer.ts";

/** Options of `SGD`. */
export interface SGDOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number;
  /** Share of the last step's direction that is kept. Default 0. */
  readonly momentum?: number;
  /** How much of the gradient does not enter the momentum. Default 0. */
  readonly dampening?: number;
  /** Nesterov's momentum. Default false. */
  readonly nesterov?: boolean;
  /** Factor of an L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type SGDSettings = Required<SGDOptions>;

/**
 * Stochastic gradient descent, with momentum as PyTorch defines it:
 * `b ← momentum · b + (1 - dampening) · g` (at first `b = g`), `p ← p - lr · b`, with Nesterov's
 * momentum `p ← p - lr · (g + momentum · b)` (Sutskever et al. 2013).
 *
 * @example
 * const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true });
 */
export class SGD extends Optimizer<SGDSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<SGDOptions>, options: SGDOptions = {}) {
    super(parameters, {
      lr: 0.001,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected check({ lr, momentum, dampening, nesterov, weightDecay }: SGDSettings): void {
    checkLearningRate(lr, "SGD");
    checkNotNegative(momentum, "momentum", "SGD");
    checkNotNegative(weightDecay, "weightDecay", "SGD");
    if (!Number.isFinite(dampening))
      throw new RangeError(`SGD: dampening must be a finite number, got ${dampening}`);
    if (nesterov && (momentum === 0 || dampening !== 0))
      throw new RangeError(
        `SGD: nesterov needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}`,
      );
  }

  cellNames({ momentum }: SGDSettings): readonly string[] {
    return momentum === 0 ? [] : ["momentumBuffer"];
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    state: ParameterState,
    options: SGDSettings,
    { lr, step, shared }: StepScalars,
  ): Tensor {
    const { momentum, dampening, nesterov, weightDecay, maximize } = options;
    let g = maximize ? grad.neg() : grad;
    if (weightDecay !== 0) g = g.add(p, { alpha: weightDecay });
    if (momentum !== 0) {
      // The buffer starts at 0, so that the first step needs no special case but for dampening.
      let entering = g;
      if (dampening !== 0) {
        const share = (): Tensor => where(step.eq(1), 1, step.mul(0).add(1 - dampening));
        entering = g.mul(shared("share", p.dtype, share));
      }
      const buffer = state.cells.momentumBuffer.mul(momentum).add(entering);
      state.cells.momentumBuffer.rebind(buffer);
      g = nesterov ? g.add(buffer, { alpha: momentum }) : buffer;
    }
    return p.sub(g.mul(shared("lr", p.dtype, () => lr)));
  }
}
