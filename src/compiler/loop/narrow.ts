import { type DType, isHalf, isNarrow, toStored, wideOf } from "../../ir/dtype.ts";
import { type Builder } from "./builder.ts";
import { type Type, type Value } from "./loop.ts";

// Dtypes that exist in memory only. What is loaded of them and not stored yet is of a wider type: f16 and
// bf16 are f32 numbers that their dtype has, i8 and i16 are i32. Code generators load and store bits, as
// i32; what bits mean is written here, in operations that all targets have, for vectors and scalars alike.

/** The type of a value whose dtype may be one that exists in memory only. */
export const heldType = (type: Type): Type =>
  isNarrow(type.dtype) ? { dtype: wideOf(type.dtype), lanes: type.lanes } : type;

/** An i32 in every lane. */
const words = (value: number, lanes: number): Value => ({
  kind: "literal",
  type: { dtype: "i32", lanes },
  value,
});

/** Operations on i32, and reading bits as numbers, at some number of lanes. */
function calcOf(b: Builder, lanes: number) {
  const type: Type = { dtype: "i32", lanes };
  const single: Type = { dtype: "f32", lanes };
  const bool: Type = { dtype: "bool", lanes };
  const word = (x: Value | number): Value => (typeof x === "number" ? words(x, lanes) : x);
  const binary =
    (op: string) =>
    (x: Value, y: Value | number): Value =>
      b.op(op, type, x, word(y));
  return {
    add: binary("add"),
    and: binary("and"),
    or: binary("or"),
    shl: binary("shl"),
    shr: binary("shr"),
    min: binary("min"),
    below: (x: Value, y: Value | number): Value => b.op("lt", bool, x, word(y)),
    select: (when: Value, x: Value | number, y: Value): Value =>
      b.op("select", type, when, word(x), y),
    single: (op: string, ...args: Value[]): Value => b.op(op, single, ...args),
    number: (value: number): Value => ({ kind: "literal", type: single, value }),
    toBits: (x: Value): Value => b.op("bitcast", type, x),
    fromBits: (x: Value): Value => b.op("bitcast", single, x),
  };
}

/** The bits, in an i32, that a value has as `dtype`; higher bits than those of integers are anything. */
export function bitsOf(b: Builder, dtype: DType, x: Value): Value {
  if (!isHalf(dtype)) return x;
  const { lanes } = x.type;
  if (x.kind === "literal") return words(toStored(dtype, Float32Array.of(x.value))[0], lanes);
  const c = calcOf(b, lanes);
  const bits = c.toBits(x);
  const magnitude = c.and(bits, 0x7fffffff);
  const isNaN = c.below(words(0x7f800000, lanes), magnitude);
  /** Bits without the last `n`, of which halves round to even; `more` is added besides. */
  const rounded = (n: number, of: Value, more: number): Value =>
    c.shr(c.add(c.add(of, (1 << (n - 1)) - 1 + more), c.and(c.shr(of, n), 1)), n);
  if (dtype === "bf16") return c.select(isNaN, 0x7fc0, rounded(16, bits, 0));
  const normal = c.min(rounded(13, magnitude, -0x38000000), 0x7c00);
  // The last place of the f32 0.5 is the smallest f16, so adding it rounds to multiples of that.
  const raised = c.single("add", c.single("abs", x), c.number(0.5));
  const subnormal = c.add(c.toBits(raised), -0x3f000000);
  const unsigned = c.select(c.below(magnitude, 0x38800000), subnormal, normal);
  return c.or(c.select(isNaN, 0x7e00, unsigned), c.and(c.shr(bits, 16), 0x8000));
}

/** The value of bits in an i32: for halves the rest of which is zero, for integers anything. */
export function valueOf(b: Builder, dtype: DType, bits: Value): Value {
  const c = calcOf(b, bits.type.lanes);
  if (!isHalf(dtype)) {
    const rest = dtype === "i8" ? 24 : 16;
    return c.shr(c.shl(bits, rest), rest);
  }
  if (dtype === "bf16") return c.fromBits(c.shl(bits, 16));
  // In the place of f32's exponent and fraction they are a number that is too small by the difference of
  // the biases, also where it is subnormal; but infinities and NaN have an exponent that counts as large.
  const moved = c.shl(c.and(bits, 0x7fff), 13);
  const finite = c.toBits(c.single("mul", c.fromBits(moved), c.number(2 ** 112)));
  const unsigned = c.select(c.below(moved, 0x0f800000), finite, c.or(moved, 0x7f800000));
  return c.fromBits(c.or(unsigned, c.shl(c.and(bits, 0x8000), 16)));
}
