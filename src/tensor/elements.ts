import { isFloat } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { elementwise, type Operand } from "./operand.ts";
import { type Tensor } from "./tensor.ts";

// What several elementwise functions are made of.

const zero = ops.zerosLike;

/** Whether the sign bit is set: of -0 too, which equals 0. */
export const negative = (x: Node): Node => {
  const below = ops.lt(x, zero(x));
  if (!isFloat(x.dtype)) return below;
  const inverse = ops.div(ops.fullLike(x, 1), x);
  return ops.or(below, ops.and(ops.eq(x, zero(x)), ops.lt(inverse, zero(x))));
};

/** `x · log(y)`, with `log1p` for `xlog1py`; x = 0 gives 0 unless y is NaN. */
const xlogRule: CustomRule = (g, [x, y], _, attrs) => {
  const inner = attrs.plus === 1 ? ops.add(y, ops.fullLike(y, 1)) : y;
  const none = ops.and(ops.eq(x, zero(x)), ops.le(inner, zero(y)));
  const log = attrs.plus === 1 ? ops.log1p(y) : ops.log(y);
  return [ops.select(none, zero(g), ops.mul(g, log)), ops.mul(g, ops.div(x, inner))];
};

/** @internal `xlogy`, and with `plus` 1 `xlog1py`. */
export const xlog = (what: string, a: Operand, b: Operand, plus: number): Tensor =>
  elementwise(
    what,
    a,
    b,
    (x, y) => {
      const none = ops.and(ops.eq(x, zero(x)), ops.eq(y, y));
      const value = ops.mul(x, plus === 1 ? ops.log1p(y) : ops.log(y));
      return ops.customVjp(ops.select(none, zero(x), value), [x, y], xlogRule, { plus });
    },
    true,
  );
