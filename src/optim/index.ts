export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { type ClipOptions, clipGradNorm_, clipGradValue_ } from "./clip.ts";
export {
  type GroupOptions,
  Optimizer,
  type OptimizerOptions,
  ParamGroup,
  type Parameters,
} from "./optimizer.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export { type OptimizerState } from "./state.ts";
