/** Sizes of the axes of an array, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements: the product of the sizes, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** `[64, 784]`, as error messages and prints show it. */
export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** An axis counted from the front, from one that may be negative. Throws a RangeError that names `what`. */
export function normalizeAxis(axis: number, rank: number, what: string): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    // PyTorch lets a scalar be treated as having one axis.
    if (rank === 0 && (axis === 0 || axis === -1)) return 0;
    const range = rank === 0 ? "[-1, 0]" : `[${-rank}, ${rank - 1}]`;
    throw new RangeError(`${what}: axis must be an integer in ${range}, got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** The shape to which both broadcast (NumPy's rule). Throws an Error that names `what`. */
export function broadcastShapes(a: Shape, b: Shape, what: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = i < rank - a.length ? 1 : a[i - rank + a.length];
    const y = i < rank - b.length ? 1 : b[i - rank + b.length];
    if (x !== y && x !== 1 && y !== 1)
      throw new Error(
        `${what}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast ` +
          `(axis ${i - rank}: ${x} against ${y}; sizes must be equal or 1)`,
      );
    out[i] = x === 1 ? y : x;
  }
  return out;
}
