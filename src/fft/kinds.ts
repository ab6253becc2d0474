import { type Complex } from "../complex/index.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type Tensor } from "../tensor/index.ts";
import { range } from "../tensor/axes.ts";
import { dft, padded } from "./dft.ts";
import { type Extents, extentsOf, type FftnOptions, type Norm, scaleOf } from "./options.ts";
import { dftToReal, realDft } from "./real.ts";
import { complexOf, plane, planesOf, type Signal } from "./planes.ts";

// Planes have one axis more than the signal, in front.

/** The axis with so many entries: cut, or with zeros behind. */
function resized(z: Node, axis: number, size: number): Node {
  if (size <= z.shape[axis]) return range(z, axis, 0, size);
  return padded(z, axis, size);
}

const scaled = (z: Node, factor: number): Node =>
  factor === 1 ? z : ops.mul(z, ops.fullLike(z, factor));

/** Complex transforms along all axes, one after the other. */
function alongAll(z: Node, { axes, sizes }: Extents, sign: number): Node {
  return axes.reduce((x, axis, i) => dft(resized(x, axis + 1, sizes[i]), axis + 1, sign), z);
}

/** Without the last axis, and the last one. */
function parted({ axes, sizes }: Extents): { last: [number, number]; others: Extents } {
  const last: [number, number] = [axes[axes.length - 1], sizes[sizes.length - 1]];
  return { last, others: { axes: axes.slice(0, -1), sizes: sizes.slice(0, -1) } };
}

/** A transform of complex numbers. */
export function complexToComplex(
  x: Signal,
  extents: Extents,
  norm: Norm | undefined,
  inverse: boolean,
  what: string,
): Complex {
  const factor = scaleOf(norm, extents.sizes, !inverse, what);
  let z = planesOf(x);
  // With no axis to transform the planes are still to be two.
  if (extents.axes.length === 0) z = resized(z, 0, 2);
  return complexOf(scaled(alongAll(z, extents, inverse ? 1 : -1), factor));
}

/** A transform of real numbers: the first n/2 + 1 entries, which determine the others. */
export function realToComplex(
  x: Tensor,
  extents: Extents,
  norm: Norm | undefined,
  inverse: boolean,
  what: string,
): Complex {
  const factor = scaleOf(norm, extents.sizes, !inverse, what);
  const {
    last: [axis, n],
    others,
  } = parted(extents);
  const sign = inverse ? 1 : -1;
  const half = realDft(resized(planesOf(x), axis + 1, n), axis + 1, sign);
  return complexOf(scaled(alongAll(half, others, sign), factor));
}

/** A transform whose results are real: of the first n/2 + 1 entries of a spectrum whose others are their conjugates. */
export function complexToReal(
  x: Signal,
  extents: Extents,
  norm: Norm | undefined,
  inverse: boolean,
  what: string,
): Tensor {
  const factor = scaleOf(norm, extents.sizes, !inverse, what);
  const {
    last: [axis, n],
    others,
  } = parted(extents);
  const sign = inverse ? 1 : -1;
  const half = resized(alongAll(planesOf(x), others, sign), axis + 1, Math.floor(n / 2) + 1);
  return plane(scaled(dftToReal(half, axis + 1, n, sign), factor), 0);
}

/** The length of a signal with so many entries of a spectrum without conjugates. */
export const halfOf = (entries: number): number => 2 * (entries - 1);

/** Axes and lengths along which real numbers are transformed: at least one. */
export function realExtents(
  x: Signal,
  options: FftnOptions,
  what: string,
  natural?: (entries: number) => number,
): Extents {
  const extents = extentsOf(x.shape, options, what, natural);
  if (extents.axes.length === 0)
    throw new RangeError(`${what}: expected at least 1 axis to transform`);
  return extents;
}
