import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { type Operand, type Tensor } from "../tensor/index.ts";
import { elementwise } from "../tensor/operand.ts";

const zero = ops.zerosLike;

/** `x · log(y)`, with `log1p` for `xlog1py`; x = 0 gives 0 unless y is NaN. */
const xlogRule: CustomRule = (g, [x, y], _, attrs) => {
  const inner = attrs.plus === 1 ? ops.add(y, ops.fullLike(y, 1)) : y;
  const none = ops.and(ops.eq(x, zero(x)), ops.le(inner, zero(y)));
  const log = attrs.plus === 1 ? ops.log1p(y) : ops.log(y);
  return [ops.select(none, zero(g), ops.mul(g, log)), ops.mul(g, ops.div(x, inner))];
};

/** `xlogy`, and with `plus` 1 `xlog1py`. */
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
