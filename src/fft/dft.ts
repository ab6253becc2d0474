import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { range } from "../tensor/axes.ts";
import { radicesOf } from "./radices.ts";
import { chirp, chirpFilter, matrix, twiddles } from "./tables.ts";

// Complex numbers are planes here: axis 0 of a node holds real and imaginary parts, or real parts alone
// where it has size 1. So one contraction transforms both, and a product with complex constants is
// elementwise: with the planes as they are, and with the planes exchanged.

/** What a transform gives: both parts, or real parts alone. */
type PlaneCount = 1 | 2;

/** The product with constants `cos - i sin` (with `cos + i sin` for a sign of 1) along the axes of `shape`. */
export function rotated(
  z: Node,
  [cos, exchanged]: readonly Node[],
  shape: readonly number[],
  sign: number,
): Node {
  const wide = (x: Node, planes: number): Node =>
    ops.broadcastTo(ops.reshape(x, [planes, ...shape]), z.shape);
  const straight = ops.mul(z, wide(cos, 1));
  const crossed = ops.mul(ops.flip(z, [0]), wide(exchanged, 2));
  return sign < 0 ? ops.add(straight, crossed) : ops.sub(straight, crossed);
}

/** Zeros behind the entries of an axis. */
export function padded(z: Node, axis: number, size: number): Node {
  const none = z.shape.map(() => 0);
  const hi = none.slice();
  hi[axis] = size - z.shape[axis];
  return ops.pad(z, none, hi);
}

/**
 * Sums of the entries along `axis` times e^(sign · 2πi jk / n), for every k < n.
 *
 * Lengths with small prime factors are split by Cooley and Tukey's algorithm: n = r · m entries are a
 * matrix (r, m), whose columns are transformed by one product with the matrix of r numbers, multiplied by
 * roots of unity, and transformed along their rows in the same way. The axis of each finished step goes
 * to the front, where together they have the order of the result (Stockham). Other lengths become a
 * convolution (Bluestein).
 */
export function dft(z: Node, axis: number, sign: number, to: PlaneCount = 2): Node {
  const { shape, dtype } = z;
  const n = shape[axis];
  const radices = radicesOf(n);
  if (!radices) return bluestein(z, axis, sign, to);
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  const [before, after] = [product(shape.slice(1, axis)), product(shape.slice(axis + 1))];
  let rest = n;
  radices.forEach((r, step) => {
    const [from, done] = [z.shape[0], n / rest];
    const planes = step === radices.length - 1 ? to : 2;
    rest /= r;
    const columns = ops.reshape(z, [from, done, before, r, rest, after]);
    z = ops.dot(matrix(r, sign, from, planes, dtype), columns, {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [2, 3],
      rhsContract: [0, 3],
    });
    if (rest > 1) z = rotated(z, twiddles(r, rest, dtype), [r, 1, 1, rest, 1], sign);
  });
  const ordered = ops.permute(ops.reshape(z, [to, n, before, after]), [0, 2, 1, 3]);
  return ops.reshape(ordered, [to, ...shape.slice(1)]);
}

/** By jk = (j² + k² - (k - j)²) / 2, a convolution with a chirp, which transforms of 2ᵏ numbers compute. */
function bluestein(z: Node, axis: number, sign: number, to: PlaneCount): Node {
  const { shape, dtype } = z;
  const n = shape[axis];
  const along = (size: number): number[] =>
    shape.slice(1).map((_, i) => (i === axis - 1 ? size : 1));
  const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const turned = rotated(padded(z, 0, 2), chirp(n, dtype), along(n), sign);
  const spectrum = dft(padded(turned, axis, length), axis, -1);
  const filtered = rotated(spectrum, chirpFilter(n, length, dtype), along(length), sign);
  const convolved = range(dft(filtered, axis, 1), axis, 0, n);
  return range(rotated(convolved, chirp(n, dtype), along(n), sign), 0, 0, to);
}
