// Instructions as expressions: each function gives the bytes that leave its value on the stack, so that
// code for the runner is written like a program. All values are i32 unless the name says i64.

/** Bytes of code. */
export type Code = readonly number[];

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && low < 64) || (rest === -1 && low >= 64)) return [...bytes, low];
    bytes.push(low | 128);
  }
}
const ATOMIC = 0xfe;
const EMPTY = 0x40;

export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode];
export const eq = binary(0x46);
export const ltU = binary(0x49);
export const leU = binary(0x4d);
export const add = binary(0x6a);
export const sub = binary(0x6b);
export const mul = binary(0x6c);
export const not = (a: Code): Code => [...a, 0x45];

export const add64 = binary(0x7c);
export const sub64 = binary(0x7d);
export const shl64 = binary(0x86);
export const eq64 = binary(0x51);
export const i64 = (value: number): Code => [0x42, ...signed(value)];
/** The lower half of an i64. */
export const low = (a: Code): Code => [...a, 0xa7];
/** An unsigned i32 as an i64. */
export const wide = (a: Code): Code => [...a, 0xad];
export const select = (condition: Code, yes: Code, no: Code): Code => [
  ...yes,
  ...no,
  ...condition,
  0x1b,
];

export const load = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x36,
  2,
  ...unsigned(offset),
];
export const atomicLoad = (address: Code): Code => [...address, ATOMIC, 0x10, 2, 0];
export const atomicLoad64 = (address: Code): Code => [...address, ATOMIC, 0x11, 3, 0];
export const atomicStore = (address: Code, value: Code): Code => [
  ...address,
  ...value,
  ATOMIC,
  0x17,
  2,
  0,
];
/** Adds; the value before. */
export const atomicAdd = (address: Code, value: Code): Code => [
  ...address,
  ...value,
  ATOMIC,
  0x1e,
  2,
  0,
];
export const atomicAdd64 = (address: Code, value: Code): Code => [
  ...address,
  ...value,
  ATOMIC,
  0x1f,
  3,
  0,
];
/** Stores `to` where `from` stood; the value before. */
export const exchange64 = (address: Code, from: Code, to: Code): Code => [
  ...address,
  ...from,
  ...to,
  ATOMIC,
  0x49,
  3,
  0,
];
/** Wakes up to `count` threads that wait at `address`. */
export const notify = (address: Code, count: Code): Code =>
  drop([...address, ...count, ATOMIC, 0x00, 2, 0]);
/** Sleeps until woken, if the word at `address` is `expected`. */
export const sleep = (address: Code, expected: Code): Code =>
  drop([...address, ...expected, ...i64(-1), ATOMIC, 0x01, 2, 0]);

export const drop = (a: Code): Code => [...a, 0x1a];
export const br = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const brIf = (condition: Code, depth: number): Code => [
  ...condition,
  0x0d,
  ...unsigned(depth),
];
export const ret = (value: Code): Code => [...value, 0x0f];
export const loop = (body: Code): Code => [0x03, EMPTY, ...body, 0x0b];
export const block = (body: Code): Code => [0x02, EMPTY, ...body, 0x0b];
export const when = (condition: Code, then: Code): Code => [
  ...condition,
  0x04,
  EMPTY,
  ...then,
  0x0b,
];
export const choose = (condition: Code, then: Code, otherwise: Code): Code => [
  ...condition,
  0x04,
  EMPTY,
  ...then,
  0x05,
  ...otherwise,
  0x0b,
];
export const call = (fn: number, ...args: readonly Code[]): Code => [
  ...args.flat(),
  0x10,
  ...unsigned(fn),
];
/** Calls entry `index` of the table. */
export const callIndirect = (type: number, index: Code, ...args: readonly Code[]): Code => [
  ...args.flat(),
  ...index,
  0x11,
  ...unsigned(type),
  0,
];

const I32 = 0x7f;
const I64 = 0x7e;
const text = (name: string): number[] => [
  ...unsigned(name.length),
  ...new TextEncoder().encode(name),
];
const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, items: readonly Code[]): number[] => {
  const body = list(items);
  return [id, ...unsigned(body.length), ...body];
};

export interface FunctionSpec {
  readonly type: number;
  readonly export?: string;
  readonly i32Locals?: number;
  readonly i64Locals?: number;
  readonly body: Code;
}

export function moduleOf(
  types: readonly { params: number; results: number }[],
  { shared, maximumPages, table }: { shared: boolean; maximumPages: number; table: boolean },
  functions: readonly FunctionSpec[],
): Uint8Array {
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      types.map(({ params, results }) => [
        0x60,
        params,
        ...new Array<number>(params).fill(I32),
        results,
        ...new Array<number>(results).fill(I32),
      ]),
    ),
    ...section(2, [
      [...text("env"), ...text("memory"), 2, shared ? 3 : 1, 0, ...unsigned(maximumPages)],
      ...(table ? [[...text("env"), ...text("table"), 1, 0x70, 0, 0]] : []),
    ]),
    ...section(
      3,
      functions.map((f) => [f.type]),
    ),
    ...section(
      7,
      functions.flatMap((f, i) => (f.export ? [[...text(f.export), 0, i]] : [])),
    ),
    ...section(
      10,
      functions.map((f) => {
        const code = [
          ...list([
            [...unsigned(f.i32Locals ?? 0), I32],
            [...unsigned(f.i64Locals ?? 0), I64],
          ]),
          ...f.body,
          0x0b,
        ];
        return [...unsigned(code.length), ...code];
      }),
    ),
  ]);
}
