import { type Tensor } from "../tensor/index.ts";
import { checkProbability } from "./checks.ts";
import { Layer } from "./module.ts";

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
    checkProbability(p, "p", "Dropout");
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return x.dropout(this.p, { training: this.training });
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
