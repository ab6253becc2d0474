/**
 * Mixed precision: `autocast`, in which products run in f16 or bf16, and the `GradScaler` that training in f16 needs.
 *
 * @module
 */
export {
  autocast,
  autocastDType,
  type AutocastOptions,
  isAutocastEnabled,
  type LowDType,
} from "./autocast.ts";
export { GradScaler, type GradScalerOptions, type GradScalerState } from "./grad-scaler.ts";
