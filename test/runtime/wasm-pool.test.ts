import { expect, it } from "vitest";
import { FunctionBody, ModuleWriter } from "../../src/codegen/wasm/encoder.ts";
import { CALL, COMMAND_BYTES, LOOP } from "../../src/runtime/wasm/control.ts";
import { WasmMemory } from "../../src/runtime/wasm/memory.ts";
import { Pool } from "../../src/runtime/wasm/pool.ts";
import * as w from "../../src/runtime/wasm/asm.ts";

const [args, begin, end, scratch, turns] = [0, 1, 2, 3, 4].map(w.get);
const forPieces = (...body: w.Code[]): w.Code =>
  w.loop(w.when(w.lessU(begin, end), ...body, w.set(1, w.add(begin, w.i32(1))), w.again(1)));
const element = w.add(w.load(args), w.mul(begin, w.i32(4)));

/** A kernel's module. */
function kernel({ shared, maximumPages }: WasmMemory, code: w.Code): Uint8Array {
  const module = new ModuleWriter();
  module.importMemory("env", "memory", { shared, minimum: 1, maximum: maximumPages });
  const body = new FunctionBody(["i32", "i32", "i32", "i32"]);
  body.local("i32");
  code(body);
  module.exportFunction("k", module.function(body));
  return module.finish();
}

/** out[piece] += 1, after some work that takes a while. */
const COUNT = forPieces(
  w.set(4, w.i32(2000)),
  w.loop(w.set(4, w.sub(turns, w.i32(1))), w.when(turns, w.again(1))),
  w.store(element, w.add(w.load(element), w.i32(1))),
);
/** out[piece] = the address of the scratch memory. */
const WHERE = forPieces(w.store(element, scratch));
/** Traps at piece 5. */
const TRAP = forPieces(w.when(w.eq(begin, w.i32(5)), (f) => f.op("unreachable")));

function setUp(threads: number) {
  const memory = new WasmMemory(threads > 1);
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 8 });
  const pool = new Pool(memory, table, threads);
  [COUNT, WHERE, TRAP].forEach((body, i) => {
    const bytes = kernel(memory, body);
    const module = new WebAssembly.Module(bytes as BufferSource);
    const env = { memory: memory.memory, table };
    table.set(i, new WebAssembly.Instance(module, { env }).exports.k);
    pool.register(bytes);
  });
  const out = memory.allocate(40000);
  memory.views.i32.fill(0, out / 4, out / 4 + 10000);
  const block = memory.allocate(8);
  memory.views.i32[block / 4] = out;
  const commands = memory.allocate(10 * COMMAND_BYTES);
  const run = (...list: number[][]): void => {
    memory.views.i32.set(list.flat(), commands / 4);
    pool.run(commands, commands + list.length * COMMAND_BYTES);
  };
  const read = (n: number): number[] => Array.from(memory.views.i32.subarray(out / 4, out / 4 + n));
  return { memory, pool, block, out, run, read };
}

/** Waits, as a test may, until all workers take part. */
async function ready(pool: Pool, workers: number): Promise<void> {
  for (let turn = 0; pool.ready < workers; turn++) {
    if (turn > 1000) throw new Error(`only ${pool.ready} of ${workers} workers started`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it("walks calls and nested loops, and moves addresses", () => {
  const { memory, run, read, block, out } = setUp(1);
  const moves = memory.allocate(16);
  memory.views.i32.set([block, 4, block, 40], moves / 4);
  run(
    [CALL, 0, block, 2, 0],
    [LOOP, 2, moves + 8, 1, 3 * COMMAND_BYTES],
    [LOOP, 3, moves, 1, COMMAND_BYTES],
    [CALL, 0, block, 1, 0],
    [CALL, 0, block, 1, 0],
    [LOOP, 0, moves, 1, COMMAND_BYTES],
    [CALL, 0, block, 1, 0],
  );
  expect(read(14)).toEqual([3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0]);
  expect(memory.views.i32[block / 4]).toBe(out);
});

it("does every piece once, whoever does it", async () => {
  const { pool, block, run, read } = setUp(3);
  await ready(pool, 2);
  const share = [CALL, 0, block, 1001, 7];
  for (let i = 0; i < 300; i++) run(share, [CALL, 0, block, 3, 1], share);
  expect(read(1002)).toEqual(
    Array.from({ length: 1002 }, (_, i) => (i < 3 ? 900 : i < 1001 ? 600 : 0)),
  );
});

it("gives each thread its own scratch memory", async () => {
  const { pool, block, run, read } = setUp(2);
  await ready(pool, 1);
  pool.setScratch(6400, 64);
  const seen = new Set<number>();
  for (let i = 0; i < 2000 && seen.size < 2; i++) {
    run([CALL, 0, block, 1000, 20], [CALL, 1, block, 1000, 20]);
    for (const address of read(1000)) seen.add(address);
  }
  expect([...seen].sort()).toEqual([6400, 6464]);
});

it("does not wait for workers that have not started", () => {
  const { block, run, read } = setUp(2);
  run([CALL, 0, block, 100, 1]);
  expect(read(100).every((n) => n === 1)).toBe(true);
});

it("reports what failed in any thread, and goes on", async () => {
  const { pool, block, run, read } = setUp(2);
  await ready(pool, 1);
  for (let i = 0; i < 50; i++) expect(() => run([CALL, 2, block, 1000, 1])).toThrow(/unreachable/);
  const before = read(100)[0];
  run([CALL, 0, block, 100, 1]);
  expect(read(100).every((n) => n === before + 1)).toBe(true);
});
