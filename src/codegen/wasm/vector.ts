import { coerce, type DType, isSigned, itemBytes } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";
import { EASY_ANGLE } from "../../compiler/loop/math/trigonometric.ts";
import {
  type Lanes,
  lanesOf,
  pushAcross,
  pushByLane,
  pushLiteral,
  pushSplat,
  wordsOf,
} from "./lanes.ts";
import { type Opcode } from "./opcodes.ts";
import { checkBitcast, POWER_BIAS } from "./operations.ts";
import { type CodeWriter, type Operand } from "./writer.ts";

// Operations on vectors (see lanes.ts for what they look like). What no instruction does is done lane
// by lane.

type FloatVector = "f32x4" | "f64x2";

/** Bytes 0 … 7 and 8 … 15 of a shuffle that takes every second word of two vectors. */
const LOW_WORDS = [0, 1, 2, 3, 8, 9, 10, 11];
const HIGH_WORDS = LOW_WORDS.map((byte) => byte + 4);
const inSecond = (bytes: readonly number[]): number[] => bytes.map((byte) => byte + 16);

/** Puts the result of `op` on the stack; it or one of the arguments is a vector. */
export function pushVector(w: CodeWriter, op: string, to: Type, args: readonly Operand[]): void {
  const [a, b, c] = args;
  switch (op) {
    case "splat":
      return pushSplat(w, to, a);
    case "ramp": {
      const lanes = lanesOf(to);
      pushSplat(w, to, a);
      w.body.v128(new Int32Array(lanes === 4 ? [0, 1, 2, 3] : [0, 0, 1, 0]));
      return void w.op("i32x4.add");
    }
    case "hadd":
    case "hmul":
    case "hmax":
    case "hmin":
      lanesOf(a.type);
      return pushAcross(w, op.slice(1), a);
    case "select":
      lanesOf(to);
      b.push();
      c.push();
      a.push();
      return void w.op("v128.bitselect");
    case "eq":
    case "ne":
    case "lt":
    case "le":
      return compare(w, op, to, a, b);
    case "cast":
      return cast(w, to, a);
    case "bitcast":
      checkBitcast(to.dtype, a.type.dtype);
      if (itemBytes(to.dtype) >= 4 || to.dtype === a.type.dtype) return a.push();
      return cast(w, to, a);
  }
  const lanes = lanesOf(to);
  const done =
    to.dtype === "bool"
      ? boolOperation(w, op, a, b)
      : to.dtype === "f64" || (to.dtype === "f32" && lanes === 4)
        ? floatOperation(w, op, to, args)
        : (lanes === 4 ? to.dtype !== "u8" : to.dtype === "i64") && intOperation(w, op, to, args);
  if (!done) pushByLane(w, op, to, args);
}

function pushAll(w: CodeWriter, args: readonly (Operand | undefined)[], name: Opcode): true {
  for (const x of args) x?.push();
  w.op(name);
  return true;
}

function compare(
  w: CodeWriter,
  op: "eq" | "ne" | "lt" | "le",
  to: Type,
  a: Operand,
  b: Operand,
): void {
  const { dtype } = a.type;
  const lanes = lanesOf(a.type);
  if (dtype === "bool") {
    // On masks x < y is y and not x.
    const order = op === "lt" ? [b, a] : [a, b];
    order.forEach((x) => x.push());
    if (op === "eq" || op === "ne") w.op("v128.xor");
    else w.op("v128.andnot");
    if (op === "eq" || op === "le") w.op("v128.not");
    return;
  }
  if (dtype === "f64") return void pushAll(w, [a, b], `f64x2.${op}`);
  if (lanes === 2 && dtype !== "u8" && dtype !== "i64") return pushByLane(w, op, to, [a, b]);
  if (dtype === "f32") return void pushAll(w, [a, b], `f32x4.${op}`);
  if (lanes === 2)
    return void pushAll(w, [a, b], op === "eq" || op === "ne" ? `i64x2.${op}` : `i64x2.${op}_s`);
  const sign = dtype === "u32" ? "u" : "s";
  pushAll(w, [a, b], op === "eq" || op === "ne" ? `i32x4.${op}` : `i32x4.${op}_${sign}`);
}

function boolOperation(w: CodeWriter, op: string, a: Operand, b: Operand | undefined): boolean {
  switch (op) {
    case "not":
      return pushAll(w, [a], "v128.not");
    case "and":
    case "mul":
    case "min":
      return pushAll(w, [a, b], "v128.and");
    case "or":
    case "add":
    case "max":
      return pushAll(w, [a, b], "v128.or");
    case "xor":
      return pushAll(w, [a, b], "v128.xor");
    default:
      return false;
  }
}

const PLAIN_FLOAT = new Set("neg abs floor ceil trunc sqrt add sub mul div".split(" "));

function floatOperation(w: CodeWriter, op: string, to: Type, args: readonly Operand[]): boolean {
  const shape: FloatVector = to.dtype === "f32" ? "f32x4" : "f64x2";
  const [a, b, c] = args;
  if (PLAIN_FLOAT.has(op)) return pushAll(w, args, `${shape}.${op as "add"}`);
  switch (op) {
    case "round":
      return pushAll(w, args, `${shape}.nearest`);
    case "max":
    case "min":
      return extreme(w, op, shape, a, b);
    case "fma":
    case "mulAdd":
      if (w.relaxed && op === "fma") return pushAll(w, args, `${shape}.relaxed_madd`);
      pushAll(w, [a, b], `${shape}.mul`);
      return pushAll(w, [c], `${shape}.add`);
    case "quarters":
    case "quarterRest": {
      // Large angles are rare, and left to scalars.
      const x = w.repeatable(a);
      x.push();
      w.op(`${shape}.abs`);
      pushLiteral(w, to, EASY_ANGLE[to.dtype as "f32" | "f64"]);
      w.op(`${shape}.gt`).op("v128.any_true").body.open("if", "v128");
      pushByLane(w, op, to, [x]);
      w.body.else();
      pushLiteral(w, to, 0);
      w.body.end();
      return true;
    }
    case "exponent":
      return exponent(w, shape, a);
    case "mantissa": {
      a.push();
      if (shape === "f32x4") {
        w.body.v128(new Int32Array(4).fill(0x7fffff)).op("v128.and");
        w.body.v128(new Int32Array(4).fill(0x3f800000)).op("v128.or");
      } else {
        w.body.v128(new BigInt64Array(2).fill(0xfffffffffffffn)).op("v128.and");
        w.body.v128(new BigInt64Array(2).fill(0x3ff0000000000000n)).op("v128.or");
      }
      return true;
    }
    case "scale":
      return scale(w, to, shape, a, b);
    default:
      return false;
  }
}

/**
 * The instructions for max and min treat NaN and -0 as they should and are slow on most machines. With
 * a constant that is neither, `pmax(x, c)` = x < c ? c : x does the same; so it does, but for -0, with 0.
 */
function extreme(
  w: CodeWriter,
  op: "max" | "min",
  shape: FloatVector,
  a: Operand,
  b: Operand,
): boolean {
  const [x, y] = a.literal === undefined ? [a, b] : [b, a];
  const limit = y.literal;
  if (limit === undefined || Number.isNaN(limit) || x.literal !== undefined)
    return pushAll(w, [a, b], `${shape}.${op}`);
  pushAll(w, [x, y], `${shape}.p${op}`);
  if (limit !== 0) return true;
  const type: Type = y.type;
  if (op === "max" && Object.is(limit, 0)) {
    // -0 + 0 is 0, and nothing else changes.
    pushLiteral(w, type, 0);
    w.op(`${shape}.add`);
  } else if (op === "min" && Object.is(limit, -0)) {
    // What is left is 0, -0 or below: the sign bit is set or must be, except where NaN.
    pushLiteral(w, type, -0);
    w.op("v128.or");
  }
  return true;
}

function exponent(w: CodeWriter, shape: FloatVector, a: Operand): boolean {
  const { body } = w;
  a.push();
  if (shape === "f32x4") {
    body.i32(23).op("i32x4.shr_u").v128(new Int32Array(4).fill(255)).op("v128.and");
    body.v128(new Int32Array(4).fill(127)).op("i32x4.sub").op("f32x4.convert_i32x4_s");
  } else {
    // An integer below 2^52 in the last bits of 2^52 is added to it.
    body.i32(52).op("i64x2.shr_u").v128(new BigInt64Array(2).fill(2047n)).op("v128.and");
    body.v128(new Float64Array(2).fill(2 ** 52)).op("v128.or");
    body.v128(new Float64Array(2).fill(2 ** 52 + 1023)).op("f64x2.sub");
  }
  return true;
}

/** As for scalars: two powers of two, made by a sum and a shift. */
function scale(w: CodeWriter, to: Type, shape: FloatVector, a: Operand, b: Operand): boolean {
  const power = (): void => {
    pushLiteral(w, to, shape === "f32x4" ? POWER_BIAS.f32 : POWER_BIAS.f64);
    w.op(`${shape}.add`);
    if (shape === "f32x4") w.body.i32(23).op("i32x4.shl");
    else w.body.i32(52).op("i64x2.shl");
  };
  const n = w.repeatable(b);
  n.push();
  pushLiteral(w, to, 0.5);
  w.op(`${shape}.mul`).op(`${shape}.floor`);
  const half = w.keep(to);
  a.push();
  half.push();
  power();
  w.op(`${shape}.mul`);
  n.push();
  half.push();
  w.op(`${shape}.sub`);
  power();
  w.op(`${shape}.mul`);
  return true;
}

function intOperation(w: CodeWriter, op: string, to: Type, args: readonly Operand[]): boolean {
  const [a, b, c] = args;
  const shape = wordsOf(lanesOf(to));
  const signed = isSigned(to.dtype);
  switch (op) {
    case "floor":
    case "ceil":
    case "trunc":
    case "round":
      a.push();
      return true;
    case "abs":
      if (signed) return pushAll(w, [a], `${shape}.abs`);
      a.push();
      return true;
    case "neg":
      return pushAll(w, [a], `${shape}.neg`);
    case "not":
      return pushAll(w, [a], "v128.not");
    case "add":
    case "sub":
    case "mul":
      return pushAll(w, [a, b], `${shape}.${op}`);
    case "fma":
      pushAll(w, [a, b], `${shape}.mul`);
      return pushAll(w, [c], `${shape}.add`);
    case "and":
    case "or":
    case "xor":
      return pushAll(w, [a, b], `v128.${op}`);
    case "max":
    case "min":
      if (shape === "i64x2") {
        const [x, y] = [w.repeatable(a), w.repeatable(b)];
        pushAll(w, [x, y, x, y], `i64x2.${op === "max" ? "gt" : "lt"}_s`);
        w.op("v128.bitselect");
        return true;
      }
      return pushAll(w, [a, b], `i32x4.${op}_${signed ? "s" : "u"}`);
    case "shl":
    case "shr":
      // The instructions shift all lanes alike.
      if (b.literal === undefined) return false;
      a.push();
      w.body.i32(coerce("i32", b.literal));
      w.op(op === "shl" ? `${shape}.shl` : `${shape}.shr_${signed ? "s" : "u"}`);
      return true;
    case "mulHigh": {
      if (signed) return false;
      const [x, y] = [w.repeatable(a), w.repeatable(b)];
      pushAll(w, [x, y], "i64x2.extmul_low_i32x4_u");
      pushAll(w, [x, y], "i64x2.extmul_high_i32x4_u");
      w.op("i8x16.shuffle", ...HIGH_WORDS, ...inSecond(HIGH_WORDS));
      return true;
    }
    default:
      return false;
  }
}

function cast(w: CodeWriter, to: Type, x: Operand): void {
  const lanes = lanesOf(to);
  const from = x.type.dtype;
  if (from === to.dtype) return x.push();
  if (to.dtype === "bool") return castToBool(w, to, lanes, x);
  if (from === "bool") {
    // A mask selects the bits of 1.
    x.push();
    pushLiteral(w, to, 1);
    return void w.op("v128.and");
  }
  if (lanes === 2) {
    // Bytes are followed by zeros.
    if (from === "u8" && to.dtype === "i64") return x.push();
    if (from !== "u8" || to.dtype !== "f64") return pushByLane(w, "cast", to, [x]);
    const value = w.repeatable(x);
    value.push();
    value.push();
    w.op("i8x16.shuffle", ...LOW_WORDS, ...inSecond(LOW_WORDS));
    return void w.op("f64x2.convert_low_i32x4_u");
  }
  if (to.dtype === "f32") {
    x.push();
    return void w.op(from === "u32" ? "f32x4.convert_i32x4_u" : "f32x4.convert_i32x4_s");
  }
  if (from === "f32") return truncate(w, to, x);
  x.push();
  if (to.dtype !== "u8") return;
  pushLiteral(w, to, 255);
  w.op("v128.and");
}

/** f32 to integers. Numbers beyond i32 are rare, and left to scalars. */
function truncate(w: CodeWriter, to: Type, x: Operand): void {
  const value = w.repeatable(x);
  value.push();
  w.op("f32x4.abs");
  pushLiteral(w, x.type, 2 ** 31);
  w.op("f32x4.ge").op("v128.any_true");
  w.body.open("if", "v128");
  pushByLane(w, "cast", to, [value]);
  w.body.else();
  value.push();
  w.op("i32x4.trunc_sat_f32x4_s");
  if (to.dtype === "u8") {
    pushLiteral(w, to, 255);
    w.op("v128.and");
  }
  w.body.end();
}

function castToBool(w: CodeWriter, to: Type, lanes: Lanes, x: Operand): void {
  const shapes: Partial<Record<DType, Opcode>> = {
    f64: "f64x2.ne",
    i64: "i64x2.ne",
    ...(lanes === 4
      ? { f32: "f32x4.ne", i32: "i32x4.ne", u32: "i32x4.ne", u8: "i32x4.ne" }
      : { u8: "i64x2.ne" }),
  };
  const name = shapes[x.type.dtype];
  if (!name) return pushByLane(w, "cast", to, [x]);
  x.push();
  pushLiteral(w, x.type, 0);
  w.op(name);
}

/** Widens bytes in the lowest bits of the vector on top of the stack to lanes, as integers or as a mask. */
export function widenBytes(w: CodeWriter, dtype: DType, type: Type): void {
  const lanes = lanesOf(type);
  const sign = dtype === "i8" ? "s" : "u";
  w.op(`i16x8.extend_low_i8x16_${sign}`).op(`i32x4.extend_low_i16x8_${sign}`);
  if (lanes === 2) w.op("i64x2.extend_low_i32x4_u");
  if (type.dtype !== "bool") return;
  pushLiteral(w, type, 0);
  w.op(`${wordsOf(lanes)}.gt_s`);
}

/** The reverse: the lowest bytes, one or two, of all lanes in the lowest bits; of a mask 0 or 1. */
export function narrowTo(w: CodeWriter, size: number, type: Type): void {
  const lanes = lanesOf(type);
  if (type.dtype === "bool") {
    w.body.v128(new Int32Array(4).fill(1));
    w.op("v128.and");
  }
  const local = w.temporary("v128");
  w.body.tee(local).get(local);
  const width = 16 / lanes;
  const bytes = Array.from({ length: 16 }, (_, i) =>
    i < lanes * size ? Math.floor(i / size) * width + (i % size) : 0,
  );
  w.op("i8x16.shuffle", ...bytes);
}
