import { type Parameter } from "../nn/parameter.ts";
import { stack, type Tensor, zeros } from "../tensor/index.ts";

/** Options of `clipGradNorm_` and `getTotalNorm`. */
export interface ClipOptions {
  /** Order of the norm; may be Infinity. Default 2. */
  readonly normType?: number;
  /**
   * Whether a norm that is not finite is an error. The norm is then read at once, which a compiled function
   * cannot. Default false.
   */
  readonly errorIfNonfinite?: boolean;
}

/**
 * The norm of several tensors as if they were one vector.
 *
 * @returns A scalar tensor; 0 for none.
 * @throws RangeError unless normType > 0, and with `errorIfNonfinite` for a norm that is not finite.
 *
 * @example
 * optim.getTotalNorm([tensor([3]), tensor([[4]])]); // 5
 */
export function getTotalNorm(
  tensors: Iterable<Tensor>,
  { normType = 2, errorIfNonfinite = false }: ClipOptions = {},
): Tensor {
  if (!(normType > 0)) throw new RangeError(`getTotalNorm: normType must be > 0, got ${normType}`);
  const norms = Array.from(tensors, (x) => x.norm(normType));
  if (norms.length === 0) return zeros([]);
  const total = stack(norms).norm(normType);
  if (errorIfNonfinite && !Number.isFinite(total.itemSync()))
    throw new RangeError(
      `the norm of order ${normType} of the gradients is ${total.itemSync()}, so they cannot be clipped; ` +
        "pass errorIfNonfinite: false to scale them all the same",
    );
  return total;
}

/**
 * Scales the gradients of all parameters by one factor, as if their norm were `totalNorm` and should be at most
 * `maxNorm`.
 *
 * @throws RangeError unless maxNorm is >= 0.
 *
 * @example
 * loss.backward();
 * const parameters = net.parameters();
 * const norm = optim.getTotalNorm(parameters.map((p) => p.grad!));
 * optim.clipGradsWithNorm_(parameters, 1, norm);
 */
export function clipGradsWithNorm_(
  parameters: Iterable<Parameter>,
  maxNorm: number,
  totalNorm: Tensor,
): void {
  if (!(maxNorm >= 0))
    throw new RangeError(`clipGradsWithNorm_: maxNorm must be >= 0, got ${maxNorm}`);
  const factor = totalNorm.add(1e-6).reciprocal().mul(maxNorm).clamp(undefined, 1);
  for (const p of parameters) if (p.grad) p.grad = p.grad.mul(factor.to(p.dtype));
}

/**
 * Scales the gradients of all parameters by one factor, so that the norm of all of them together is at
 * most `maxNorm` (Pascanu et al. 2013). Call it between `backward()` and `step()`.
 *
 * @returns The norm before, a scalar tensor.
 * @throws RangeError unless maxNorm is >= 0 and normType > 0, and with `errorIfNonfinite` for a norm that is
 * not finite.
 *
 * @example
 * loss.backward();
 * optim.clipGradNorm_(net.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm_(
  parameters: Iterable<Parameter>,
  maxNorm: number,
  options: ClipOptions = {},
): Tensor {
  if (!(maxNorm >= 0)) throw new RangeError(`clipGradNorm_: maxNorm must be >= 0, got ${maxNorm}`);
  const params = [...parameters].filter((p) => p.grad);
  const total = getTotalNorm(
    params.map((p) => p.grad!),
    options,
  );
  clipGradsWithNorm_(params, maxNorm, total);
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
