import { type DType, itemBytes } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";
import { lanesOf } from "./lanes.ts";
import { type Opcode } from "./opcodes.ts";
import { narrowTo, widenBytes } from "./vector.ts";
import { type CodeWriter, type Operand } from "./writer.ts";

// Elements in memory: f32, f64, i64, i32 and u32 as they are, u8 and bool in one byte. Of other dtypes an i32 has
// the bits: those of halves with zeros above, those of i8 and i16 with their sign.

/** Where elements lie: at an address and `offset` elements, lanes `stride` elements apart if given. */
export interface Location {
  readonly pointer: Operand;
  readonly offset: number;
  readonly stride?: Operand;
}

/** Multiplies the i32 on top of the stack by an element's size. */
export function scaleByItem(w: CodeWriter, dtype: DType): void {
  const shift = Math.log2(itemBytes(dtype));
  if (shift > 0) w.body.i32(shift).op("i32.shl");
}

/** Puts `index` elements, in bytes, on the stack. */
export function pushBytes(w: CodeWriter, dtype: DType, index: Operand): void {
  if (index.literal !== undefined) return void w.body.i32(index.literal * itemBytes(dtype));
  index.push();
  scaleByItem(w, dtype);
}

/** Puts an address on the stack; what it returns belongs into the instruction that follows. */
function pushAddress(w: CodeWriter, { pointer, offset }: Location, dtype: DType): number {
  pointer.push();
  const bytes = offset * itemBytes(dtype);
  // Immediate offsets are unsigned.
  if (bytes >= 0) return bytes;
  w.body.i32(bytes).op("i32.add");
  return 0;
}

const LOADS: Readonly<Record<DType, Opcode>> = {
  f32: "f32.load",
  f64: "f64.load",
  i64: "i64.load",
  i32: "i32.load",
  u32: "i32.load",
  f16: "i32.load16_u",
  bf16: "i32.load16_u",
  i16: "i32.load16_s",
  i8: "i32.load8_s",
  u8: "i32.load8_u",
  bool: "i32.load8_u",
};

const STORES: Readonly<Record<DType, Opcode>> = {
  f32: "f32.store",
  f64: "f64.store",
  i64: "i64.store",
  i32: "i32.store",
  u32: "i32.store",
  f16: "i32.store16",
  bf16: "i32.store16",
  i16: "i32.store16",
  i8: "i32.store8",
  u8: "i32.store8",
  bool: "i32.store8",
};

/** Vectors whose lanes lie in memory as in a register. */
const isDense = (dtype: DType, lanes: number): boolean => itemBytes(dtype) * lanes === 16;

/** Puts the loaded value on the stack. `dtype` is that of the memory. */
export function pushLoad(w: CodeWriter, dtype: DType, type: Type, from: Location): void {
  const { lanes } = type;
  const bytes = itemBytes(dtype);
  if (lanes === 1) return void w.body.memory(LOADS[dtype], pushAddress(w, from, dtype), bytes);
  lanesOf(type);
  if (!from.stride && isDense(dtype, lanes))
    return void w.body.memory("v128.load", pushAddress(w, from, dtype), bytes);
  if (bytes === 1 && !from.stride) {
    const offset = pushAddress(w, from, dtype);
    if (lanes === 4) w.body.memory("v128.load32_zero", offset, 1);
    else {
      w.body.memory("i32.load16_u", offset, 1);
      w.op("i32x4.splat");
    }
    return widenBytes(w, dtype, type);
  }
  const sign = dtype === "i16" ? "s" : "u";
  if (bytes === 2 && !from.stride)
    return void w.body.memory(`v128.load16x4_${sign}`, pushAddress(w, from, dtype), bytes);
  const load: Opcode = `v128.load${(8 * bytes) as 8}_lane`;
  w.body.v128(new Int32Array(4));
  const vector = w.temporary("v128");
  w.body.set(vector);
  const place = bytes <= 2 ? 1 : 16 / lanes / bytes;
  eachLane(w, dtype, lanes, from, (lane, offset) => {
    w.body.get(vector).memory(load, offset, bytes, lane * place);
    w.body.set(vector);
  });
  w.body.get(vector);
  if (bytes === 1) widenBytes(w, dtype, type);
  else if (bytes === 2) w.op(`i32x4.extend_low_i16x8_${sign}`);
}

/** Puts a scalar of memory in every lane. */
export function pushLoadSplat(w: CodeWriter, dtype: DType, from: Location): void {
  const bytes = itemBytes(dtype);
  const offset = pushAddress(w, from, dtype);
  w.body.memory(bytes === 8 ? "v128.load64_splat" : "v128.load32_splat", offset, bytes);
}

/** Stores a value in memory of this dtype. */
export function writeStore(w: CodeWriter, dtype: DType, value: Operand, to: Location): void {
  const { lanes } = value.type;
  const bytes = itemBytes(dtype);
  if (lanes === 1 || (!to.stride && isDense(dtype, lanes))) {
    const offset = pushAddress(w, to, dtype);
    value.push();
    return void w.body.memory(lanes === 1 ? STORES[dtype] : "v128.store", offset, bytes);
  }
  lanesOf(value.type);
  value.push();
  if (bytes <= 2) narrowTo(w, bytes, value.type);
  const vector = w.temporary("v128");
  w.body.set(vector);
  if (bytes <= 2 && !to.stride) {
    const offset = pushAddress(w, to, dtype);
    w.body.get(vector).memory(`v128.store${(8 * bytes * lanes) as 32}_lane`, offset, bytes, 0);
    return;
  }
  const store: Opcode = `v128.store${(8 * bytes) as 8}_lane`;
  const place = bytes <= 2 ? 1 : 16 / lanes / bytes;
  eachLane(w, dtype, lanes, to, (lane, offset) => {
    w.body.get(vector).memory(store, offset, bytes, lane * place);
  });
}

/** Visits every lane with the address of its element on the stack. */
function eachLane(
  w: CodeWriter,
  dtype: DType,
  lanes: number,
  { pointer, offset, stride }: Location,
  visit: (lane: number, offset: number) => void,
): void {
  const first = w.temporary("i32");
  const start = pushAddress(w, { pointer, offset }, dtype);
  w.body.set(first);
  if (stride === undefined || stride.literal !== undefined) {
    const step = (stride?.literal ?? 1) * itemBytes(dtype);
    for (let lane = 0; lane < lanes; lane++) {
      w.body.get(first);
      if (step < 0) w.body.i32(lane * step).op("i32.add");
      visit(lane, step < 0 ? start : start + lane * step);
    }
    return;
  }
  const step = w.temporary("i32");
  pushBytes(w, dtype, stride);
  w.body.set(step);
  for (let lane = 0; lane < lanes; lane++) {
    w.body.get(first);
    if (lane > 0) w.body.get(step).op("i32.add").tee(first);
    visit(lane, start);
  }
}

/** Puts `otherwise` on the stack, with its lanes `low` … `high` - 1 from the elements at `pointer`. */
export function pushMerge(
  w: CodeWriter,
  type: Type,
  pointer: Operand,
  low: Operand,
  high: Operand,
  otherwise: Operand,
): void {
  const { body } = w;
  const bytes = itemBytes(type.dtype);
  if (!isDense(type.dtype, type.lanes))
    throw new Error(`merge: expected words that fill a vector, got ${type.dtype}x${type.lanes}`);
  const address = w.take("i32");
  const [first, behind] = [w.repeatable(low), w.repeatable(high)];
  const load: Opcode = `v128.load${(8 * bytes) as 32}_lane`;
  pointer.push();
  body.set(address);
  otherwise.push();
  const vector = w.temporary("v128");
  body.set(vector);
  for (let lane = 0; lane < type.lanes; lane++) {
    first.push();
    body.i32(lane).op("i32.le_s").i32(lane);
    behind.push();
    body.op("i32.lt_s").op("i32.and").open("if");
    body
      .get(address)
      .get(vector)
      .memory(load, lane * bytes, bytes, lane);
    body.set(vector).end();
  }
  body.get(vector);
  w.giveBack("i32", address);
}
