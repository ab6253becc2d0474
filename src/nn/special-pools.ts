import { lpPool1d, lpPool2d, lpPool3d, type LPPoolOptions } from "../extra/lp-pooling.ts";
import {
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type FractionalPoolOptions,
  fractionalSizes,
} from "../extra/fractional-pooling.ts";
import { type PooledIndices } from "../extra/max-pooling.ts";
import { type PerAxis, type Tensor } from "../tensor/index.ts";
import { perAxis } from "../tensor/spatial.ts";
import { Layer } from "./module.ts";
import { showSettings } from "./repr.ts";

/** A pool of powers. */
abstract class LPPool extends Layer {
  /** The order p. */
  readonly normType: number;
  readonly kernelSize: PerAxis;
  readonly options: LPPoolOptions;

  constructor(normType: number, kernelSize: PerAxis, options: LPPoolOptions = {}) {
    super();
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  override extraRepr(): string {
    const { normType, kernelSize, options } = this;
    const { stride = null, ceilMode = false } = options;
    return showSettings({ normType, kernelSize, stride, ceilMode });
  }
}

/**
 * `(Σ xᵖ)^(1/p)` of each window of (N, C, L); of order Infinity the largest magnitude.
 *
 * @example
 * new nn.LPPool1d(2, 2).forward(tensor([[[3, 4, 0, 5]]])); // [[[5, 5]]]
 */
export class LPPool1d extends LPPool {
  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * `(Σ xᵖ)^(1/p)` of each window of (N, C, H, W); of order Infinity the largest magnitude.
 *
 * @example
 * new nn.LPPool2d(2, 2).forward(ones([1, 1, 2, 2])); // [[[[2]]]]
 */
export class LPPool2d extends LPPool {
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * `(Σ xᵖ)^(1/p)` of each window of (N, C, D, H, W); of order Infinity the largest magnitude.
 *
 * @example
 * new nn.LPPool3d(3, 2).forward(ones([1, 1, 2, 2, 2])); // [[[[[2]]]]]
 */
export class LPPool3d extends LPPool {
  forward(x: Tensor): Tensor {
    return lpPool3d(x, this.normType, this.kernelSize, this.options);
  }
}

/** A pool with windows at drawn distances. */
abstract class FractionalMaxPool extends Layer {
  /** One number an axis. */
  readonly kernelSize: readonly number[];
  readonly options: FractionalPoolOptions;

  protected constructor(spatial: number, kernelSize: PerAxis, options: FractionalPoolOptions) {
    super();
    const what = this.constructor.name;
    this.kernelSize = perAxis(kernelSize, spatial, "kernelSize", what, 1);
    // Throws for settings that no input fits.
    fractionalSizes(new Array<number>(spatial).fill(1), options, what);
    this.options = { ...options };
  }

  /** The result, and the positions of its entries in the flattened spatial axes: what unpooling takes. */
  abstract forwardWithIndices(x: Tensor): PooledIndices;

  forward(x: Tensor): Tensor {
    return this.forwardWithIndices(x).values;
  }

  override extraRepr(): string {
    const { outputSize, outputRatio } = this.options;
    return showSettings({ kernelSize: this.kernelSize, outputSize, outputRatio });
  }
}

/**
 * The largest entries of windows of (N, C, H, W) whose distances are drawn so that as many fit as
 * `outputSize` or `outputRatio` says (Graham 2014).
 *
 * @example
 * new nn.FractionalMaxPool2d(2, { outputSize: 5 }).forward(rand([2, 3, 9, 9])); // (2, 3, 5, 5)
 */
export class FractionalMaxPool2d extends FractionalMaxPool {
  /** @throws RangeError when not one of `outputSize` and `outputRatio` is given, or one is out of range. */
  constructor(kernelSize: PerAxis, options: FractionalPoolOptions) {
    super(2, kernelSize, options);
  }

  forwardWithIndices(x: Tensor): PooledIndices {
    return fractionalMaxPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The largest entries of windows of (N, C, D, H, W) whose distances are drawn so that as many fit as
 * `outputSize` or `outputRatio` says (Graham 2014).
 *
 * @example
 * new nn.FractionalMaxPool3d(2, { outputRatio: 0.5 }).forward(rand([1, 2, 6, 6, 6])); // (1, 2, 3, 3, 3)
 */
export class FractionalMaxPool3d extends FractionalMaxPool {
  /** @throws RangeError when not one of `outputSize` and `outputRatio` is given, or one is out of range. */
  constructor(kernelSize: PerAxis, options: FractionalPoolOptions) {
    super(3, kernelSize, options);
  }

  forwardWithIndices(x: Tensor): PooledIndices {
    return fractionalMaxPool3d(x, this.kernelSize, this.options);
  }
}
