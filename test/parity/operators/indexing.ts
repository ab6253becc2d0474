import * as T from "../../../src/tensor/index.ts";
import { one, op, type Operator } from "../bind.ts";

/** Python's index as ours: slices are objects, the rest is the same. */
function index(value: unknown): T.Index[] {
  const list = Array.isArray(value) && !value.every((v) => typeof v === "number") ? value : [value];
  return list.map((v: unknown) => {
    if (v === undefined) return null;
    if (typeof v !== "object" || v === null || !("slice" in v)) return v as T.Index;
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
    T.indexAdd(a.input, a.dim, a.index, a.source),
  ),
  index_copy: op("input dim index source", (a) => T.indexCopy(a.input, a.dim, a.index, a.source)),
  gather: op("input dim index", (a) => T.gather(a.input, a.dim, a.index)),
  take: op("input index", (a) => T.take(a.input, a.index)),
  take_along_dim: op("input indices dim", (a) => T.takeAlongDim(a.input, a.indices, a.dim)),
  scatter: op("input dim index src", (a) => T.scatter(a.input, a.dim, a.index, a.src)),
  scatter_add: op("input dim index src", (a) => T.scatterAdd(a.input, a.dim, a.index, a.src)),
  scatter_reduce: op("input dim index src reduce include_self", (a) =>
    T.scatterReduce(a.input, a.dim, a.index, a.src, a.reduce),
  ),
  masked_select: op("input mask", (a) => T.maskedSelect(a.input, a.mask)),
  nonzero: one(T.nonzero),
  argwhere: one(T.nonzero),
};
