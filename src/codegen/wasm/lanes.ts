import { coerce, itemBytes } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";
import { pushScalar } from "./operations.ts";
import { type CodeWriter, type Operand, valueType } from "./writer.ts";

// A vector fills 128 bits whatever its dtype: 4 lanes are 32 bits wide each and 2 lanes 64. Types that
// are narrower than their lane use its low bits; those of bytes are followed by zeros, so that they
// compare as the wider integers they look like. A mask has all bits of a lane or none.

export type Lanes = 2 | 4;

/** @throws where a vector of that type does not fit a register. */
export function lanesOf(type: Type): Lanes {
  const { dtype, lanes } = type;
  if (lanes === 2 || (lanes === 4 && itemBytes(dtype) < 8)) return lanes;
  throw new Error(`expected 2 lanes, or 4 of at most 4 bytes, got ${dtype}x${lanes}`);
}

/** The integer vectors whose lanes are those of a value. */
export const wordsOf = (lanes: Lanes): "i32x4" | "i64x2" => (lanes === 4 ? "i32x4" : "i64x2");

/** Takes one lane of the vector on top of the stack. */
export function extractLane(w: CodeWriter, { dtype, lanes }: Type, lane: number): void {
  if (dtype === "f64" || dtype === "i64") return void w.op(`${dtype}x2.extract_lane`, lane);
  const place = lane * (4 / lanes);
  if (dtype === "f32") return void w.op("f32x4.extract_lane", place);
  w.op("i32x4.extract_lane", place);
  if (dtype === "bool") w.body.i32(1).op("i32.and");
}

/** Puts the scalar on top of the stack into a lane of the vector below it. */
export function replaceLane(w: CodeWriter, { dtype, lanes }: Type, lane: number): void {
  if (dtype === "f64" || dtype === "i64") return void w.op(`${dtype}x2.replace_lane`, lane);
  const place = lane * (4 / lanes);
  if (dtype === "f32") return void w.op("f32x4.replace_lane", place);
  if (dtype === "bool") {
    w.body.i32(-1).op("i32.mul");
    if (lanes === 2) w.op("i64.extend_i32_s");
    return void w.op(`${wordsOf(lanes as Lanes)}.replace_lane`, lane);
  }
  w.op("i32x4.replace_lane", place);
}

/** Puts a vector with the same literal in each lane on the stack. */
export function pushLiteral(w: CodeWriter, type: Type, value: number): void {
  const lanes = lanesOf(type);
  const { body } = w;
  switch (type.dtype) {
    case "f64":
      return void body.v128(new Float64Array([value, value]));
    case "i64":
      return void body.v128(new BigInt64Array(2).fill(coerce("i64", value) as unknown as bigint));
    case "f32":
      return void body.v128(new Float32Array(4).fill(value));
    case "bool":
      return void body.v128(new Int32Array(4).fill(value !== 0 ? -1 : 0));
    default:
      return void body.v128(
        lanes === 4 ? new Int32Array(4).fill(value) : new Int32Array([value, 0, value, 0]),
      );
  }
}

/** A scalar in every lane. */
export function pushSplat(w: CodeWriter, type: Type, x: Operand): void {
  const lanes = lanesOf(type);
  if (x.literal !== undefined) return pushLiteral(w, type, x.literal);
  const { dtype } = type;
  if (dtype === "bool") {
    w.body.i32(0);
    x.push();
    w.op("i32.sub");
    if (lanes === 2) w.op("i64.extend_i32_s");
    return void w.op(`${wordsOf(lanes)}.splat`);
  }
  x.push();
  if (dtype === "f32") return void w.op("f32x4.splat");
  if (dtype === "f64" || dtype === "i64") return void w.op(`${dtype}x2.splat`);
  if (lanes === 2) return void w.op("i64.extend_i32_u").op("i64x2.splat");
  w.op("i32x4.splat");
}

/** A lane of an operand as an operand. */
export const laneOf = (w: CodeWriter, x: Operand, lane: number): Operand => ({
  type: { dtype: x.type.dtype, lanes: 1 },
  repeatable: false,
  ...(x.literal !== undefined ? { literal: x.literal } : {}),
  push: () => {
    x.push();
    extractLane(w, x.type, lane);
  },
});

/** An operation without an instruction: each lane by itself, as scalars. */
export function pushByLane(w: CodeWriter, op: string, to: Type, args: readonly Operand[]): void {
  const vectors = args.map((x) => w.repeatable(x));
  const scalar: Type = { dtype: to.dtype, lanes: 1 };
  pushLiteral(w, to, 0);
  for (let lane = 0; lane < to.lanes; lane++) {
    pushScalar(
      w,
      op,
      scalar,
      vectors.map((x) => laneOf(w, x, lane)),
    );
    replaceLane(w, to, lane);
  }
}

/**
 * A vector's lanes combined into a scalar: of four, (0 with 2) with (1 with 3); of two, 0 with 1. The
 * order is part of what results are, so it never changes.
 */
export function pushAcross(w: CodeWriter, op: string, x: Operand): void {
  const type: Type = { dtype: x.type.dtype, lanes: 1 };
  const vector = w.repeatable(x);
  const combine = (a: Operand, b: Operand): Operand => {
    pushScalar(w, op, type, [a, b]);
    const local = w.temporary(valueType(type));
    w.body.set(local);
    return w.inLocal(type, local);
  };
  const lane = (i: number): Operand => laneOf(w, vector, i);
  const result =
    x.type.lanes === 2
      ? combine(lane(0), lane(1))
      : combine(combine(lane(0), lane(2)), combine(lane(1), lane(3)));
  result.push();
}
