import * as T from "../../../src/tensor/index.ts";
import { op, type Operator } from "../bind.ts";

type Reduction = (x: never, dim: never, options: never) => unknown;

/** A reduction over axes: dim, keepdim, dtype. */
const over = (f: Reduction): Operator =>
  op("input dim keepdim dtype", (a) => f(a.input, a.dim, a as never));

/** Variances: `unbiased` is the old name of a correction of 1 or 0. */
const deviation = (f: Reduction): Operator =>
  op("input dim unbiased keepdim correction", (a) => {
    const { input, keepdim } = a;
    let { dim, unbiased } = a as { dim?: unknown; unbiased?: boolean };
    if (typeof dim === "boolean") [unbiased, dim] = [dim, undefined];
    const correction = unbiased === undefined ? a.correction : Number(unbiased);
    return f(input, dim as never, { keepdim, correction } as never);
  });

/** Reductions, running reductions, and what needs an order. */
export const REDUCTIONS: Record<string, Operator> = {
  sum: over(T.sum),
  prod: over(T.prod),
  mean: over(T.mean),
  amax: over(T.amax),
  amin: over(T.amin),
  argmax: over(T.argmax),
  argmin: over(T.argmin),
  all: over(T.all),
  any: over(T.any),
  count_nonzero: op("input dim", (a) => T.countNonzero(a.input, a.dim)),
  logsumexp: over(T.logsumexp),
  std: deviation(T.std),
  var: deviation(T.variance),
  "max[reduction_no_dim]": op("input", (a) => T.max(a.input)),
  "min[reduction_no_dim]": op("input", (a) => T.min(a.input)),
  "max[reduction_with_dim]": op("input dim keepdim", (a) => T.max(a.input, a.dim, a)),
  "min[reduction_with_dim]": op("input dim keepdim", (a) => T.min(a.input, a.dim, a)),
  median: op("input dim keepdim", (a) => T.median(a.input, a.dim, a)),
  "linalg.vector_norm": op("x ord dim keepdim dtype", (a) => T.norm(a.x, a.ord, a.dim, a)),
  cumsum: op("input dim dtype", (a) => T.cumsum(a.input, a.dim)),
  diff: op("input n dim prepend append", (a) => T.diff(a.input, a.n, a.dim)),
  sort: op("input dim descending stable", (a) => T.sort(a.input, a.dim, a)),
  argsort: op("input dim descending stable", (a) => T.argsort(a.input, a.dim, a)),
  topk: op("input k dim largest sorted", (a) => T.topk(a.input, a.k, a.dim, a)),
};
