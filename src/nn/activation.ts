import { type Tensor } from "../tensor/index.ts";
import { Layer } from "./module.ts";

/** `max(x, 0)`. */
export class ReLU extends Layer {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** `min(max(x, 0), 6)`. */
export class ReLU6 extends Layer {
  forward(x: Tensor): Tensor {
    return x.relu6();
  }
}

/** The self-normalising elu (Klambauer et al. 2017). */
export class SELU extends Layer {
  forward(x: Tensor): Tensor {
    return x.selu();
  }
}

/** `x · σ(x)`. */
export class SiLU extends Layer {
  forward(x: Tensor): Tensor {
    return x.silu();
  }
}

/** `x · tanh(softplus(x))` (Misra 2019). */
export class Mish extends Layer {
  forward(x: Tensor): Tensor {
    return x.mish();
  }
}

/** `1 / (1 + e⁻ˣ)`. */
export class Sigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/** `log σ(x)`. */
export class LogSigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return x.logsigmoid();
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Layer {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/** `x / (1 + |x|)`. */
export class Softsign extends Layer {
  forward(x: Tensor): Tensor {
    return x.softsign();
  }
}

/** `clamp(x / 6 + 1/2, 0, 1)`. */
export class Hardsigmoid extends Layer {
  forward(x: Tensor): Tensor {
    return x.hardsigmoid();
  }
}

/** `x · hardsigmoid(x)` (Howard et al. 2019). */
export class Hardswish extends Layer {
  forward(x: Tensor): Tensor {
    return x.hardswish();
  }
}

/** x where positive, else `negativeSlope · x`. */
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

/** x where positive, else `alpha · (eˣ - 1)`. */
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

/** `x · Φ(x)`, exact or by its tanh approximation (Hendrycks & Gimpel 2016). */
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

/** `log(1 + e^(beta·x)) / beta`; x itself where `beta · x` is above `threshold`. */
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

/** `min(max(x, low), high)`. */
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
    return `low=${this.low}, high=${this.high}`;
  }
}

/** `eˣ / Σ eˣ` along axis `dim`. */
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

/** `log(softmax(x))` along axis `dim`. */
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
