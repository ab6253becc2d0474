/**
 * Linear algebra: PyTorch's `torch.linalg`, and what `torch` itself has of it.
 *
 * @module
 */
export {
  cholesky,
  choleskyEx,
  choleskyInverse,
  choleskySolve,
  type UpperOption,
} from "./cholesky.ts";
export { det, logdet, slogdet } from "./determinant.ts";
export { eig, eigvals } from "./eig.ts";
export { eigh, eigvalsh, type TriangleOption } from "./eigh.ts";
export { ldlFactor, ldlFactorEx, type LdlOptions, ldlSolve } from "./ldl.ts";
export { type LowrankOptions, pcaLowrank, svdLowrank } from "./low-rank.ts";
export {
  lu,
  luFactor,
  luFactorEx,
  luSolve,
  type LuSolveOptions,
  luUnpack,
  type PivotOption,
} from "./lu.ts";
export * from "./norms.ts";
export * from "./pinv.ts";
export * from "./powers.ts";
export { geqrf, householderProduct, ormqr, type OrmqrOptions, qr, type QrMode } from "./qr.ts";
export { inv, invEx, solve, solveEx, type SolveOptions, tensorinv, tensorsolve } from "./solve.ts";
export { svd, type SvdOptions, svdvals } from "./svd.ts";
export { solveTriangular, triangularSolve, type TriangularOptions } from "./triangular.ts";
export * from "./vectors.ts";
