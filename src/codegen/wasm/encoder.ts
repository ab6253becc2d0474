import { type Opcode, OPCODES } from "./opcodes.ts";

// The binary format of WebAssembly 2.0 with threads: https://webassembly.github.io/spec/core/binary/

/** Types of values, by their codes. */
export const VALUE_TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof VALUE_TYPES;

/** Type of a block that leaves nothing on the stack. */
const EMPTY = 0x40;

/** Unsigned LEB128 of an integer below 2^53. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    // The last byte's bit 6 is the sign.
    if (rest === (byte & 0x40 ? -1n : 0n)) {
      bytes.push(byte);
      return bytes;
    }
    bytes.push(byte | 0x80);
  }
}

const text = (name: string): number[] => {
  const bytes = new TextEncoder().encode(name);
  return [...unsigned(bytes.length), ...bytes];
};

const list = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];

/** Appends without spreading: bodies may be longer than an argument list. */
function append(bytes: number[], more: ArrayLike<number>): void {
  for (let i = 0; i < more.length; i++) bytes.push(more[i]);
}

function appendUnsigned(bytes: number[], value: number): void {
  if (value < 0x80) bytes.push(value);
  else append(bytes, unsigned(value));
}

function opcode(bytes: number[], name: Opcode): void {
  const code = OPCODES[name];
  if (code > 0xffff) {
    bytes.push(code >>> 16);
    appendUnsigned(bytes, code & 0xffff);
  } else bytes.push(code);
}

/** What a function takes and gives. */
export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** The instructions of a function as they are written. Locals 0, 1, … are its parameters. */
export class FunctionBody {
  readonly signature: Signature;
  private readonly locals: ValueType[] = [];
  private readonly bytes: number[] = [];

  constructor(params: readonly ValueType[], results: readonly ValueType[] = []) {
    this.signature = { params, results };
  }

  /** A new local; its index. */
  local(type: ValueType): number {
    this.locals.push(type);
    return this.signature.params.length + this.locals.length - 1;
  }

  /** An instruction whose immediates, if any, are unsigned integers: indices, lanes, shuffles. */
  op(name: Opcode, ...immediates: number[]): this {
    opcode(this.bytes, name);
    for (const value of immediates) appendUnsigned(this.bytes, value);
    return this;
  }

  get(local: number): this {
    return this.op("local.get", local);
  }

  set(local: number): this {
    return this.op("local.set", local);
  }

  tee(local: number): this {
    return this.op("local.tee", local);
  }

  /** An i32, given as a signed or an unsigned number. */
  i32(value: number): this {
    const number = value | 0;
    opcode(this.bytes, "i32.const");
    if (number >= -64 && number < 64) this.bytes.push(number & 0x7f);
    else append(this.bytes, signed(BigInt(number)));
    return this;
  }

  i64(value: bigint): this {
    opcode(this.bytes, "i64.const");
    append(this.bytes, signed(BigInt.asIntN(64, value)));
    return this;
  }

  f32(value: number): this {
    opcode(this.bytes, "f32.const");
    append(this.bytes, new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  f64(value: number): this {
    opcode(this.bytes, "f64.const");
    append(this.bytes, new Uint8Array(new Float64Array([value]).buffer));
    return this;
  }

  /** A vector of 16 bytes, given as any typed array of them. */
  v128(value: Float32Array | Float64Array | Int32Array | BigInt64Array): this {
    opcode(this.bytes, "v128.const");
    append(this.bytes, new Uint8Array(value.buffer));
    return this;
  }

  /** A load or a store at the address on the stack + `offset`; instructions of one lane take it last. */
  memory(name: Opcode, offset: number, bytes: number, lane?: number): this {
    this.op(name, Math.log2(bytes), offset);
    if (lane !== undefined) this.bytes.push(lane);
    return this;
  }

  /** Opens a block, which leaves a value of `result` when it ends. */
  open(kind: "block" | "loop" | "if", result?: ValueType): this {
    this.op(kind);
    this.bytes.push(result ? VALUE_TYPES[result] : EMPTY);
    return this;
  }

  else(): this {
    return this.op("else");
  }

  end(): this {
    return this.op("end");
  }

  /** The encoded body, with its length in front. */
  encode(): number[] {
    const runs: [count: number, type: ValueType][] = [];
    for (const type of this.locals) {
      const last = runs[runs.length - 1];
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const body = list(runs.map(([count, type]) => [...unsigned(count), VALUE_TYPES[type]]));
    append(body, this.bytes);
    body.push(OPCODES.end);
    const whole = unsigned(body.length);
    append(whole, body);
    return whole;
  }
}

/** Pages of 64 KiB: at least `minimum`, at most `maximum`. */
export interface MemoryLimits {
  readonly shared: boolean;
  readonly minimum: number;
  readonly maximum: number;
}

// Kinds of imports and exports.
const FUNCTION = 0;
const TABLE = 1;
const MEMORY = 2;
const FUNCREF = 0x70;

/** A module as it is put together. Functions are imported before others are defined. */
export class ModuleWriter {
  private readonly types: string[] = [];
  private readonly encodedTypes: number[][] = [];
  private readonly imports: number[][] = [];
  private importedFunctions = 0;
  private readonly bodies: FunctionBody[] = [];
  private readonly exports: number[][] = [];

  importMemory(module: string, name: string, limits: MemoryLimits): void {
    const { shared, minimum, maximum } = limits;
    const flags = shared ? 3 : 1;
    this.import(module, name, [MEMORY, flags, ...unsigned(minimum), ...unsigned(maximum)]);
  }

  /** A table of functions with at least `minimum` entries. */
  importTable(module: string, name: string, minimum: number): void {
    this.import(module, name, [TABLE, FUNCREF, 0, ...unsigned(minimum)]);
  }

  /** The index of an imported function. */
  importFunction(module: string, name: string, signature: Signature): number {
    if (this.bodies.length > 0)
      throw new Error("functions must be imported before others are made");
    this.import(module, name, [FUNCTION, ...unsigned(this.type(signature))]);
    return this.importedFunctions++;
  }

  /** The index of a type, which `call_indirect` names. */
  type(signature: Signature): number {
    const key = JSON.stringify(signature);
    const known = this.types.indexOf(key);
    if (known >= 0) return known;
    const codes = (types: readonly ValueType[]): number[] =>
      list(types.map((t) => [VALUE_TYPES[t]]));
    this.types.push(key);
    this.encodedTypes.push([0x60, ...codes(signature.params), ...codes(signature.results)]);
    return this.types.length - 1;
  }

  /** The index of a function; its body may still be written until `finish`. */
  function(body: FunctionBody): number {
    this.bodies.push(body);
    return this.importedFunctions + this.bodies.length - 1;
  }

  exportFunction(name: string, index: number): void {
    this.exports.push([...text(name), FUNCTION, ...unsigned(index)]);
  }

  finish(): Uint8Array<ArrayBuffer> {
    const typeOf = this.bodies.map((body) => unsigned(this.type(body.signature)));
    const bytes = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const section = (id: number, items: readonly (readonly number[])[]): void => {
      if (items.length === 0) return;
      const content = unsigned(items.length);
      for (const item of items) append(content, item);
      bytes.push(id);
      append(bytes, unsigned(content.length));
      append(bytes, content);
    };
    section(1, this.encodedTypes);
    section(2, this.imports);
    section(3, typeOf);
    section(7, this.exports);
    section(
      10,
      this.bodies.map((body) => body.encode()),
    );
    return new Uint8Array(bytes);
  }

  private import(module: string, name: string, description: readonly number[]): void {
    this.imports.push([...text(module), ...text(name), ...description]);
  }
}
