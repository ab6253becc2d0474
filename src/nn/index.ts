export * from "./activation.ts";
export * as functional from "./functional.ts";
export {
  type BinaryOptions,
  type ClassLossOptions,
  type CrossEntropyOptions,
  type LossOptions,
  type Reduction,
} from "./functional.ts";
export * as init from "./init.ts";
export * from "./layers.ts";
export * from "./loss.ts";
export { Layer, Module, type Named } from "./module.ts";
export { Buffer, Parameter, type ParameterOptions } from "./parameter.ts";
export { type LoadOptions, type LoadResult, type StateDict } from "./state.ts";
export { type SummaryInput } from "./summary.ts";
