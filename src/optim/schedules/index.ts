/**
 * Schedules of learning rates, with the names and numbers of PyTorch's `torch.optim.lr_scheduler`.
 *
 * @module
 */
export { ChainedScheduler, SequentialLR } from "./combined.ts";
export {
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  type CosineOptions,
  type WarmRestartsOptions,
} from "./cosine.ts";
export { CyclicLR, type CyclicOptions } from "./cyclic.ts";
export {
  ConstantLR,
  type ConstantOptions,
  ExponentialLR,
  type GammaOptions,
  LinearLR,
  type LinearOptions,
  MultiStepLR,
  PolynomialLR,
  type PolynomialOptions,
  StepLR,
} from "./decay.ts";
export { LambdaLR, type LrLambda, MultiplicativeLR } from "./lambda.ts";
export { OneCycleLR, type OneCycleOptions } from "./one-cycle.ts";
export { type PlateauOptions, ReduceLROnPlateau } from "./plateau.ts";
export {
  type AnyOptimizer,
  type Chainable,
  LRScheduler,
  type ScheduleOptions,
} from "./scheduler.ts";
export { type SchedulerState, type StateValue } from "./state.ts";
