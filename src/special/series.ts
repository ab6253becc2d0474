import { isFloat, isHalf } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { type Operand, Tensor, tensor, where } from "../tensor/index.ts";
import { callInSingle, checkTensor, describe } from "../tensor/operand.ts";

// What special functions are made of: Chebyshev series by pieces, and derivatives that are known.

/** Ints and bools as f32. */
export function toFloat(x: Tensor, what: string): Tensor {
  checkTensor(x, what);
  return isFloat(x.dtype) ? x : x.to("f32");
}

/** A number as a scalar tensor of the dtype that arithmetic would give it. */
export function asTensor(x: Operand, what: string): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x === "number" || typeof x === "boolean") return tensor(x);
  throw new TypeError(`${what}: expected a tensor or a number, got ${describe(x)}`);
}

/** A Chebyshev series at x from `low` to `high`, by Clenshaw's recurrence. */
export function series(x: Tensor, c: readonly number[], low: number, high: number): Tensor {
  const t = x.sub((low + high) / 2).mul(2 / (high - low));
  const twice = t.mul(2);
  // In single precision the last coefficients do not matter.
  const least = x.dtype === "f32" ? 1e-9 * Math.max(...c.map(Math.abs)) : 0;
  let n = c.length;
  while (n > 2 && Math.abs(c[n - 1]) < least) n--;
  let now = t.fullLike(c[n - 1]);
  let last = t.zerosLike();
  for (let i = n - 2; i > 0; i--) [now, last] = [twice.mul(now).sub(last).add(c[i]), now];
  return t.mul(now).sub(last).add(c[0]);
}

/** `near` up to the limit, `far` beyond it; neither sees what the other is for. NaN goes to `far`. */
export function pieces(
  x: Tensor,
  limit: number,
  near: (x: Tensor) => Tensor,
  far: (x: Tensor) => Tensor,
): Tensor {
  const isNear = x.le(limit);
  return where(isNear, near(where(isNear, x, limit)), far(where(isNear, limit, x)));
}

/** A function of one tensor with a derivative of its own, from x and the value. */
export function smooth(
  what: string,
  value: (x: Tensor) => Tensor,
  slope: (x: Tensor, y: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const rule: CustomRule = (g, [x], y) => [ops.mul(g, slope(new Tensor(x), new Tensor(y)).node)];
  const f = (given: Tensor): Tensor => {
    const x = toFloat(given, what);
    if (isHalf(x.dtype)) return callInSingle(f, x);
    return new Tensor(ops.customVjp(value(x).node, [x.node], rule, { elementwise: true }));
  };
  return f;
}
