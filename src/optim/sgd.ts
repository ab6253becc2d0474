import { type Parameter } from "../nn/parameter.ts";
import { type Tensor, where } from "../tensor/index.ts";
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
export class SGD extends ParameterOptimizer<SGDSettings> {
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

  protected check(options: SGDSettings): void {
    checkCommon(options, "SGD");
    const { momentum, dampening, nesterov } = options;
    if (!Number.isFinite(dampening))
      throw new RangeError(`SGD: dampening must be a finite number, got ${dampening}`);
    if (nesterov && (momentum === 0 || dampening !== 0))
      throw new RangeError(
        `SGD: nesterov needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}`,
      );
  }

  cellSpecs(p: Parameter, { momentum, dampening }: SGDSettings): CellSpecs {
    if (momentum === 0) return {};
    return dampening === 0
      ? { momentumBuffer: like(p) }
      : { momentumBuffer: like(p), momentumSteps: scalar(0) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { momentumBuffer, momentumSteps }: ParameterState["cells"],
    options: SGDSettings,
    { number }: StepScalars<SGDSettings>,
  ): Tensor {
    const { momentum, dampening, nesterov } = options;
    let g = penalised(p, grad, options);
    if (momentum !== 0) {
      // The buffer starts at 0, so that the first step needs no special case but for dampening.
      let entering = g;
      if (dampening !== 0) {
        entering = where(momentumSteps.eq(0), g, g.mul(1 - dampening));
        momentumSteps.rebind(momentumSteps.add(1));
      }
      const kept = number("momentum", p.dtype, (o) => o.momentum);
      const buffer = momentumBuffer.mul(kept).add(entering);
      momentumBuffer.rebind(buffer);
      g = nesterov ? g.add(buffer.mul(kept)) : buffer;
    }
    return p.sub(g.mul(number("lr", p.dtype, (o) => o.lr)));
  }
}
