import * as X from "../../../src/extra/index.ts";
import * as T from "../../../src/tensor/index.ts";
import { one, op, type Operator } from "../bind.ts";

/** Python's index as ours: slices are objects, the rest is the same. */
function index(value: unknown): T.Index[] {
  const list = Array.isArray(value) && !value.every((v) => typeof v === "number") ? value : [value];
  return list.map((v: unknown) => {
    if (v === undefined) return null;
    if (typeof v !== "object" || v === null || Array.isArray(v) || !("slice" in v)) return v;
    if (v.slice === "...") return "...";
    const [start, stop, step] = (v.slice as (number | null)[]).map((x) => x ?? undefined);
    return { start, stop, step };
  });
}

/** Selecting by position, and writing there. */
export const INDEXING: Record<string, Operator> = {
  __getitem__: op("input index", (a) => T.at(a.input, ...index(a.index))),
  index_put: op("input indices values accumulate", (a) =>
    T.indexPut(a.input, index(a.indices), a.values, { accumulate: a.accumulate }),
  ),
  index_select: op("input dim index", (a) => T.indexSelect(a.input, a.dim, a.index)),
  index_add: op("input dim index source alpha", (a) =>
    T.indexAdd(a.input, a.dim, a.index, a.source, a),
  ),
  index_copy: op("input dim index source", (a) => T.indexCopy(a.input, a.dim, a.index, a.source)),
  gather: op("input dim index", (a) => T.gather(a.input, a.dim, a.index)),
  take: op("input index", (a) => T.take(a.input, a.index)),
  take_along_dim: op("input indices dim", (a) => T.takeAlongDim(a.input, a.indices, a.dim)),
  scatter: op("input dim index src reduce value", ({ input, dim, index, src, reduce, value }) => {
    const values = src ?? value;
    if ((reduce as unknown) === undefined) return T.scatter(input, dim, index, values);
    const how = { add: "sum", multiply: "prod" }[reduce as "add" | "multiply"] as "sum" | "prod";
    return X.scatterReduce(input, dim, index, values, how);
  }),
  index_fill: op("input dim index value", (a) => X.indexFill(a.input, a.dim, a.index, a.value)),
  index_reduce: op("input dim index source reduce include_self", (a) =>
    X.indexReduce(a.input, a.dim, a.index, a.source, a.reduce, a),
  ),
  masked_scatter: op("input mask source", (a) => X.maskedScatter(a.input, a.mask, a.source)),
  put: op("input index source accumulate", (a) => X.put(a.input, a.index, a.source, a)),
  nonzero_static: op("input size fill_value", (a) => X.nonzeroStatic(a.input, a.size, a.fillValue)),
  scatter_add: op("input dim index src", (a) => T.scatterAdd(a.input, a.dim, a.index, a.src)),
  scatter_reduce: op("input dim index src reduce include_self", (a) =>
    X.scatterReduce(a.input, a.dim, a.index, a.src, a.reduce, a),
  ),
  _segment_reduce: op("data reduce lengths indices offsets axis unsafe initial", (a) =>
    X.segmentReduce(a.data, a.reduce, a),
  ),
  masked_select: op("input mask", (a) => T.maskedSelect(a.input, a.mask)),
  nonzero: op("input as_tuple", (a) => {
    const found = T.nonzero(a.input);
    if (!a.asTuple) return found;
    // A scalar counts as a vector there.
    return (a.input as T.Tensor).ndim === 0
      ? [T.zeros([found.shape[0]], { dtype: "i32" })]
      : found.unbind(1);
  }),
  argwhere: one(T.nonzero),
};
