import { maxUnpool1d, maxUnpool2d, maxUnpool3d, type UnpoolOptions } from "../extra/max-pooling.ts";
import { type Shape } from "../ir/shape.ts";
import { type PerAxis, type Tensor } from "../tensor/index.ts";
import { perAxis } from "../tensor/spatial.ts";
import { Module } from "./module.ts";
import { showSettings } from "./repr.ts";

/** Options of `MaxUnpool1d` … `MaxUnpool3d`: those of the pool. */
export interface UnpoolLayerOptions {
  /** Distance of windows. Default: their size. */
  readonly stride?: PerAxis;
  /** Default 0. */
  readonly padding?: PerAxis;
}

/** Puts entries back to where a pool took them from. */
abstract class MaxUnpool extends Module {
  /** One number an axis. */
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];

  protected constructor(spatial: number, kernelSize: PerAxis, options: UnpoolLayerOptions) {
    super();
    const what = this.constructor.name;
    this.kernelSize = perAxis(kernelSize, spatial, "kernelSize", what, 1);
    this.stride = perAxis(options.stride ?? kernelSize, spatial, "stride", what, 1);
    this.padding = perAxis(options.padding ?? 0, spatial, "padding", what, 0);
  }

  protected options(outputSize: Shape | undefined): UnpoolOptions {
    return { stride: this.stride, padding: this.padding, outputSize };
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    return showSettings({ kernelSize, stride, padding });
  }
}

/**
 * Entries of a pooled tensor (N, C, L) put back to the positions that `MaxPool1d.forwardWithIndices` gave,
 * and 0 elsewhere.
 *
 * @example
 * const pool = new nn.MaxPool1d(2);
 * const { values, indices } = pool.forwardWithIndices(tensor([[[1, 3, 2, 0]]]));
 * new nn.MaxUnpool1d(2).forward(values, indices); // [[[0, 3, 2, 0]]]
 */
export class MaxUnpool1d extends MaxUnpool {
  /** @throws RangeError for settings out of range. */
  constructor(kernelSize: PerAxis, options: UnpoolLayerOptions = {}) {
    super(1, kernelSize, options);
  }

  /** @param outputSize - Sizes of the result, of which the last one counts. */
  forward(x: Tensor, indices: Tensor, outputSize?: Shape): Tensor {
    return maxUnpool1d(x, indices, this.kernelSize, this.options(outputSize));
  }
}

/**
 * Entries of a pooled tensor (N, C, H, W) put back to the positions that `MaxPool2d.forwardWithIndices` gave,
 * and 0 elsewhere.
 *
 * @example
 * const at = tensor([[[[1]]]], { dtype: "i32" });
 * new nn.MaxUnpool2d(2).forward(tensor([[[[3]]]]), at); // [[[[0, 3], [0, 0]]]]
 */
export class MaxUnpool2d extends MaxUnpool {
  /** @throws RangeError for settings out of range. */
  constructor(kernelSize: PerAxis, options: UnpoolLayerOptions = {}) {
    super(2, kernelSize, options);
  }

  /** @param outputSize - Sizes of the result, of which the last 2 count. */
  forward(x: Tensor, indices: Tensor, outputSize?: Shape): Tensor {
    return maxUnpool2d(x, indices, this.kernelSize, this.options(outputSize));
  }
}

/**
 * Entries of a pooled tensor (N, C, D, H, W) put back to the positions that `MaxPool3d.forwardWithIndices` gave,
 * and 0 elsewhere.
 *
 * @example
 * const at = zeros([1, 1, 1, 1, 1], { dtype: "i32" });
 * new nn.MaxUnpool3d(2).forward(ones([1, 1, 1, 1, 1]), at); // (1, 1, 2, 2, 2)
 */
export class MaxUnpool3d extends MaxUnpool {
  /** @throws RangeError for settings out of range. */
  constructor(kernelSize: PerAxis, options: UnpoolLayerOptions = {}) {
    super(3, kernelSize, options);
  }

  /** @param outputSize - Sizes of the result, of which the last 3 count. */
  forward(x: Tensor, indices: Tensor, outputSize?: Shape): Tensor {
    return maxUnpool3d(x, indices, this.kernelSize, this.options(outputSize));
  }
}
