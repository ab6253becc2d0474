import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "./batch-norm.ts";
import {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type RunningNormOptions,
} from "./batch-norm.ts";
import { Conv1d, Conv2d, Conv3d, type ConvLayerOptions } from "./conv.ts";
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
} from "./conv-transpose.ts";
import { type PerAxis } from "../tensor/spatial.ts";
import { lazy, type LazyPlan } from "./lazy-layer.ts";
import { Linear, type LinearOptions } from "./linear.ts";

// Layers whose sizes come from their first input.

/**
 * `Linear` whose inFeatures come from its first input: until then weight and bias have no shape. Afterwards it
 * is a `Linear`, with the values that one made at that moment starts with. An optimiser may be made before.
 *
 * @example
 * const layer = new nn.LazyLinear(3);
 * layer.hasUninitializedParams(); // true
 * layer.forward(rand([2, 4])); // (2, 3)
 * layer.weight; // (3, 4)
 */
export class LazyLinear extends lazy(Linear) {
  /** @throws RangeError for an outFeatures that is no integer >= 1. */
  constructor(outFeatures: number, options: LinearOptions = {}) {
    super({ size: "inFeatures", make: (size) => new Linear(size, outFeatures, options) });
  }
}

/** Channels of inputs with one axis of samples, or none. */
const channels = (spatial: number): Pick<LazyPlan, "size" | "axes"> => ({
  size: "inChannels",
  axes: { [spatial + 1]: 0, [spatial + 2]: 1 },
});

/**
 * `Conv1d` whose inChannels come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyConv1d(8, 3).forward(rand([2, 3, 9])); // (2, 8, 7)
 */
export class LazyConv1d extends lazy(Conv1d) {
  /** @throws As `Conv1d`, and at the first input where groups do not divide its channels. */
  constructor(outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions = {}) {
    super({
      ...channels(1),
      possible: options.groups,
      make: (size) => new Conv1d(size, outChannels, kernelSize, options),
    });
  }
}

/**
 * `Conv2d` whose inChannels come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyConv2d(8, 3).forward(rand([2, 3, 9, 9])); // (2, 8, 7, 7)
 */
export class LazyConv2d extends lazy(Conv2d) {
  /** @throws As `Conv2d`, and at the first input where groups do not divide its channels. */
  constructor(outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions = {}) {
    super({
      ...channels(2),
      possible: options.groups,
      make: (size) => new Conv2d(size, outChannels, kernelSize, options),
    });
  }
}

/**
 * `Conv3d` whose inChannels come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyConv3d(8, 3).forward(rand([2, 3, 9, 9, 9])); // (2, 8, 7, 7, 7)
 */
export class LazyConv3d extends lazy(Conv3d) {
  /** @throws As `Conv3d`, and at the first input where groups do not divide its channels. */
  constructor(outChannels: number, kernelSize: PerAxis, options: ConvLayerOptions = {}) {
    super({
      ...channels(3),
      possible: options.groups,
      make: (size) => new Conv3d(size, outChannels, kernelSize, options),
    });
  }
}

/**
 * `ConvTranspose1d` whose inChannels come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyConvTranspose1d(2, 2, { stride: 2 }).forward(rand([2, 4, 3])); // (2, 2, 6)
 */
export class LazyConvTranspose1d extends lazy(ConvTranspose1d) {
  /** @throws As `ConvTranspose1d`, and at the first input where groups do not divide its channels. */
  constructor(outChannels: number, kernelSize: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super({
      ...channels(1),
      possible: options.groups,
      make: (size) => new ConvTranspose1d(size, outChannels, kernelSize, options),
    });
  }
}

/**
 * `ConvTranspose2d` whose inChannels come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyConvTranspose2d(2, 2, { stride: 2 }).forward(rand([2, 4, 3, 3])); // (2, 2, 6, 6)
 */
export class LazyConvTranspose2d extends lazy(ConvTranspose2d) {
  /** @throws As `ConvTranspose2d`, and at the first input where groups do not divide its channels. */
  constructor(outChannels: number, kernelSize: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super({
      ...channels(2),
      possible: options.groups,
      make: (size) => new ConvTranspose2d(size, outChannels, kernelSize, options),
    });
  }
}

/**
 * `ConvTranspose3d` whose inChannels come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyConvTranspose3d(2, 2, { stride: 2 }).forward(rand([2, 4, 3, 3, 3])); // (2, 2, 6, 6, 6)
 */
export class LazyConvTranspose3d extends lazy(ConvTranspose3d) {
  /** @throws As `ConvTranspose3d`, and at the first input where groups do not divide its channels. */
  constructor(outChannels: number, kernelSize: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super({
      ...channels(3),
      possible: options.groups,
      make: (size) => new ConvTranspose3d(size, outChannels, kernelSize, options),
    });
  }
}

/**
 * `BatchNorm1d` whose numFeatures come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyBatchNorm1d().forward(rand([2, 4, 3])); // (2, 4, 3)
 */
export class LazyBatchNorm1d extends lazy(BatchNorm1d) {
  /** @throws As `BatchNorm1d`. */
  constructor(options: RunningNormOptions = {}) {
    super({
      size: "numFeatures",
      axes: { 2: 1, 3: 1 },
      make: (size) => new BatchNorm1d(size, options),
    });
  }
}

/**
 * `BatchNorm2d` whose numFeatures come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyBatchNorm2d().forward(rand([2, 4, 3, 3])); // (2, 4, 3, 3)
 */
export class LazyBatchNorm2d extends lazy(BatchNorm2d) {
  /** @throws As `BatchNorm2d`. */
  constructor(options: RunningNormOptions = {}) {
    super({
      size: "numFeatures",
      axes: { 4: 1 },
      make: (size) => new BatchNorm2d(size, options),
    });
  }
}

/**
 * `BatchNorm3d` whose numFeatures come from its first input; see `LazyLinear`.
 *
 * @example
 * new nn.LazyBatchNorm3d().forward(rand([2, 4, 3, 3, 3])); // (2, 4, 3, 3, 3)
 */
export class LazyBatchNorm3d extends lazy(BatchNorm3d) {
  /** @throws As `BatchNorm3d`. */
  constructor(options: RunningNormOptions = {}) {
    super({
      size: "numFeatures",
      axes: { 5: 1 },
      make: (size) => new BatchNorm3d(size, options),
    });
  }
}

/** What is the default of lazy norms of instances alone. */
const tracked = { affine: true, trackRunningStats: true };

/**
 * `InstanceNorm1d` whose numFeatures come from its first input; see `LazyLinear`. Unlike it, as in PyTorch, it
 * is affine and keeps running moments unless options say otherwise.
 *
 * @example
 * new nn.LazyInstanceNorm1d().forward(rand([2, 4, 3])); // (2, 4, 3)
 */
export class LazyInstanceNorm1d extends lazy(InstanceNorm1d) {
  /** @throws As `InstanceNorm1d`. */
  constructor(options: RunningNormOptions = {}) {
    super({
      ...channels(1),
      size: "numFeatures",
      make: (size) => new InstanceNorm1d(size, { ...tracked, ...options }),
    });
  }
}

/**
 * `InstanceNorm2d` whose numFeatures come from its first input; see `LazyLinear`. Unlike it, as in PyTorch, it
 * is affine and keeps running moments unless options say otherwise.
 *
 * @example
 * new nn.LazyInstanceNorm2d().forward(rand([2, 4, 3, 3])); // (2, 4, 3, 3)
 */
export class LazyInstanceNorm2d extends lazy(InstanceNorm2d) {
  /** @throws As `InstanceNorm2d`. */
  constructor(options: RunningNormOptions = {}) {
    super({
      ...channels(2),
      size: "numFeatures",
      make: (size) => new InstanceNorm2d(size, { ...tracked, ...options }),
    });
  }
}

/**
 * `InstanceNorm3d` whose numFeatures come from its first input; see `LazyLinear`. Unlike it, as in PyTorch, it
 * is affine and keeps running moments unless options say otherwise.
 *
 * @example
 * new nn.LazyInstanceNorm3d().forward(rand([2, 4, 3, 3, 3])); // (2, 4, 3, 3, 3)
 */
export class LazyInstanceNorm3d extends lazy(InstanceNorm3d) {
  /** @throws As `InstanceNorm3d`. */
  constructor(options: RunningNormOptions = {}) {
    super({
      ...channels(3),
      size: "numFeatures",
      make: (size) => new InstanceNorm3d(size, { ...tracked, ...options }),
    });
  }
}
