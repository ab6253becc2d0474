import * as C from "../../../src/complex/index.ts";
import * as L from "../../../src/linalg/index.ts";
import * as T from "../../../src/tensor/index.ts";
import { type Args, op, type Operator } from "../bind.ts";

// Of singular and eigenvectors, whose signs are free, what does not depend on them is compared, as `DETERMINED`
// in tools/parity-vectors.py.
const SINGULAR = {
  determined: "values, magnitudes of the vectors of each and U Vᵀ are compared",
} as const;
const LOWRANK = { determined: "values and U Vᵀ are compared" } as const;
const EIGEN = { determined: "values and magnitudes of vectors are compared" } as const;

const determined = (u: T.Tensor, s: T.Tensor, vh: T.Tensor): T.Tensor[] => {
  const k = s.shape[s.ndim - 1];
  const [left, right] = [u.narrow(-1, 0, k), vh.narrow(-2, 0, k)];
  return [left.abs(), s, right.abs(), T.matmul(left, right)];
};

/** Ill-conditioned samples, of which PyTorch's own results have as large errors in single precision. */
const ROUGH = { tolerance: { f32: [2e-4, 1e-4] } } as const;

/** `UPLO`, as the parameter of that name is bound. */
const triangle = (a: Args): L.TriangleOption => ({ uplo: a.UPLO });

const rank = (a: Args): L.RankOptions => a;

const lowrank = ({ u, s, v }: { u: T.Tensor; s: T.Tensor; v: T.Tensor }): T.Tensor[] => [
  T.matmul(u, v.mT),
  s,
];

const product = (a: Args): T.Tensor => T.matmul(a.a, (a.b as T.Tensor).mT);

const ldlFactor = op("A hermitian", (a) => L.ldlFactor(a.A, a));
const ldlFactorEx = op("A hermitian check_errors", (a) => L.ldlFactorEx(a.A, a));
const ldlSolve = op("LD pivots B hermitian", (a) => L.ldlSolve(a.LD, a.pivots, a.B, a));

const cholesky = op("input upper", (a) => L.cholesky(a.input, a));

/** Linear algebra. */
export const LINALG: Record<string, Operator> = {
  cholesky,
  "linalg.cholesky": cholesky,
  "linalg.cholesky_ex": op("input upper check_errors", (a) => L.choleskyEx(a.input, a)),
  cholesky_inverse: op("input upper", (a) => L.choleskyInverse(a.input, a)),
  cholesky_solve: op("input L upper", (a) => L.choleskySolve(a.input, a.L, a)),
  geqrf: op("input", (a) => L.geqrf(a.input)),
  "linalg.householder_product": op("input tau", (a) => L.householderProduct(a.input, a.tau), ROUGH),
  ormqr: op("input tau other left transpose", (a) => L.ormqr(a.input, a.tau, a.other, a)),
  qr: op("input some", (a) => L.qr(a.input, { mode: a.some === false ? "complete" : "reduced" })),
  "linalg.qr": op("A mode", (a) => L.qr(a.A, a)),
  lu: op("input pivot get_infos", ({ input, pivot, getInfos }) => {
    const { lu, pivots, info } = L.luFactorEx(input, { pivot });
    return getInfos ? [lu, pivots, info] : [lu, pivots];
  }),
  "linalg.lu": op("A pivot", (a) => L.lu(a.A, a)),
  "linalg.lu_factor": op("A pivot", (a) => L.luFactor(a.A, a)),
  "linalg.lu_factor_ex": op("A pivot check_errors", (a) => L.luFactorEx(a.A, a)),
  lu_unpack: op("LU_data LU_pivots", (a) => L.luUnpack(a.LUData, a.LUPivots)),
  lu_solve: op("b LU_data LU_pivots", (a) => L.luSolve(a.LUData, a.LUPivots, a.b)),
  "linalg.lu_solve": op("LU pivots B left adjoint", (a) => L.luSolve(a.LU, a.pivots, a.B, a)),
  "linalg.ldl_factor": { ...ldlFactor, complex: ldlFactor },
  "linalg.ldl_factor_ex": { ...ldlFactorEx, complex: ldlFactorEx },
  "linalg.ldl_solve": { ...ldlSolve, complex: ldlSolve },
  triangular_solve: op(
    "b A upper transpose unitriangular",
    (a) => L.triangularSolve(a.b, a.A, a),
    ROUGH,
  ),
  "linalg.solve_triangular": op("A B upper left unitriangular", (a) =>
    L.solveTriangular(a.A, a.B, a as unknown as L.TriangularOptions),
  ),
  "linalg.solve": op("A B left", (a) => L.solve(a.A, a.B, a)),
  "linalg.solve_ex": op("A B left check_errors", (a) => L.solveEx(a.A, a.B, a)),
  "linalg.inv": op("A", (a) => L.inv(a.A)),
  "linalg.inv_ex": op("A check_errors", (a) => L.invEx(a.A)),
  "linalg.tensorinv": op("A ind", (a) => L.tensorinv(a.A, a.ind)),
  "linalg.tensorsolve": op("A B dims", (a) => L.tensorsolve(a.A, a.B, a)),
  "linalg.det": op("A", (a) => L.det(a.A)),
  "linalg.slogdet": op("A", (a) => L.slogdet(a.A)),
  logdet: op("A", (a) => L.logdet(a.A)),
  "linalg.eigh": op(
    "A UPLO",
    (a) => {
      const { eigenvalues, eigenvectors } = L.eigh(a.A, triangle(a));
      return [eigenvalues, eigenvectors.abs()];
    },
    EIGEN,
  ),
  "linalg.eigvalsh": op("A UPLO", (a) => L.eigvalsh(a.A, triangle(a))),
  "linalg.eig": op(
    "A",
    (a) => {
      const { eigenvalues, eigenvectors } = L.eig(a.A);
      return [eigenvalues, C.abs(eigenvectors)];
    },
    { determined: "values, sorted, and magnitudes of vectors are compared" },
  ),
  "linalg.eigvals": op("A", (a) => L.eigvals(a.A), { determined: "values, sorted, are compared" }),
  svd: op(
    "input some",
    ({ input, some }) => {
      const { u, s, vh } = L.svd(input, { fullMatrices: some === false });
      return determined(u, s, vh);
    },
    SINGULAR,
  ),
  "linalg.svd": op(
    "A full_matrices",
    (a) => {
      const { u, s, vh } = L.svd(a.A, a);
      return determined(u, s, vh);
    },
    SINGULAR,
  ),
  "linalg.svdvals": op("A", (a) => L.svdvals(a.A)),
  svd_lowrank: op(
    "a b q niter M",
    (a) => lowrank(L.svdLowrank(product(a), { q: a.q, mean: a.M })),
    {
      ...LOWRANK,
      // Of a matrix of higher rank than q, the result depends on random numbers.
      undetermined: (a) => a.M !== undefined,
    },
  ),
  pca_lowrank: op("a b q center", (a) => lowrank(L.pcaLowrank(product(a), a)), LOWRANK),
  "linalg.pinv": op("A atol rtol hermitian", (a) => L.pinv(a.A, rank(a))),
  "linalg.pinv[singular]": op("a b", (a) => L.pinv(product(a))),
  pinverse: op("input rcond", (a) => L.pinv(a.input, { rtol: a.rcond })),
  "linalg.matrix_rank": op("A atol rtol hermitian", (a) => L.matrixRank(a.A, rank(a))),
  "linalg.cond": op("A p", (a) => L.cond(a.A, a.p)),
  "linalg.lstsq": op("A B rcond driver", (a) => L.lstsq(a.A, a.B, a), ROUGH),
  "linalg.lstsq[grad_oriented]": op(
    "A B rcond driver",
    (a) => {
      const { solution, residuals } = L.lstsq(a.A, a.B, a);
      return [solution, residuals];
    },
    ROUGH,
  ),
  "norm[nuc]": op("input p dim keepdim", (a) => L.matrixNorm(a.input, a.p, a.dim, a)),
  "linalg.norm": op("A ord dim keepdim dtype", (a) => L.norm(a.A, a.ord, a.dim, a)),
  "linalg.matrix_norm": op("A ord dim keepdim dtype", (a) => L.matrixNorm(a.A, a.ord, a.dim, a)),
  "linalg.vector_norm": op("x ord dim keepdim dtype", (a) => L.vectorNorm(a.x, a.ord, a.dim, a)),
  matrix_exp: op("A", (a) => L.matrixExp(a.A), {
    // Both are off by some 2e-4 where the exponential has entries of some 1e4.
    tolerance: { f32: [1e-3, 1e-3] },
  }),
  "linalg.matrix_power": op("A n", (a) => L.matrixPower(a.A, a.n)),
  "linalg.multi_dot": op("tensors", (a) => L.multiDot(a.tensors), ROUGH),
  "linalg.cross": op("input other dim", (a) => L.cross(a.input, a.other, a.dim)),
  "linalg.vecdot": op("x y dim", (a) => L.vecdot(a.x, a.y, a.dim)),
  "linalg.diagonal": op("A offset dim1 dim2", (a) => L.diagonal(a.A, a)),
};
