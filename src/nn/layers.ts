import { type DType } from "../ir/dtype.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { kaimingUniform_, uniform_ } from "./init.ts";
import { Layer, type Named } from "./module.ts";
import { Parameter } from "./parameter.ts";

function checkFeatures(value: number, name: string, what: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${what}: ${name} must be an integer >= 1, got ${value}`);
}

/** Options of `Linear`. */
export interface LinearOptions {
  /** Whether a vector is added. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * `x · weightᵀ + bias`: (…, inFeatures) gives (…, outFeatures).
 *
 * Starts with PyTorch's values: weight and bias uniform between ±1 / √inFeatures.
 *
 * @example
 * new nn.Linear(784, 128).forward(rand([64, 784])); // (64, 128)
 */
export class Linear extends Layer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** (outFeatures, inFeatures) */
  readonly weight: Parameter;
  /** (outFeatures) */
  readonly bias: Parameter | undefined;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkFeatures(inFeatures, "inFeatures", "Linear");
    checkFeatures(outFeatures, "outFeatures", "Linear");
    const { bias = true, dtype } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros([outFeatures, inFeatures], { dtype: dtype ?? "f32" }));
    this.bias = bias ? new Parameter(zeros([outFeatures], { dtype: dtype ?? "f32" })) : undefined;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = 1 / Math.sqrt(this.inFeatures);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }

  forward(x: Tensor): Tensor {
    return x.linear(this.weight, this.bias);
  }

  override extraRepr(): string {
    const { inFeatures, outFeatures, bias } = this;
    return `inFeatures=${inFeatures}, outFeatures=${outFeatures}, bias=${bias !== undefined}`;
  }
}

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
 * Sets elements to 0 with probability `p` during training, and divides the others by `1 - p`; does
 * nothing after `eval()` (Srivastava et al. 2014).
 *
 * @example
 * new nn.Dropout(0.5).forward(ones([4])); // each 0 or 2
 * new nn.Dropout(0.5).eval().forward(ones([4])); // [1, 1, 1, 1]
 */
export class Dropout extends Layer {
  readonly p: number;

  /** @throws RangeError for p outside [0, 1]. */
  constructor(p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new RangeError(`Dropout: p must be from 0 to 1, got ${p}`);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return x.dropout(this.p, { training: this.training });
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}

/**
 * Layers one after the other.
 *
 * @example
 * const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));
 */
export class Sequential extends Layer implements Iterable<Layer> {
  private readonly layers: Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  /** Number of layers. */
  get length(): number {
    return this.layers.length;
  }

  /** The layer at `index`; negative positions count from the end. */
  at(index: number): Layer | undefined {
    return this.layers.at(index);
  }

  /** Adds a layer at the end. Returns itself. */
  append(layer: Layer): this {
    this.layers.push(layer);
    return this;
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.layers[Symbol.iterator]();
  }

  forward(x: Tensor): Tensor {
    for (const layer of this.layers) x = layer.forward(x);
    return x;
  }

  protected override fields(): Iterable<Named<unknown>> {
    return Object.entries(this.layers);
  }
}
