import { type Parameter } from "../nn/parameter.ts";
import { showShape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkCommon, checkInteger, checkNotNegative, checkOneOf } from "./checks.ts";
import { decayed } from "./decay.ts";
import { type Parameters } from "./param-group.ts";
import { type CellSpecs, like, ParameterOptimizer, type ParameterState } from "./per-parameter.ts";
import { type StepScalars } from "./scalars.ts";

/** Options of `Muon`. */
export interface MuonOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number;
  /** Decay of the weights, apart from the gradient. Default 0.1. */
  readonly weightDecay?: number;
  /** Share of the old momentum. Default 0.95. */
  readonly momentum?: number;
  /** Nesterov's momentum. Default true. */
  readonly nesterov?: boolean;
  /** Coefficients of the polynomial of the Newton–Schulz iteration. Default [3.4445, -4.775, 2.0315]. */
  readonly nsCoefficients?: readonly [number, number, number];
  /** The smallest norm by which a step is divided. Default 1e-7. */
  readonly eps?: number;
  /** Newton–Schulz iterations. Default 5. */
  readonly nsSteps?: number;
  /**
   * How the learning rate depends on the shape (A, B): "original" times `√max(1, A / B)` (Jordan 2024),
   * "matchRmsAdamw" times `0.2 √max(A, B)` (Liu et al. 2025). `null` is "original". Default null.
   */
  readonly adjustLrFn?: "original" | "matchRmsAdamw" | null;
}

type MuonSettings = Required<MuonOptions>;

/**
 * Muon (Jordan 2024, https://kellerjordan.github.io/posts/muon/): the momentum of each weight matrix, made
 * nearly orthogonal by Newton–Schulz iterations `X ← aX + (bA + cA²)X` with `A = XXᵀ`. For the matrices of
 * hidden layers; biases, embeddings and last layers are trained by another optimiser, such as AdamW.
 *
 * PyTorch iterates in bfloat16, this in the parameter's own dtype.
 *
 * @example
 * const parameters = net.parameters();
 * const matrices = new optim.Muon(parameters.filter((p) => p.ndim === 2), { lr: 0.02 });
 * const others = new optim.AdamW(parameters.filter((p) => p.ndim !== 2), { lr: 0.0003 });
 */
export class Muon extends ParameterOptimizer<MuonSettings> {
  /**
   * @throws RangeError for options outside their range, Error for an empty list of parameters and for
   * parameters that are no matrices.
   */
  constructor(parameters: Parameters<MuonOptions>, options: MuonOptions = {}) {
    super(parameters, {
      lr: 0.001,
      weightDecay: 0.1,
      momentum: 0.95,
      nesterov: true,
      nsCoefficients: [3.4445, -4.775, 2.0315],
      eps: 1e-7,
      nsSteps: 5,
      adjustLrFn: null,
      ...options,
    });
  }

  protected check(options: MuonSettings): void {
    checkCommon(options, "Muon");
    const { nsCoefficients, nsSteps, adjustLrFn } = options;
    if (nsCoefficients.length !== 3)
      throw new RangeError(
        `Muon: expected three nsCoefficients, got ${(nsCoefficients as readonly number[]).length}`,
      );
    for (const c of nsCoefficients) checkNotNegative(Math.abs(c), "nsCoefficients", "Muon");
    checkInteger(0, nsSteps, "nsSteps", "Muon");
    checkOneOf([null, "original", "matchRmsAdamw"], adjustLrFn, "adjustLrFn", "Muon");
  }

  protected override checkParameters(params: readonly Parameter[]): void {
    for (const { ndim, shape } of params)
      if (ndim !== 2)
        throw new Error(
          `Muon: expected matrices, got a parameter of shape ${showShape(shape)}; give it to another optimiser`,
        );
  }

  cellSpecs(p: Parameter): CellSpecs {
    return { momentumBuffer: like(p) };
  }

  protected update(
    p: Parameter,
    grad: Tensor,
    { momentumBuffer }: ParameterState["cells"],
    options: MuonSettings,
    scalars: StepScalars<MuonSettings>,
  ): Tensor {
    const { number } = scalars;
    const share = number("share", p.dtype, (o) => 1 - o.momentum);
    const buffer = momentumBuffer.lerp(grad, share);
    momentumBuffer.rebind(buffer);
    const momentum = number("momentum", p.dtype, (o) => o.momentum);
    const direction = options.nesterov ? grad.lerp(buffer, momentum) : buffer;
    const factor = lrFactor(p.shape, options);
    const lr = number(`lr ${factor}`, p.dtype, (o) => o.lr * factor);
    return decayed(p, options, scalars).sub(orthogonalised(direction, options).mul(lr));
  }
}

function lrFactor([a, b]: readonly number[], { adjustLrFn }: MuonSettings): number {
  return adjustLrFn === "matchRmsAdamw"
    ? 0.2 * Math.sqrt(Math.max(a, b))
    : Math.sqrt(Math.max(1, a / b));
}

/** A matrix with nearly the same singular vectors, and singular values near 1. */
function orthogonalised(g: Tensor, { nsCoefficients, nsSteps, eps }: MuonSettings): Tensor {
  const [a, b, c] = nsCoefficients;
  // The products are smaller with the short side first.
  const tall = g.shape[0] > g.shape[1];
  let x = tall ? g.mT : g;
  x = x.div(x.norm().clamp(eps));
  for (let i = 0; i < nsSteps; i++) {
    const gram = x.matmul(x.mT);
    const polynomial = gram.mul(b).add(gram.matmul(gram), { alpha: c });
    x = x.mul(a).add(polynomial.matmul(x));
  }
  return tall ? x.mT : x;
}
