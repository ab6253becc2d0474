import { type Shape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { Layer } from "./module.ts";

/**
 * Gives its input back.
 *
 * @example
 * new nn.Identity().forward(tensor([1, 2])); // [1, 2]
 */
export class Identity extends Layer {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * Joins the axes from `startDim` to `endDim`; by default all but the first: (N, …) gives (N, size).
 *
 * @example
 * new nn.Flatten().forward(zeros([64, 1, 28, 28])); // (64, 784)
 */
export class Flatten extends Layer {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(x: Tensor): Tensor {
    return x.flatten(this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/**
 * Splits axis `dim` into axes of `sizes`, of which one may be -1.
 *
 * @example
 * new nn.Unflatten(1, [1, 28, 28]).forward(zeros([64, 784])); // (64, 1, 28, 28)
 */
export class Unflatten extends Layer {
  readonly dim: number;
  readonly sizes: Shape;

  constructor(dim: number, sizes: Shape) {
    super();
    this.dim = dim;
    this.sizes = sizes.slice();
  }

  forward(x: Tensor): Tensor {
    return x.unflatten(this.dim, this.sizes);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattenedSize=(${this.sizes.join(", ")})`;
  }
}
