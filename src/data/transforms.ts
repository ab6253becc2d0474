import { showShape } from "../ir/shape.ts";
import { tensor, type Tensor } from "../tensor/index.ts";

/** How values are centred and scaled: `(x - mean) / std`. Lists hold one number a channel. */
export interface Normalization {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

/** Throws unless all means and deviations are numbers that can be used. */
export function checkNormalization({ mean, std }: Normalization, what: string): void {
  for (const m of [mean].flat())
    if (!Number.isFinite(m)) throw new RangeError(`${what}: mean must be finite, got ${m}`);
  for (const s of [std].flat())
    if (!(s > 0 && s < Infinity))
      throw new RangeError(`${what}: std must be finite and > 0, got ${s}`);
}

/**
 * A transform that gives `(x - mean) / std`. Lists apply to the channels of x (…, C, H, W).
 *
 * @throws RangeError for means that are not finite and deviations that are not > 0.
 *
 * @example
 * const toInput = normalize({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
 * toInput(images); // (N, 3, H, W)
 */
export function normalize(options: Normalization): (x: Tensor) => Tensor {
  checkNormalization(options, "normalize");
  const operand = (values: number | readonly number[], x: Tensor): number | Tensor => {
    if (typeof values === "number") return values;
    if (x.ndim < 3 || x.shape[x.ndim - 3] !== values.length)
      throw new Error(
        `normalize: expected (…, ${values.length}, H, W) for ${values.length} channels, got ${showShape(x.shape)}`,
      );
    return tensor(values).reshape(values.length, 1, 1);
  };
  return (x) => x.sub(operand(options.mean, x)).div(operand(options.std, x));
}

/**
 * Bytes 0 … 255 as f32 from 0 to 1.
 *
 * @example
 * toUnit(tensor([0, 51, 255], { dtype: "u8" })); // [0, 0.2, 1]
 */
export const toUnit = (x: Tensor): Tensor => x.to("f32").div(255);

/**
 * A transform of classes (…), integers in [0, numClasses), to rows (…, numClasses) of 0 with a 1 at the
 * class, f32.
 *
 * @example
 * oneHot(3)(tensor([2, 0], { dtype: "i32" })); // [[0, 0, 1], [1, 0, 0]]
 */
export const oneHot =
  (numClasses: number) =>
  (labels: Tensor): Tensor =>
    labels.oneHot(numClasses).to("f32");

/**
 * Transforms one after the other, the first first.
 *
 * @example
 * const toInput = compose(toUnit, normalize({ mean: [0.5], std: [0.25] }));
 * toInput(tensor([[[0, 255]]], { dtype: "u8" })); // [[[-2, 2]]]
 */
export const compose =
  <T>(...transforms: readonly ((x: T) => T)[]): ((x: T) => T) =>
  (x) =>
    transforms.reduce((value, transform) => transform(value), x);
