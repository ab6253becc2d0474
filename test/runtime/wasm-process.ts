// Run as a process by wasm-device.test.ts: it must end by itself while workers wait for work, and the
// workers of a pool that nothing refers to any more must end before it.
import { Control } from "../../src/runtime/wasm/control.ts";
import { WasmMemory } from "../../src/runtime/wasm/memory.ts";
import { Pool } from "../../src/runtime/wasm/pool.ts";
import { collect } from "./held.ts";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const newTable = (): WebAssembly.Table => new WebAssembly.Table({ element: "anyfunc", initial: 1 });

/** Until `done`, at most 20 seconds. */
async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !done(); turn++) await pause();
}

const memory = new WasmMemory(true);
const workersLeft = (control: number): number => memory.views.i32[(control + Control.ready) / 4];

async function drop(): Promise<{ control: number; ready: number }> {
  const pool = new Pool(memory, newTable(), 4);
  await until(() => pool.ready === 3);
  return { control: pool.control, ready: pool.ready };
}

async function main(): Promise<void> {
  const { control, ready } = await drop();
  await until(() => {
    collect();
    return workersLeft(control) === 0;
  });
  const kept = new Pool(new WasmMemory(true), newTable(), 3);
  await until(() => kept.ready === 2);
  console.log(`ready ${ready}, left ${workersLeft(control)}, kept ${kept.ready}`);
}

void main();
