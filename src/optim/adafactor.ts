import { type Parameter } from "../nn/parameter.ts";
import { maximum, minimum, type Tensor } from "../tensor/index.ts";
import { checkAtLeast, checkCommon, checkNotNegative, checkPair } from "./checks.ts";
import { decayed } from "./decay.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Adafactor`. */
export interface AdafactorOptions {
  /** The largest relative step, and the factor of weight decay. Default 0.01. */
  readonly lr?: number;
  /** Power of the step's number that is the share of what is new in running means. Default -0.8. */
  readonly beta2Decay?: number;
  /**
   * The smallest divisor of gradients (`null`: the dtype's spacing at 1), and the smallest size of a
   * parameter that steps are relative to. Default [null, 0.001].
   */
  readonly eps?: readonly [number | null, number];
  /** Root of the mean square above which a step is scaled down. Default 1. */
  readonly d?: number;
  /** Decay of the weights, apart from the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Whether to make the objective larger. Default false. */
  readonly maximize?: boolean;
}

type AdafactorSettings = Required<AdafactorOptions>;

/**
 * Adafactor (Shazeer & Stern 2018) as PyTorch has it: Adam's mean of squares, for matrices kept as its means
 * over rows and over columns only (over the last two axes of larger tensors). With
 * `β = 1 - t^beta2Decay`, `v ← β v + (1 - β) g²` and `u = g / √v`:
 * `p ← p - max(eps₂, RMS(p)) · min(lr, 1 / √t) · u / max(1, RMS(u) / d)`.
 *
 * @example
 * const optimizer = new optim.Adafactor(net.parameters(), { lr: 0.01 });
 */
export class Adafactor extends ParameterOptimizer<AdafactorSettings> {
  /** @throws RangeError for options outside their range, Error for an empty list of parameters. */
  constructor(parameters: Parameters<AdafactorOptions>, options: AdafactorOptions = {}) {
    super(parameters, {
      lr: 0.01,
      beta2Decay: -0.8,
      eps: [null, 0.001],
      d: 1,
      weightDecay: 0,
      maximize: false,
      ...options,
    });
  }

  protected check({ lr, beta2Decay, eps, d, weightDecay }: AdafactorSettings): void {
    checkCommon({ lr, weightDecay }, "Adafactor");
    if (!(beta2Decay <= 0 && beta2Decay > -Infinity))
      throw new RangeError(`Adafactor: beta2Decay must be a finite number <= 0, got ${beta2Decay}`);
    checkPair(eps, "eps", "Adafactor");
    if (eps[0] !== null) checkNotNegative(eps[0], "eps[0]", "Adafactor");
    checkNotNegative(eps[1], "eps[1]", "Adafactor");
    checkAtLeast(1, d, "d", "Adafactor");
  }

  cellSpecs(p: Parameter): CellSpecs {
    const { shape, dtype, ndim } = p;
    if (ndim < 2) return { variance: like(p) };
    const [rows, columns] = shape.slice(-2);
    const outer = shape.slice(0, -2);
    return {
      rowVar: { shape: [...outer, rows, 1], dtype, start: 0 },
      colVar: { shape: [...outer, 1, columns], dtype, start: 0 },
    };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    cells: ParameterState["cells"],
    options: AdafactorSettings,
    scalars: StepScalars<AdafactorSettings>,
  ): Tensor {
    const { eps, d, beta2Decay, maximize } = options;
    const { lr, step, shared } = scalars;
    const g = maximize ? grad.neg() : grad;
    const least = eps[0] ?? SPACING[p.dtype];
    const share = shared("share", p.dtype, () => step.pow(beta2Decay));
    const variance = estimate(g, cells, share, least);
    const scaled = g.mul(variance.clamp(least * least).rsqrt());
    const relative = shared("relative", "f64", () => minimum(lr, step.rsqrt()));
    const size = rms(p).clamp(eps[1]).mul(relative);
    const factor = size.div(rms(scaled).div(d).clamp(1)).to(p.dtype);
    return decayed(p, options, scalars).sub(scaled.mul(factor));
  }
}

/** The distance from 1 to the next number. */
const SPACING: Readonly<Record<string, number>> = { f32: 2 ** -23, f64: 2 ** -52 };

/** The root of the mean square, f64. */
const rms = (x: Tensor): Tensor => x.norm().to("f64").div(Math.sqrt(x.size));

/** The running mean of squares, from its means over rows and columns where there are any. */
function estimate(
  g: Tensor,
  { variance, rowVar, colVar }: ParameterState["cells"],
  share: Tensor,
  least: number,
): Tensor {
  const squares = g.mul(g);
  if (variance) {
    const next = variance.lerp(squares, share);
    variance.rebind(next);
    return next;
  }
  const ofRows = rowVar.lerp(squares.mean(-1, { keepdim: true }), share);
  const ofColumns = colVar.lerp(squares.mean(-2, { keepdim: true }), share);
  rowVar.rebind(ofRows);
  colVar.rebind(ofColumns);
  return ofRows.mul(ofColumns).div(maximum(ofRows.mean(-2, { keepdim: true }), least));
}
