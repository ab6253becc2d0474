import { type DType, isFloat, isSigned } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";

// One JavaScript expression an operation. Values are numbers that always lie in the range of their
// dtype: f32 are rounded after each operation, integers wrapped, bool are 0 or 1. Those of i64 are bigints.

/** `expression`, a number, made a value of `dtype`. */
export function wrap(dtype: DType, expression: string): string {
  switch (dtype) {
    case "f32":
      return `fround(${expression})`;
    case "f64":
      return expression;
    case "i16":
    case "i8":
    case "f16":
    case "bf16":
      throw new Error(`${dtype} is a dtype of memory, and no value has it`);
    case "i64":
      return `asI64(${expression})`;
    case "i32":
      return `${expression} | 0`;
    case "u32":
      return `${expression} >>> 0`;
    case "u8":
    case "bool":
      return `${expression} & ${dtype === "u8" ? 255 : 1}`;
  }
}

const test = (condition: string): string => `${condition} ? 1 : 0`;

/** The expression of `op` on `args`, which are names or literals. `from` is the arguments' dtype. */
export function expression(op: string, to: Type, from: DType, args: readonly string[]): string {
  const [a, b, c] = args;
  const dtype = to.dtype;
  switch (op) {
    case "eq":
      return test(`${a} === ${b}`);
    case "ne":
      return test(`${a} !== ${b}`);
    case "lt":
      return test(`${a} < ${b}`);
    case "le":
      return test(`${a} <= ${b}`);
    case "select":
      return `${a} !== 0 ? ${b} : ${c}`;
    case "cast":
      return cast(dtype, from, a);
    case "bitcast":
      return bitcast(dtype, from, a);
    case "fma":
    case "mulAdd":
      return wrap(dtype, `${product(dtype, a, b)} + ${c}`);
    case "mulHigh":
      return `mulHigh(${a}, ${b})`;
    // Of one lane there is nothing to combine.
    case "splat":
    case "ramp":
    case "hadd":
    case "hmul":
    case "hmax":
    case "hmin":
      return a;
    case "max":
    case "min":
      if (dtype === "i64") return `${a} ${op === "max" ? ">" : "<"} ${b} ? ${a} : ${b}`;
      return `Math.${op}(${a}, ${b})`;
    default:
      return isFloat(dtype)
        ? floatExpression(op, dtype, a, b)
        : dtype === "bool"
          ? boolExpression(op, a, b)
          : intExpression(op, dtype, a, b);
  }
}

const product = (dtype: DType, a: string, b: string): string =>
  dtype === "i32" || dtype === "u32" ? `imul(${a}, ${b})` : `${a} * ${b}`;

function floatExpression(op: string, dtype: DType, a: string, b: string): string {
  const suffix = dtype === "f32" ? "F32" : "F64";
  switch (op) {
    case "neg":
      return `-${a}`;
    case "abs":
    case "floor":
    case "ceil":
    case "trunc":
    case "sign":
      return `Math.${op}(${a})`;
    case "round":
      return `round(${a})`;
    case "add":
      return wrap(dtype, `${a} + ${b}`);
    case "sub":
      return wrap(dtype, `${a} - ${b}`);
    case "mul":
      return wrap(dtype, `${a} * ${b}`);
    case "div":
      return wrap(dtype, `${a} / ${b}`);
    case "rem":
      return wrap(dtype, `${a} % ${b}`);
    case "pow":
    case "erf":
      return wrap(dtype, op === "erf" ? `erf(${a})` : `pow(${a}, ${b})`);
    case "atan2":
      return wrap(dtype, `Math.atan2(${a}, ${b})`);
    case "sqrt":
    case "exp":
    case "expm1":
    case "log":
    case "log1p":
    case "sin":
    case "cos":
    case "tan":
    case "asin":
    case "acos":
    case "atan":
    case "sinh":
    case "cosh":
    case "tanh":
      return wrap(dtype, `Math.${op}(${a})`);
    case "exponent":
    case "mantissa":
      return `${op}${suffix}(${a})`;
    case "quarters":
    case "quarterRest":
      return wrap(dtype, `${op}(${a})`);
    case "scale":
      return `scale${suffix}(${a}, ${b})`;
    default:
      throw new Error(`operation ${op} does not exist for ${dtype}`);
  }
}

function intExpression(op: string, dtype: DType, a: string, b: string): string {
  const signed = isSigned(dtype);
  const long = dtype === "i64";
  switch (op) {
    case "floor":
    case "ceil":
    case "trunc":
    case "round":
      return a;
    case "neg":
      return wrap(dtype, `-${a}`);
    case "abs":
      if (long) return wrap(dtype, `${a} < 0n ? -${a} : ${a}`);
      return signed ? `Math.abs(${a}) | 0` : a;
    case "sign":
      return signed ? `Math.sign(${a})` : test(`${a} !== 0`);
    case "not":
      return wrap(dtype, `~${a}`);
    case "add":
      return wrap(dtype, `${a} + ${b}`);
    case "sub":
      return wrap(dtype, `${a} - ${b}`);
    case "mul":
      return dtype === "i32" ? product(dtype, a, b) : wrap(dtype, product(dtype, a, b));
    // A quotient of a zero divisor is infinite or NaN, which wraps to the 0 that is asked for; that of bigints
    // would throw.
    case "div":
    case "rem": {
      const quotient = wrap(dtype, `(${a} ${op === "div" ? "/" : "%"} ${b})`);
      return long ? `${b} === 0n ? 0n : ${quotient}` : quotient;
    }
    case "and":
    case "or":
    case "xor":
      return bitwise(dtype, `${a} ${op === "and" ? "&" : op === "or" ? "|" : "^"} ${b}`);
    case "shl":
      return wrap(dtype, `(${a} << ${long ? `(${b} & 63n)` : b})`);
    case "shr":
      if (long) return `${a} >> (${b} & 63n)`;
      return signed ? `${a} >> ${b}` : `${a} >>> ${b}`;
    default:
      throw new Error(`operation ${op} does not exist for ${dtype}`);
  }
}

/** Bitwise operators give i32, which only u32 must leave. */
const bitwise = (dtype: DType, text: string): string =>
  dtype === "u32" ? `(${text}) >>> 0` : text;

function boolExpression(op: string, a: string, b: string): string {
  switch (op) {
    case "not":
      return `${a} ^ 1`;
    case "and":
    case "mul":
      return `${a} & ${b}`;
    case "or":
    case "add":
      return `${a} | ${b}`;
    case "xor":
      return `${a} ^ ${b}`;
    default:
      throw new Error(`operation ${op} does not exist for bool`);
  }
}

function cast(to: DType, from: DType, a: string): string {
  if (to === from) return a;
  if (to === "i64") return isFloat(from) ? `toI64(${a})` : `BigInt(${a})`;
  if (from === "i64") return isFloat(to) ? `i64To${to.toUpperCase()}(${a})` : fromLong(to, a);
  if (to === "bool") return test(`${a} !== 0`);
  if (from === "bool" || from === "u8" || to === "f64") return a;
  return wrap(to, a);
}

const fromLong = (to: DType, a: string): string =>
  to === "bool" ? test(`${a} !== 0n`) : wrap(to, `Number(BigInt.asIntN(32, ${a}))`);

function bitcast(to: DType, from: DType, a: string): string {
  if (to === from) return a;
  if (from === "f64" && to === "i64") return `f64ToBits(${a})`;
  if (from === "i64" && to === "f64") return `bitsToF64(${a})`;
  if (from === "f32" && (to === "i32" || to === "u32")) return `f32To${to.toUpperCase()}(${a})`;
  if (to === "f32" && (from === "i32" || from === "u32")) return `bitsToF32(${a})`;
  if (to === "i32" && from === "u32") return `${a} | 0`;
  if (to === "u32" && from === "i32") return `${a} >>> 0`;
  if (to === "u8" && from === "bool") return a;
  if (to === "bool" && from === "u8") return test(`${a} !== 0`);
  throw new Error(`no bitcast from ${from} to ${to}`);
}
