import { type DType, isHalf, itemBytes } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";

// How values look in C. Vectors are GCC's vector types, which clang has too. A `bool` with several
// lanes is a mask: integers of all ones or zeros, as wide as a lane of the machine's vectors.

/** An element type of C: dtypes, and the unsigned integers that bits are moved in. */
export type Element = Exclude<DType, "bool" | "f16" | "bf16"> | "u16" | "u64";

const SCALARS: Record<Element, string> = {
  f32: "float",
  f64: "double",
  i32: "int",
  u32: "unsigned int",
  i16: "short",
  u16: "unsigned short",
  i8: "signed char",
  u8: "unsigned char",
  i64: "long long",
  u64: "unsigned long long",
};

export const ELEMENT_BYTES: Record<Element, number> = {
  f32: 4,
  f64: 8,
  i32: 4,
  u32: 4,
  i16: 2,
  u16: 2,
  i8: 1,
  u8: 1,
  i64: 8,
  u64: 8,
};

/** The name of a vector type, or of a scalar one. */
export const nameOf = (element: Element, lanes: number): string =>
  lanes === 1 ? element : `${element}x${lanes}`;

/** The typedefs of a translation unit, written as types are used. */
export interface Types {
  /** The C type of a value of the loop language. */
  of(type: Type): string;
  vector(element: Element, lanes: number): string;
  /** A vector type of memory, which may lie at any multiple of its elements. */
  unaligned(element: Element, lanes: number): string;
  /** What a mask of this many lanes is made of. */
  mask(lanes: number): "i32" | "i64";
  readonly declarations: readonly string[];
}

/** The integer of all ones or zeros that selects between elements of a dtype. */
export const selectorOf = (dtype: DType): Element =>
  dtype === "u8" ? "u8" : itemBytes(dtype) === 8 ? "i64" : "i32";

/** How an element of this dtype lies in memory. */
export const memoryElement = (dtype: DType): Element =>
  isHalf(dtype) ? "u16" : dtype === "bool" ? "u8" : dtype;

/** `vectorBytes`: the width of the machine's vectors. */
export function createTypes(vectorBytes: number): Types {
  const declared = new Set<string>();
  const declarations = (Object.keys(SCALARS) as Element[]).map(
    (element) => `typedef ${SCALARS[element]} ${element};`,
  );
  const declare = (name: string, declaration: string): string => {
    if (!declared.has(name)) declarations.push(declaration);
    declared.add(name);
    return name;
  };
  const mask = (lanes: number): "i32" | "i64" => (vectorBytes / lanes >= 8 ? "i64" : "i32");
  function vector(element: Element, lanes: number): string {
    const name = nameOf(element, lanes);
    if (lanes === 1) return name;
    const bytes = lanes * ELEMENT_BYTES[element];
    return declare(name, `typedef ${element} ${name} __attribute__((vector_size(${bytes})));`);
  }
  return {
    vector,
    unaligned(element, lanes) {
      const name = vector(element, lanes);
      const align = ELEMENT_BYTES[element];
      return declare(`${name}u`, `typedef ${name} ${name}u __attribute__((aligned(${align})));`);
    },
    mask,
    of: ({ dtype, lanes }) =>
      dtype !== "bool"
        ? vector(memoryElement(dtype), lanes)
        : vector(lanes === 1 ? "u8" : mask(lanes), lanes),
    declarations,
  };
}
