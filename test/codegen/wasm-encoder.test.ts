import { describe, expect, it } from "vitest";
import {
  FunctionBody,
  ModuleWriter,
  signed,
  unsigned,
  type ValueType,
} from "../../src/codegen/wasm/encoder.ts";
import { OPCODES } from "../../src/codegen/wasm/opcodes.ts";

it("LEB128", () => {
  expect(unsigned(0)).toEqual([0]);
  expect(unsigned(127)).toEqual([0x7f]);
  expect(unsigned(128)).toEqual([0x80, 1]);
  expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
  expect(unsigned(2 ** 32)).toEqual([0x80, 0x80, 0x80, 0x80, 0x10]);
  expect(signed(63n)).toEqual([63]);
  expect(signed(64n)).toEqual([0xc0, 0]);
  expect(signed(-64n)).toEqual([0x40]);
  expect(signed(-65n)).toEqual([0xbf, 0x7f]);
  expect(signed(-123456n)).toEqual([0xc0, 0xbb, 0x78]);
});

/** The exports of a module with one function, "f". */
function instantiate(
  body: FunctionBody,
  prepare?: (module: ModuleWriter) => void,
  imports: WebAssembly.Imports = {},
): (...args: number[]) => number {
  const module = new ModuleWriter();
  prepare?.(module);
  module.exportFunction("f", module.function(body));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), imports);
  return instance.exports.f as (...args: number[]) => number;
}

describe("constants", () => {
  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 2147483647, -2147483648, 4294967295])(
    "i32 %d",
    (value) => {
      expect(instantiate(new FunctionBody([], ["i32"]).i32(value))()).toBe(value | 0);
    },
  );

  it("i64, f32 and f64", () => {
    const values = [0n, -1n, 1n << 62n, -(1n << 63n), (1n << 64n) - 1n];
    for (const value of values)
      expect(instantiate(new FunctionBody([], ["i64"]).i64(value))()).toBe(
        BigInt.asIntN(64, value),
      );
    expect(instantiate(new FunctionBody([], ["f32"]).f32(0.1))()).toBe(Math.fround(0.1));
    expect(instantiate(new FunctionBody([], ["f64"]).f64(-0))()).toBe(-0);
  });
});

it("locals of several types, blocks and branches", () => {
  // Sum of 1 … n, counted in a f64 and returned as i32.
  const body = new FunctionBody(["i32"], ["i32"]);
  const sum = body.local("f64");
  const spare = [body.local("v128"), body.local("f64"), body.local("i32")];
  expect(spare).toEqual([2, 3, 4]);
  body.open("block").open("loop");
  body.get(0).op("i32.eqz").op("br_if", 1);
  body.get(sum).get(0).op("f64.convert_i32_s").op("f64.add").set(sum);
  body.get(0).i32(1).op("i32.sub").set(0);
  body.op("br", 0).end().end();
  const f = instantiate(body.get(sum).op("i32.trunc_sat_f64_s"));
  expect(f(100)).toBe(5050);
  expect(f(0)).toBe(0);
});

it("imports: memory, table and functions; calls through the table", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 4 });
  table.set(3, instantiate(new FunctionBody(["i32"], ["i32"]).get(0).get(0).op("i32.mul")));
  const seen: number[] = [];
  const signature = { params: ["i32"] as ValueType[], results: ["i32"] as ValueType[] };
  const body = new FunctionBody(["i32"], ["i32"]);
  const f = instantiate(
    body,
    (module) => {
      module.importMemory("env", "memory", { shared: true, minimum: 1, maximum: 2 });
      module.importTable("env", "table", 1);
      const log = module.importFunction("env", "log", { params: ["i32"], results: [] });
      body.get(0).op("call", log);
      body.i32(8).get(0).memory("i32.atomic.rmw.add", 4, 4).op("drop");
      body.get(0).i32(3).op("call_indirect", module.type(signature), 0);
    },
    { env: { memory, table, log: (x: number) => void seen.push(x) } },
  );
  expect(f(7)).toBe(49);
  expect(f(5)).toBe(25);
  expect(seen).toEqual([7, 5]);
  expect(new Int32Array(memory.buffer)[3]).toBe(12);
});

it("refuses to import functions after others were made", () => {
  const module = new ModuleWriter();
  module.function(new FunctionBody([]));
  expect(() => module.importFunction("env", "f", { params: [], results: [] })).toThrow(
    "functions must be imported before others are made",
  );
});

it("long bodies and many locals", () => {
  const body = new FunctionBody([], ["i32"]);
  const locals = Array.from({ length: 300 }, () => body.local("i32"));
  for (let i = 0; i < 20000; i++) body.i32(i).set(locals[i % 300]);
  expect(instantiate(body.get(locals[299]))()).toBe(19799);
});

it("numbers instructions as the specification does", () => {
  expect(OPCODES["f64.reinterpret_i64"]).toBe(0xbf);
  expect(OPCODES["memory.fill"]).toBe(0xfc0000 + 11);
  expect(OPCODES["f64x2.convert_low_i32x4_u"]).toBe(0xfd00ff);
  expect(OPCODES["f32x4.relaxed_madd"]).toBe(0xfd0105);
  expect(OPCODES["i32.atomic.rmw.cmpxchg"]).toBe(0xfe0048);
});
