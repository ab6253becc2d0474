import { type DType, isFloat } from "../ir/dtype.ts";
import { normalizeAxis, showShape } from "../ir/shape.ts";
import {
  type Dim,
  full,
  linspace,
  type ReduceOptions,
  std,
  Tensor,
  tensor,
  type ValuesIndices,
  variance,
  type VarianceOptions,
  where,
} from "../tensor/index.ts";
import { numbersOf } from "../tensor/nested.ts";
import { checkFloat, checkInteger, checkOption, checkRank, checkTensor } from "../tensor/checks.ts";
import { searchsorted } from "./sets.ts";

/** How `quantile` takes a value between two elements. */
export type Interpolation = "linear" | "lower" | "higher" | "nearest" | "midpoint";

/** Options of `quantile` and `nanquantile`. */
export interface QuantileOptions extends ReduceOptions {
  /** Default `"linear"`. */
  readonly interpolation?: Interpolation;
}

function quantiles(
  what: string,
  x: Tensor,
  q: number | Tensor,
  dim: number | undefined,
  options: QuantileOptions,
  skipNaN: boolean,
): Tensor {
  checkFloat(x, what);
  const { interpolation = "linear", keepdim } = options;
  const kinds = ["linear", "lower", "higher", "nearest", "midpoint"];
  checkOption(interpolation, kinds, "interpolation", what);
  const share = q instanceof Tensor ? q : tensor(q, { dtype: x.dtype });
  if (share.ndim > 1 || share.dtype !== x.dtype)
    throw new TypeError(
      `${what}: expected a share or a vector of them in ${x.dtype}, got ${share.dtype}${showShape(share.shape)}`,
    );
  if (!(q instanceof Tensor) && !(q >= 0 && q <= 1))
    throw new RangeError(`${what}: shares must be from 0 to 1, got ${q}`);
  const axis = dim === undefined ? 0 : normalizeAxis(dim, x.ndim, what);
  const lines = dim === undefined || x.ndim === 0 ? x.flatten() : x.movedim(axis, -1);
  const size = lines.shape[lines.ndim - 1];
  if (size === 0)
    throw new RangeError(`${what}: no elements along the axis of ${showShape(x.shape)}`);
  const sorted = lines.sort(-1).values;
  const numbers = lines.eq(lines).sum(-1, { keepdim: true });
  // One more axis for the shares: (…, Q).
  const last = skipNaN ? numbers.sub(1).clamp(0) : tensor(size - 1, { dtype: "i32" });
  const rank = share.flatten().mul(last.to(x.dtype));
  const rounded = interpolation === "nearest" ? rank.round() : rank;
  const [low, high] = [rounded.floor(), rounded.ceil()].map((r) =>
    r.to("i32").expand(...lines.shape.slice(0, -1), share.size),
  );
  const [below, above] = [sorted.takeAlongDim(low, -1), sorted.takeAlongDim(high, -1)];
  let y =
    interpolation === "lower" || interpolation === "nearest"
      ? below
      : interpolation === "higher"
        ? above
        : below.lerp(above, interpolation === "midpoint" ? 0.5 : rank.sub(rank.floor()));
  if (!skipNaN) y = where(numbers.lt(size), NaN, y);
  y = y.movedim(-1, 0);
  if (keepdim && x.ndim > 0)
    y = dim === undefined ? y.reshape(-1, ...x.shape.map(() => 1)) : y.unsqueeze(axis + 1);
  return share.ndim === 0 ? y.squeeze(0) : y;
}

/**
 * The values below which the shares `q` (from 0 to 1) of the elements lie, along axis `dim` or of all. A
 * vector of shares gives a new first axis. NaN where there is a NaN.
 *
 * @example
 * quantile(tensor([1, 2, 3, 4]), 0.5); // 2.5000
 */
export const quantile = (
  x: Tensor,
  q: number | Tensor,
  dim?: number,
  options: QuantileOptions = {},
): Tensor => quantiles("quantile", x, q, dim, options, false);

/**
 * `quantile` that leaves NaN out.
 *
 * @example
 * nanquantile(tensor([1, NaN, 3]), 0.5); // 2.0000
 */
export const nanquantile = (
  x: Tensor,
  q: number | Tensor,
  dim?: number,
  options: QuantileOptions = {},
): Tensor => quantiles("nanquantile", x, q, dim, options, true);

/**
 * `median` that leaves NaN out: the lower of two in the middle, and where it stood.
 *
 * @example
 * nanmedian(tensor([3, NaN, 1, 2])).values; // 2
 */
export function nanmedian(x: Tensor, dim?: number, options: ReduceOptions = {}): ValuesIndices {
  checkTensor(x, "nanmedian");
  if (dim === undefined) return nanmedian(x.flatten(), 0);
  const axis = normalizeAxis(dim, x.ndim, "nanmedian");
  if (x.ndim === 0) return { values: x, indices: tensor(0, { dtype: "i32" }) };
  if (x.shape[axis] === 0)
    throw new RangeError(`nanmedian: axis ${axis} of ${showShape(x.shape)} has no elements`);
  const numbers = x.eq(x).sum(axis, { keepdim: true });
  const middle = numbers.sub(1).clamp(0).floorDivide(2);
  const sorted = x.sort(axis);
  const pick = (t: Tensor): Tensor => {
    const taken = t.takeAlongDim(middle, axis);
    return options.keepdim ? taken : taken.squeeze(axis);
  };
  return { values: pick(sorted.values), indices: pick(sorted.indices) };
}

/**
 * The most frequent element along axis `dim` (the last by default), the smallest of several, and the last
 * of its positions.
 *
 * @example
 * const { values, indices } = mode(tensor([3, 1, 3])); // 3 and 2
 */
export function mode(x: Tensor, dim = -1, options: ReduceOptions = {}): ValuesIndices {
  const axis = normalizeAxis(dim, x.ndim, "mode");
  if (x.ndim === 0) return { values: x, indices: tensor(0, { dtype: "i32" }) };
  const size = x.shape[axis];
  if (size === 0)
    throw new RangeError(`mode: axis ${axis} of ${showShape(x.shape)} has no elements`);
  const lines = x.movedim(axis, -1);
  const sorted = lines.sort(-1);
  const { values } = sorted;
  const counts = values.unsqueeze(-1).eq(values.unsqueeze(-2)).sum(-1);
  // The first of the largest counts is that of the smallest element; the run ends `count - 1` later.
  const first = counts.argmax(-1, { keepdim: true });
  const last = first.add(counts.takeAlongDim(first, -1).sub(1).clamp(0));
  const indices = sorted.indices.takeAlongDim(last, -1);
  const back = (t: Tensor): Tensor => {
    const moved = t.movedim(-1, axis);
    return options.keepdim ? moved : moved.squeeze(axis);
  };
  return { values: back(lines.takeAlongDim(indices, -1)), indices: back(indices) };
}

/** Result of `varMean`. */
export interface VarMean {
  readonly variance: Tensor;
  readonly mean: Tensor;
}

/**
 * Variance and mean over the axes `dim` (all by default).
 *
 * @example
 * const { variance, mean } = varMean(tensor([1, 3])); // 2 and 2
 */
export const varMean = (x: Tensor, dim?: Dim, options?: VarianceOptions): VarMean => ({
  variance: variance(x, dim, options),
  mean: x.mean(dim, options),
});

/** Result of `stdMean`. */
export interface StdMean {
  readonly std: Tensor;
  readonly mean: Tensor;
}

/**
 * Standard deviation and mean over the axes `dim` (all by default).
 *
 * @example
 * const { std, mean } = stdMean(tensor([0, 2, 4])); // 2 and 2
 */
export const stdMean = (x: Tensor, dim?: Dim, options?: VarianceOptions): StdMean => ({
  std: std(x, dim, options),
  mean: x.mean(dim, options),
});

/** Options of `cov`. */
export interface CovOptions {
  /** What is taken from the number of observations. Default 1. */
  readonly correction?: number;
  /** How often each observation counts, integers. */
  readonly fweights?: Tensor;
  /** How much each observation counts. */
  readonly aweights?: Tensor;
}

/**
 * Covariances of variables, which are rows, over observations, which are columns.
 *
 * @example
 * cov(tensor([[0, 1, 2], [2, 1, 0]])); // [[1, -1], [-1, 1]]
 */
export function cov(x: Tensor, options: CovOptions = {}): Tensor {
  if (x.ndim > 2) throw new RangeError(`cov: expected at most 2 axes, got ${showShape(x.shape)}`);
  const { correction = 1, fweights, aweights } = options;
  let rows = x.ndim < 2 ? x.reshape(1, -1) : x;
  if (!isFloat(rows.dtype)) rows = rows.to("f32");
  const count = rows.shape[1];
  for (const w of [fweights, aweights])
    if (w && (w.ndim > 1 || w.size !== count))
      throw new Error(
        `cov: expected a weight for each of ${count} observations, got ${showShape(w.shape)}`,
      );
  const given = fweights && aweights ? fweights.mul(aweights) : (fweights ?? aweights);
  const weights = given?.to(rows.dtype);
  const total = weights ? weights.sum() : tensor(count, { dtype: rows.dtype });
  const average = (weights ? rows.mul(weights) : rows).sum(1, { keepdim: true }).div(total);
  const apart = rows.sub(average);
  const norm =
    weights && aweights && correction !== 0
      ? total.sub(weights.mul(aweights).sum().div(total).mul(correction))
      : total.sub(correction);
  const products = apart.matmul((weights ? apart.mul(weights) : apart).T);
  return products.div(norm.clamp(0)).squeeze();
}

/**
 * Correlation coefficients of variables, which are rows: covariances over the product of deviations.
 *
 * @example
 * corrcoef(tensor([[0, 1, 2], [4, 2, 0]])); // [[1, -1], [-1, 1]]
 */
export function corrcoef(x: Tensor): Tensor {
  if (x.ndim > 2)
    throw new RangeError(`corrcoef: expected at most 2 axes, got ${showShape(x.shape)}`);
  const c = cov(x);
  if (c.ndim === 0) return c.div(c);
  const deviation = c.diagonal().sqrt();
  return c.div(deviation.unsqueeze(1)).div(deviation.unsqueeze(0)).clamp(-1, 1);
}

/**
 * How often each number from 0 on is in a vector of integers, or the sum of the weights of its places.
 * Reads x.
 *
 * @example
 * bincount(tensor([0, 2, 2], { dtype: "i32" })); // [1, 0, 2]
 */
export function bincount(
  x: Tensor,
  options: { readonly weights?: Tensor; readonly minlength?: number } = {},
): Tensor {
  checkRank(x, 1, "bincount");
  const { weights, minlength = 0 } = options;
  checkInteger(minlength, "minlength", "bincount");
  if (isFloat(x.dtype)) throw new TypeError(`bincount: expected integers, got ${x.dtype}`);
  let size = minlength;
  for (const value of numbersOf(x.dataSync(), x.dtype)) {
    if (value < 0) throw new RangeError(`bincount: expected integers >= 0, got ${value}`);
    size = Math.max(size, value + 1);
  }
  const dtype = weights ? (isFloat(weights.dtype) ? weights.dtype : "f64") : "i32";
  const zeros = full([size], 0, { dtype });
  return x.size === 0 ? zeros : zeros.scatterAdd(0, x.to("i32"), weights ? weights.to(dtype) : 1);
}

/** Equal bins between two bounds. */
function edgesOf(x: Tensor, bins: number, min: number, max: number, what: string): Tensor {
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`${what}: the number of bins must be a positive integer, got ${bins}`);
  if (!(min <= max) || !Number.isFinite(max - min))
    throw new RangeError(`${what}: expected finite bounds in order, got ${min} and ${max}`);
  if (min === max)
    [min, max] = [min - (what === "histc" ? 1 : 0.5), max + (what === "histc" ? 1 : 0.5)];
  return linspace(min, max, bins + 1, { dtype: x.dtype });
}

/** The smallest and the largest element, which are read. */
function extent(x: Tensor): [number, number] {
  if (x.size === 0) return [0, 1];
  return [x.amin().itemSync(), x.amax().itemSync()];
}

/** The number of the bin of each element; outside of all it is -1. The last bin has both its bounds. */
function binOf(x: Tensor, edges: Tensor): Tensor {
  const bins = edges.size - 1;
  const at = searchsorted(edges, x, { right: true }).sub(1);
  const [low, high] = [edges.at(0), edges.at(-1)];
  const inside = x.ge(low).logicalAnd(x.le(high));
  return where(inside, at.clamp(0, bins - 1), -1);
}

/**
 * How many elements lie in each of `bins` equal intervals from `min` to `max`; both 0 stand for the
 * smallest and the largest element, which are read then.
 *
 * @example
 * histc(tensor([1, 2, 1]), 4, 0, 3); // [0, 2, 1, 0]
 */
export function histc(x: Tensor, bins = 100, min = 0, max = 0): Tensor {
  checkTensor(x, "histc");
  if (min === 0 && max === 0) [min, max] = extent(x);
  const edges = edgesOf(x, bins, min, max, "histc");
  [min, max] = [edges.at(0).itemSync(), edges.at(-1).itemSync()];
  const flat = x.flatten();
  const at = flat
    .sub(min)
    .mul(bins)
    .div(max - min)
    .to("i32")
    .clamp(undefined, bins - 1);
  const inside = flat.ge(min).logicalAnd(flat.le(max));
  const zeros = full([bins], 0, { dtype: x.dtype });
  // Position -1 is dropped.
  return x.size === 0 ? zeros : zeros.scatterAdd(0, where(inside, at, -1), 1);
}

/** Counts, or sums of weights, in a grid of bins; `points` are columns (N, D), or a tensor for one axis. */
function countIn(points: Tensor, edges: readonly Tensor[], weight: Tensor | undefined): Tensor {
  const sizes = edges.map((e) => e.size - 1);
  const columns = edges.length === 1 ? points.flatten().unsqueeze(1) : points;
  let at: Tensor | undefined;
  edges.forEach((e, i) => {
    const bin = binOf(columns.select(1, i), e);
    at = at ? where(at.ge(0).logicalAnd(bin.ge(0)), at.mul(sizes[i]).add(bin), -1) : bin;
  });
  const dtype = weight?.dtype ?? "f32";
  const zeros = full([sizes.reduce((a, b) => a * b, 1)], 0, { dtype });
  // Position -1 is dropped.
  return (at!.size === 0 ? zeros : zeros.scatterAdd(0, at!, weight ? weight.flatten() : 1)).reshape(
    sizes,
  );
}

/** Options of `histogram` and `histogramdd`. */
export interface HistogramOptions {
  /** Bounds of the bins: two numbers, or two for each axis. Default: those of the elements, read. */
  readonly range?: readonly number[];
  /** How much each element counts. */
  readonly weight?: Tensor;
  /** Whether counts are divided by their sum and the size of their bin. Default false. */
  readonly density?: boolean;
}

/** Result of `histogram`. */
export interface Histogram {
  readonly hist: Tensor;
  readonly binEdges: Tensor;
}

function densityOf(hist: Tensor, edges: readonly Tensor[]): Tensor {
  let y = hist.div(hist.sum());
  edges.forEach((e, i) => {
    const width = e.narrow(0, 1, e.size - 1).sub(e.narrow(0, 0, e.size - 1));
    y = y.div(width.reshape(hist.shape.map((_, k) => (k === i ? -1 : 1))));
  });
  return y;
}

/**
 * How many elements lie in each bin, and the bounds of the bins: so many equal ones, or those between the
 * given bounds (ascending).
 *
 * @example
 * histogram(tensor([1, 2, 1]), 4, { range: [0, 3] }).hist; // [0, 2, 1, 0]
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor,
  options: HistogramOptions = {},
): Histogram {
  checkFloat(x, "histogram");
  const { hist, binEdges } = histogramOf(x.reshape(-1, 1), [bins], options, "histogram");
  return { hist, binEdges: binEdges[0] };
}

/** Result of `histogramdd`. */
export interface HistogramDD {
  readonly hist: Tensor;
  readonly binEdges: readonly Tensor[];
}

/**
 * `histogram` of points (N, D) in a grid of bins along each axis.
 *
 * @example
 * histogramdd(tensor([[0, 1], [1, 0], [2, 2]]), [3, 3]).hist; // [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
 */
export function histogramdd(
  x: Tensor,
  bins: readonly (number | Tensor)[],
  options: HistogramOptions = {},
): HistogramDD {
  checkFloat(x, "histogramdd");
  const points = x.flatten(0, -2);
  if (x.ndim < 2 || bins.length !== x.shape[x.ndim - 1])
    throw new RangeError(
      `histogramdd: expected points (N, ${bins.length}) for ${bins.length} axes, got ${showShape(x.shape)}`,
    );
  return histogramOf(points, bins, options, "histogramdd");
}

function histogramOf(
  points: Tensor,
  bins: readonly (number | Tensor)[],
  options: HistogramOptions,
  what: string,
): HistogramDD {
  const { range, weight, density } = options;
  const binEdges = bins.map((b, i) => {
    if (b instanceof Tensor) return b;
    const [min, max] = range ? [range[2 * i], range[2 * i + 1]] : extent(points.select(1, i));
    return edgesOf(points, b, min, max, what);
  });
  const hist = countIn(points, binEdges, weight).to(points.dtype);
  return { hist: density ? densityOf(hist, binEdges) : hist, binEdges };
}

/**
 * The smallest and the largest element, of all or along an axis.
 *
 * @example
 * const { min, max } = aminmax(tensor([3, 1, 2])); // 1 and 3
 */
export function aminmax(x: Tensor, dim?: number, options?: ReduceOptions): MinMax {
  return { min: x.amin(dim, options), max: x.amax(dim, options) };
}

/** Result of `aminmax`. */
export interface MinMax {
  readonly min: Tensor;
  readonly max: Tensor;
}

/**
 * `sum` that leaves NaN out.
 *
 * @example
 * nansum(tensor([1, NaN, 2])); // 3
 */
export const nansum = (x: Tensor, dim?: Dim, options?: ReduceOptions & { dtype?: DType }): Tensor =>
  (isFloat(x.dtype) ? where(x.isnan(), 0, x) : x).sum(dim, options);

/**
 * `mean` that leaves NaN out; NaN where there is nothing else.
 *
 * @example
 * nanmean(tensor([1, NaN, 2])); // 1.5000
 */
export function nanmean(x: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
  checkFloat(x, "nanmean");
  return nansum(x, dim, options).div(x.isnan().logicalNot().to(x.dtype).sum(dim, options));
}
