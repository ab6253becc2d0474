import { showShape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { Layer } from "./module.ts";

/**
 * `eˣ / Σ eˣ` along axis `dim`.
 *
 * @example
 * new nn.Softmax().forward(tensor([0, Math.log(3)])); // [0.25, 0.75]
 */
export class Softmax extends Layer {
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return x.softmax(this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * `log(softmax(x))` along axis `dim`.
 *
 * @example
 * new nn.LogSoftmax().forward(tensor([0, Math.log(3)])); // [-1.3863, -0.2877]
 */
export class LogSoftmax extends Layer {
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return x.logSoftmax(this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * `e⁻ˣ / Σ e⁻ˣ` along axis `dim`.
 *
 * @example
 * new nn.Softmin().forward(tensor([0, Math.log(3)])); // [0.75, 0.25]
 */
export class Softmin extends Layer {
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return x.softmin(this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * Softmax over the channels of each place of an image (N, C, H, W) or (C, H, W).
 *
 * @example
 * new nn.Softmax2d().forward(zeros([1, 2, 1, 1])).flatten(); // [0.5, 0.5]
 */
export class Softmax2d extends Layer {
  /** @throws RangeError for an input that is no image. */
  forward(x: Tensor): Tensor {
    if (x.ndim !== 3 && x.ndim !== 4)
      throw new RangeError(
        `Softmax2d: expected an input (N, C, H, W) or (C, H, W), got ${showShape(x.shape)}`,
      );
    return x.softmax(-3);
  }
}
