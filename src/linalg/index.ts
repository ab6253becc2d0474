/**
 * Linear algebra: PyTorch's `torch.linalg`, and what `torch` itself has of it.
 *
 * @module
 */
export * from "./cholesky.ts";
export * from "./determinant.ts";
export * from "./eigh.ts";
export * from "./lu.ts";
export * from "./qr.ts";
export * from "./solve.ts";
export * from "./svd.ts";
export * from "./triangular.ts";
export * from "./low-rank.ts";
export * from "./norms.ts";
export * from "./pinv.ts";
export * from "./powers.ts";
export * from "./vectors.ts";
