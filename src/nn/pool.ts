import {
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3dWithIndices,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3dWithIndices,
  type PooledIndices,
} from "../extra/max-pooling.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type OutputSize,
} from "../tensor/adaptive-pooling.ts";
import { type Tensor } from "../tensor/index.ts";
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type AvgPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type MaxPoolOptions,
} from "../tensor/pooling.ts";
import { type PerAxis } from "../tensor/spatial.ts";
import { Layer } from "./module.ts";
import { showSettings } from "./repr.ts";

/** A pool with a window. */
abstract class Pool<
  O extends { readonly stride?: PerAxis; readonly padding?: PerAxis },
> extends Layer {
  readonly kernelSize: PerAxis;
  readonly options: O;

  constructor(kernelSize: PerAxis, options: O = {} as O) {
    super();
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  override extraRepr(): string {
    const { kernelSize, options } = this;
    const { stride = kernelSize, padding = 0 } = options;
    return showSettings({ kernelSize, stride, padding });
  }
}

/** A pool of largest entries. */
abstract class MaxPool extends Pool<MaxPoolOptions> {
  override extraRepr(): string {
    const { dilation = 1, ceilMode = false } = this.options;
    return `${super.extraRepr()}, ${showSettings({ dilation, ceilMode })}`;
  }
}

/** A pool with an output of given size. */
abstract class AdaptivePool extends Layer {
  readonly outputSize: OutputSize;

  constructor(outputSize: OutputSize) {
    super();
    this.outputSize = outputSize;
  }

  override extraRepr(): string {
    return showSettings({ outputSize: this.outputSize });
  }
}

/**
 * The largest entry of each window: (N, C, L) gives (N, C, L'); see `functional.maxPool1d`.
 *
 * @example
 * new nn.MaxPool1d(2).forward(tensor([[[1, 3, 2, 5]]])); // [[[3, 5]]]
 */
export class MaxPool1d extends MaxPool {
  forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }

  /** The result, and the positions of its entries in the flattened spatial axes: what unpooling takes. */
  forwardWithIndices(x: Tensor): PooledIndices {
    return maxPool1dWithIndices(x, this.kernelSize, this.options);
  }
}

/**
 * The largest entry of each window: (N, C, H, W) gives (N, C, H', W'); see `functional.maxPool2d`.
 *
 * @example
 * new nn.MaxPool2d(2).forward(rand([8, 6, 28, 28])); // (8, 6, 14, 14)
 */
export class MaxPool2d extends MaxPool {
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }

  /** The result, and the positions of its entries in the flattened spatial axes: what unpooling takes. */
  forwardWithIndices(x: Tensor): PooledIndices {
    return maxPool2dWithIndices(x, this.kernelSize, this.options);
  }
}

/**
 * The largest entry of each window: (N, C, D, H, W) gives (N, C, D', H', W').
 *
 * @example
 * new nn.MaxPool3d(2).forward(rand([2, 4, 8, 8, 8])); // (2, 4, 4, 4, 4)
 */
export class MaxPool3d extends MaxPool {
  forward(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, this.options);
  }

  /** The result, and the positions of its entries in the flattened spatial axes: what unpooling takes. */
  forwardWithIndices(x: Tensor): PooledIndices {
    return maxPool3dWithIndices(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window: (N, C, L) gives (N, C, L'); see `functional.avgPool1d`.
 *
 * @example
 * new nn.AvgPool1d(2).forward(tensor([[[1, 3, 2, 6]]])); // [[[2, 4]]]
 */
export class AvgPool1d extends Pool<AvgPoolOptions> {
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window: (N, C, H, W) gives (N, C, H', W').
 *
 * @example
 * new nn.AvgPool2d(2).forward(rand([8, 6, 28, 28])); // (8, 6, 14, 14)
 */
export class AvgPool2d extends Pool<AvgPoolOptions> {
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window: (N, C, D, H, W) gives (N, C, D', H', W').
 *
 * @example
 * new nn.AvgPool3d(2).forward(rand([2, 4, 8, 8, 8])); // (2, 4, 4, 4, 4)
 */
export class AvgPool3d extends Pool<AvgPoolOptions> {
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}

/**
 * Means of `outputSize` windows that cover the last axis of (N, C, L).
 *
 * @example
 * new nn.AdaptiveAvgPool1d(2).forward(tensor([[[1, 3, 2, 6]]])); // [[[2, 4]]]
 */
export class AdaptiveAvgPool1d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * Means of windows that cover the last two axes of (N, C, H, W), as many as `outputSize` says.
 *
 * @example
 * new nn.AdaptiveAvgPool2d(1).forward(rand([8, 512, 4, 4])); // (8, 512, 1, 1)
 */
export class AdaptiveAvgPool2d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * Means of windows that cover the last three axes of (N, C, D, H, W).
 *
 * @example
 * new nn.AdaptiveAvgPool3d(1).forward(rand([2, 4, 8, 8, 8])); // (2, 4, 1, 1, 1)
 */
export class AdaptiveAvgPool3d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

/**
 * The largest entries of `outputSize` windows that cover the last axis of (N, C, L).
 *
 * @example
 * new nn.AdaptiveMaxPool1d(2).forward(tensor([[[1, 3, 2, 6]]])); // [[[3, 6]]]
 */
export class AdaptiveMaxPool1d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this.outputSize);
  }

  /** The result, and the positions of its entries in the flattened spatial axes. */
  forwardWithIndices(x: Tensor): PooledIndices {
    return adaptiveMaxPool1dWithIndices(x, this.outputSize);
  }
}

/**
 * The largest entries of windows that cover the last two axes of (N, C, H, W).
 *
 * @example
 * new nn.AdaptiveMaxPool2d([2, 3]).forward(rand([8, 6, 28, 28])); // (8, 6, 2, 3)
 */
export class AdaptiveMaxPool2d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }

  /** The result, and the positions of its entries in the flattened spatial axes. */
  forwardWithIndices(x: Tensor): PooledIndices {
    return adaptiveMaxPool2dWithIndices(x, this.outputSize);
  }
}

/**
 * The largest entries of windows that cover the last three axes of (N, C, D, H, W).
 *
 * @example
 * new nn.AdaptiveMaxPool3d(1).forward(rand([2, 4, 8, 8, 8])); // (2, 4, 1, 1, 1)
 */
export class AdaptiveMaxPool3d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool3d(x, this.outputSize);
  }

  /** The result, and the positions of its entries in the flattened spatial axes. */
  forwardWithIndices(x: Tensor): PooledIndices {
    return adaptiveMaxPool3dWithIndices(x, this.outputSize);
  }
}
