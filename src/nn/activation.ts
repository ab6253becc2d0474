import { celu } from "../extra/layers.ts";
import { type Tensor } from "../tensor/index.ts";
import { Layer } from "./module.ts";

/**
 * `max(x, 0)`.
 *
 * @example
 * new nn.ReLU().forward(tensor([-1, 0, 2])); // [0, 0, 2]
 */
export class ReLU extends Layer {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/**
 * `min(max(x, 0), 6)`.
 *
 * @example
 * new nn.ReLU6().forward(tensor([-1, 3, 8])); // [0, 3, 6]
 */
export class ReLU6 extends Layer {
  forward(x: Tensor): Tensor {
    return x.relu6();
  }
}

/**
 * The self-normalising elu (Klambauer et al. 2017).
 *
 * @example
 * new nn.SELU().forward(tensor([-1, 1])); // [-1.1113, 1.0507]
 */
export class SELU extends Layer {
  forward(x: Tensor): Tensor {
    return x.selu();
  }
}

/**
 * `x · σ(x)`.
 *
 * @example
 * new nn.SiLU().forward(tensor([-1, 1])); // [-0.2689, 0.7311]
 */
export class SiLU extends Layer {
  forward(x: Tensor): Tensor {
    return x.silu();
  }
}

/**
 * `x · tanh(softplus(x))` (Misra 2019).
 *
 * @example
 * new nn.Mish().forward(tensor([-1, 1])); // [-0.3034, 0.8651]
 */
export class Mish extends Layer {
  forward(x: Tensor): Tensor {
    return x.mish();
  }
}

/**
 * `1 / (1 + e⁻ˣ)`.
 *
 * @example
 * new nn.Sigmoid().forward(tensor([0, 2])); // [0.5, 0.8808]
 */
export class Sigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/**
 * `log σ(x)`.
 *
 * @example
 * new nn.LogSigmoid().forward(tensor([0, -100])); // [-0.6931, -100.0000]
 */
export class LogSigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return x.logsigmoid();
  }
}

/**
 * Hyperbolic tangent.
 *
 * @example
 * new nn.Tanh().forward(tensor([0, 1])); // [0, 0.7616]
 */
export class Tanh extends Layer {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/**
 * `x / (1 + |x|)`.
 *
 * @example
 * new nn.Softsign().forward(tensor([-1, 3])); // [-0.5, 0.75]
 */
export class Softsign extends Layer {
  forward(x: Tensor): Tensor {
    return x.softsign();
  }
}

/**
 * `clamp(x / 6 + 1/2, 0, 1)`.
 *
 * @example
 * new nn.Hardsigmoid().forward(tensor([-3, 0, 1.5])); // [0, 0.5, 0.75]
 */
export class Hardsigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return x.hardsigmoid();
  }
}

/**
 * `x · hardsigmoid(x)` (Howard et al. 2019).
 *
 * @example
 * new nn.Hardswish().forward(tensor([-3, 0, 1.5])); // [0, 0, 1.125]
 */
export class Hardswish extends Layer {
  forward(x: Tensor): Tensor {
    return x.hardswish();
  }
}

/**
 * x where positive, else `negativeSlope · x`.
 *
 * @example
 * new nn.LeakyReLU(0.1).forward(tensor([-2, 3])); // [-0.2, 3]
 */
export class LeakyReLU extends Layer {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  forward(x: Tensor): Tensor {
    return x.leakyRelu(this.negativeSlope);
  }

  override extraRepr(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/**
 * x where positive, else `alpha · (eˣ - 1)`.
 *
 * @example
 * new nn.ELU().forward(tensor([-1, 1])); // [-0.6321, 1]
 */
export class ELU extends Layer {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return x.elu(this.alpha);
  }

  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/**
 * `x · Φ(x)`, exact or by its tanh approximation (Hendrycks & Gimpel 2016).
 *
 * @example
 * new nn.GELU().forward(tensor([-1, 1])); // [-0.1587, 0.8413]
 */
export class GELU extends Layer {
  readonly approximate: "none" | "tanh";

  constructor(options: { readonly approximate?: "none" | "tanh" } = {}) {
    super();
    this.approximate = options.approximate ?? "none";
  }

  forward(x: Tensor): Tensor {
    return x.gelu({ approximate: this.approximate });
  }

  override extraRepr(): string {
    return `approximate=${this.approximate}`;
  }
}

/**
 * `log(1 + e^(beta·x)) / beta`; x itself where `beta · x` is above `threshold`.
 *
 * @example
 * new nn.Softplus().forward(tensor([0, 100])); // [0.6931, 100.0000]
 */
export class Softplus extends Layer {
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Tensor): Tensor {
    return x.softplus({ beta: this.beta, threshold: this.threshold });
  }

  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/**
 * `min(max(x, low), high)`.
 *
 * @example
 * new nn.Hardtanh().forward(tensor([-3, 0.5, 3])); // [-1, 0.5, 1]
 */
export class Hardtanh extends Layer {
  readonly low: number;
  readonly high: number;

  constructor(low = -1, high = 1) {
    super();
    this.low = low;
    this.high = high;
  }

  forward(x: Tensor): Tensor {
    return x.hardtanh(this.low, this.high);
  }

  override extraRepr(): string {
    return `minVal=${this.low}, maxVal=${this.high}`;
  }
}

/**
 * x where positive, else `alpha · (e^(x/alpha) - 1)`: an elu without a bend (Barron 2017).
 *
 * @example
 * new nn.CELU(2).forward(tensor([-2, 1])); // [-1.2642, 1]
 */
export class CELU extends Layer {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return celu(x, this.alpha);
  }

  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/**
 * The first half of axis `dim`, times the sigmoid of the second (Dauphin et al. 2017).
 *
 * @example
 * new nn.GLU().forward(tensor([3, 0])); // [1.5]
 */
export class GLU extends Layer {
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return x.glu(this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}
