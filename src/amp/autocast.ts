import { type DType, isFloat, promote } from "../ir/dtype.ts";
import { cast } from "../ir/ops.ts";
import { describe } from "../tensor/operand.ts";
import { inPrecision, type Precision, precision, type Want } from "../tensor/precision.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";

/** A dtype of 16 bits that `autocast` lets products run in. */
export type LowDType = "f16" | "bf16";

/** Options of `autocast`. */
export interface AutocastOptions {
  /**
   * What products run in. `"bf16"` has the range of f32 and 8 digits (binary); `"f16"` has 11 digits and a narrow
   * range, for which training needs a `GradScaler`. Default `"bf16"`.
   */
  readonly dtype?: LowDType;
  /** Whether anything changes; with `false` functions run in the dtypes of their operands. Default true. */
  readonly enabled?: boolean;
}

/** Whether a scope may change the dtype of a tensor: f64 is there on purpose. */
const isEligible = ({ dtype }: Tensor): boolean => isFloat(dtype) && dtype !== "f64";

const isPlain = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;

// The cast of a parameter is a node like any other: a second function that asks for it gets the same node, and
// its gradient comes back through it in the parameter's own dtype.
const inDType =
  (dtype: DType) =>
  (x: Tensor): Tensor =>
    isEligible(x) && x.dtype !== dtype ? new Tensor(cast(x.node, dtype)) : x;

/** The widest floating-point dtype of some operands. */
function widest(given: readonly unknown[]): DType | undefined {
  let found: DType | undefined;
  for (const x of given)
    if (x instanceof Tensor && isFloat(x.dtype)) found = found ? promote(found, x.dtype) : x.dtype;
  return found;
}

function scope(low: LowDType): Precision {
  const dtypeFor = (want: Want, given: readonly unknown[]): DType | undefined =>
    want === "low" ? low : want === "single" ? "f32" : widest(given);
  return {
    name: low,
    operands(want, given) {
      const dtype = dtypeFor(want, given);
      return dtype ? given.map((x) => mapTree(x, inDType(dtype))) : given;
    },
  };
}

const SCOPES: Readonly<Record<LowDType, Precision>> = { f16: scope("f16"), bf16: scope("bf16") };

/**
 * Runs `fn` in mixed precision, as `torch.autocast` does on CUDA devices. Each function takes its operands in the
 * dtype that suits it:
 *
 * - products run in `dtype`: `matmul` and its kin, `linear`, `einsum`, convolutions, recurrent layers,
 *   `scaledDotProductAttention`, `prelu`;
 * - what needs the range or the digits of f32 runs in it: `exp`, `log`, `pow`, `reciprocal`, `softmax`, `sum`,
 *   `prod`, `cumsum`, norms, `layerNorm`, `groupNorm`, `rmsNorm`, losses, distances, resizing;
 * - `dot`, `cross`, `bilinear`, `gridSample`, `scatterAdd` and others of several tensors run in the widest dtype
 *   among them;
 * - everything else runs in the dtypes that come: sums of f32 and halves are f32.
 *
 * Parameters stay as they are, f32 as a rule, and get gradients of their own dtype. Tensors of f64 and integers are
 * left alone. The backward pass runs in the dtypes that the forward pass recorded, wherever `backward()` is called,
 * and optimisers step in the dtypes of their parameters. `fn` may be asynchronous; then nothing else should run
 * until it has ended.
 *
 * @returns What `fn` returned.
 * @throws RangeError for another dtype, TypeError without a function.
 *
 * @example
 * const loss = autocast({ dtype: "bf16" }, () => {
 *   const output = net.forward(images); // bf16
 *   return criterion.forward(output, labels); // f32
 * });
 * loss.backward();
 * optimizer.step();
 */
export function autocast<R>(options: AutocastOptions, fn: () => R): R {
  if (typeof fn !== "function")
    throw new TypeError(
      `autocast: expected options and a function, got ${describe(fn)} as the second argument`,
    );
  if (!isPlain(options))
    throw new TypeError(
      `autocast: expected options such as { dtype: "bf16" }, got ${describe(options)}`,
    );
  const { dtype = "bf16", enabled = true }: AutocastOptions = options;
  if (!Object.hasOwn(SCOPES, dtype))
    throw new RangeError(`autocast: dtype must be "bf16" or "f16", got ${describe(dtype)}`);
  return inPrecision(enabled ? SCOPES[dtype] : undefined, fn);
}

/**
 * Whether a scope of `autocast` is open here.
 *
 * @example
 * autocast({ dtype: "f16" }, () => isAutocastEnabled()); // true
 */
export const isAutocastEnabled = (): boolean => precision() !== undefined;

/**
 * The dtype that products run in here; undefined where no scope of `autocast` is open.
 *
 * @example
 * autocast({ dtype: "f16" }, () => autocastDType()); // f16
 */
export const autocastDType = (): LowDType | undefined => precision()?.name as LowDType | undefined;
