import { type Shape } from "../ir/shape.ts";

/**
 * `offset + Σ coeffs[i] · index[i]`: where an element lies, as a function of the indices of the loops
 * around it. Views (permute, expand, slice, flip, pad) only change these numbers.
 */
export interface Affine {
  readonly offset: number;
  readonly coeffs: readonly number[];
}

/** How each index of a value follows from the indices of a new space: one affine form a value axis. */
export type IndexMap = readonly Affine[];

/** Row-major positions in `shape`; axes of size 1 have coefficient 0. */
export function contiguous(shape: Shape): Affine {
  const coeffs = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    coeffs[i] = shape[i] === 1 ? 0 : step;
    step *= shape[i];
  }
  return { offset: 0, coeffs };
}

/** The index of `axis` itself, in a space of `rank` axes. */
export const axisOf = (axis: number, rank: number, factor = 1, offset = 0): Affine => ({
  offset,
  coeffs: Array.from({ length: rank }, (_, i) => (i === axis ? factor : 0)),
});

/** `form`, whose indices are given by `map`, as a form of the new space's indices. */
export function compose(form: Affine, map: IndexMap, rank: number): Affine {
  let offset = form.offset;
  const coeffs = new Array<number>(rank).fill(0);
  for (let i = 0; i < map.length; i++) {
    const c = form.coeffs[i];
    if (c === 0) continue;
    offset += c * map[i].offset;
    for (let j = 0; j < rank; j++) coeffs[j] += c * map[i].coeffs[j];
  }
  return { offset, coeffs };
}

/**
 * `form` over a row-major renaming of the axes `from` to the axes `to`, or undefined where it is not an
 * affine form of the new indices (a transposed array flattened, say).
 */
export function reshapeAffine(form: Affine, from: Shape, to: Shape): Affine | undefined {
  const coeffs = new Array<number>(to.length).fill(0);
  // Nothing is ever read of an empty value, and its sizes say nothing about how axes correspond.
  if (from.includes(0) || to.includes(0)) return { offset: form.offset, coeffs };
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    // The shortest runs of old and new axes with equal products.
    const i0 = i;
    const j0 = j;
    let a = i < from.length ? from[i++] : 1;
    let b = j < to.length ? to[j++] : 1;
    while (a !== b) {
      if (a < b) a *= from[i++];
      else b *= to[j++];
    }
    // Within the old run, each axis must continue the next one.
    let step = 0;
    let expected: number | undefined;
    for (let k = i - 1; k >= i0; k--) {
      if (from[k] === 1) continue;
      if (expected === undefined) step = form.coeffs[k];
      else if (form.coeffs[k] !== expected) return undefined;
      expected = form.coeffs[k] * from[k];
    }
    for (let k = j - 1; k >= j0; k--) {
      coeffs[k] = to[k] === 1 ? 0 : step;
      step *= to[k];
    }
  }
  return { offset: form.offset, coeffs };
}

export function sameAffine(a: Affine, b: Affine): boolean {
  return a.offset === b.offset && a.coeffs.every((c, i) => c === b.coeffs[i]);
}

/**
 * Groups of neighbouring axes that every form walks as one: `shape` with each group's sizes multiplied.
 * Axes of size 1 vanish. `mayJoin` can keep two neighbours apart.
 */
export function collapseAxes(
  shape: Shape,
  forms: readonly Affine[],
  mayJoin: (outer: number, inner: number) => boolean = () => true,
): number[][] {
  const groups: number[][] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const group = groups[groups.length - 1];
    const outer = group?.[group.length - 1];
    if (
      group !== undefined &&
      mayJoin(outer, axis) &&
      forms.every((f) => f.coeffs[outer] === f.coeffs[axis] * shape[axis])
    )
      group.push(axis);
    else groups.push([axis]);
  }
  return groups;
}
