import { showShape } from "../ir/shape.ts";
import { arange, cat, full, scan, Tensor, tensor, where } from "../tensor/index.ts";
import { indexNode } from "../tensor/operand.ts";
import { checkFloat, checkOption, checkRank, checkTensor } from "../tensor/checks.ts";
import { scaledByFrequency } from "./frequencies.ts";
import { logaddexp } from "./pairs.ts";
import { scatterReduce } from "./scatter-reduce.ts";
import { searchsorted } from "./sets.ts";

/** Options of `embeddingBag`. */
export interface EmbeddingBagOptions {
  /** Where each bag starts in a vector of indices. */
  readonly offsets?: Tensor;
  /** Default `"mean"`. */
  readonly mode?: "sum" | "mean" | "max";
  /** A factor for each index, in mode `"sum"`. */
  readonly perSampleWeights?: Tensor;
  /** Whether the last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
  /** An index that does not count. */
  readonly paddingIdx?: number;
  /** Whether a row's gradient is divided by how often its index is there. Not for maxima. Default false. */
  readonly scaleGradByFreq?: boolean;
}

/**
 * Sums, means or maxima of bags of rows of a table (V, D): for indices (B, n), or a vector cut at
 * `offsets` (B), the result is (B, D). Empty bags give 0.
 *
 * @example
 * embeddingBag(tensor([[0, 1]], { dtype: "i32" }), tensor([[1, 2], [3, 4]])); // [[2, 3]]
 */
export function embeddingBag(x: Tensor, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  const what = "embeddingBag";
  const { offsets, mode = "mean", perSampleWeights, includeLastOffset = false } = options;
  checkOption(mode, ["sum", "mean", "max"], "mode", what);
  checkRank(weight, 2, what);
  indexNode(x, what);
  if ((x.ndim === 1) !== (offsets !== undefined) || x.ndim > 2)
    throw new RangeError(
      `${what}: expected indices (B, n), or a vector and offsets, got ${showShape(x.shape)}`,
    );
  if (perSampleWeights && mode !== "sum")
    throw new RangeError(`${what}: perSampleWeights are for mode "sum", got "${mode}"`);
  if (options.scaleGradByFreq && mode === "max")
    throw new RangeError(`${what}: scaleGradByFreq is for modes "sum" and "mean", got "max"`);
  const flat = x.flatten();
  const positions = arange(flat.size);
  const bags = offsets ? offsets.size - Number(includeLastOffset) : x.shape[0];
  const given = offsets?.narrow(0, 0, bags);
  let bag = given
    ? searchsorted(given, positions, { right: true }).sub(1)
    : positions.floorDivide(Math.max(1, x.shape[1]));
  if (options.paddingIdx !== undefined) {
    const padding = options.paddingIdx;
    const own = padding < 0 ? padding + weight.shape[0] : padding;
    // Position -1 is dropped.
    bag = where(flat.eq(own), -1, bag);
  }
  const found = flat.embedding(weight);
  const table = options.scaleGradByFreq ? scaledByFrequency(found, flat, weight.shape[0]) : found;
  const rows = perSampleWeights ? table.mul(perSampleWeights.reshape(-1, 1)) : table;
  const zeros = full([bags, weight.shape[1]], 0, { dtype: weight.dtype });
  const index = bag.unsqueeze(1).expand(rows.shape);
  if (mode === "max") return scatterReduce(zeros, 0, index, rows, "amax", { includeSelf: false });
  const sum = zeros.scatterAdd(0, index, rows);
  if (mode === "sum") return sum;
  const count = full([bags], 0, { dtype: weight.dtype }).scatterAdd(0, bag, 1);
  return sum.div(count.clamp(1).unsqueeze(1));
}

/** Stands for the logarithm of 0: finite, so that no derivative is ∞ - ∞. */
const NEVER = -1e30;

/** Lengths of sequences: integers, for one sequence also one. */
export type Lengths = Tensor | readonly number[] | number;

/** Lengths (N) as i32; those that are known must be from 0 to `most`. */
function lengthsOf(
  lengths: Lengths,
  batch: number,
  most: number,
  name: string,
  what: string,
): Tensor {
  if (lengths instanceof Tensor) {
    if (lengths.size !== batch)
      throw new RangeError(`${what}: expected ${name} [${batch}], got ${showShape(lengths.shape)}`);
    return lengths.reshape(batch).to("i32");
  }
  const list = typeof lengths === "number" ? [lengths] : lengths;
  if (list.length !== batch || !list.every((n) => Number.isInteger(n) && n >= 0 && n <= most))
    throw new RangeError(
      `${what}: ${name} must be ${batch} integers from 0 to ${most}, got [${list.join(", ")}]`,
    );
  return tensor(list, { dtype: "i32" });
}

/** Targets one after the other as (N, S), S the greatest length that is known. */
function apart(targets: Tensor, lengths: Tensor, given: Lengths): Tensor {
  const width =
    given instanceof Tensor || typeof given === "number" ? targets.size : Math.max(...given);
  const ends = lengths.cumsum(0);
  const at = ends
    .sub(lengths)
    .unsqueeze(1)
    .add(arange(width, { dtype: "i32" }));
  return targets.take(at.clamp(0, Math.max(0, targets.size - 1)));
}

/** Options of `ctcLoss`. */
export interface CTCOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Default `"mean"`: each loss divided by the length of its target, then the mean. */
  readonly reduction?: "mean" | "sum" | "none";
  /** Whether targets that are too long for their input count as 0, not ∞. Default false. */
  readonly zeroInfinity?: boolean;
}

/**
 * Connectionist temporal classification (Graves et al. 2006): the negative log-likelihood of targets under
 * log-probabilities (T, N, C) of each step, over all alignments.
 *
 * @param logProbs - (T, N, C), or (T, C) for one sequence.
 * @param targets - Labels (N, S), of which as many count as `targetLengths` says; or all targets one after
 * the other, (sum of their lengths). For one sequence (S).
 * @throws RangeError for shapes that do not fit, and lengths outside the range where they are given as numbers.
 *
 * @example
 * ctcLoss(full([2, 1, 2], Math.log(0.5)), tensor([[1]], { dtype: "i32" }), [2], [1]); // 0.2877
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CTCOptions = {},
): Tensor {
  const what = "ctcLoss";
  const { blank = 0, reduction = "mean", zeroInfinity = false } = options;
  checkFloat(logProbs, what);
  checkTensor(targets, what);
  checkOption(reduction, ["mean", "sum", "none"], "reduction", what);
  if (logProbs.ndim === 2 && targets.ndim === 1) {
    const loss = ctcLoss(
      logProbs.unsqueeze(1),
      targets.unsqueeze(0),
      inputLengths,
      targetLengths,
      options,
    );
    return reduction === "none" ? loss.squeeze(0) : loss;
  }
  const [time, batch, classes] = logProbs.shape;
  const joined = targets.ndim === 1;
  if (logProbs.ndim !== 3 || (!joined && (targets.ndim !== 2 || targets.shape[0] !== batch)))
    throw new RangeError(
      `${what}: expected log-probabilities (T, N, C) and targets (N, S), got ${showShape(logProbs.shape)} and ${showShape(targets.shape)}`,
    );
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes)
    throw new RangeError(
      `${what}: blank must be an integer from 0 to ${classes - 1}, got ${blank}`,
    );
  const most = joined ? targets.size : targets.shape[1];
  const steps = lengthsOf(inputLengths, batch, time, "inputLengths", what);
  const wanted = lengthsOf(targetLengths, batch, most, "targetLengths", what);
  const labels = (joined ? apart(targets, wanted, targetLengths) : targets).to("i32");
  // Blanks around every label.
  const blanks = labels.fullLike(blank);
  const edge = full([batch, 1], blank, { dtype: "i32" });
  const wide = cat([cat([blanks.unsqueeze(2), labels.unsqueeze(2)], 2).flatten(1), edge], 1);
  const width = wide.shape[1];
  const scores = logProbs.takeAlongDim(wide.unsqueeze(0), 2);
  const shifted = (a: Tensor, by: number): Tensor =>
    a.pad([by, 0], { value: NEVER }).narrow(1, 0, width);
  // A label may follow another one without a blank unless both are the same.
  const previous = wide.pad([2, 0], { value: blank }).narrow(1, 0, width);
  const skips = wide.ne(blank).logicalAnd(wide.ne(previous));
  const start = where(arange(width).lt(2), scores.select(0, 0), NEVER);
  const [last] = scan(
    (alpha: Tensor, [score, t]: [Tensor, Tensor]) => {
      const near = logaddexp(alpha, shifted(alpha, 1));
      const all = logaddexp(near, where(skips, shifted(alpha, 2), NEVER));
      const next = all.add(score).maximum(NEVER);
      return [where(t.lt(steps).unsqueeze(1), next, alpha), []];
    },
    start,
    [scores.narrow(0, 1, time - 1), arange(1, time)] as [Tensor, Tensor],
  );
  const end = wanted.mul(2).unsqueeze(1);
  const onBlank = last.takeAlongDim(end, 1);
  const onLabel = where(end.gt(0), last.takeAlongDim(end.sub(1).clamp(0), 1), NEVER);
  // Of no steps only the target of no labels is made, for certain.
  const empty = where(wanted.eq(0), 0, NEVER);
  const found = where(steps.eq(0), empty, logaddexp(onBlank, onLabel).squeeze(1));
  const loss = where(found.lt(NEVER / 2), zeroInfinity ? 0 : Infinity, found.neg());
  if (reduction === "none") return loss;
  if (reduction === "sum") return loss.sum();
  return loss.div(wanted.clamp(1).to(loss.dtype)).sum().div(batch);
}
