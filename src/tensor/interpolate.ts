import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { gatherAxis } from "./gather.ts";
import { atPrecision } from "./precision.ts";
import { type PerAxis, resized } from "./spatial.ts";
import { Tensor } from "./tensor.ts";

/** Options of `interpolate`: one of `size` and `scaleFactor`. */
export interface InterpolateOptions {
  /** Sizes of the spatial axes of the result. */
  readonly size?: PerAxis;
  /** Factors of the spatial axes; sizes are rounded down. */
  readonly scaleFactor?: PerAxis;
  /** Each element is that of the input at or before it. `interpolate` of `nabla/extra` knows more modes. */
  readonly mode?: "nearest";
}

/** Every entry of an axis `times` times. */
function repeated(x: Node, axis: number, times: number): Node {
  const { shape } = x;
  const narrow = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const wide = narrow.map((n, i) => (i === axis + 1 ? times : n));
  return ops.reshape(
    ops.expand(ops.reshape(x, narrow), wide),
    shape.map((n, i) => (i === axis ? n * times : n)),
  );
}

/**
 * Another size for the spatial axes of x (N, C, …): output position i takes the element at `⌊i · step⌋`,
 * where step is the quotient of the sizes, or `1 / scaleFactor`.
 *
 * @throws RangeError when not one of `size` and `scaleFactor` is given, or one is out of range.
 *
 * @example
 * interpolate(rand([8, 3, 16, 16]), { scaleFactor: 2 }); // (8, 3, 32, 32)
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const { size, scaleFactor, mode = "nearest" } = options;
  const what = "interpolate";
  if ((mode as string) !== "nearest")
    throw new RangeError(
      `${what}: mode must be "nearest" (others are in nabla/extra), got ${JSON.stringify(mode)}`,
    );
  if ((size === undefined) === (scaleFactor === undefined))
    throw new RangeError(`${what}: expected one of size and scaleFactor`);
  const spatial = x.ndim - 2;
  if (spatial < 1)
    throw new RangeError(`${what}: expected an input (N, C, …), got ${showShape(x.shape)}`);
  [x] = atPrecision("single", x);
  const { sizes, scales } = resized(x, size, scaleFactor, what);
  let { node } = x;
  sizes.forEach((m, i) => {
    const axis = 2 + i;
    const n = node.shape[axis];
    if (m === n && scales === undefined) return;
    if (m % n === 0 && (scales === undefined || scales[i] === m / n))
      return void (node = repeated(node, axis, m / n));
    // In single precision, as PyTorch computes positions.
    const step = ops.full([m], scales ? 1 / scales[i] : n / m, "f32");
    const at = ops.cast(ops.floor(ops.mul(ops.iota([m], 0, "f32"), step)), "i32");
    node = gatherAxis(node, ops.min(at, ops.fullLike(at, n - 1)), axis);
  });
  return new Tensor(node);
}
