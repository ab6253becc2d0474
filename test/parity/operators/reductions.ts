import * as X from "../../../src/extra/index.ts";
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

const chosen = (found: X.Unique, inverse: boolean, counts: boolean): T.Tensor[] => [
  found.values,
  ...(inverse ? [found.inverse] : []),
  ...(counts ? [found.counts] : []),
];

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
  nansum: over(X.nansum),
  nanmean: over(X.nanmean),
  aminmax: op("input dim keepdim", (a) => X.aminmax(a.input, a.dim, a)),
  nanmedian: op("input dim keepdim", (a) => {
    const found = X.nanmedian(a.input, a.dim, a);
    return a.dim === undefined ? found.values : found;
  }),
  mode: op("input dim keepdim", (a) => X.mode(a.input, a.dim, a), { indices: "free" }),
  kthvalue: op("input k dim keepdim", (a) => T.kthvalue(a.input, a.k, a.dim, a), {
    indices: "free",
  }),
  quantile: op("input q dim keepdim interpolation", (a) => X.quantile(a.input, a.q, a.dim, a)),
  nanquantile: op("input q dim keepdim interpolation", (a) =>
    X.nanquantile(a.input, a.q, a.dim, a),
  ),
  var_mean: deviation(X.varMean),
  std_mean: deviation(X.stdMean),
  cov: op("input correction fweights aweights", (a) => X.cov(a.input, a), {
    // PyTorch adds up weights in their own precision, which may be single.
    tolerance: { f32: [1e-4, 1e-4], f64: [1e-4, 1e-6] },
  }),
  corrcoef: op("input", (a) => X.corrcoef(a.input)),
  bincount: op("input weights minlength", (a) => X.bincount(a.input, a), { counts: true }),
  histc: op("input bins min max", (a) => X.histc(a.input, a.bins, a.min, a.max)),
  histogram: op("input bins range weight density", (a) => X.histogram(a.input, a.bins, a)),
  histogramdd: op("input bins range weight density", (a) => {
    const { hist, binEdges } = X.histogramdd(a.input, a.bins, a);
    return [hist, ...binEdges];
  }),
  trapezoid: op("y x dim dx", (a) => X.trapezoid(a.y, a.dim, a)),
  trapz: op("y x dim dx", (a) => X.trapezoid(a.y, a.dim, a)),
  cumulative_trapezoid: op("y x dim dx", (a) => X.cumulativeTrapezoid(a.y, a.dim, a)),
  gradient: op("input spacing dim edge_order", (a) => X.gradient(a.input, a)),
  cumprod: op("input dim dtype", (a) => X.cumprod(a.input, a.dim)),
  cummax: op("input dim", (a) => X.cummax(a.input, a.dim)),
  cummin: op("input dim", (a) => X.cummin(a.input, a.dim)),
  // PyTorch's gradient takes differences of logarithms, and loses digits in single precision.
  logcumsumexp: op("input dim", (a) => X.logcumsumexp(a.input, a.dim), {
    tolerance: { f32: [1e-3, 1e-3] },
  }),
  dist: op("input other p", (a) => X.dist(a.input, a.other, a.p)),
  renorm: op("input p dim maxnorm", (a) => X.renorm(a.input, a.p, a.dim, a.maxnorm)),
  unique: op("input sorted return_inverse return_counts dim", (a) =>
    chosen(X.unique(a.input, a), a.returnInverse, a.returnCounts),
  ),
  unique_consecutive: op("input return_inverse return_counts dim", (a) =>
    chosen(X.uniqueConsecutive(a.input, a), a.returnInverse, a.returnCounts),
  ),
  isin: op("elements test_elements assume_unique invert", (a) =>
    X.isin(a.elements, a.testElements, a),
  ),
  msort: op("input", (a) => X.msort(a.input)),
  searchsorted: op("sorted_sequence input out_int32 right side sorter", (a) =>
    X.searchsorted(a.sortedSequence, a.input, {
      right: a.right || (a.side as unknown) === "right",
      sorter: a.sorter,
    }),
  ),
  bucketize: op("input boundaries out_int32 right", (a) => X.bucketize(a.input, a.boundaries, a)),
  combinations: op("input r with_replacement", (a) => X.combinations(a.input, a.r, a)),
  cartesian_prod: op("*tensors", (a) => X.cartesianProd(...(a.tensors as T.Tensor[]))),
  logsumexp: over(T.logsumexp),
  std: deviation(T.std),
  var: deviation(T.variance),
  "max[reduction_no_dim]": op("input", (a) => T.max(a.input)),
  "min[reduction_no_dim]": op("input", (a) => T.min(a.input)),
  "max[reduction_with_dim]": op("input dim keepdim", (a) => T.max(a.input, a.dim, a)),
  "min[reduction_with_dim]": op("input dim keepdim", (a) => T.min(a.input, a.dim, a)),
  median: op("input dim keepdim", (a) => T.median(a.input, a.dim, a)),
  norm: op("input p dim keepdim dtype", ({ input, p, dim, keepdim, dtype }) =>
    T.norm(input, ["fro", undefined].includes(p) ? 2 : p, dim, { keepdim, dtype } as never),
  ),
  cumsum: op("input dim dtype", (a) => T.cumsum(a.input, a.dim)),
  diff: op("input n dim prepend append", (a) => T.diff(a.input, a.n, a.dim, a)),
  sort: op("input dim descending stable", (a) => T.sort(a.input, a.dim, a), {
    undetermined: (a) => !a.stable && (a.input as T.Tensor).dtype === "bool",
  }),
  argsort: op("input dim descending stable", (a) => T.argsort(a.input, a.dim, a), {
    undetermined: (a) => !a.stable && !(a.input as T.Tensor).dtype.startsWith("f"),
  }),
  topk: op("input k dim largest sorted", (a) => T.topk(a.input, a.k, a.dim, a), {
    indices: "free",
  }),
};
