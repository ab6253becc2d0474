import type { DType, TypedArray } from "../ir/dtype.ts";
import { type Shape, showShape, stridesOf } from "../ir/shape.ts";

/** Numbers or booleans in nested arrays of equal lengths: how tensors give their elements. */
export type Nested = number | boolean | readonly Nested[];

/** Nested arrays as tensors are written in source: also of bigints, for i64. */
export type NestedInput = number | boolean | bigint | readonly NestedInput[];

/** An element as a number. Throws for those of i64 that a number cannot be relied on to be. */
export function numberOf(element: number | bigint): number {
  const number = Number(element);
  if (typeof element === "bigint" && !Number.isSafeInteger(number))
    throw new RangeError(
      `${element} is beyond 2^53, where numbers are no longer exact: read the elements with data(), ` +
        `which gives a BigInt64Array`,
    );
  return number;
}

/** Elements as numbers. */
export const numbersOf = (data: TypedArray, dtype: DType): TypedArray =>
  dtype === "i64" ? Float64Array.from(data, numberOf) : data;

/** Elements in row-major order as nested arrays. */
export function nest(elements: TypedArray, shape: Shape, dtype: DType): Nested {
  const data = numbersOf(elements, dtype);
  const strides = stridesOf(shape);
  const isBool = dtype === "bool";
  const level = (axis: number, offset: number): Nested => {
    if (axis === shape.length) return isBool ? data[offset] !== 0 : data[offset];
    const out = new Array<Nested>(shape[axis]);
    for (let i = 0; i < out.length; i++) out[i] = level(axis + 1, offset + i * strides[axis]);
    return out;
  };
  return level(0, 0);
}

/** Shape of nested arrays, judged by their first elements. */
export function nestedShape(value: NestedInput): number[] {
  const shape: number[] = [];
  while (Array.isArray(value)) {
    shape.push((value as readonly NestedInput[]).length);
    value = (value as readonly NestedInput[])[0];
  }
  return shape;
}

/** What JavaScript calls the types of elements. */
export const ELEMENTS: readonly string[] = ["number", "boolean", "bigint"];

/** Calls `visit` with every element; throws when the arrays do not have `shape`. */
export function flattenNested(
  value: NestedInput,
  shape: Shape,
  what: string,
  visit: (element: number | boolean | bigint, position: number) => void,
): void {
  let position = 0;
  const path: number[] = [];
  const walk = (part: NestedInput, axis: number): void => {
    if (axis === shape.length) {
      if (typeof part === "object" || !ELEMENTS.includes(typeof part))
        throw new TypeError(
          `${what}: expected a number or boolean at ${showShape(path)}, got ${Array.isArray(part) ? "an array" : typeof part}`,
        );
      visit(part, position++);
      return;
    }
    const length = Array.isArray(part) ? (part as readonly Nested[]).length : -1;
    if (length !== shape[axis])
      throw new Error(
        `${what}: nested arrays must have equal lengths; expected ${shape[axis]} elements at ` +
          `${showShape(path)}, got ${length < 0 ? `a ${typeof part}` : length}`,
      );
    for (let i = 0; i < length; i++) {
      path.push(i);
      walk((part as readonly NestedInput[])[i], axis + 1);
      path.pop();
    }
  };
  walk(value, 0);
}
