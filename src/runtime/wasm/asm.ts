import { type FunctionBody } from "../../codegen/wasm/encoder.ts";
import { type Opcode } from "../../codegen/wasm/opcodes.ts";

// Instructions as expressions, so that the runner is written like a program: each function gives code
// that leaves its value on the stack, or nothing. Values are i32 where the name does not say 64.

/** Writes instructions to the end of a function. */
export type Code = (f: FunctionBody) => void;

/** One after the other. */
export const seq =
  (...codes: readonly Code[]): Code =>
  (f) => {
    for (const code of codes) code(f);
  };

const then = (op: Opcode, ...args: readonly Code[]): Code => seq(...args, (f) => f.op(op));
const memory = (op: Opcode, bytes: number, ...args: readonly Code[]): Code =>
  seq(...args, (f) => f.memory(op, 0, bytes));

export const i32 =
  (value: number): Code =>
  (f) =>
    f.i32(value);
export const i64 =
  (value: bigint): Code =>
  (f) =>
    f.i64(value);
export const get =
  (local: number): Code =>
  (f) =>
    f.get(local);
export const set = (local: number, value: Code): Code => seq(value, (f) => f.set(local));
export const drop = (value: Code): Code => then("drop", value);

export const eq = (a: Code, b: Code): Code => then("i32.eq", a, b);
export const lessU = (a: Code, b: Code): Code => then("i32.lt_u", a, b);
export const not = (a: Code): Code => then("i32.eqz", a);
export const add = (a: Code, b: Code): Code => then("i32.add", a, b);
export const sub = (a: Code, b: Code): Code => then("i32.sub", a, b);
export const mul = (a: Code, b: Code): Code => then("i32.mul", a, b);
export const select = (condition: Code, yes: Code, no: Code): Code =>
  then("select", yes, no, condition);

export const eq64 = (a: Code, b: Code): Code => then("i64.eq", a, b);
export const add64 = (a: Code, b: Code): Code => then("i64.add", a, b);
export const sub64 = (a: Code, b: Code): Code => then("i64.sub", a, b);
/** The lower half of 64 bits. */
export const low = (a: Code): Code => then("i32.wrap_i64", a);
/** An unsigned number in 64 bits. */
export const wide = (a: Code): Code => then("i64.extend_i32_u", a);

export const load = (address: Code, offset = 0): Code =>
  seq(address, (f) => f.memory("i32.load", offset, 4));
export const store = (address: Code, value: Code): Code => memory("i32.store", 4, address, value);

export const atomicLoad = (address: Code): Code => memory("i32.atomic.load", 4, address);
export const atomicLoad64 = (address: Code): Code => memory("i64.atomic.load", 8, address);
export const atomicStore = (address: Code, value: Code): Code =>
  memory("i32.atomic.store", 4, address, value);
/** Adds to a word; its value before. */
export const atomicAdd = (address: Code, value: Code): Code =>
  memory("i32.atomic.rmw.add", 4, address, value);
export const atomicAdd64 = (address: Code, value: Code): Code =>
  memory("i64.atomic.rmw.add", 8, address, value);
/** Stores `to` where `from` stands; what stood there. */
export const exchange64 = (address: Code, from: Code, to: Code): Code =>
  memory("i64.atomic.rmw.cmpxchg", 8, address, from, to);
/** Wakes up to `count` threads that sleep at an address. */
export const notify = (address: Code, count: Code): Code =>
  drop(memory("memory.atomic.notify", 4, address, count));
/** Sleeps until woken, if the word at the address is `expected`. */
export const sleep = (address: Code, expected: Code): Code =>
  drop(memory("memory.atomic.wait32", 4, address, expected, i64(-1n)));

/** The code inside may start again with `again(0)`; each `when` or `choose` between counts one more. */
export const loop = (...body: readonly Code[]): Code =>
  seq(
    (f) => f.open("loop"),
    ...body,
    (f) => f.end(),
  );
export const again =
  (depth: number): Code =>
  (f) =>
    f.op("br", depth);
export const when = (condition: Code, ...yes: readonly Code[]): Code =>
  seq(
    condition,
    (f) => f.open("if"),
    ...yes,
    (f) => f.end(),
  );
export const choose = (condition: Code, yes: Code, no: Code): Code =>
  seq(
    condition,
    (f) => f.open("if"),
    yes,
    (f) => f.else(),
    no,
    (f) => f.end(),
  );
export const give = (value: Code): Code => then("return", value);

export const call = (index: number, ...args: readonly Code[]): Code =>
  seq(...args, (f) => f.op("call", index));
/** Calls entry `index` of table 0. */
export const callIndirect = (type: number, index: Code, ...args: readonly Code[]): Code =>
  seq(...args, index, (f) => f.op("call_indirect", type, 0));
