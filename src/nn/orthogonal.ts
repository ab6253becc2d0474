import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { matrixExp } from "../linalg/powers.ts";
import { geqrf, householderProduct, qr } from "../linalg/qr.ts";
import { solve } from "../linalg/solve.ts";
import { cat, eye, matmul, randn, type Tensor, where, zerosLike } from "../tensor/index.ts";
import { type Module } from "./module.ts";
import { Buffer } from "./parameter.ts";
import { Parametrization, parametrized } from "./parametrize.ts";

// Weights with orthonormal columns or rows: PyTorch's torch.nn.utils.parametrizations.orthogonal.

const MAPS = ["matrixExp", "cayley", "householder"] as const;

/** How an orthogonal matrix is made of any other. */
export type OrthogonalMap = (typeof MAPS)[number];

/** Options of `orthogonal`. */
export interface OrthogonalOptions {
  /** The field that holds the weight. Default `"weight"`. */
  readonly name?: string;
  /** Default `"matrixExp"` for square weights, `"householder"` for others. */
  readonly orthogonalMap?: OrthogonalMap;
  /**
   * Whether the map's result is multiplied with a matrix that is kept beside (`base`). Without it, a weight can
   * be assigned to reflections only, and starts otherwise as what the map makes of it. Default true.
   */
  readonly useTrivialization?: boolean;
}

const sizeOf = ({ shape }: Tensor): [rows: number, columns: number] => [
  shape[shape.length - 2],
  shape[shape.length - 1],
];

/** The tall matrices of A and Aᵀ. */
const tall = (a: Tensor): Tensor => (a.shape[a.ndim - 2] < a.shape[a.ndim - 1] ? a.mT : a);

/** Q of A = QR with a diagonal of R that is not negative. */
function orthonormal(a: Tensor): Tensor {
  const { q, r } = qr(a);
  return q.mul(r.diagonal(0, -2, -1).sign().unsqueeze(-2));
}

/** What is orthogonal but for roundings as it is, and Q of its QR decomposition otherwise. */
function madeOrthogonal(q: Tensor): Tensor {
  const [n] = sizeOf(q);
  const unit = eye(n, n, { dtype: q.dtype });
  // PyTorch's bounds: more on the diagonal.
  const eps = q.dtype === "f64" ? 2 ** -52 : 2 ** -23;
  const bounds = unit.mul(1e-5).add(10 * n * eps);
  const away = matmul(q.mT, q).sub(unit).abs().gt(bounds).any();
  return where(away, orthonormal(q), q);
}

class Orthogonal extends Parametrization {
  readonly orthogonalMap: OrthogonalMap;
  /** The other factor. */
  protected base: Buffer | undefined;

  constructor(orthogonalMap: OrthogonalMap) {
    super();
    this.orthogonalMap = orthogonalMap;
  }

  override forward(weight: Tensor): Tensor {
    const x = tall(weight);
    let q = this.orthogonalMap === "householder" ? reflected(x) : this.turned(x);
    if (this.base) q = matmul(this.base, q);
    return x === weight ? q : q.mT;
  }

  override extraRepr(): string {
    return `orthogonalMap=${this.orthogonalMap}`;
  }

  /** exp(A), or (I + A/2)(I - A/2)⁻¹, of the skew-symmetric A that the lower triangle of x makes. */
  private turned(x: Tensor): Tensor {
    const [n, k] = sizeOf(x);
    const lower = x.tril().pad([0, n - k]);
    const a = lower.sub(lower.mT);
    const unit = eye(n, n, { dtype: x.dtype });
    const q =
      this.orthogonalMap === "matrixExp"
        ? matrixExp(a)
        : solve(unit.sub(a.mul(0.5)), unit.add(a.mul(0.5)));
    return q.narrow(-1, 0, k);
  }
}

/** One whose originals can be found for a weight: of reflections, and where `base` is the weight. */
class OrthogonalOfWeight extends Orthogonal {
  private readonly shape: Shape;
  private readonly useTrivialization: boolean;

  constructor({ shape }: Tensor, orthogonalMap: OrthogonalMap, useTrivialization: boolean) {
    super(orthogonalMap);
    this.shape = shape;
    this.useTrivialization = useTrivialization;
  }

  override rightInverse(weight: Tensor): Tensor {
    if (!sameShape(weight.shape, this.shape))
      throw new Error(
        `orthogonal: expected a weight ${showShape(this.shape)}, got ${showShape(weight.shape)}`,
      );
    const q = tall(weight);
    if (!this.useTrivialization) return weight === q ? reflectors(q) : reflectors(q).mT;
    const [n, k] = sizeOf(q);
    const more = (): Tensor => randn([...q.shape.slice(0, -1), n - k], { dtype: q.dtype });
    const base = n === k ? madeOrthogonal(q) : orthonormal(cat([q, more()], -1));
    if (this.base) this.base.rebind(base);
    else this.base = new Buffer(base);
    // For reflections this makes the first columns of the unit matrix, and the diagonal is nothing to others.
    const [rows, columns] = sizeOf(weight);
    return zerosLike(weight).sub(eye(rows, columns, { dtype: weight.dtype }));
  }
}

/** What `reflected` makes q of: the reflections of its QR decomposition, and the signs of R. */
function reflectors(q: Tensor): Tensor {
  const { a, tau } = geqrf(q);
  const sign = a.diagonal(0, -2, -1).sign();
  // A column that was not reflected changes its sign.
  const signs = where(tau.eq(0), sign.neg(), sign);
  const [n, k] = sizeOf(q);
  const diagonal = eye(n, k, { dtype: q.dtype }).mul(signs.unsqueeze(-2));
  return a.tril(-1).add(a.triu(1)).add(diagonal);
}

/** Reflections with the columns below the diagonal of x, and the signs on it. */
function reflected(x: Tensor): Tensor {
  const a = x.tril(-1);
  const tau = a.square().sum(-2).add(1).reciprocal().mul(2);
  // Signs are no numbers that could be trained.
  const signs = x.diagonal(0, -2, -1).detach().trunc();
  return householderProduct(a, tau).mul(signs.unsqueeze(-2));
}

/**
 * Keeps a weight orthogonal: its columns are orthonormal, or where there are more columns than rows its rows;
 * weights of more than two axes are batches of matrices. It starts as it is if it is orthogonal, and as the Q
 * of its QR decomposition otherwise. See M. Lezcano-Casado, "Trivializations for Gradient-Based Optimization
 * on Manifolds", 2019.
 *
 * @returns The module.
 * @throws TypeError where the field holds no parameter, RangeError for a weight of one axis and another map.
 *
 * @example
 * const layer = nn.utils.parametrizations.orthogonal(new nn.Linear(20, 40));
 * layer.weight.t().matmul(layer.weight).sub(eye(20)).abs().max().lt(1e-5); // true
 */
export function orthogonal<M extends Module>(module: M, options: OrthogonalOptions = {}): M {
  const { name = "weight", orthogonalMap, useTrivialization = true } = options;
  const what = "orthogonal";
  if (orthogonalMap !== undefined && !MAPS.includes(orthogonalMap))
    throw new RangeError(
      `${what}: orthogonalMap must be one of ${MAPS.join(", ")}, got ${JSON.stringify(orthogonalMap)}`,
    );
  const make = (weight: Tensor): Parametrization => {
    if (weight.ndim < 2)
      throw new RangeError(
        `${what}: expected a matrix or a batch of matrices, got ${showShape(weight.shape)}`,
      );
    const [rows, columns] = sizeOf(weight);
    const map = orthogonalMap ?? (rows === columns ? "matrixExp" : "householder");
    return useTrivialization || map === "householder"
      ? new OrthogonalOfWeight(weight, map, useTrivialization)
      : new Orthogonal(map);
  };
  return parametrized(module, name, make, what, { unsafe: true });
}
