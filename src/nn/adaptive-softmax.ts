import { type DType, isInteger } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { cat, type Tensor, where } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { ModuleList, Sequential } from "./containers.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

/** Options of `AdaptiveLogSoftmaxWithLoss`. */
export interface AdaptiveSoftmaxOptions {
  /** By how much vectors are smaller from one cluster to the next. Default 4. */
  readonly divValue?: number;
  /** Whether the scores of the head have a bias. Default false. */
  readonly headBias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/** What `AdaptiveLogSoftmaxWithLoss.forward` gives. */
export interface AdaptiveSoftmaxResult {
  /** The log-probability of each sample's target, (N). */
  readonly output: Tensor;
  /** The mean of their negatives. */
  readonly loss: Tensor;
}

/**
 * Softmax over many classes of unequal frequency (Grave et al. 2017): the frequent ones, up to the first
 * cutoff, have scores of their own, and the others belong to clusters with smaller vectors. Classes are
 * sorted by falling frequency.
 *
 * @example
 * const softmax = new nn.AdaptiveLogSoftmaxWithLoss(64, 10000, [100, 1000]);
 * const { loss } = softmax.forward(rand([8, 64]), randint(0, 10000, [8]));
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  readonly inFeatures: number;
  readonly nClasses: number;
  /** The first class of each cluster, and at the end the number of classes. */
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly head: Linear;
  readonly tail: ModuleList<Sequential>;

  /** @throws RangeError for cutoffs that do not rise from 1 to nClasses - 1, and clusters without features. */
  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    options: AdaptiveSoftmaxOptions = {},
  ) {
    super();
    const what = "AdaptiveLogSoftmaxWithLoss";
    const { divValue = 4, headBias = false, dtype } = options;
    checkSize(inFeatures, "inFeatures", what);
    checkSize(nClasses, "nClasses", what);
    const rising = cutoffs.every(
      (c, i) => Number.isInteger(c) && c > (i === 0 ? 0 : cutoffs[i - 1]) && c < nClasses,
    );
    if (cutoffs.length === 0 || !rising)
      throw new RangeError(
        `${what}: cutoffs must be rising integers from 1 to ${nClasses - 1}, got [${cutoffs.join(", ")}]`,
      );
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = divValue;
    this.head = new Linear(inFeatures, cutoffs[0] + cutoffs.length, { bias: headBias, dtype });
    this.tail = new ModuleList(
      cutoffs.map((low, i) => {
        const size = Math.floor(inFeatures / divValue ** (i + 1));
        if (size < 1)
          throw new RangeError(
            `${what}: cluster ${i} would have no features, ${inFeatures} / ${divValue}^${i + 1} < 1: ` +
              `use fewer cutoffs or a smaller divValue`,
          );
        return new Sequential(
          new Linear(inFeatures, size, { bias: false, dtype }),
          new Linear(size, this.cutoffs[i + 1] - low, { bias: false, dtype }),
        );
      }),
    );
  }

  /** Draws new initial values. */
  resetParameters(): void {
    this.head.resetParameters();
    for (const module of this.tail.modules())
      if (module instanceof Linear) module.resetParameters();
  }

  /**
   * The log-probabilities of targets, and their loss.
   *
   * @param x - (N, inFeatures) or (inFeatures).
   * @param target - Classes (N), or one; a class outside [0, nClasses) makes the loss NaN.
   * @throws RangeError for shapes that do not fit; TypeError for targets that are no integers.
   */
  forward(x: Tensor, target: Tensor): AdaptiveSoftmaxResult {
    const what = "AdaptiveLogSoftmaxWithLoss";
    if (!isInteger(target.dtype))
      throw new TypeError(`${what}: expected classes, an integer tensor, got ${target.dtype}`);
    if (
      x.shape.at(-1) !== this.inFeatures ||
      x.ndim > 2 ||
      showShape(target.shape) !== showShape(x.shape.slice(0, -1))
    )
      throw new RangeError(
        `${what}: expected an input (N, ${this.inFeatures}) and targets (N), got ` +
          `${showShape(x.shape)} and ${showShape(target.shape)}`,
      );
    const samples = x.reshape(-1, this.inFeatures);
    const labels = target.reshape(-1).to("i32");
    const head = this.head.forward(samples).logSoftmax(1);
    const short = this.cutoffs[0];
    const pick = (logp: Tensor, at: Tensor): Tensor =>
      logp.takeAlongDim(at.clamp(0, logp.shape[1] - 1).unsqueeze(1), 1).squeeze(1);
    const known = labels.ge(0).logicalAnd(labels.lt(this.nClasses));
    let output = pick(head, labels.clamp(0, short - 1));
    [...this.tail].forEach((cluster, i) => {
      const low = this.cutoffs[i];
      const own = pick(cluster.forward(samples).logSoftmax(1), labels.sub(low));
      output = where(labels.ge(low), own.add(head.select(1, short + i)), output);
    });
    output = where(known, output, NaN);
    return { output: output.reshape(target.shape), loss: output.mean().neg() };
  }

  /** The log-probabilities of all classes: (N, inFeatures) gives (N, nClasses). */
  logProb(x: Tensor): Tensor {
    const head = this.head.forward(x).logSoftmax(1);
    const short = this.cutoffs[0];
    const clusters = [...this.tail].map((cluster, i) =>
      cluster
        .forward(x)
        .logSoftmax(1)
        .add(head.narrow(1, short + i, 1)),
    );
    return cat([head.narrow(1, 0, short), ...clusters], 1);
  }

  /** The most probable class of each sample: (N, inFeatures) gives (N), i32. */
  predict(x: Tensor): Tensor {
    return this.logProb(x).argmax(1);
  }
}
