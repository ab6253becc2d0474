import { isFloat, limits } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import { type Operand, scatter, scatterReduce as reduceInto, Tensor } from "../tensor/index.ts";
import { asVector, indexNode } from "../tensor/operand.ts";
import { checkOption } from "../tensor/checks.ts";

/** How `scatterReduce` combines a value with what is there. */
export type Combination = "sum" | "prod" | "mean" | "amax" | "amin";

/** What `amax` and `amin` start from where what is there does not count. */
const startOf = (x: Tensor, reduce: Combination): number =>
  reduce === "amax"
    ? limits(x.dtype)[0]
    : reduce === "amin"
      ? limits(x.dtype)[1]
      : Number(reduce === "prod");

/**
 * `scatter` that combines with what is there: sum, prod, mean, amax or amin. Without `includeSelf`, what
 * is there does not count where a value comes.
 *
 * @example
 * const groups = tensor([0, 0, 1], { dtype: "i32" });
 * scatterReduce(ones([2]), 0, groups, tensor([3, 5, 2]), "prod"); // [15, 2]
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Operand,
  reduce: Combination,
  options: { includeSelf?: boolean } = {},
): Tensor {
  const what = "scatterReduce";
  checkOption(reduce, ["sum", "prod", "mean", "amax", "amin"], "reduce", what);
  const into = (base: Tensor, value: Operand, mode: "set" | "sum" | "amax" | "amin"): Tensor =>
    mode === "set" ? scatter(base, dim, index, value) : reduceInto(base, dim, index, value, mode);
  const { includeSelf = true } = options;
  const touched = (): Tensor => into(new Tensor(ops.full(x.shape, 0, "i32")), 1, "set").to("bool");
  const base = includeSelf ? x : x.maskedFill(touched(), startOf(x, reduce));
  if (reduce === "prod") {
    if (index.size === 0) return x;
    return base.mul(productsAt(asVector(x), dim, asVector(index), src, what).reshape(x.shape));
  }
  if (reduce !== "mean") return into(base, src, reduce);
  const ones = new Tensor(ops.full(x.shape, Number(includeSelf), x.dtype));
  const total = into(base, src, "sum");
  const count = into(ones, 1, "sum").clamp(1);
  return total.div(count, isFloat(x.dtype) ? {} : { rounding: "floor" });
}

/** For every position the product of the values that go there. */
function productsAt(x: Tensor, dim: number, index: Tensor, src: Operand, what: string): Tensor {
  const axis = normalizeAxis(dim, x.ndim, what);
  const at = indexNode(index, what);
  const fits =
    at.shape.length === x.ndim && at.shape.every((n, i) => i === axis || n <= x.shape[i]);
  if (!fits)
    throw new Error(
      `${what}: the index ${showShape(index.shape)} must have as many axes as the tensor ${showShape(x.shape)}, none larger but axis ${axis}`,
    );
  let values =
    src instanceof Tensor ? asVector(src) : new Tensor(ops.full(index.shape, src, x.dtype));
  index.shape.forEach((n, i) => (values = values.narrow(i, 0, n)));
  const [ats, given] = [index, values].map((t) => t.movedim(axis, -1).unsqueeze(axis));
  const shape = index.shape.slice();
  shape[axis] = x.shape[axis];
  const own = new Tensor(ops.iota([...shape, 1], axis));
  const hit = ats.eq(own);
  const factors = new Tensor(
    ops.select(hit.node, ops.broadcastTo(given.node, hit.shape), ops.full(hit.shape, 1, x.dtype)),
  ).prod(-1, { dtype: x.dtype });
  // Where the index is smaller than the tensor nothing is multiplied.
  const rest = x.shape.map((n, i) => [0, n - shape[i]]).reverse();
  return factors.pad(rest.flat(), { value: 1 });
}
