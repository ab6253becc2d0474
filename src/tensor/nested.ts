import type { DType, TypedArray } from "../ir/dtype.ts";
import { type Shape, showShape, stridesOf } from "../ir/shape.ts";

/** Numbers or booleans in nested arrays of equal lengths: how tensors are written in source. */
export type Nested = number | boolean | readonly Nested[];

/** Elements in row-major order as nested arrays. */
export function nest(data: TypedArray, shape: Shape, dtype: DType): Nested {
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
export function nestedShape(value: Nested): number[] {
  const shape: number[] = [];
  while (Array.isArray(value)) {
    shape.push((value as readonly Nested[]).length);
    value = (value as readonly Nested[])[0];
  }
  return shape;
}

/** Calls `visit` with every element; throws when the arrays do not have `shape`. */
export function flattenNested(
  value: Nested,
  shape: Shape,
  what: string,
  visit: (element: number | boolean, position: number) => void,
): void {
  let position = 0;
  const path: number[] = [];
  const walk = (part: Nested, axis: number): void => {
    if (axis === shape.length) {
      if (typeof part !== "number" && typeof part !== "boolean")
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
      walk((part as readonly Nested[])[i], axis + 1);
      path.pop();
    }
  };
  walk(value, 0);
}
