import { type DType } from "../ir/dtype.ts";
import { type Tensor } from "../tensor/index.ts";
import { type CellTensor } from "../tensor/tensor.ts";
import { type OptimizerOptions } from "./param-group.ts";
import { type StepScalars } from "./scalars.ts";

/** Options with the shares of the old running means of the gradient and of its square. */
export interface BetaOptions extends OptimizerOptions {
  readonly betas: readonly [number, number];
}

type Which = 0 | 1;

/** `1 - betas[which]`: the share of what is new in a running mean. */
export const newShare = <O extends BetaOptions>(
  { number }: StepScalars<O>,
  which: Which,
  dtype: DType,
): Tensor => number(`new share ${which}`, dtype, ({ betas }) => 1 - betas[which]);

export const oldShare = <O extends BetaOptions>(
  { number }: StepScalars<O>,
  which: Which,
  dtype: DType,
): Tensor => number(`old share ${which}`, dtype, ({ betas }) => betas[which]);

/**
 * `1 - betas[which]ᵗ`, f64: what a running mean that began at 0 has of the whole. In f32 the powers would
 * lose their digits.
 */
export const bias = <O extends BetaOptions>(
  { number, shared, step }: StepScalars<O>,
  which: Which,
): Tensor =>
  shared(`bias ${which}`, "f64", () => {
    const log = number(`log beta ${which}`, "f64", ({ betas }) => Math.log(betas[which]));
    return step.mul(log).expm1().neg();
  });

/** Moves the running mean `expAvg` towards the gradient; its new value. */
export function updateMean<O extends BetaOptions>(
  cell: CellTensor,
  g: Tensor,
  scalars: StepScalars<O>,
): Tensor {
  const next = cell.add(g.sub(cell).mul(newShare(scalars, 0, g.dtype)));
  cell.rebind(next);
  return next;
}

/** Moves the running mean `expAvgSq` towards the gradient's square; its new value. */
export function updateSquare<O extends BetaOptions>(
  cell: CellTensor,
  g: Tensor,
  scalars: StepScalars<O>,
): Tensor {
  const next = cell
    .mul(oldShare(scalars, 1, g.dtype))
    .add(g.mul(g).mul(newShare(scalars, 1, g.dtype)));
  cell.rebind(next);
  return next;
}
