import { normalize } from "../extra/layers.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { randn, type Tensor } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "./conv-transpose.ts";
import { type Module } from "./module.ts";
import { Buffer } from "./parameter.ts";
import { Parametrization, parametrized } from "./parametrize.ts";

// PyTorch's torch.nn.utils.parametrizations.

export { orthogonal, type OrthogonalMap, type OrthogonalOptions } from "./orthogonal.ts";

/** Options of `weightNorm`. */
export interface WeightNormOptions {
  /** The field that holds the weight. Default `"weight"`. */
  readonly name?: string;
  /** The axis along which each entry has a length of its own; `null` or -1 for one length in all. Default 0. */
  readonly dim?: number | null;
}

/** Norms of a tensor's entries along axis `dim`, with 1 for the other axes; or of all, as a scalar. */
function normExcept(x: Tensor, dim: number | null): Tensor {
  if (dim === null) return x.norm();
  const others = x.shape.map((_, i) => i).filter((i) => i !== dim);
  return others.length === 0 ? x.abs() : x.norm(2, others, { keepdim: true });
}

class WeightNorm extends Parametrization {
  readonly dim: number | null;

  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }

  override forward(length: Tensor, direction: Tensor): Tensor {
    return direction.mul(length.div(normExcept(direction, this.dim)));
  }

  override rightInverse(weight: Tensor): Tensor[] {
    return [normExcept(weight, this.dim), weight];
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * Weight normalisation (Salimans & Kingma 2016): a weight is computed from its length (`original0`) and its
 * direction (`original1`), `length · direction / ‖direction‖`.
 *
 * @returns The module.
 * @throws TypeError where the field holds no parameter, RangeError for an axis that it does not have.
 *
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(20, 40));
 * layer.stateDict()["parametrizations.weight.original0"]; // (40, 1)
 */
export function weightNorm<M extends Module>(module: M, options: WeightNormOptions = {}): M {
  const { name = "weight", dim = 0 } = options;
  const what = "weightNorm";
  const make = ({ ndim }: Tensor): Parametrization =>
    new WeightNorm(dim === null || dim === -1 ? null : normalizeAxis(dim, ndim, what));
  return parametrized(module, name, make, what);
}

/** Layers whose weights have their outputs in axis 1. */
const TRANSPOSED = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d];

/** Options of `spectralNorm`. */
export interface SpectralNormOptions {
  /** The field that holds the weight. Default `"weight"`. */
  readonly name?: string;
  /** Steps of the power method at each use in training. Default 1. */
  readonly nPowerIterations?: number;
  /** What norms count as at least. Default 1e-12. */
  readonly eps?: number;
  /** The axis of the outputs. Default 0, of transposed convolutions 1. */
  readonly dim?: number;
}

class SpectralNorm extends Parametrization {
  readonly dim: number;
  readonly eps: number;
  readonly nPowerIterations: number;
  /** The first left singular vector, as far as it is known. */
  readonly _u: Buffer | undefined;
  /** The first right singular vector, as far as it is known. */
  readonly _v: Buffer | undefined;

  constructor(weight: Tensor, dim: number, nPowerIterations: number, eps: number) {
    super();
    this.dim = dim;
    this.eps = eps;
    this.nPowerIterations = nPowerIterations;
    if (weight.ndim < 2) return;
    const matrix = this.matrix(weight);
    const drawn = (size: number): Tensor => this.unit(randn([size], { dtype: weight.dtype }));
    const [rows, columns] = matrix.shape;
    const [u, v] = this.improved(matrix, drawn(rows), drawn(columns), 15);
    this._u = new Buffer(u);
    this._v = new Buffer(v);
  }

  override forward(weight: Tensor): Tensor {
    if (!this._u || !this._v) return this.unit(weight);
    const matrix = this.matrix(weight);
    let [u, v] = [this._u.detach(), this._v.detach()];
    if (this.training) {
      [u, v] = this.improved(matrix, u, v, this.nPowerIterations);
      this._u.rebind(u);
      this._v.rebind(v);
    }
    return weight.div(u.dot(matrix.mv(v)));
  }

  override rightInverse(weight: Tensor): Tensor {
    return weight;
  }

  override extraRepr(): string {
    return `dim=${this.dim}, nPowerIterations=${this.nPowerIterations}, eps=${this.eps}`;
  }

  private unit(x: Tensor): Tensor {
    return normalize(x, { dim: 0, eps: this.eps });
  }

  private matrix(weight: Tensor): Tensor {
    return weight.movedim(this.dim, 0).flatten(1);
  }

  private improved(matrix: Tensor, u: Tensor, v: Tensor, steps: number): [Tensor, Tensor] {
    const fixed = matrix.detach();
    for (let i = 0; i < steps; i++) {
      u = this.unit(fixed.mv(v));
      v = this.unit(fixed.t().mv(u));
    }
    return [u.detach(), v.detach()];
  }
}

/**
 * Spectral normalisation (Miyato et al. 2018): a weight is divided by its greatest singular value, which each
 * use in training approximates a little better by the power method.
 *
 * @returns The module.
 * @throws TypeError where the field holds no parameter, RangeError for options out of range.
 *
 * @example
 * const layer = nn.utils.parametrizations.spectralNorm(new nn.Linear(20, 40));
 * layer.forward(rand([8, 20])); // (8, 40)
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = {}): M {
  const what = "spectralNorm";
  const { name = "weight", nPowerIterations = 1, eps = 1e-12 } = options;
  const { dim = TRANSPOSED.some((kind) => module instanceof kind) ? 1 : 0 } = options;
  checkSize(nPowerIterations, "nPowerIterations", what);
  const make = (weight: Tensor): Parametrization =>
    new SpectralNorm(weight, normalizeAxis(dim, weight.ndim, what), nPowerIterations, eps);
  return parametrized(module, name, make, what);
}
