/**
 * Averages of weights over training, with the names and numbers of PyTorch's `torch.optim.swa_utils`.
 *
 * @module
 */
import { isFloat } from "../ir/dtype.ts";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../nn/batch-norm.ts";
import { Module, type Named } from "../nn/module.ts";
import { torchFields } from "../nn/names.ts";
import { Buffer, Parameter } from "../nn/parameter.ts";
import { noGrad, Tensor, tensor, where } from "../tensor/index.ts";
import { type CellTensor, flushCells } from "../tensor/tensor.ts";
import { checkShare } from "./checks.ts";

export { SWALR, type SWALROptions } from "./schedules/swa.ts";

/** The next average of a tensor, from the one before, the tensor and how many have been averaged (i32). */
export type AverageFunction = (averaged: Tensor, current: Tensor, numAveraged: Tensor) => Tensor;

/**
 * Exponential moving averages: `decay · averaged + (1 - decay) · current`.
 *
 * @throws RangeError unless decay is from 0 to 1.
 *
 * @example
 * const ema = optim.swaUtils.getEmaAvgFn(0.99);
 * const averaged = new optim.swaUtils.AveragedModel(net, { avgFn: ema });
 */
export function getEmaAvgFn(decay = 0.999): AverageFunction {
  checkShare(decay, "decay", "getEmaAvgFn");
  return (averaged, current) => averaged.mul(decay).add(current.mul(1 - decay));
}

/**
 * Plain means of all that has been averaged (Izmailov et al. 2018):
 * `averaged + (current - averaged) / (numAveraged + 1)`.
 *
 * @example
 * const averaged = new optim.swaUtils.AveragedModel(net, { avgFn: optim.swaUtils.getSwaAvgFn() });
 */
export const getSwaAvgFn = (): AverageFunction => (averaged, current, numAveraged) =>
  averaged.add(current.sub(averaged).div(numAveraged.add(1).to(averaged.dtype)));

/** Options of `AveragedModel`. */
export interface AveragedModelOptions {
  /** How averages are made. Default `getSwaAvgFn()`. */
  readonly avgFn?: AverageFunction;
  /** Whether buffers, such as running means, are averaged too, and not copied. Default false. */
  readonly useBuffers?: boolean;
}

/**
 * A copy of a model whose weights are averages of the model's (Izmailov et al. 2018, "Averaging Weights Leads to
 * Wider Optima and Better Generalization"): `updateParameters` takes over the first weights as they are, and
 * averages from then on. After plain means, `updateBn` renews the statistics of batch normalisation.
 *
 * @example
 * const averaged = new optim.swaUtils.AveragedModel(net, { avgFn: optim.swaUtils.getEmaAvgFn(0.99) });
 * for await (const [data, target] of testLoader) {
 *   optimizer.zeroGrad();
 *   criterion.forward(net.forward(data), target).backward();
 *   optimizer.step();
 *   averaged.updateParameters(net);
 * }
 * averaged.eval().forward(images); // (4, 10)
 */
export class AveragedModel<M extends Module = Module> extends Module {
  /** The copy, with the averages. */
  readonly module: M;
  /** How often `updateParameters` was called, an i32 scalar. */
  readonly nAveraged: Buffer;
  private readonly avgFn: AverageFunction;
  private readonly useBuffers: boolean;

  constructor(model: M, { avgFn, useBuffers = false }: AveragedModelOptions = {}) {
    super();
    this.module = model.clone();
    this.nAveraged = new Buffer(tensor(0, { dtype: "i32" }));
    this.avgFn = avgFn ?? getSwaAvgFn();
    this.useBuffers = useBuffers;
  }

  /** What the model computes with the averages. */
  override forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    return this.module.forward(...inputs) as ReturnType<M["forward"]>;
  }

  /**
   * Averages the model's present weights in. What is to be computed joins the program of the next step.
   *
   * @throws Error for a model of another structure.
   */
  updateParameters(model: Module): void {
    const count = this.nAveraged.detach();
    noGrad(() => {
      for (const [own, current] of this.pairs(model))
        own.rebind(
          this.useBuffers || own instanceof Parameter ? this.average(own, current, count) : current,
        );
      this.nAveraged.rebind(count.add(1));
    });
  }

  private average(own: CellTensor, current: Tensor, count: Tensor): Tensor {
    const next = this.avgFn(own.detach(), current, count);
    // Of what is counted, averages are rounded towards 0.
    const rounded = isFloat(own.dtype) ? next : next.to(own.dtype);
    return where(count.eq(0), current, rounded);
  }

  /** The parameters and buffers of both models. */
  private pairs(model: Module): [CellTensor, Tensor][] {
    const [own, others] = [this.module.stateDict(), model.stateDict()];
    const names = Object.keys(own);
    const missing = names.filter((name) => !Object.hasOwn(others, name));
    if (missing.length > 0 || names.length !== Object.keys(others).length)
      throw new Error(
        `updateParameters: expected a model like the one that is averaged, with ${names.length} ` +
          `parameters and buffers, got one with ${Object.keys(others).length}` +
          (missing.length > 0 ? ` and without ${missing.join(", ")}` : ""),
      );
    return names.map((name) => [own[name], others[name].detach()]);
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }
}

/**
 * Computes the running means and variances of all batch normalisations anew, as plain means over the batches of
 * `loader`: after weights have been averaged, those of training no longer fit.
 *
 * @param loader - Batches: tensors, or lists of which the first entry is the model's input.
 * @throws TypeError for other batches.
 *
 * @example
 * const averaged = new optim.swaUtils.AveragedModel(net);
 * await optim.swaUtils.updateBn(testLoader, averaged);
 */
export async function updateBn(
  loader: AsyncIterable<unknown> | Iterable<unknown>,
  model: Module,
): Promise<void> {
  const norms = model.modules().filter(isBatchNorm);
  if (norms.length === 0) return;
  const training = new Map(model.modules().map((module) => [module, module.training]));
  const momenta = norms.map(({ momentum }) => momentum);
  const forward = model.forward.bind(model) as (x: Tensor) => unknown;
  for (const norm of norms) norm.resetRunningStats();
  model.train();
  try {
    for (const norm of norms) norm.momentum = null;
    for await (const batch of loader) {
      const x: unknown = Array.isArray(batch) ? batch[0] : batch;
      if (!(x instanceof Tensor))
        throw new TypeError(
          `updateBn: expected batches of tensors, or lists that begin with one, got a ${typeof x}`,
        );
      noGrad(() => forward(x));
      flushCells(norms.flatMap((norm) => norm.buffers()));
    }
  } finally {
    norms.forEach((norm, i) => (norm.momentum = momenta[i]));
    for (const [module, mode] of training) module.training = mode;
  }
}

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;

const isBatchNorm = (module: Module): module is BatchNorm =>
  [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((Kind) => module instanceof Kind);
