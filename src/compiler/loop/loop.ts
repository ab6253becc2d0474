import { type DType } from "../../ir/dtype.ts";

// The loop language: what kernels are written in before a code generator turns them into JavaScript,
// WebAssembly or C. It is in A-normal form: an operation's arguments are variables or literals, so a
// generator maps each statement to an instruction or two and needs no register of temporaries. Vectors
// are explicit: a value has `lanes`, and lowering writes the vector loop and its scalar tail. f16, bf16, i8
// and i16 are dtypes of memory: values are loaded of them as bits in an i32 (see narrow.ts).

/** The type of a value. `bool` with several lanes is a mask. Indices and sizes are `i32`. */
export interface Type {
  readonly dtype: DType;
  readonly lanes: number;
}

/** A memory argument of a kernel. f16, bf16, i8 and i16 are loaded and stored as i32. */
export interface BufferParam {
  readonly kind: "buffer";
  readonly name: string;
  readonly dtype: DType;
  /**
   * `read` is never written by the kernel, `stream` is written and so large that the caches need not keep
   * it; `scratch` belongs to the thread that runs the piece.
   */
  readonly access: "read" | "write" | "stream" | "readwrite" | "scratch";
}

/** A value with a name. `pointer` variables address elements of that buffer. */
export interface Var {
  readonly kind: "var";
  readonly id: number;
  readonly type: Type;
  readonly mutable: boolean;
  readonly pointer?: BufferParam;
}

/** A number known at compile time; with several lanes, the same in each. */
export interface Literal {
  readonly kind: "literal";
  readonly type: Type;
  readonly value: number;
}

export type Value = Var | Literal;

/**
 * Operations, on values of one type unless said. Those named like primitives mean the same (`src/ir`).
 *
 * - unary: neg abs floor ceil trunc round sqrt not; and for targets whose `math` is "builtin" also sign
 *   exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh erf;
 * - binary: add sub mul div rem max min and or xor shl shr (and pow atan2 where `math` is "builtin");
 *   `div` and `rem` of integers give 0 for a zero divisor; max and min give NaN if either is;
 * - for targets whose `math` is "expand": exponent (floor of log2 |x|), mantissa (|x| / 2^exponent) and
 *   scale (x * 2^n) of normal numbers; and for angles beyond `EASY_ANGLE`, anything for others,
 *   quarters (the nearest integer to x / (π / 2), modulo 4) and quarterRest (x less so many π / 2),
 *   which infinities make NaN;
 * - mulHigh: the upper 32 bits of the product of two u32;
 * - fma: a * b + c, rounded once or twice as the target likes (for contractions only);
 * - mulAdd: a * b + c of floats, rounded once or twice, but alike for any number of lanes;
 * - eq ne lt le: bool with the arguments' lanes;
 * - select: (bool, x, y); cast and bitcast: to the type of the result, lanes equal;
 * - splat: a scalar in every lane; ramp: scalar + (0, 1, 2, …), i32;
 * - hadd hmul hmax hmin: a vector's lanes combined into a scalar, always in the same order.
 */
export type OpName = string;

export type Stmt =
  | { readonly kind: "let"; readonly v: Var; readonly op: OpName; readonly args: readonly Value[] }
  /** `v` = the element(s) at `pointer` + `offset` elements; lanes are consecutive, or `stride` apart. */
  | {
      readonly kind: "load";
      readonly v: Var;
      readonly pointer: Var;
      readonly offset: number;
      readonly stride?: Value;
    }
  | {
      readonly kind: "store";
      readonly pointer: Var;
      readonly offset: number;
      readonly value: Value;
      readonly stride?: Value;
      /** The first so many lanes only, on targets with `partial`. */
      readonly count?: Value;
    }
  /** `v` = `otherwise` with its lanes `low` … `high` - 1 from memory; nothing else is read. */
  | {
      readonly kind: "merge";
      readonly v: Var;
      readonly pointer: Var;
      readonly low: Value;
      readonly high: Value;
      readonly otherwise: Value;
      readonly stride?: Value;
    }
  /** A block of lanes × lanes elements, rows `fromStride` apart, written with its rows as columns. */
  | {
      readonly kind: "transpose";
      readonly from: Var;
      readonly fromStride: Value;
      readonly to: Var;
      readonly toStride: Value;
      readonly lanes: number;
    }
  /** `v` = the address of element `index` of a buffer, or of the element `index` after a pointer. */
  | {
      readonly kind: "address";
      readonly v: Var;
      readonly base: BufferParam | Var;
      readonly index: Value;
    }
  /** Declares a mutable variable (number, vector or pointer) with its first value. */
  | { readonly kind: "mut"; readonly v: Var; readonly value: Value }
  | { readonly kind: "set"; readonly v: Var; readonly value: Value }
  /** Moves a mutable pointer by `by` elements. */
  | { readonly kind: "advance"; readonly v: Var; readonly by: Value }
  /** `v` = from, from + step, … while v < to; step is positive; `v` is i32. */
  | {
      readonly kind: "for";
      readonly v: Var;
      readonly from: Value;
      readonly to: Value;
      readonly step: Value;
      readonly body: readonly Stmt[];
    }
  /** Runs `test`, whose last statement defines `condition`, and then `body` while it holds. */
  | {
      readonly kind: "while";
      readonly test: readonly Stmt[];
      readonly condition: Value;
      readonly body: readonly Stmt[];
    }
  | {
      readonly kind: "if";
      readonly condition: Value;
      readonly then: readonly Stmt[];
      readonly otherwise: readonly Stmt[];
    };

/**
 * A function over memory that does the pieces `begin` … `end - 1` of a step's work. Sizes, strides and
 * constants come as arguments, so one kernel serves every size.
 */
export interface Kernel {
  /** Readable, not unique. */
  readonly name: string;
  readonly buffers: readonly BufferParam[];
  /** i32 arguments, in order. */
  readonly ints: readonly Var[];
  /** Scalar arguments of any dtype, in order. */
  readonly scalars: readonly Var[];
  readonly begin: Var;
  readonly end: Var;
  readonly body: readonly Stmt[];
  /** The printed kernel without its name: kernels with equal keys are the same code. */
  readonly key: string;
}

/** What lowering needs to know of the machine that a kernel is for. */
export interface Target {
  readonly name: string;
  /** Bytes of a vector register; 0 where only scalars exist. */
  readonly vectorBytes: number;
  /** Whether vectors of which only some lanes count are as cheap as whole ones. */
  readonly partial: boolean;
  /** Whether exp, sin, … are operations of the target or must be written out in simpler ones. */
  readonly math: "builtin" | "expand";
  /** Bytes of a value from which on it is written past the caches, where that can be had. */
  readonly streamBytes?: number;
  /** Register block of contractions: rows × vectors, and the cache blocks in elements of f32. */
  readonly tile: {
    readonly rows: number;
    readonly vectors: number;
    readonly kBlock: number;
    readonly mBlock: number;
    readonly nBlock: number;
    /** Columns of a block after which what follows the contraction is computed. */
    readonly strip: number;
  };
  /** Threads that will share the pieces. Decides how work is cut, never what a result is. */
  readonly threads: number;
}
