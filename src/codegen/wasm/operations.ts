import { type DType, isFloat, isSigned } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";
import { EASY_ANGLE } from "../../compiler/loop/math/trigonometric.ts";
import { type Opcode } from "./opcodes.ts";
import { type CodeWriter, type Operand, valueType } from "./writer.ts";

// Operations on scalars. i64 are themselves; other integers, bytes and booleans are i32 that always lie in the range of their
// dtype (u32 by its bits); what an operation could push out of it is wrapped at once.

/** Puts the result of `op` on the stack. */
export function pushScalar(w: CodeWriter, op: string, to: Type, args: readonly Operand[]): void {
  const [a, b, c] = args;
  const { dtype } = to;
  switch (op) {
    case "eq":
    case "ne":
    case "lt":
    case "le":
      return pushAll(w, args, comparison(op, a.type.dtype));
    case "select":
      b.push();
      c.push();
      a.push();
      return void w.op("select");
    case "cast":
      a.push();
      return convert(w, dtype, a.type.dtype);
    case "bitcast":
      a.push();
      return reinterpret(w, dtype, a.type.dtype);
    // Of one lane there is nothing to combine.
    case "splat":
    case "ramp":
    case "hadd":
    case "hmul":
    case "hmax":
    case "hmin":
      return a.push();
    case "fma":
    case "mulAdd": {
      pushScalar(w, "mul", to, [a, b]);
      c.push();
      w.op(`${valueType(to) as "i32"}.add`);
      if (dtype === "u8" || dtype === "bool") w.body.i32(dtype === "u8" ? 255 : 1).op("i32.and");
      return;
    }
    default:
      if (isFloat(dtype)) return floatOperation(w, op, dtype as "f32" | "f64", a, b);
      if (dtype === "bool") return boolOperation(w, op, a, b);
      return intOperation(w, op, to, a, b);
  }
}

function pushAll(w: CodeWriter, args: readonly Operand[], name: Opcode): void {
  for (const x of args) x.push();
  w.op(name);
}

function comparison(op: "eq" | "ne" | "lt" | "le", from: DType): Opcode {
  if (isFloat(from)) return `${from as "f32"}.${op}`;
  const type = integerType(from);
  return op === "eq" || op === "ne"
    ? `${type}.${op}`
    : `${type}.${op}_${isSigned(from) ? "s" : "u"}`;
}

/** What values of a dtype that is not of floats are. */
const integerType = (dtype: DType): "i32" | "i64" => (dtype === "i64" ? "i64" : "i32");

/** The error of an operation that a dtype does not have. */
export const unknown = (op: string, type: Type): Error =>
  new Error(
    `operation ${op} does not exist for ${type.dtype}${type.lanes > 1 ? `x${type.lanes}` : ""}`,
  );

const FLOAT_OPS: Readonly<Record<string, "neg" | "nearest">> = { round: "nearest" };
const PLAIN_FLOAT = new Set("neg abs floor ceil trunc sqrt add sub mul div max min".split(" "));

function floatOperation(
  w: CodeWriter,
  op: string,
  dtype: "f32" | "f64",
  a: Operand,
  b: Operand | undefined,
): void {
  if (PLAIN_FLOAT.has(op) || FLOAT_OPS[op]) {
    a.push();
    b?.push();
    return void w.op(`${dtype}.${FLOAT_OPS[op] ?? (op as "add")}`);
  }
  const { body } = w;
  switch (op) {
    case "quarters":
    case "quarterRest": {
      const x = w.repeatable(a);
      x.push();
      w.op(`${dtype}.abs`).body[dtype](EASY_ANGLE[dtype]);
      w.op(`${dtype}.gt`).body.open("if", dtype);
      x.push();
      if (dtype === "f32") w.op("f64.promote_f32");
      w.call(op);
      if (dtype === "f32") w.op("f32.demote_f64");
      return void body.else()[dtype](0).end();
    }
    case "rem":
      // Of two f32 the remainder is one too.
      for (const x of [a, b!]) {
        x.push();
        if (dtype === "f32") w.op("f64.promote_f32");
      }
      w.call("remainder");
      if (dtype === "f32") w.op("f32.demote_f64");
      return;
    case "exponent":
      a.push();
      if (dtype === "f32") {
        w.op("i32.reinterpret_f32").body.i32(23).op("i32.shr_u").i32(255).op("i32.and");
        body.i32(127).op("i32.sub").op("f32.convert_i32_s");
      } else {
        w.op("i64.reinterpret_f64").body.i64(52n).op("i64.shr_u").i64(2047n).op("i64.and");
        body.i64(1023n).op("i64.sub").op("f64.convert_i64_s");
      }
      return;
    case "mantissa":
      a.push();
      if (dtype === "f32") {
        w.op("i32.reinterpret_f32").body.i32(0x7fffff).op("i32.and");
        body.i32(0x3f800000).op("i32.or").op("f32.reinterpret_i32");
      } else {
        w.op("i64.reinterpret_f64").body.i64(0xfffffffffffffn).op("i64.and");
        body.i64(0x3ff0000000000000n).op("i64.or").op("f64.reinterpret_i64");
      }
      return;
    case "scale":
      return scale(w, dtype, a, b!);
    default:
      throw unknown(op, { dtype, lanes: 1 });
  }
}

/**
 * x 2^n in two factors, so that neither overflows. A power is made by a sum whose last bits are the
 * biased exponent, which a shift brings to its place.
 */
function scale(w: CodeWriter, dtype: "f32" | "f64", a: Operand, b: Operand): void {
  const type: Type = { dtype, lanes: 1 };
  const { body } = w;
  const constant = (value: number): void => void body[dtype](value);
  const power = (): void => {
    if (dtype === "f32") {
      constant(POWER_BIAS.f32);
      w.op("f32.add").op("i32.reinterpret_f32").body.i32(23);
      w.op("i32.shl").op("f32.reinterpret_i32");
    } else {
      constant(POWER_BIAS.f64);
      w.op("f64.add").op("i64.reinterpret_f64").body.i64(52n);
      w.op("i64.shl").op("f64.reinterpret_i64");
    }
  };
  const n = w.repeatable(b);
  n.push();
  constant(0.5);
  w.op(`${dtype}.mul`).op(`${dtype}.floor`);
  const half = w.keep(type);
  a.push();
  half.push();
  power();
  w.op(`${dtype}.mul`);
  n.push();
  half.push();
  w.op(`${dtype}.sub`);
  power();
  w.op(`${dtype}.mul`);
}

/** Numbers whose last place is 1, plus the bias of the exponent. */
export const POWER_BIAS = { f32: 1.5 * 2 ** 23 + 127, f64: 1.5 * 2 ** 52 + 1023 } as const;

function intOperation(
  w: CodeWriter,
  op: string,
  { dtype }: Type,
  a: Operand,
  b: Operand | undefined,
): void {
  const { body } = w;
  const type = integerType(dtype);
  const signed = isSigned(dtype);
  const constant = (value: number): void => pushInteger(w, type, value);
  const plain = (name: Opcode): void => {
    a.push();
    b!.push();
    w.op(name);
  };
  const wrap = (): void => {
    if (dtype === "u8") body.i32(255).op("i32.and");
  };
  switch (op) {
    case "floor":
    case "ceil":
    case "trunc":
    case "round":
      return a.push();
    case "abs": {
      if (!signed) return a.push();
      const x = w.repeatable(a);
      x.push();
      constant(0);
      x.push();
      w.op(`${type}.sub`);
      x.push();
      constant(0);
      return void w.op(`${type}.ge_s`).op("select");
    }
    case "neg":
      constant(0);
      a.push();
      w.op(`${type}.sub`);
      return wrap();
    case "not":
      a.push();
      constant(dtype === "u8" ? 255 : -1);
      return void w.op(`${type}.xor`);
    case "add":
    case "sub":
    case "mul":
    case "shl":
      plain(`${type}.${op}`);
      return wrap();
    case "and":
    case "or":
    case "xor":
      return plain(`${type}.${op}`);
    case "shr":
      return plain(`${type}.shr_${signed ? "s" : "u"}`);
    case "div":
    case "rem":
      return divide(w, op, type, signed, a, b!);
    case "max":
    case "min": {
      const [x, y] = [w.repeatable(a), w.repeatable(b!)];
      x.push();
      y.push();
      x.push();
      y.push();
      w.op(`${type}.${op === "max" ? "gt" : "lt"}_${signed ? "s" : "u"}`);
      return void w.op("select");
    }
    case "mulHigh":
      if (dtype !== "u32") break;
      a.push();
      w.op("i64.extend_i32_u");
      b!.push();
      w.op("i64.extend_i32_u").op("i64.mul").body.i64(32n);
      return void w.op("i64.shr_u").op("i32.wrap_i64");
  }
  throw unknown(op, { dtype, lanes: 1 });
}

/** Division by 0 gives 0, and -2^31 / -1 gives -2^31, where the instructions would trap. */
function divide(
  w: CodeWriter,
  op: "div" | "rem",
  type: "i32" | "i64",
  signed: boolean,
  a: Operand,
  b: Operand,
): void {
  const name: Opcode = `${type}.${op}_${signed ? "s" : "u"}`;
  const constant = (value: number): void => pushInteger(w, type, value);
  if (b.literal !== undefined && (b.literal > 0 || b.literal < -1)) {
    a.push();
    b.push();
    return void w.op(name);
  }
  const [x, y] = [w.repeatable(a), w.repeatable(b)];
  const isZero = (): void => {
    y.push();
    w.op(`${type}.eqz`);
  };
  if (op === "rem") {
    // A remainder by 1 is 0 as well.
    x.push();
    y.push();
    isZero();
    if (type === "i64") w.op("i64.extend_i32_u");
    return void w.op(`${type}.or`).op(name);
  }
  if (!signed) {
    constant(0);
    x.push();
    y.push();
    isZero();
    w.op("i32.or").op(name);
    isZero();
    return void w.op("select");
  }
  // For the divisors 0 and -1 the product x y is the answer.
  y.push();
  constant(1);
  w.op(`${type}.add`);
  constant(2);
  w.op(`${type}.lt_u`);
  const special = w.keep({ dtype: "bool", lanes: 1 });
  x.push();
  y.push();
  w.op(`${type}.mul`);
  x.push();
  constant(1);
  y.push();
  special.push();
  w.op("select").op(name);
  special.push();
  w.op("select");
}

function boolOperation(w: CodeWriter, op: string, a: Operand, b: Operand | undefined): void {
  a.push();
  b?.push();
  switch (op) {
    case "not":
      return void w.body.i32(1).op("i32.xor");
    case "and":
    case "mul":
    case "min":
      return void w.op("i32.and");
    case "or":
    case "add":
    case "max":
      return void w.op("i32.or");
    case "xor":
      return void w.op("i32.xor");
    default:
      throw unknown(op, { dtype: "bool", lanes: 1 });
  }
}

function pushInteger(w: CodeWriter, type: "i32" | "i64", value: number): void {
  if (type === "i64") w.body.i64(BigInt(value));
  else w.body.i32(value);
}

/** Converts what is on top of the stack: floats to integers modulo 2^32 or 2^64, NaN to 0. */
function convert(w: CodeWriter, to: DType, from: DType): void {
  if (to === from) return;
  if (isFloat(from)) {
    if (to === "f64") return void w.op("f64.promote_f32");
    if (to === "f32") return void w.op("f32.demote_f64");
    if (to === "bool") return void w.body[from as "f32"](0).op(`${from as "f32"}.ne`);
    if (from === "f32") w.op("f64.promote_f32");
    if (to === "i64") return void w.call("toI64");
    w.call("toI32");
    if (to === "u8") w.body.i32(255).op("i32.and");
    return;
  }
  const sign = from === "u32" ? "u" : "s";
  if (isFloat(to) && from === "i64") return void w.op(`${to as "f32"}.convert_i64_s`);
  if (isFloat(to)) return void w.op(`${to as "f32"}.convert_i32_${sign}`);
  if (to === "i64") return void w.op(`i64.extend_i32_${sign}`);
  if (from === "i64") {
    if (to === "bool") return void w.body.i64(0n).op("i64.ne");
    w.op("i32.wrap_i64");
  }
  if (to === "bool") w.body.i32(0).op("i32.ne");
  else if (to === "u8" && from !== "bool") w.body.i32(255).op("i32.and");
}

/** Whether values of one dtype may be read as the other. */
export function checkBitcast(to: DType, from: DType): void {
  const families: readonly (readonly DType[])[] = [
    ["f32", "i32", "u32"],
    ["f64", "i64"],
    ["u8", "bool"],
  ];
  if (to !== from && !families.some((alike) => alike.includes(to) && alike.includes(from)))
    throw new Error(`no bitcast from ${from} to ${to}`);
}

function reinterpret(w: CodeWriter, to: DType, from: DType): void {
  checkBitcast(to, from);
  if (to === from) return;
  if (from === "f32") w.op("i32.reinterpret_f32");
  else if (to === "f32") w.op("f32.reinterpret_i32");
  else if (to === "i64") w.op("i64.reinterpret_f64");
  else if (to === "f64") w.op("f64.reinterpret_i64");
  else if (to === "bool") w.body.i32(0).op("i32.ne");
}
