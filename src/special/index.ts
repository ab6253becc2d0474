/**
 * Special functions of mathematics: PyTorch's `torch.special`, and what `torch` itself has of them.
 *
 * @module
 */
export * from "./polynomials.ts";
