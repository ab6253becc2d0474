/**
 * Special functions of mathematics: PyTorch's `torch.special`, and what `torch` itself has of them.
 *
 * @module
 */
export * from "./bessel.ts";
export * from "./gamma.ts";
export * from "./normal.ts";
export * from "./polynomials.ts";
