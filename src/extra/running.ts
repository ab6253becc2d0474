import { isFloat, isHalf, isSmall } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { scan, Tensor, type ValuesIndices } from "../tensor/index.ts";
import { callInSingle, toFloat } from "../tensor/operand.ts";
import { atPrecision } from "../tensor/precision.ts";
import { logaddexp } from "./pairs.ts";

// Running reductions that are no running sum: loops along an axis.

/** `step` over the entries of `axis`, of which the first starts; all results along that axis. */
function along<C extends Tensor | readonly Tensor[]>(
  x: Tensor,
  axis: number,
  first: (entry: Tensor) => C,
  step: (carry: C, entry: Tensor, position: Tensor) => C,
): C {
  const lines = x.movedim(axis, 0);
  const positions = new Tensor(ops.iota([lines.shape[0]], 0));
  const [, results] = scan(
    (carry: C, [entry, position]: [Tensor, Tensor]) => {
      const next = step(carry, entry, position);
      return [next, next];
    },
    first(lines.select(0, 0)),
    [lines, positions] as [Tensor, Tensor],
  );
  const back = (y: Tensor): Tensor => y.movedim(0, axis);
  return (results instanceof Tensor ? back(results) : (results as Tensor[]).map(back)) as C;
}

const isTrivial = (x: Tensor): boolean => x.ndim === 0 || x.size === 0;

/**
 * Running product along axis `dim`. Of bool and integers of 8 and 16 bits it is i32.
 *
 * @example
 * cumprod(tensor([1, 2, 3]), 0); // [1, 2, 6]
 */
export function cumprod(x: Tensor, dim: number): Tensor {
  [x] = atPrecision("single", x);
  const axis = normalizeAxis(dim, x.ndim, "cumprod");
  const y = isSmall(x.dtype) ? x.to("i32") : x;
  if (isTrivial(x)) return y;
  return along(
    y,
    axis,
    (entry) => entry.onesLike(),
    (product, entry) => product.mul(entry),
  );
}

/**
 * `log Σ exp(x)` of the entries so far along axis `dim`, without overflow.
 *
 * @example
 * logcumsumexp(tensor([0, 0, 0]), 0); // [0, 0.6931, 1.0986]
 */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  if (isHalf(x.dtype)) return callInSingle(logcumsumexp, x, dim);
  const axis = normalizeAxis(dim, x.ndim, "logcumsumexp");
  const y = new Tensor(toFloat(x.node));
  if (isTrivial(x)) return y;
  return along(
    y,
    axis,
    (entry) => entry.fullLike(-Infinity),
    (sum, entry) => logaddexp(sum, entry),
  );
}

function runningExtreme(
  what: string,
  x: Tensor,
  dim: number,
  wins: (entry: Tensor, best: Tensor) => Tensor,
): ValuesIndices {
  const axis = normalizeAxis(dim, x.ndim, what);
  if (isTrivial(x)) return { values: x, indices: new Tensor(ops.full(x.shape, 0, "i32")) };
  const y = x.dtype === "bool" ? x.to("i32") : x;
  const choose = (cond: Tensor, a: Tensor, b: Tensor): Tensor =>
    new Tensor(ops.select(cond.node, a.node, b.node));
  const [, indices] = along(
    y.detach(),
    axis,
    (entry): Tensor[] => [entry, new Tensor(ops.full(entry.shape, 0, "i32"))],
    ([best, at], entry, position) => {
      let better = wins(entry, best);
      // NaN wins, and stays unless a later one comes.
      if (isFloat(x.dtype)) better = entry.ne(entry).logicalOr(better.logicalAnd(best.eq(best)));
      return [choose(better, entry, best), choose(better, position.expand(at.shape), at)];
    },
  );
  return { values: x.takeAlongDim(indices, axis), indices };
}

/**
 * The largest entry so far along axis `dim`, and its position: of equals the last. NaN wins.
 *
 * @example
 * const { values, indices } = cummax(tensor([1, 3, 2]), 0); // [1, 3, 3] and [0, 1, 1]
 */
export function cummax(x: Tensor, dim: number): ValuesIndices {
  return runningExtreme("cummax", x, dim, (entry, best) => entry.ge(best));
}

/**
 * The smallest entry so far along axis `dim`, and its position: of equals the last. NaN wins.
 *
 * @example
 * const { values, indices } = cummin(tensor([3, 1, 2]), 0); // [3, 1, 1] and [0, 1, 1]
 */
export function cummin(x: Tensor, dim: number): ValuesIndices {
  return runningExtreme("cummin", x, dim, (entry, best) => entry.le(best));
}
