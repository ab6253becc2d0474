import { type DType } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { ones, tensor, type Tensor, zeros } from "../tensor/index.ts";
import { batchNorm, instanceNorm } from "../tensor/normalization.ts";
import { checkSize } from "./checks.ts";
import { constant_, ones_, zeros_ } from "./init.ts";
import { Layer, type Named } from "./module.ts";
import { torchFields } from "./names.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { joined, showSettings } from "./repr.ts";

/** Options of `BatchNorm1d` … `BatchNorm3d`, and of `InstanceNorm1d` … `InstanceNorm3d`. */
export interface RunningNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /**
   * Share of a batch's moments in the running ones; `null` makes these the plain mean of all batches'.
   * Default 0.1.
   */
  readonly momentum?: number | null;
  /** Whether there is a weight, and unless `bias` is false a bias. Default true for batches, false for instances. */
  readonly affine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  readonly bias?: boolean;
  /**
   * Whether running moments are kept, to be used after `eval()`. Default true for batches, false for
   * instances.
   */
  readonly trackRunningStats?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/** What normalisations by batches and by instances have in common. */
abstract class RunningNorm extends Layer {
  readonly numFeatures: number;
  readonly eps: number;
  momentum: number | null;
  /** (numFeatures) */
  readonly weight: Parameter | undefined;
  /** (numFeatures) */
  readonly bias: Parameter | undefined;
  /** (numFeatures) */
  readonly runningMean: Buffer | undefined;
  /** (numFeatures) */
  readonly runningVar: Buffer | undefined;
  /** Batches that the running moments have seen, an i32 scalar. */
  readonly numBatchesTracked: Buffer | undefined;
  /** Numbers of axes that an input may have. */
  protected readonly ranks: readonly number[];

  protected constructor(
    ranks: readonly number[],
    numFeatures: number,
    options: Required<Pick<RunningNormOptions, "affine" | "trackRunningStats">> &
      RunningNormOptions,
  ) {
    super();
    const what = this.constructor.name;
    const { eps = 1e-5, momentum = 0.1, affine, trackRunningStats } = options;
    const { bias = true, dtype = "f32" } = options;
    checkSize(numFeatures, "numFeatures", what);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1))
      throw new RangeError(`${what}: momentum must be from 0 to 1 or null, got ${momentum}`);
    this.ranks = ranks;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([numFeatures], { dtype })) : undefined;
    this.bias = affine && bias ? new Parameter(zeros([numFeatures], { dtype })) : undefined;
    this.runningMean = trackRunningStats ? new Buffer(zeros([numFeatures], { dtype })) : undefined;
    this.runningVar = trackRunningStats ? new Buffer(ones([numFeatures], { dtype })) : undefined;
    this.numBatchesTracked = trackRunningStats
      ? new Buffer(tensor(0, { dtype: "i32" }))
      : undefined;
  }

  /** Forgets the running moments. */
  resetRunningStats(): void {
    if (this.runningMean) zeros_(this.runningMean);
    if (this.runningVar) ones_(this.runningVar);
    if (this.numBatchesTracked) constant_(this.numBatchesTracked, 0);
  }

  /** Sets weight to 1 and bias to 0, and forgets the running moments. */
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum } = this;
    const [affine, bias] = [this.weight !== undefined, this.bias !== undefined];
    const trackRunningStats = this.runningMean !== undefined;
    return joined(numFeatures, showSettings({ eps, momentum, affine, bias, trackRunningStats }));
  }

  /** Counts a batch, and returns its share in the running moments. */
  protected countBatch(): number | Tensor {
    if (this.numBatchesTracked)
      this.numBatchesTracked.rebind(this.numBatchesTracked.detach().add(1));
    if (this.momentum !== null) return this.momentum;
    return this.numBatchesTracked ? this.numBatchesTracked.to("f64").reciprocal() : 0;
  }

  protected checkInput(x: Tensor, channelAxis: number): void {
    if (!this.ranks.includes(x.ndim) || x.shape[channelAxis] !== this.numFeatures)
      throw new Error(
        `${this.constructor.name}: expected an input of ${this.ranks.join(" or ")} axes with ` +
          `${this.numFeatures} channels in axis ${channelAxis}, got ${showShape(x.shape)}`,
      );
  }

  protected override fields(): Iterable<Named<unknown>> {
    return torchFields(super.fields());
  }
}

abstract class BatchNorm extends RunningNorm {
  protected constructor(
    ranks: readonly number[],
    numFeatures: number,
    options: RunningNormOptions,
  ) {
    super(ranks, numFeatures, { affine: true, trackRunningStats: true, ...options });
  }

  forward(x: Tensor): Tensor {
    this.checkInput(x, 1);
    const { weight, bias, eps, runningMean, runningVar } = this;
    const update = this.training;
    const momentum = update ? this.countBatch() : 0;
    const training = update || runningMean === undefined;
    return batchNorm(x, runningMean, runningVar, { weight, bias, training, momentum, eps });
  }
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) of (N, numFeatures) or (N, numFeatures, L): in training each
 * channel by the mean and the variance of the batch, which also move the running ones; after `eval()` by
 * the running ones. See `functional.batchNorm`. Weight starts at 1 and bias at 0.
 *
 * @example
 * new nn.BatchNorm1d(2).forward(tensor([[1, 10], [3, 30]])); // [[-1.0000, -1.0000], [1.0000, 1.0000]]
 */
export class BatchNorm1d extends BatchNorm {
  /** @throws RangeError for numFeatures that is no integer >= 1, and a momentum outside [0, 1]. */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super([2, 3], numFeatures, options);
  }
}

/**
 * `BatchNorm1d` for images (N, numFeatures, H, W).
 *
 * @example
 * new nn.BatchNorm2d(16).forward(rand([8, 16, 32, 32]));
 */
export class BatchNorm2d extends BatchNorm {
  /** @throws As `BatchNorm1d`. */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super([4], numFeatures, options);
  }
}

/**
 * `BatchNorm1d` for volumes (N, numFeatures, D, H, W).
 *
 * @example
 * new nn.BatchNorm3d(4).forward(rand([2, 4, 8, 8, 8])); // (2, 4, 8, 8, 8)
 */
export class BatchNorm3d extends BatchNorm {
  /** @throws As `BatchNorm1d`. */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super([5], numFeatures, options);
  }
}

/** Unlike batches, instances are not counted, and one of them needs no axis of samples. */
abstract class InstanceNorm extends RunningNorm {
  protected constructor(rank: number, numFeatures: number, options: RunningNormOptions) {
    super([rank, rank + 1], numFeatures, {
      affine: false,
      trackRunningStats: false,
      ...options,
    });
  }

  forward(x: Tensor): Tensor {
    const single = x.ndim === this.ranks[0];
    this.checkInput(x, single ? 0 : 1);
    const { weight, bias, eps, runningMean, runningVar } = this;
    const useInputStats = this.training || runningMean === undefined;
    const momentum = this.momentum ?? 0;
    const y = instanceNorm(single ? x.unsqueeze(0) : x, {
      weight,
      bias,
      eps,
      runningMean,
      runningVar,
      useInputStats,
      momentum,
    });
    return single ? y.squeeze(0) : y;
  }
}

/**
 * Instance normalisation (Ulyanov et al. 2016) of (N, numFeatures, L) or (numFeatures, L): each channel of
 * each sample by its own mean and variance, or with `trackRunningStats` after `eval()` by running ones. See
 * `functional.instanceNorm`.
 *
 * @example
 * new nn.InstanceNorm1d(1).forward(tensor([[[1, 3]]])); // [[[-1.0000, 1.0000]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  /** @throws RangeError for numFeatures that is no integer >= 1, and a momentum outside [0, 1]. */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super(2, numFeatures, options);
  }
}

/**
 * `InstanceNorm1d` for images (N, numFeatures, H, W) or (numFeatures, H, W).
 *
 * @example
 * new nn.InstanceNorm2d(3).forward(rand([8, 3, 16, 16])); // (8, 3, 16, 16)
 */
export class InstanceNorm2d extends InstanceNorm {
  /** @throws As `InstanceNorm1d`. */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super(3, numFeatures, options);
  }
}

/**
 * `InstanceNorm1d` for volumes (N, numFeatures, D, H, W) or (numFeatures, D, H, W).
 *
 * @example
 * new nn.InstanceNorm3d(3).forward(rand([2, 3, 4, 4, 4])); // (2, 3, 4, 4, 4)
 */
export class InstanceNorm3d extends InstanceNorm {
  /** @throws As `InstanceNorm1d`. */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    super(4, numFeatures, options);
  }
}
