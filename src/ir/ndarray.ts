import { coerce, type DType, isHalf, newArray, type TypedArray } from "./dtype.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** Elements in row-major order: what the naive evaluation works on. */
export interface NDArray {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** An array whose element at flat position `i` is `at(i)`, converted to `dtype`. */
export function fill(shape: Shape, dtype: DType, at: (i: number) => number): NDArray {
  const data = newArray(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = coerce(dtype, at(i));
  return { shape, dtype, data };
}

/**
 * The array with numbers of its dtype in place of what was computed: other typed arrays round or wrap what
 * is put into them, those of halves have room for any f32.
 */
export function settled(x: NDArray): NDArray {
  const { dtype, data } = x;
  if (isHalf(dtype)) for (let i = 0; i < data.length; i++) data[i] = coerce(dtype, data[i]);
  return x;
}

/** Calls `visit` with each multi-index of `shape`, in row-major order; the array is reused. */
export function forEachIndex(shape: Shape, visit: (index: number[], flat: number) => void): void {
  const size = sizeOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < size; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}
