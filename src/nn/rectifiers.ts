import { type DType } from "../ir/dtype.ts";
import { hardshrink, rrelu, softshrink, tanhshrink, threshold } from "../extra/layers.ts";
import { full, type Tensor } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { constant_ } from "./init.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";

// Activations with a bend somewhere else than at 0, or with a slope that is learned or drawn.

/** Options of `PReLU`. */
export interface PReLUOptions {
  /** Slopes at the start. Default 0.25. */
  readonly init?: number;
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * x where positive, else x times a learned slope: one for all, or one for each channel of (N, C, …) (He et
 * al. 2015).
 *
 * @example
 * new nn.PReLU().forward(tensor([-4, 2])); // [-1, 2]
 */
export class PReLU extends Layer {
  readonly numParameters: number;
  readonly init: number;
  /** (numParameters) */
  readonly weight: Parameter;

  /** @throws RangeError for numParameters that is no integer >= 1. */
  constructor(numParameters = 1, options: PReLUOptions = {}) {
    super();
    const { init = 0.25, dtype = "f32" } = options;
    checkSize(numParameters, "numParameters", "PReLU");
    this.numParameters = numParameters;
    this.init = init;
    this.weight = new Parameter(full([numParameters], init, { dtype }));
  }

  /** Sets all slopes to `init`. */
  resetParameters(): void {
    constant_(this.weight, this.init);
  }

  forward(x: Tensor): Tensor {
    return x.prelu(this.weight);
  }

  override extraRepr(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/**
 * x where positive, else x times a slope: in training one drawn from [lower, upper) for each element, after
 * `eval()` their mean (Xu et al. 2015).
 *
 * @example
 * new nn.RReLU(0.25, 0.75).eval().forward(tensor([-2, 1])); // [-1, 1]
 */
export class RReLU extends Layer {
  readonly lower: number;
  readonly upper: number;

  /** @throws RangeError when lower is above upper. */
  constructor(lower = 1 / 8, upper = 1 / 3) {
    super();
    if (!(lower <= upper))
      throw new RangeError(`RReLU: the bounds must be in order, got ${lower} and ${upper}`);
    this.lower = lower;
    this.upper = upper;
  }

  forward(x: Tensor): Tensor {
    return rrelu(x, { lower: this.lower, upper: this.upper, training: this.training });
  }

  override extraRepr(): string {
    return `lower=${this.lower}, upper=${this.upper}`;
  }
}

/**
 * x where |x| > lambda, else 0.
 *
 * @example
 * new nn.Hardshrink().forward(tensor([-1, 0.3, 1])); // [-1, 0, 1]
 */
export class Hardshrink extends Layer {
  readonly lambda: number;

  constructor(lambda = 0.5) {
    super();
    this.lambda = lambda;
  }

  forward(x: Tensor): Tensor {
    return hardshrink(x, this.lambda);
  }

  override extraRepr(): string {
    return String(this.lambda);
  }
}

/**
 * x moved towards 0 by lambda, 0 where |x| ≤ lambda.
 *
 * @example
 * new nn.Softshrink().forward(tensor([-1, 0.3, 1])); // [-0.5, 0, 0.5]
 */
export class Softshrink extends Layer {
  readonly lambda: number;

  /** @throws RangeError for lambda < 0. */
  constructor(lambda = 0.5) {
    super();
    if (!(lambda >= 0)) throw new RangeError(`Softshrink: lambda must be >= 0, got ${lambda}`);
    this.lambda = lambda;
  }

  forward(x: Tensor): Tensor {
    return softshrink(x, this.lambda);
  }

  override extraRepr(): string {
    return String(this.lambda);
  }
}

/**
 * `x - tanh(x)`.
 *
 * @example
 * new nn.Tanhshrink().forward(tensor([0, 1])); // [0, 0.2384]
 */
export class Tanhshrink extends Layer {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/**
 * x where it is above `threshold`, else `value`.
 *
 * @example
 * new nn.Threshold(1, 20).forward(tensor([-1, 0.5, 2])); // [20, 20, 2]
 */
export class Threshold extends Layer {
  readonly threshold: number;
  readonly value: number;

  constructor(limit: number, value: number) {
    super();
    this.threshold = limit;
    this.value = value;
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }

  override extraRepr(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}
