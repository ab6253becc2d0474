import { type DType, limits } from "../../ir/dtype.ts";

/** A number as a literal of C, in parentheses where an operator before it could be taken for a part. */
export function showLiteral(value: number, dtype: DType): string {
  switch (dtype) {
    case "f32":
    case "f64":
      return floatLiteral(value, dtype === "f32");
    case "i16":
    case "i8":
    case "f16":
    case "bf16":
      throw new Error(`${dtype} is a dtype of memory, and no value has it`);
    // The magnitude of the lowest has no literal.
    case "i64":
      return value === limits(dtype)[0] ? "(-0x7fffffffffffffffll - 1)" : `(${value}ll)`;
    case "i32":
      return value === limits(dtype)[0]
        ? "(-0x7fffffff - 1)"
        : value < 0
          ? `(${value})`
          : `${value}`;
    case "u32":
      return `${value}u`;
    case "u8":
      return `(u8)${value}`;
    case "bool":
      return value === 0 ? "(u8)0" : "(u8)1";
  }
}

/** Seventeen digits name every f64, and nine every f32: as decimals they are read back to the bit. */
function floatLiteral(value: number, single: boolean): string {
  if (Number.isNaN(value)) return single ? '__builtin_nanf("")' : '__builtin_nan("")';
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  const text =
    magnitude === Infinity
      ? single
        ? "__builtin_inff()"
        : "__builtin_inf()"
      : magnitude.toExponential(single ? 8 : 16) + (single ? "f" : "");
  return sign ? `(-${text})` : text;
}
