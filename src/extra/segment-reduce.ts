import { normalizeAxis, sameShape, type Shape, showShape } from "../ir/shape.ts";
import { arange, full, type Tensor, where } from "../tensor/index.ts";
import { checkFloat, checkOption } from "../tensor/checks.ts";
import { indexNode } from "../tensor/operand.ts";
import { type Combination, scatterReduce } from "./scatter-reduce.ts";

/** How `segmentReduce` combines the entries of a segment. */
export type SegmentReduction = "sum" | "mean" | "max" | "min" | "prod";

/** Options of `segmentReduce`: one of `lengths` and `offsets`, integers. */
export interface SegmentOptions {
  /** Numbers of entries of the segments, (…, segments): the axes before `axis`, then one of segments. */
  readonly lengths?: Tensor;
  /** Where the segments start, and where the last one ends, (…, segments + 1). */
  readonly offsets?: Tensor;
  /** The axis that is cut into segments. Default 0. */
  readonly axis?: number;
  /** A value that every segment has besides its entries; the mean does not count it. */
  readonly initial?: number;
}

/** Results of nothing. */
const EMPTY: Readonly<Record<SegmentReduction, number>> = {
  sum: 0,
  mean: NaN,
  max: -Infinity,
  min: Infinity,
  prod: 1,
};

/** Where segments start and the last one ends, (…, segments + 1). */
function boundaries(lead: Shape, { lengths, offsets }: SegmentOptions): Tensor {
  const what = "segmentReduce";
  const given = lengths ?? offsets;
  if (!given || (lengths && offsets))
    throw new RangeError(`${what}: expected one of lengths and offsets`);
  indexNode(given, what);
  const least = lengths ? 0 : 1;
  if (!sameShape(given.shape.slice(0, -1), lead) || !(given.shape[lead.length] >= least)) {
    const wanted = [...lead, lengths ? "segments" : "segments + 1"].join(", ");
    throw new RangeError(
      `${what}: expected ${lengths ? "lengths" : "offsets"} (${wanted}), got ${showShape(given.shape)}`,
    );
  }
  return lengths ? lengths.cumsum(-1).pad([1, 0]) : given;
}

/**
 * Sums, means, largest, smallest entries or products of consecutive segments of axis `axis` of x (…, n, …): (…,
 * segments, …). Entries outside all segments do not count. An empty segment gives `initial`, else what nothing
 * gives: 0, NaN, -Infinity, Infinity or 1.
 *
 * @throws RangeError when not one of `lengths` and `offsets` is given, or its shape does not fit.
 *
 * @example
 * const lengths = tensor([2, 1], { dtype: "i32" });
 * segmentReduce(tensor([1, 2, 5]), "sum", { lengths }); // [3, 5]
 */
export function segmentReduce(
  x: Tensor,
  reduce: SegmentReduction,
  options: SegmentOptions,
): Tensor {
  const what = "segmentReduce";
  checkFloat(x, what);
  checkOption(reduce, ["sum", "mean", "max", "min", "prod"], "reduce", what);
  const axis = normalizeAxis(options.axis ?? 0, x.ndim, what);
  const lead = x.shape.slice(0, axis);
  const ends = boundaries(lead, options);
  const [n, segments] = [x.shape[axis], ends.shape[axis] - 1];
  const spread = (y: Tensor, size: number): Tensor =>
    y
      .reshape(...lead, size, ...x.shape.slice(axis + 1).map(() => 1))
      .expand(...lead, size, ...x.shape.slice(axis + 1));
  const lengths = spread(ends.diff(1, axis), segments);
  const { initial } = options;
  // One place more at each end, for what is in no segment.
  const place = arange(n).unsqueeze(-1).ge(ends.unsqueeze(-2)).to("i32").sum(-1);
  const shape = [...lead, segments + 2, ...x.shape.slice(axis + 1)];
  const start = full(shape, reduce === "mean" ? 0 : EMPTY[reduce], { dtype: x.dtype });
  const how: Combination =
    reduce === "max" ? "amax" : reduce === "min" ? "amin" : reduce === "mean" ? "sum" : reduce;
  const all = scatterReduce(start, axis, spread(place, n), x, how).narrow(axis, 1, segments);
  if (reduce === "mean") {
    const total = initial === undefined ? all : all.add(initial);
    const empty = initial ?? NaN;
    return where(lengths.eq(0), empty, total.div(lengths.clamp(1)));
  }
  if (initial === undefined) return all;
  if (reduce === "sum") return all.add(initial);
  if (reduce === "prod") return all.mul(initial);
  // Of equal values the derivative is that of the entries.
  const kept = reduce === "max" ? all.lt(initial) : all.gt(initial);
  return where(kept, initial, all);
}
