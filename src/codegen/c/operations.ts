import { type DType, isFloat, isSigned } from "../../ir/dtype.ts";
import { type Type, type Value } from "../../compiler/loop/loop.ts";
import { type Helpers } from "./helpers.ts";
import { showLiteral } from "./literals.ts";
import { type Element, memoryElement, nameOf, selectorOf, type Types } from "./types.ts";

// One C expression an operation, for scalars and vectors alike: C's operators work on both. What they
// lack is a function of helpers.ts.

/** Where expressions are written: the types and functions of the translation unit. */
export interface Context {
  readonly types: Types;
  readonly helpers: Helpers;
}

/** An argument: its text, and what it is. */
export interface Argument {
  readonly text: string;
  readonly value: Value;
}

/** The expression of `op`, of type `to`. */
export function expression(c: Context, op: string, to: Type, args: readonly Argument[]): string {
  const [a, b, d] = args.map((x) => x.text);
  const from = args[op === "select" ? 1 : 0].value.type;
  switch (op) {
    case "eq":
    case "ne":
    case "lt":
    case "le":
      return comparison(c, COMPARE[op], from, a, b);
    case "select":
      return select(c, to, a, b, d);
    case "cast":
      return cast(c, to, from, a);
    case "bitcast":
      return bitcast(c, to, from, a);
    case "splat":
      return splat(c, to, a);
    case "ramp":
      return ramp(c, to, a);
    case "hadd":
    case "hmul":
    case "hmax":
    case "hmin":
      return from.lanes === 1 ? a : c.helpers.across(op.slice(1), from, a);
    case "max":
    case "min":
      return extreme(c, op, to, args);
    case "fma":
    case "mulAdd":
      return to.dtype === "bool"
        ? `(${a} & ${b}) ^ ${d}`
        : isFloat(to.dtype)
          ? c.helpers.float("fma", to, a, b, d)
          : wrap(to, `${a} * ${b} + ${d}`);
    default:
      if (isFloat(to.dtype)) return floatExpression(c, op, to, a, b);
      return to.dtype === "bool" ? boolExpression(op, to, a, b) : intExpression(c, op, to, args);
  }
}

const COMPARE = { eq: "==", ne: "!=", lt: "<", le: "<=" } as const;

/** Integers narrower than an `int` are cut back to their width; vectors are of their width anyway. */
const wrap = (to: Type, text: string): string =>
  to.dtype === "u8" && to.lanes === 1 ? `(u8)(${text})` : text;

const elementOf = (c: Context, { dtype, lanes }: Type): Element =>
  dtype !== "bool" ? memoryElement(dtype) : lanes === 1 ? "u8" : c.types.mask(lanes);

/** The element of what a comparison of two such values gives: integers as wide as they are. */
const testOf = (c: Context, { dtype, lanes }: Type): Element =>
  dtype === "bool" ? c.types.mask(lanes) : selectorOf(dtype);

/** A vector of 0 and all ones, with lanes of another width. */
const resize = (c: Context, text: string, from: Element, to: Element, lanes: number): string =>
  from === to ? text : `__builtin_convertvector(${text}, ${c.types.vector(to, lanes)})`;

/** The result of a comparison of such values as a mask. */
function toMask(c: Context, of: Type, test: string): string {
  const mask = c.types.mask(of.lanes);
  // What bytes give is signed and widens by its sign.
  if (of.dtype === "u8")
    return `__builtin_convertvector(${test}, ${c.types.vector(mask, of.lanes)})`;
  const own = testOf(c, of);
  return resize(c, `(${c.types.vector(own, of.lanes)})(${test})`, own, mask, of.lanes);
}

function comparison(c: Context, operator: string, from: Type, a: string, b: string): string {
  if (from.lanes === 1) return `${a} ${operator} ${b}`;
  // Of masks, which are 0 or -1, the order is that of the negated ones.
  const turned = from.dtype === "bool" && (operator === "<" || operator === "<=");
  return toMask(c, from, turned ? `${b} ${operator} ${a}` : `${a} ${operator} ${b}`);
}

function select(c: Context, to: Type, condition: string, x: string, y: string): string {
  if (to.lanes === 1) return `${condition} ? ${x} : ${y}`;
  const mask = c.types.mask(to.lanes);
  return c.helpers.select(to, resize(c, condition, mask, testOf(c, to), to.lanes), x, y);
}

/** `condition`, a comparison of values of type `to`, decides between two of them. */
const choose = (c: Context, to: Type, condition: string, x: string, y: string): string =>
  to.lanes === 1 ? `(${condition}) ? ${x} : ${y}` : c.helpers.select(to, condition, x, y);

function cast(c: Context, to: Type, from: Type, a: string): string {
  const { lanes } = to;
  if (to.dtype === from.dtype) return a;
  if (lanes === 1) {
    if (to.dtype === "bool") return `${a} != 0`;
    if (isFloat(from.dtype) && !isFloat(to.dtype))
      return `(${to.dtype})${c.helpers.truncate(from, wholeOf(to.dtype), a)}`;
    return `(${elementOf(c, to)})${a}`;
  }
  const type = c.types.of(to);
  if (to.dtype === "bool") return toMask(c, from, `${a} != 0`);
  if (from.dtype === "bool") return `__builtin_convertvector(${a} & 1, ${type})`;
  if (isFloat(from.dtype) && !isFloat(to.dtype)) {
    const own = wholeOf(to.dtype);
    const whole = c.helpers.truncate(from, own, a);
    return to.dtype === own ? whole : `__builtin_convertvector(${whole}, ${type})`;
  }
  return `__builtin_convertvector(${a}, ${type})`;
}

/** The integers that floats become first. */
const wholeOf = (dtype: DType): "i32" | "i64" => (dtype === "i64" ? "i64" : "i32");

function bitcast(c: Context, to: Type, from: Type, a: string): string {
  if (to.dtype === from.dtype) return a;
  const words: readonly DType[] = ["f32", "i32", "u32"];
  const longs: readonly DType[] = ["f64", "i64"];
  if ([words, longs].some((alike) => alike.includes(to.dtype) && alike.includes(from.dtype)))
    return to.lanes > 1
      ? `(${c.types.of(to)})${a}`
      : c.helpers.reinterpret(from.dtype, to.dtype, a);
  const bytes: readonly DType[] = ["u8", "bool"];
  if (!bytes.includes(to.dtype) || !bytes.includes(from.dtype))
    throw new Error(`no bitcast from ${from.dtype} to ${to.dtype}`);
  return cast(c, to, from, a);
}

/** A vector is made of a list of its lanes: adding a scalar to zeros would lose the sign of -0. */
function splat(c: Context, to: Type, a: string): string {
  if (to.lanes === 1) return a;
  const lane = to.dtype === "bool" ? `-(${c.types.mask(to.lanes)})${a}` : a;
  return `(${c.types.of(to)}){${new Array<string>(to.lanes).fill(lane).join(", ")}}`;
}

function ramp(c: Context, to: Type, a: string): string {
  if (to.lanes === 1) return a;
  const lanes = Array.from({ length: to.lanes }, (_, i) => String(i));
  return `${splat(c, to, a)} + (${c.types.of(to)}){${lanes.join(", ")}}`;
}

function extreme(c: Context, op: "max" | "min", to: Type, args: readonly Argument[]): string {
  const [a, b] = args.map((x) => x.text);
  if (to.dtype === "bool") return op === "max" ? `${a} | ${b}` : `${a} & ${b}`;
  if (!isFloat(to.dtype)) {
    return choose(c, to, op === "max" ? `${a} > ${b}` : `${a} < ${b}`, a, b);
  }
  const [x, y] = args[0].value.kind === "literal" ? [args[1], args[0]] : args;
  if (y.value.kind !== "literal" || Number.isNaN(y.value.value))
    return c.helpers.float(op, to, a, b);
  // Against a number that is no zero, one instruction keeps NaN.
  if (y.value.value !== 0)
    return c.helpers.float(op === "max" ? "atLeast" : "atMost", to, x.text, y.text);
  // For zeros, one comparison does; which one decides between 0 and -0.
  const negativeZero = Object.is(y.value.value, -0);
  const test =
    op === "max"
      ? `${x.text} ${negativeZero ? "<" : "<="} ${y.text}`
      : `${y.text} ${negativeZero ? "<=" : "<"} ${x.text}`;
  return choose(c, to, test, y.text, x.text);
}

function floatExpression(c: Context, op: string, to: Type, a: string, b: string): string {
  switch (op) {
    case "neg":
      return `-${a}`;
    case "add":
      return `${a} + ${b}`;
    case "sub":
      return `${a} - ${b}`;
    case "mul":
      return `${a} * ${b}`;
    case "div":
      return `${a} / ${b}`;
    case "abs":
    case "floor":
    case "ceil":
    case "trunc":
    case "round":
    case "sqrt":
    case "exponent":
    case "mantissa":
    case "quarters":
    case "quarterRest":
      return c.helpers.float(op, to, a);
    case "scale":
    case "rem":
      return c.helpers.float(op, to, a, b);
    default:
      throw unknown(op, to);
  }
}

function intExpression(c: Context, op: string, to: Type, args: readonly Argument[]): string {
  const [a, b] = args.map((x) => x.text);
  const { dtype, lanes } = to;
  const signed = isSigned(dtype);
  switch (op) {
    case "floor":
    case "ceil":
    case "trunc":
    case "round":
      return a;
    case "abs":
      return signed ? choose(c, to, `${a} < 0`, `-${a}`, a) : a;
    case "neg":
      return wrap(to, `-${a}`);
    case "not":
      return wrap(to, `~${a}`);
    case "add":
      return wrap(to, `${a} + ${b}`);
    case "sub":
      return wrap(to, `${a} - ${b}`);
    case "mul":
      return wrap(to, `${a} * ${b}`);
    case "and":
      return `${a} & ${b}`;
    case "or":
      return `${a} | ${b}`;
    case "xor":
      return `${a} ^ ${b}`;
    case "shl":
      return wrap(to, `${a} << ${b}`);
    case "shr":
      return `${a} >> ${b}`;
    case "div":
    case "rem": {
      const divisor = args[1].value;
      const safe = divisor.kind === "literal" && divisor.value > 0;
      if (safe && lanes === 1) return `${a} ${op === "div" ? "/" : "%"} ${b}`;
      return c.helpers.divide(op, to, a, b);
    }
    case "mulHigh":
      if (dtype === "u32") return c.helpers.mulHigh(to, a, b);
  }
  throw unknown(op, to);
}

function boolExpression(op: string, to: Type, a: string, b: string): string {
  switch (op) {
    case "not":
      return to.lanes === 1 ? `!${a}` : `~${a}`;
    case "and":
    case "mul":
      return `${a} & ${b}`;
    case "or":
    case "add":
      return `${a} | ${b}`;
    case "xor":
      return `${a} ^ ${b}`;
    default:
      throw unknown(op, to);
  }
}

/** The error of an operation that a dtype does not have. */
const unknown = (op: string, { dtype, lanes }: Type): Error =>
  new Error(`operation ${op} does not exist for ${dtype}${lanes > 1 ? `x${lanes}` : ""}`);

/** The text of an argument. */
export const showArgument = (c: Context, value: Value): Argument => ({
  value,
  text:
    value.kind === "var"
      ? `${value.mutable ? "m" : "v"}${value.id}`
      : value.type.lanes === 1
        ? showLiteral(value.value, value.type.dtype)
        : splat(c, value.type, showLiteral(value.value, value.type.dtype)),
});

export const typeName = (c: Context, { dtype, lanes }: Type): string =>
  nameOf(elementOf(c, { dtype, lanes }), lanes);
