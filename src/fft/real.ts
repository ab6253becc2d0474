import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { range } from "../tensor/axes.ts";
import { catNodes } from "../tensor/cat.ts";
import { dft, padded, rotated } from "./dft.ts";
import { ONE_STEP } from "./radices.ts";
import { halfRoots } from "./tables.ts";

// Transforms between n real numbers and the n/2 + 1 numbers of their spectrum that determine the others.
// Where n is even, the real numbers are taken for n/2 complex ones: those at even places for real parts,
// those at odd places for imaginary parts. With E and O the spectra of both, Z = E + iO, and
// X[k] = E[k] + e^(∓2πi k / n) · O[k].

/** Short transforms are one product with a matrix of real numbers anyway. */
const isPaired = (n: number): boolean => n % 2 === 0 && n > ONE_STEP;

/** `then` where a place along an axis is one of `places`, else `otherwise`. */
function at(
  like: Node,
  axis: number,
  places: readonly number[],
  then: number,
  otherwise: number,
): Node {
  const place = ops.iota(like.shape, axis);
  const is = places.map((k) => ops.eq(place, ops.fullLike(place, k)));
  return ops.select(
    is.reduce((a, b) => ops.or(a, b)),
    ops.fullLike(like, then),
    ops.fullLike(like, otherwise),
  );
}

/** The conjugate numbers. */
const conjugated = (z: Node): Node => ops.mul(z, at(z, 0, [0], 1, -1));

/** Times i. */
const turned = (z: Node): Node => ops.mul(ops.flip(z, [0]), at(z, 0, [0], -1, 1));

/** Times e^(sign · 2πi k / n) along an axis that starts at k = 0. */
function halfTurned(z: Node, axis: number, n: number, sign: number): Node {
  const shape = z.shape.slice(1).map((size, i) => (i === axis - 1 ? size : 1));
  const roots = halfRoots(n, z.dtype).map((x) => range(x, x.shape.length - 1, 0, z.shape[axis]));
  return rotated(z, roots, shape, sign);
}

/** Of one plane of real numbers the first ⌊n/2⌋ + 1 sums of `dft`. */
export function realDft(z: Node, axis: number, sign: number): Node {
  const n = z.shape[axis];
  const half = Math.floor(n / 2);
  if (!isPaired(n)) return range(dft(z, axis, sign), axis, 0, half + 1);
  const { shape } = z;
  const pairs = ops.reshape(z, [...shape.slice(1, axis), half, 2, ...shape.slice(axis + 1)]);
  const others = pairs.shape.map((_, i) => i).filter((i) => i !== axis);
  const spectrum = dft(ops.permute(pairs, [axis, ...others]), axis, sign);
  // Entry n/2 is entry 0 again, and those from there backwards belong to the negative frequencies.
  const around = catNodes([spectrum, range(spectrum, axis, 0, 1)], axis);
  const mirrored = conjugated(ops.flip(around, [axis]));
  const even = ops.add(around, mirrored);
  const odd = turned(ops.sub(mirrored, around));
  const twice = ops.add(even, halfTurned(odd, axis, n, sign));
  return ops.mul(twice, ops.fullLike(twice, 0.5));
}

/** One plane of n real sums, of the first ⌊n/2⌋ + 1 entries of a spectrum: `dft` of all of it. */
export function dftToReal(z: Node, axis: number, n: number, sign: number): Node {
  const half = Math.floor(n / 2);
  const ends = n % 2 === 0 ? [0, half] : [0];
  if (!isPaired(n)) {
    // Each entry and its conjugate have the same real part in the sum; those at the ends have no other.
    const weighted = ops.mul(z, at(z, axis, ends, 1, 2));
    return dft(padded(weighted, axis, n), axis, sign, 1);
  }
  // The imaginary parts at the ends do not count.
  const ofReal = ops.mul(padded(z, 0, 2), withoutEnds(z, axis, ends));
  const mirrored = conjugated(ops.flip(ofReal, [axis]));
  const first = (x: Node): Node => range(x, axis, 0, half);
  const even = first(ops.add(ofReal, mirrored));
  const odd = halfTurned(first(ops.sub(ofReal, mirrored)), axis, n, sign);
  const pairs = dft(ops.add(even, turned(odd)), axis, sign);
  const { shape } = pairs;
  const order = shape.map((_, i) => (i < axis ? i + 1 : i === axis ? 0 : i));
  const whole = ops.permute(pairs, order);
  return ops.reshape(whole, [1, ...shape.slice(1, axis), n, ...shape.slice(axis + 1)]);
}

/** 0 for the imaginary parts at the ends, else 1. */
function withoutEnds(z: Node, axis: number, ends: readonly number[]): Node {
  const shape = [2, ...z.shape.slice(1)];
  const like = ops.full(shape, 0, z.dtype);
  const inside = at(like, axis, ends, 0, 1);
  const real = ops.eq(ops.iota(shape, 0), ops.full(shape, 0, "i32"));
  return ops.select(real, ops.full(shape, 1, z.dtype), inside);
}
