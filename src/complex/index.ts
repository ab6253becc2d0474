/**
 * Complex numbers: pairs of real tensors, and functions of them with PyTorch's names.
 *
 * @module
 */
export * from "./arithmetic.ts";
export * from "./compare.ts";
export { type ComplexOperand } from "./complex.ts";
export * from "./elementary.ts";
export {
  cdouble,
  cfloat,
  chalf,
  complex,
  imag,
  isComplex,
  polar,
  real,
  viewAsComplex,
  viewAsReal,
} from "./make.ts";
export { Complex, type ComplexMethods } from "./methods.ts";
export * from "./reduce.ts";
export { cat, type ShapeMethods, stack, where } from "./shape.ts";
export * from "./sigmoid.ts";
