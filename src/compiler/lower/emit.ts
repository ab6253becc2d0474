import { type DType, isFloat, isHalf, isNarrow, isSigned, itemBytes } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { type Expr } from "../expr.ts";
import { type Builder, int, literal } from "../loop/builder.ts";
import { type Type, type Value, type Var } from "../loop/loop.ts";
import { expandMath, isExpandable } from "../loop/math.ts";
import { variesAlong } from "./lanes.ts";
import { type KernelWriter } from "./writer.ts";

/** Where in the iteration space an expression is wanted: `lanes` neighbours along axis `vector`. */
export interface Point {
  readonly index: readonly Value[];
  readonly vector: number;
  readonly lanes: number;
  /** Which of the lanes count, where it is not all of them: there is nothing behind the others. */
  readonly part?: Part;
}

/** The lanes low … high - 1 of a vector. */
export interface Part {
  readonly low: Value;
  readonly high: Value;
}

/** The first lanes of a vector; all of them where no number is given. */
export const firstLanes = (count: Value | undefined): Part | undefined =>
  count && { low: int(0), high: count };

/** A mask of the lanes that count. */
export function lanesOf(b: Builder, { low, high }: Part, lanes: number): Value {
  const mask: Type = { dtype: "bool", lanes };
  const number = b.op("ramp", { dtype: "i32", lanes }, int(0));
  const before = b.op("lt", mask, number, b.splat(high, lanes));
  return low.kind === "literal" && low.value === 0
    ? before
    : b.op("and", mask, b.op("le", mask, b.splat(low, lanes), number), before);
}

/** What the surrounding kernel knows instead of loading it: its own roots. */
export type Known = (source: Node, point: Point, emit: Emit) => Value | undefined;
export type Emit = (expr: Expr) => Value;

/** Writes expressions at one point; each is written once. */
export function emitterAt(w: KernelWriter, point: Point, known: Known): Emit {
  const scopes = [new Map<Expr, Value>()];
  const emit: Emit = (expr) => {
    for (const scope of scopes) {
      const found = scope.get(expr);
      if (found) return found;
    }
    const value = write(w, expr, point, emit, known, scopes);
    scopes[scopes.length - 1].set(expr, value);
    return value;
  };
  return emit;
}

function write(
  w: KernelWriter,
  expr: Expr,
  point: Point,
  emit: Emit,
  known: Known,
  scopes: Map<Expr, Value>[],
): Value {
  const { b } = w;
  const { lanes, vector, index } = point;
  switch (expr.kind) {
    case "literal":
      return literal(expr.value, expr.dtype);
    case "constant":
      return w.constant(expr.index, expr.dtype);
    case "index": {
      const base = w.position(expr.at, index);
      const step = lanes > 1 ? expr.at.coeffs[vector] : 0;
      let value: Value = base;
      if (step !== 0) {
        const type: Type = { dtype: "i32", lanes };
        value = b.op("ramp", type, step === 1 ? base : int(0));
        if (step !== 1) {
          const scaled = b.op("mul", type, value, b.splat(w.form(expr.at).coeffs[vector], lanes));
          value = b.op("add", type, scaled, b.splat(base, lanes));
        }
      }
      return expr.dtype === "i32"
        ? value
        : b.op("cast", { dtype: expr.dtype, lanes: value.type.lanes }, value);
    }
    case "load": {
      const own = known(expr.source, point, emit);
      if (own) return own;
      const pointer = b.address(w.buffer(expr.source), w.position(expr.at, index));
      const step = lanes > 1 ? expr.at.coeffs[vector] : 0;
      if (step === 0) return b.load(pointer);
      const by = step === 1 ? undefined : w.form(expr.at).coeffs[vector];
      return loadLanes(w, point, pointer, by);
    }
    case "op": {
      const args = expr.args.map(emit);
      if (expr.name === "bitcast") return emitBitcast(b, expr.dtype, expr.args[0].dtype, args[0]);
      return emitOp(w, expr.name, expr.dtype, args);
    }
    case "mask":
      return writeMask(w, expr, point, emit, known, scopes);
    case "gather": {
      const at = emit(expr.index);
      const inside = isInside(b, at, w.argument(expr.size));
      const step = lanes > 1 ? expr.at.coeffs[vector] : 0;
      const wide = step === 0 ? 1 : lanes;
      return guarded(w, inside, expr.fill, expr.dtype, wide, scopes, () => {
        const position = b.add(
          w.position(expr.at, index),
          b.mul(at, w.form({ offset: 0, coeffs: [expr.stride] }).coeffs[0]),
        );
        const pointer = b.address(w.buffer(expr.source), position);
        return wide === 1 ? b.load(pointer) : loadLanes(w, point, pointer, undefined);
      });
    }
  }
}

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** Whether a position is one of 0 … size - 1. */
export const isInside = (b: Builder, at: Value, size: Value): Value =>
  b.op("and", BOOL, b.op("le", BOOL, int(0), at), b.op("lt", BOOL, at, size));

/** Neighbouring elements, or those `by` apart; zeros in lanes that do not count. */
function loadLanes(w: KernelWriter, point: Point, pointer: Var, by: Value | undefined): Value {
  const { b } = w;
  const { lanes, part } = point;
  if (!part) return b.load(pointer, 0, lanes, by);
  return b.merge(pointer, part.low, part.high, literal(0, pointer.pointer!.dtype, lanes), by);
}

function writeMask(
  w: KernelWriter,
  expr: Extract<Expr, { kind: "mask" }>,
  point: Point,
  emit: Emit,
  known: Known,
  scopes: Map<Expr, Value>[],
): Value {
  const { b } = w;
  const { lanes, vector, index } = point;
  const range = point.part ?? { low: int(0), high: int(lanes) };
  let part = range;
  let inside: Value | undefined;
  for (const { at, size } of expr.bounds) {
    const position = w.position(at, index);
    const extent = w.argument(size);
    if (lanes > 1 && at.coeffs[vector] !== 0) {
      // A bound along the vector: it holds for some of the lanes.
      const max = (x: Value, y: Value): Value => b.op("max", int(0).type, x, y);
      const low = max(part.low, b.sub(int(0), position));
      const high = b.min(part.high, b.sub(extent, position));
      part = { low: b.min(low, int(lanes)), high: max(high, int(0)) };
      continue;
    }
    for (const test of [b.op("le", BOOL, int(0), position), b.op("lt", BOOL, position, extent)])
      inside = inside ? b.op("and", BOOL, inside, test) : test;
  }
  if (part === range) {
    const wide = lanes > 1 && variesAlong(vector)(expr.value) ? lanes : 1;
    return guarded(w, inside!, expr.fill, expr.dtype, wide, scopes, () => emit(expr.value));
  }
  const value = (): Value => {
    const own = emitterAt(w, { ...point, part }, known)(expr.value);
    const fill = literal(expr.fill, expr.dtype, lanes);
    return b.op("select", fill.type, lanesOf(b, part, lanes), b.splat(own, lanes), fill);
  };
  return inside ? guarded(w, inside, expr.fill, expr.dtype, lanes, scopes, value) : value();
}

/** `value()` where `inside` holds, else `fill`, which is all that is looked at there. */
function guarded(
  w: KernelWriter,
  inside: Value,
  fill: number,
  dtype: DType,
  lanes: number,
  scopes: Map<Expr, Value>[],
  value: () => Value,
): Value {
  const { b } = w;
  const result = b.mutable(literal(fill, dtype, lanes));
  b.if(inside, () => {
    scopes.push(new Map());
    b.set(result, b.splat(value(), lanes));
    scopes.pop();
  });
  return result;
}

function emitBitcast(b: Builder, to: DType, from: DType, x: Value): Value {
  const { lanes } = x.type;
  // Of 16 bits there are halves and i16, of 8 bits integers only.
  if (isHalf(to) || isHalf(from)) {
    const mask = literal(0xffff, "i32", lanes);
    return b.fromBits(to, b.op("and", mask.type, b.toBits(from, x), mask));
  }
  return b.op(isNarrow(to) || isNarrow(from) ? "cast" : "bitcast", { dtype: to, lanes }, x);
}

/** One elementwise primitive on values that are scalars or vectors. */
export function emitOp(w: KernelWriter, name: string, dtype: DType, args: readonly Value[]): Value {
  const { b, target } = w;
  const lanes = Math.max(...args.map((x) => x.type.lanes));
  const values = args.map((x) => b.splat(x, lanes));
  const type: Type = { dtype, lanes };
  if (name === "sign" && !isFloat(dtype)) return integerSign(w, type, values[0]);
  if (name === "pow" && !isFloat(dtype)) return integerPower(w, type, values[0], values[1]);
  if (target.math === "expand" && isExpandable(name) && isFloat(dtype))
    return expandMath(b, name, values);
  return b.op(name, type, ...values);
}

function integerSign(w: KernelWriter, type: Type, x: Value): Value {
  const { b } = w;
  const zero = literal(0, type.dtype, type.lanes);
  const bool: Type = { dtype: "bool", lanes: type.lanes };
  const above = b.op("cast", type, b.op("lt", bool, zero, x));
  return isSigned(type.dtype)
    ? b.op("sub", type, above, b.op("cast", type, b.op("lt", bool, x, zero)))
    : above;
}

/** By squaring; a negative exponent gives what division of integers would: 0, or ±1 of ±1. */
function integerPower(w: KernelWriter, type: Type, base: Value, exponent: Value): Value {
  const { b } = w;
  const constant = (value: number): Value => literal(value, type.dtype, type.lanes);
  const bool: Type = { dtype: "bool", lanes: type.lanes };
  let result: Value = constant(1);
  let square = base;
  let rest = exponent;
  const two = constant(2);
  const bits = 8 * itemBytes(type.dtype) - (isSigned(type.dtype) ? 1 : 0);
  for (let bit = 0; bit < bits; bit++) {
    const odd = b.op("ne", bool, b.op("rem", type, rest, two), constant(0));
    result = b.op("select", type, odd, b.op("mul", type, result, square), result);
    square = b.op("mul", type, square, square);
    rest = b.op("div", type, rest, two);
  }
  if (!isSigned(type.dtype)) return result;
  const odd = b.op("ne", bool, b.op("rem", type, exponent, two), constant(0));
  const isOne = b.op("eq", bool, base, constant(1));
  const isMinusOne = b.op("eq", bool, base, constant(-1));
  const inverse = b.op(
    "select",
    type,
    isOne,
    constant(1),
    b.op(
      "select",
      type,
      isMinusOne,
      b.op("select", type, odd, constant(-1), constant(1)),
      constant(0),
    ),
  );
  return b.op("select", type, b.op("lt", bool, exponent, constant(0)), inverse, result);
}
