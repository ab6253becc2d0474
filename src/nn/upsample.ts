import { interpolate, type ResizeOptions } from "../extra/interpolate.ts";
import { showShape } from "../ir/shape.ts";
import { type PerAxis, type Tensor } from "../tensor/index.ts";
import { Layer } from "./module.ts";
import { showSettings } from "./repr.ts";

/**
 * Another size for the spatial axes of (N, C, …), by the mode's rule; see `functional.interpolate`.
 *
 * @example
 * new nn.Upsample({ scaleFactor: 2 }).forward(rand([8, 3, 16, 16])); // (8, 3, 32, 32)
 * new nn.Upsample({ size: 4, mode: "linear" }).forward(tensor([[[0, 1]]])); // [[[0, 0.25, 0.75, 1]]]
 */
export class Upsample extends Layer {
  readonly options: ResizeOptions;

  /** @throws RangeError when not one of `size` and `scaleFactor` is given. */
  constructor(options: ResizeOptions) {
    super();
    if ((options.size === undefined) === (options.scaleFactor === undefined))
      throw new RangeError(
        `${this.constructor.name}: expected one of size and scaleFactor, got ` +
          (options.size === undefined ? "none" : "both"),
      );
    if (options.recomputeScaleFactor && options.size !== undefined)
      throw new RangeError(
        `${this.constructor.name}: recomputeScaleFactor is for a scaleFactor; a size is its own ratio`,
      );
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode = "nearest" } = this.options;
    return showSettings({ size, scaleFactor, mode });
  }
}

/** The size of an image's result: one of the two. */
export interface UpsamplingOptions {
  /** Sizes of the spatial axes of the result. */
  readonly size?: PerAxis;
  /** Factors of the spatial axes. */
  readonly scaleFactor?: PerAxis;
}

const checkImages = (x: Tensor, what: string): void => {
  if (x.ndim !== 4)
    throw new RangeError(`${what}: expected images (N, C, H, W), got ${showShape(x.shape)}`);
};

/**
 * `Upsample` of images (N, C, H, W) by the nearest pixel.
 *
 * @example
 * new nn.UpsamplingNearest2d({ scaleFactor: 2 }).forward(rand([8, 3, 4, 4])); // (8, 3, 8, 8)
 */
export class UpsamplingNearest2d extends Upsample {
  /** @throws RangeError when not one of `size` and `scaleFactor` is given. */
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: "nearest" });
  }

  override forward(x: Tensor): Tensor {
    checkImages(x, "UpsamplingNearest2d");
    return super.forward(x);
  }
}

/**
 * `Upsample` of images (N, C, H, W) between the four pixels around, with corners that stay.
 *
 * @example
 * new nn.UpsamplingBilinear2d({ size: [1, 3] }).forward(tensor([[[[0, 1]]]])); // [[[[0, 0.5, 1]]]]
 */
export class UpsamplingBilinear2d extends Upsample {
  /** @throws RangeError when not one of `size` and `scaleFactor` is given. */
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: "bilinear", alignCorners: true });
  }

  override forward(x: Tensor): Tensor {
    checkImages(x, "UpsamplingBilinear2d");
    return super.forward(x);
  }
}
