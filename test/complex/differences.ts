import { type Complex } from "../../src/complex/index.ts";
import { jvp, type Tensor, tensor, vjp } from "../../src/tensor/index.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";

/** Numbers without a pattern, of the shape and dtype of x. */
const numbersLike = (x: Tensor, seed: number): Tensor =>
  tensor(
    Array.from({ length: x.size }, (_, i) => Math.sin(1.7 * i + seed)),
    { dtype: x.dtype },
  ).reshape([...x.shape]);

/** A direction in which to differentiate. */
export function direction<V>(value: V): V {
  let seed = 0;
  return mapTree(value, (x) => numbersLike(x, ++seed)) as V;
}

const dotted = (a: unknown, b: unknown): number =>
  leavesOf(a).reduce((sum, x, i) => sum + x.flatten().dot(leavesOf(b)[i].flatten()).itemSync(), 0);

/**
 * The derivative of `c · f(args)` in one direction, for a fixed c: by `jvp`, by `vjp`, and by the
 * difference quotient of fourth order.
 */
export function differences<A extends unknown[]>(
  f: (...args: A) => Tensor | Complex,
  args: A,
): { jvp: number; vjp: number; differences: number } {
  const tangents = direction(args);
  const [y, tangent] = jvp(f, args, tangents);
  const cotangent = direction(y);
  const [, pull] = vjp(f, ...args);
  const STEP = 1e-3;
  const at = (steps: number): number => {
    const moves = leavesOf(tangents);
    let next = 0;
    const moved = mapTree(args, (x) => x.add(moves[next++].mul(steps * STEP))) as A;
    return dotted(f(...moved), cotangent);
  };
  return {
    jvp: dotted(tangent, cotangent),
    vjp: dotted(pull(cotangent), tangents),
    differences: (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * STEP),
  };
}
