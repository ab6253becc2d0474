import { type Parameter } from "../nn/parameter.ts";
import { stack, type Tensor, zeros } from "../tensor/index.ts";

/** Options of `clipGradNorm_`. */
export interface ClipOptions {
  /** Order of the norm; may be Infinity. Default 2. */
  readonly normType?: number;
}

/**
 * Scales the gradients of all parameters by one factor, so that the norm of all of them together is at
 * most `maxNorm` (Pascanu et al. 2013). Call it between `backward()` and `step()`.
 *
 * @returns The norm before, a scalar tensor.
 * @throws RangeError unless maxNorm is >= 0 and normType > 0.
 *
 * @example
 * loss.backward();
 * optim.clipGradNorm_(net.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm_(
  parameters: Iterable<Parameter>,
  maxNorm: number,
  { normType = 2 }: ClipOptions = {},
): Tensor {
  if (!(maxNorm >= 0)) throw new RangeError(`clipGradNorm_: maxNorm must be >= 0, got ${maxNorm}`);
  if (!(normType > 0)) throw new RangeError(`clipGradNorm_: normType must be > 0, got ${normType}`);
  const params = [...parameters].filter((p) => p.grad);
  if (params.length === 0) return zeros([]);
  const total = stack(params.map((p) => p.grad!.norm(normType))).norm(normType);
  const factor = total.add(1e-6).pow(-1).mul(maxNorm).clamp(undefined, 1);
  for (const p of params) p.grad = p.grad!.mul(factor.to(p.dtype));
  return total;
}

/**
 * Limits every element of the gradients to [-limit, limit].
 *
 * @throws RangeError unless limit is >= 0.
 *
 * @example
 * loss.backward();
 * optim.clipGradValue_(net.parameters(), 0.5);
 * optimizer.step();
 */
export function clipGradValue_(parameters: Iterable<Parameter>, limit: number): void {
  if (!(limit >= 0)) throw new RangeError(`clipGradValue_: limit must be >= 0, got ${limit}`);
  for (const p of parameters) if (p.grad) p.grad = p.grad.clamp(-limit, limit);
}
