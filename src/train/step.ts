import type { Module } from "../nn/module.ts";
import { clipGradNorm_, clipGradValue_ } from "../optim/clip.ts";
import { compile, evalAll, type Tensor } from "../tensor/index.ts";
import { inPrecision, type OutputOf, type Parts, type TrainerOptions } from "./options.ts";

/** What a step leaves behind. */
export interface StepResult<O> {
  /** The loss of each batch. */
  readonly losses: readonly Tensor[];
  /** What the model gave for each batch; none unless asked for. */
  readonly outputs: readonly O[];
}

/** A step of the optimiser by one batch or, where gradients are accumulated, by several. */
export type Step<O, T> = (batches: readonly Parts<T>[]) => StepResult<O> | Promise<StepResult<O>>;

/** The step of a training loop, as anyone would write it. */
export function makeStep<M extends Module, T, B>(
  options: TrainerOptions<M, T, B>,
): Step<OutputOf<M>, T> {
  type O = OutputOf<M>;
  const { model, criterion, optimizer, clipNorm, clipValue, precision, scaler } = options;
  const { compileStep = false, trainMetrics = false } = options;
  // Looked up at every call: hooks may come later.
  const forward = (inputs: readonly unknown[]): O => model.forward(...(inputs as never[])) as O;
  const loss = (output: O, target: T): Tensor =>
    typeof criterion === "function" ? criterion(output, target) : criterion.forward(output, target);
  const parameters = () => optimizer.paramGroups.flatMap(({ params }) => params);
  const clip = (): void => {
    if (clipValue !== undefined) clipGradValue_(parameters(), clipValue);
    if (clipNorm !== undefined) clipGradNorm_(parameters(), clipNorm);
  };

  /** Adds the gradients of a batch. */
  const backward = ({ inputs, target }: Parts<T>): { value: Tensor; output: O } => {
    const made = inPrecision(precision, () => {
      const output = forward(inputs);
      return { value: loss(output, target), output };
    });
    (scaler ? scaler.scale(made.value) : made.value).backward();
    return made;
  };

  const single = (batch: Parts<T>): StepResult<O> => {
    if (scaler) return together([batch]);
    const outputs: O[] = [];
    // As a closure, which some optimisers call several times: their first loss is that of the step.
    const value = optimizer.step(() => {
      optimizer.zeroGrad();
      const made = backward(batch);
      if (trainMetrics && outputs.length === 0) outputs.push(made.output);
      clip();
      return made.value;
    })!;
    return { losses: [value], outputs };
  };

  /** Makes means of sums, and steps. */
  const finish = (count: number): void => {
    scaler?.unscale_(optimizer);
    if (count > 1) for (const p of parameters()) if (p.grad) p.grad = p.grad.div(count);
    clip();
    if (scaler) scaler.step(optimizer);
    else optimizer.step();
    scaler?.update();
  };

  const together = (batches: readonly Parts<T>[]): StepResult<O> => {
    optimizer.zeroGrad();
    const made = batches.map(backward);
    finish(batches.length);
    return {
      losses: made.map(({ value }) => value),
      outputs: trainMetrics ? made.map(({ output }) => output) : [],
    };
  };

  /** Each batch's gradients are computed before the next batch, so that memory is needed for one only. */
  const oneByOne = async (batches: readonly Parts<T>[]): Promise<StepResult<O>> => {
    optimizer.zeroGrad();
    const losses: Tensor[] = [];
    const outputs: O[] = [];
    for (const batch of batches) {
      const { value, output } = backward(batch);
      await evalAll([value, ...parameters().flatMap((p) => p.grad ?? [])]);
      losses.push(value);
      if (trainMetrics) outputs.push(output);
    }
    finish(batches.length);
    return { losses, outputs };
  };

  if (compileStep)
    return compile((batches: readonly Parts<T>[]) =>
      batches.length === 1 ? single(batches[0]) : together(batches),
    );
  return (batches) => (batches.length === 1 ? single(batches[0]) : oneByOne(batches));
}
