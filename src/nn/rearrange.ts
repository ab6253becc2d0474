import {
  channelShuffle,
  localResponseNorm,
  pixelShuffle,
  pixelUnshuffle,
} from "../extra/layers.ts";
import { fold, type Pair, type PatchOptions, unfold } from "../extra/patches.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { Layer } from "./module.ts";
import { showSettings } from "./repr.ts";

// Layers without weights that move entries between channels and places, or compare channels.

/**
 * Channels as pixels: (…, C·r², H, W) becomes (…, C, H·r, W·r) for `upscaleFactor` r (Shi et al. 2016).
 *
 * @example
 * new nn.PixelShuffle(2).forward(zeros([1, 4, 2, 2])); // (1, 1, 4, 4)
 */
export class PixelShuffle extends Layer {
  readonly upscaleFactor: number;

  /** @throws RangeError for a factor that is no integer >= 1. */
  constructor(upscaleFactor: number) {
    super();
    checkSize(upscaleFactor, "upscaleFactor", "PixelShuffle");
    this.upscaleFactor = upscaleFactor;
  }

  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override extraRepr(): string {
    return showSettings({ upscaleFactor: this.upscaleFactor });
  }
}

/**
 * Pixels as channels: (…, C, H·r, W·r) becomes (…, C·r², H, W) for `downscaleFactor` r.
 *
 * @example
 * new nn.PixelUnshuffle(2).forward(zeros([1, 1, 4, 4])); // (1, 4, 2, 2)
 */
export class PixelUnshuffle extends Layer {
  readonly downscaleFactor: number;

  /** @throws RangeError for a factor that is no integer >= 1. */
  constructor(downscaleFactor: number) {
    super();
    checkSize(downscaleFactor, "downscaleFactor", "PixelUnshuffle");
    this.downscaleFactor = downscaleFactor;
  }

  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  override extraRepr(): string {
    return showSettings({ downscaleFactor: this.downscaleFactor });
  }
}

/**
 * Channels (axis 1) laid out in `groups` rows and read by columns (Zhang et al. 2018).
 *
 * @example
 * new nn.ChannelShuffle(2).forward(arange(4).reshape(1, 4, 1)).flatten(); // [0, 2, 1, 3]
 */
export class ChannelShuffle extends Layer {
  readonly groups: number;

  /** @throws RangeError for groups that are no integer >= 1. */
  constructor(groups: number) {
    super();
    checkSize(groups, "groups", "ChannelShuffle");
    this.groups = groups;
  }

  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }

  override extraRepr(): string {
    return showSettings({ groups: this.groups });
  }
}

/**
 * All patches of images (N, C, H, W) as columns: (N, C·kh·kw, L) for L patches.
 *
 * @example
 * new nn.Unfold(2).forward(rand([2, 3, 4, 4])); // (2, 12, 9)
 */
export class Unfold extends Layer {
  readonly kernelSize: Pair;
  readonly options: PatchOptions;

  constructor(kernelSize: Pair, options: PatchOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  /** @throws RangeError when the patches do not fit. */
  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const defaults = { dilation: 1, padding: 0, stride: 1 };
    return showSettings({ kernelSize: this.kernelSize, ...defaults, ...this.options });
  }
}

/**
 * Columns of patches (N, C·kh·kw, L) added up to images (N, C, H, W) of `outputSize`.
 *
 * @example
 * new nn.Fold([4, 4], 2).forward(ones([1, 4, 9])); // (1, 1, 4, 4)
 */
export class Fold extends Layer {
  readonly outputSize: Pair;
  readonly kernelSize: Pair;
  readonly options: PatchOptions;

  constructor(outputSize: Pair, kernelSize: Pair, options: PatchOptions = {}) {
    super();
    this.outputSize = outputSize;
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  /** @throws RangeError when the columns are not those of such images. */
  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { outputSize, kernelSize, options } = this;
    const defaults = { dilation: 1, padding: 0, stride: 1 };
    return showSettings({ outputSize, kernelSize, ...defaults, ...options });
  }
}

/** Options of `LocalResponseNorm`. */
export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
}

/**
 * x divided by `(k + alpha · mean of squares)^beta` over `size` neighbouring channels (axis 1) (Krizhevsky
 * et al. 2012).
 *
 * @example
 * new nn.LocalResponseNorm(2).forward(ones([1, 4, 2, 2])); // (1, 4, 2, 2)
 */
export class LocalResponseNorm extends Layer {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  /** @throws RangeError for a size that is no integer >= 1. */
  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
    checkSize(size, "size", "LocalResponseNorm");
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  forward(x: Tensor): Tensor {
    const { size, alpha, beta, k } = this;
    return localResponseNorm(x, size, { alpha, beta, k });
  }

  override extraRepr(): string {
    const { size, alpha, beta, k } = this;
    return `${size}, ${showSettings({ alpha, beta, k })}`;
  }
}
