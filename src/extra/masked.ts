import { type DType, isFloat, limits } from "../ir/dtype.ts";
import { type Dim, type ReduceOptions, type Tensor } from "../tensor/index.ts";
import { checkFloat, checkTensor } from "../tensor/checks.ts";
import { logaddexp as logSum } from "./pairs.ts";
import { cumprod as runningProduct } from "./running.ts";
import { nanmedian } from "./statistics.ts";
import { normalize as normalizeAll } from "./layers.ts";

// Functions of the elements where a mask holds: torch.masked. The others count as what changes nothing.

/** Where elements count. */
export interface MaskOptions {
  /** Bool, broadcast against x. Default: everywhere. */
  readonly mask?: Tensor;
}

/** Options of masked reductions. */
export type MaskedReduction = ReduceOptions & MaskOptions & { readonly dtype?: DType };

function filled(x: Tensor, mask: Tensor | undefined, value: number, what: string): Tensor {
  checkTensor(x, what);
  if (!mask) return x;
  checkTensor(mask, what);
  if (mask.dtype !== "bool")
    throw new TypeError(`${what}: expected a bool mask, got ${mask.dtype}`);
  return x.maskedFill(mask.expand(x.shape).logicalNot(), value);
}

const lowest = (x: Tensor): number => limits(x.dtype)[0];
const highest = (x: Tensor): number => limits(x.dtype)[1];
const asFloat = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : x.to("f32"));

/** How many elements count. */
function count(x: Tensor, dim: Dim | undefined, options: MaskedReduction, what: string): Tensor {
  const ones = x.onesLike({ dtype: "i32" });
  return filled(ones, options.mask, 0, what).sum(dim, { keepdim: options.keepdim });
}

/**
 * `sum` of the elements where the mask holds.
 *
 * @example
 * masked.sum(tensor([1, 2, 4]), undefined, { mask: tensor([true, false, true]) }); // 5
 */
export const sum = (x: Tensor, dim?: Dim, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, 0, "masked.sum").sum(dim, options);
/**
 * `prod` of the elements where the mask holds.
 *
 * @example
 * masked.prod(tensor([1, 2, 4]), undefined, { mask: tensor([true, false, true]) }); // 4
 */
export const prod = (x: Tensor, dim?: Dim, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, 1, "masked.prod").prod(dim, options);
/**
 * `amax` of the elements where the mask holds.
 *
 * @example
 * masked.amax(tensor([1, 5, 4]), undefined, { mask: tensor([true, false, true]) }); // 4
 */
export const amax = (x: Tensor, dim?: Dim, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, lowest(x), "masked.amax").amax(dim, options);
/**
 * `amin` of the elements where the mask holds.
 *
 * @example
 * masked.amin(tensor([1, 0, 4]), undefined, { mask: tensor([true, false, true]) }); // 1
 */
export const amin = (x: Tensor, dim?: Dim, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, highest(x), "masked.amin").amin(dim, options);
/**
 * `argmax` of the elements where the mask holds; positions have the dtype of x, as in PyTorch, unless `dtype` says
 * another.
 *
 * @example
 * masked.argmax(tensor([1, 5, 4]), undefined, { mask: tensor([true, false, true]) }); // 2
 */
export const argmax = (x: Tensor, dim?: number, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, lowest(x), "masked.argmax")
    .argmax(dim, options)
    .to(options.dtype ?? x.dtype);
/**
 * `argmin` of the elements where the mask holds; positions have the dtype of x, as in PyTorch, unless `dtype` says
 * another.
 *
 * @example
 * masked.argmin(tensor([1, 0, 4]), undefined, { mask: tensor([true, false, true]) }); // 0
 */
export const argmin = (x: Tensor, dim?: number, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, highest(x), "masked.argmin")
    .argmin(dim, options)
    .to(options.dtype ?? x.dtype);
/**
 * `mean` of the elements where the mask holds; NaN where there are none.
 *
 * @example
 * masked.mean(tensor([1, 0, 4]), undefined, { mask: tensor([true, false, true]) }); // 2.5000
 */
export function mean(x: Tensor, dim?: Dim, options: MaskedReduction = {}): Tensor {
  const y = asFloat(x);
  return filled(y, options.mask, 0, "masked.mean")
    .sum(dim, options)
    .div(count(x, dim, options, "masked.mean"));
}
/**
 * `median` of the elements where the mask holds, along an axis.
 *
 * @example
 * masked.median(tensor([1, 9, 4]), 0, { mask: tensor([true, false, true]) }); // 1
 */
export function median(x: Tensor, dim: number, options: MaskedReduction = {}): Tensor {
  checkFloat(x, "masked.median");
  if (!options.mask) return x.median(dim, options).values;
  return nanmedian(filled(x, options.mask, NaN, "masked.median"), dim, options).values;
}

/** Options of masked variances. */
export type MaskedVariance = MaskedReduction & { readonly correction?: number };

/**
 * Variance of the elements where the mask holds.
 *
 * @example
 * masked.variance(tensor([1, 9, 3]), undefined, { mask: tensor([true, false, true]) }); // 2.0000
 */
export function variance(x: Tensor, dim?: Dim, options: MaskedVariance = {}): Tensor {
  const y = asFloat(x);
  const what = "masked.variance";
  const { correction = 1, keepdim, mask } = options;
  const n = count(x, dim, { mask, keepdim }, what);
  const center = mean(y, dim, { mask, keepdim: true });
  const squares = filled(y.sub(center), mask, 0, what).square();
  return squares.sum(dim, { keepdim }).div(n.to(y.dtype).sub(correction).clamp(0));
}
/**
 * Standard deviation of the elements where the mask holds.
 *
 * @example
 * masked.std(tensor([1, 9, 3]), undefined, { mask: tensor([true, false, true]) }); // 1.4142
 */
export const std = (x: Tensor, dim?: Dim, options: MaskedVariance = {}): Tensor =>
  variance(x, dim, options).sqrt();
/**
 * `norm` of the elements where the mask holds.
 *
 * @example
 * masked.norm(tensor([3, 9, 4]), 2, undefined, { mask: tensor([true, false, true]) }); // 5
 */
export const norm = (x: Tensor, p = 2, dim?: Dim, options: MaskedReduction = {}): Tensor =>
  filled(x, options.mask, p < 0 ? Infinity : 0, "masked.norm").norm(p, dim, options);
/**
 * `logsumexp` of the elements where the mask holds; of integers cut off to one, as in PyTorch, unless `dtype` says
 * otherwise.
 *
 * @example
 * masked.logsumexp(tensor([0, 9, 0]), 0, { mask: tensor([true, false, true]) }); // 0.6931
 */
export function logsumexp(x: Tensor, dim: Dim, options: MaskedReduction = {}): Tensor {
  const { dtype = x.dtype } = options;
  const y = asFloat(options.dtype ? x.to(dtype) : x);
  const sums = filled(y, options.mask, -Infinity, "masked.logsumexp").logsumexp(dim, options);
  // Of nothing it is the least number there is.
  return isFloat(dtype) ? sums.to(dtype) : sums.clamp(limits(dtype)[0]).to(dtype);
}
/**
 * `cumsum` of the elements where the mask holds.
 *
 * @example
 * masked.cumsum(tensor([1, 9, 3]), 0, { mask: tensor([true, false, true]) }); // [1, 1, 4]
 */
export const cumsum = (x: Tensor, dim: number, options: MaskOptions = {}): Tensor =>
  filled(x, options.mask, 0, "masked.cumsum").cumsum(dim);
/**
 * `cumprod` of the elements where the mask holds.
 *
 * @example
 * masked.cumprod(tensor([2, 9, 3]), 0, { mask: tensor([true, false, true]) }); // [2, 2, 6]
 */
export const cumprod = (x: Tensor, dim: number, options: MaskOptions = {}): Tensor =>
  runningProduct(filled(x, options.mask, 1, "masked.cumprod"), dim);
/**
 * `softmax` over the elements where the mask holds; 0 elsewhere.
 *
 * @example
 * masked.softmax(tensor([0, 9, 0]), 0, { mask: tensor([true, false, true]) }); // [0.5, 0, 0.5]
 */
export const softmax = (x: Tensor, dim: number, options: MaskOptions = {}): Tensor =>
  filled(asFloat(x), options.mask, -Infinity, "masked.softmax").softmax(dim);
/**
 * `logSoftmax` over the elements where the mask holds; -∞ elsewhere.
 *
 * @example
 * masked.logSoftmax(tensor([0, 9, 0]), 0, { mask: tensor([true, false, true]) }); // [-0.6931, -Infinity, -0.6931]
 */
export const logSoftmax = (x: Tensor, dim: number, options: MaskOptions = {}): Tensor =>
  filled(asFloat(x), options.mask, -Infinity, "masked.logSoftmax").logSoftmax(dim);
/**
 * `softmin` over the elements where the mask holds; 0 elsewhere.
 *
 * @example
 * masked.softmin(tensor([0, 9, 0]), 0, { mask: tensor([true, false, true]) }); // [0.5, 0, 0.5]
 */
export const softmin = (x: Tensor, dim: number, options: MaskOptions = {}): Tensor =>
  filled(asFloat(x), options.mask, Infinity, "masked.softmin").softmin(dim);
/**
 * `normalize` over the elements where the mask holds; 0 elsewhere.
 *
 * @example
 * masked.normalize(tensor([3, 9, 4]), 2, 0, { mask: tensor([true, false, true]) }); // [0.6000, 0, 0.8000]
 */
export const normalize = (
  x: Tensor,
  p: number,
  dim: number,
  options: MaskOptions & { readonly eps?: number } = {},
): Tensor =>
  normalizeAll(filled(x, options.mask, 0, "masked.normalize"), { p, dim, eps: options.eps });

/**
 * `logaddexp` where each operand has a mask of its own.
 *
 * @example
 * masked.logaddexp(tensor([0]), tensor([0])); // [0.6931]
 */
export function logaddexp(
  a: Tensor,
  b: Tensor,
  options: { readonly mask?: Tensor; readonly otherMask?: Tensor } = {},
): Tensor {
  const left = filled(a, options.mask, -Infinity, "masked.logaddexp");
  return logSum(left, filled(b, options.otherMask, -Infinity, "masked.logaddexp"));
}
