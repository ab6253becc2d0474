import { type Parameter } from "../nn/parameter.ts";
import { maximum, type Tensor } from "../tensor/index.ts";
import { checkBetas, checkLearningRate, checkNotNegative } from "./checks.ts";
import { Optimizer, type Parameters, type ParameterState, type StepScalars } from "./optimizer.ts";

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number;
  /** Shares of the old running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** Adam: factor of an L2 penalty, default 0. AdamW: decay of the weights, default 0.01. */
  readonly weightDecay?: number;
  /** Whether the denominator never falls (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type AdamSettings = Required<AdamOptions>;

const DEFAULTS: AdamSettings = {
  lr: 0.001,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/**
 * Adam (Kingma & Ba 2015): `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`,
 * `p ← p - lr · m̂ / (√v̂ + eps)` with `m̂ = m / (1 - β₁ᵗ)` and `v̂ = v / (1 - β₂ᵗ)`.
 *
 * @example
 * const optimizer = new optim.Adam(net.parameters(), { lr: 0.001 });
 */
export class Adam extends Optimizer<AdamSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, { ...DEFAULTS, ...options });
  }

  protected check({ lr, betas, eps, weightDecay }: AdamSettings): void {
    const what = this.constructor.name;
    checkLearningRate(lr, what);
    checkBetas(betas, what);
    checkNotNegative(eps, "eps", what);
    checkNotNegative(weightDecay, "weightDecay", what);
  }

  cellNames({ amsgrad }: AdamSettings): readonly string[] {
    return amsgrad ? ["expAvg", "expAvgSq", "maxExpAvgSq"] : ["expAvg", "expAvgSq"];
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    state: ParameterState,
    options: AdamSettings,
    scalars: StepScalars,
  ): Tensor {
    const g = options.maximize ? grad.neg() : grad;
    const { value, gradient } = this.decay(p, g, options, scalars);
    return value.sub(adamStep(gradient, state, options, scalars));
  }

  /** The value that the step starts from, and the gradient it goes by. */
  protected decay(
    p: Parameter,
    gradient: Tensor,
    { weightDecay }: AdamSettings,
    _scalars: StepScalars,
  ): { value: Tensor; gradient: Tensor } {
    return {
      value: p,
      gradient: weightDecay === 0 ? gradient : gradient.add(p, { alpha: weightDecay }),
    };
  }
}

function adamStep(
  g: Tensor,
  { cells }: ParameterState,
  { betas: [beta1, beta2], eps, amsgrad }: AdamSettings,
  { lr, step, shared }: StepScalars,
): Tensor {
  const mean = cells.expAvg.add(g.sub(cells.expAvg).mul(1 - beta1));
  const square = cells.expAvgSq.mul(beta2).add(g.mul(g).mul(1 - beta2));
  cells.expAvg.rebind(mean);
  cells.expAvgSq.rebind(square);
  let denominator = square;
  if (amsgrad) {
    denominator = maximum(cells.maxExpAvgSq, square);
    cells.maxExpAvgSq.rebind(denominator);
  }
  // Powers of the betas lose their digits in f32: the scalars are f64 until they meet the tensors.
  const left = (beta: number): Tensor => step.mul(Math.log(beta)).expm1().neg();
  const size = shared("size", g.dtype, () => (beta1 === 0 ? lr : lr.div(left(beta1))));
  const root = shared("root", g.dtype, () =>
    beta2 === 0 ? step.mul(0).add(1) : left(beta2).rsqrt(),
  );
  return mean.mul(size).div(denominator.sqrt().mul(root).add(eps));
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
    super(parameters, { weightDecay: 0.01, ...options });
  }

  protected override decay(
    p: Parameter,
    gradient: Tensor,
    { weightDecay }: AdamSettings,
    { lr, shared }: StepScalars,
  ): { value: Tensor; gradient: Tensor } {
    if (weightDecay === 0) return { value: p, gradient };
    const kept = shared("kept", p.dtype, () => lr.mul(-weightDecay).add(1));
    return { value: p.mul(kept), gradient };
  }
}
