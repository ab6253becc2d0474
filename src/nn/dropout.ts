import { alphaDropout, featureAlphaDropout, featureDropout } from "../extra/draws.ts";
import { showShape } from "../ir/shape.ts";
import { type Tensor } from "../tensor/index.ts";
import { checkProbability } from "./checks.ts";
import { Layer } from "./module.ts";

/** A layer that in training drops with probability `p`. */
abstract class Dropping extends Layer {
  readonly p: number;

  /** @throws RangeError for p outside [0, 1]. */
  constructor(p = 0.5) {
    super();
    checkProbability(p, "p", this.constructor.name);
    this.p = p;
  }

  override extraRepr(): string {
    return `p=${this.p}`;
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
export class Dropout extends Dropping {
  forward(x: Tensor): Tensor {
    return x.dropout(this.p, { training: this.training });
  }
}

/** Drops whole channels of (N, C, …); `single` is the rank of an input without samples, if it may be one. */
abstract class ChannelDropout extends Dropping {
  protected abstract readonly ranks: readonly number[];
  protected abstract readonly single: number | undefined;

  forward(x: Tensor): Tensor {
    if (!this.ranks.includes(x.ndim))
      throw new RangeError(
        `${this.constructor.name}: expected an input of ${this.ranks.join(" or ")} axes, got ${showShape(x.shape)}`,
      );
    const options = { training: this.training };
    if (x.ndim !== this.single) return featureDropout(x, this.p, options);
    return featureDropout(x.unsqueeze(0), this.p, options).squeeze(0);
  }
}

/**
 * Sets whole channels of (N, C, L) or (C, L) to 0 with probability `p` during training, and divides the
 * others by `1 - p` (Tompson et al. 2015).
 *
 * @example
 * new nn.Dropout1d(0.2).forward(rand([8, 16, 100])); // (8, 16, 100)
 */
export class Dropout1d extends ChannelDropout {
  protected readonly ranks = [2, 3];
  protected readonly single = 2;
}

/**
 * `Dropout1d` for images (N, C, H, W). As in PyTorch, of an input of three axes the first is that of the
 * samples.
 *
 * @example
 * new nn.Dropout2d().eval().forward(ones([1, 2, 1, 1])).flatten(); // [1, 1]
 */
export class Dropout2d extends ChannelDropout {
  protected readonly ranks = [3, 4];
  protected readonly single = undefined;
}

/**
 * `Dropout1d` for volumes (N, C, D, H, W) or (C, D, H, W).
 *
 * @example
 * new nn.Dropout3d().forward(rand([2, 4, 8, 8, 8])); // (2, 4, 8, 8, 8)
 */
export class Dropout3d extends ChannelDropout {
  protected readonly ranks = [4, 5];
  protected readonly single = 4;
}

/**
 * Dropout that keeps mean and variance of what `SELU` gives: dropped elements become its lowest value, and
 * all are scaled and moved (Klambauer et al. 2017).
 *
 * @example
 * new nn.AlphaDropout(0.1).forward(randn([8, 16])); // (8, 16)
 */
export class AlphaDropout extends Dropping {
  forward(x: Tensor): Tensor {
    return alphaDropout(x, this.p, { training: this.training });
  }
}

/**
 * `AlphaDropout` of whole channels of (N, C, …).
 *
 * @example
 * new nn.FeatureAlphaDropout(0.1).forward(randn([8, 16, 4])); // (8, 16, 4)
 */
export class FeatureAlphaDropout extends Dropping {
  forward(x: Tensor): Tensor {
    return featureAlphaDropout(x, this.p, { training: this.training });
  }
}
