import { isFloat, isInteger } from "../ir/dtype.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { knownElements } from "../runtime/engine.ts";
import { type Tensor } from "../tensor/index.ts";
import { numbersOf } from "../tensor/nested.ts";

function firstWrong(
  x: Tensor,
  right: (value: number) => boolean,
): { value: number; position: number } | undefined {
  const known = knownElements(x.node);
  if (!known) return undefined;
  const data = numbersOf(known, x.dtype);
  for (let i = 0; i < data.length; i++) if (!right(data[i])) return { value: data[i], position: i };
  return undefined;
}

/**
 * Checks class indices: an integer tensor of `shape` with values in [0, classes), or `ignoreIndex`.
 * Values are looked at only where they are on the host; elsewhere a wrong one makes the loss NaN.
 */
export function checkClassIndices(
  target: Tensor,
  shape: Shape,
  classes: number,
  ignoreIndex: number,
  what: string,
): void {
  const wrong = firstWrong(
    target,
    (v) => v === ignoreIndex || (Number.isInteger(v) && v >= 0 && v < classes),
  );
  if (wrong)
    throw new RangeError(
      `${what}: targets must be classes in [0, ${classes - 1}], got ${wrong.value} at position ${wrong.position}`,
    );
  if (!isInteger(target.dtype) || !sameShape(target.shape, shape))
    throw new TypeError(
      `${what}: expected class indices, an integer tensor ${showShape(shape)}, got ` +
        `${target.dtype}${showShape(target.shape)}` +
        (isInteger(target.dtype) ? "" : '; integers are made with { dtype: "i32" } or x.to("i32")'),
    );
}

/** Checks that a target has the input's shape and is a floating-point tensor without NaN. */
export function checkLike(input: Tensor, target: Tensor, what: string): void {
  if (!isFloat(target.dtype) || !sameShape(target.shape, input.shape))
    throw new TypeError(
      `${what}: expected a floating-point target ${showShape(input.shape)} as the input, got ` +
        `${target.dtype}${showShape(target.shape)}`,
    );
  const wrong = firstWrong(target, (v) => !Number.isNaN(v));
  if (wrong)
    throw new RangeError(`${what}: targets must be numbers, got NaN at position ${wrong.position}`);
}

/** Checks probabilities: as `checkLike`, and values from 0 to 1. */
export function checkProbabilities(input: Tensor, target: Tensor, what: string): void {
  checkLike(input, target, what);
  const wrong = firstWrong(target, (v) => v >= 0 && v <= 1);
  if (wrong)
    throw new RangeError(
      `${what}: targets must be probabilities from 0 to 1, got ${wrong.value} at position ${wrong.position}`,
    );
}
