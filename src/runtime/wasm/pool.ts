import { type WasmMemory } from "./memory.ts";
import { Control } from "./control.ts";
import { makeRunner, type RunnerExports } from "./runner.ts";
import { startWorkers } from "./worker.ts";

/** What a dropped device's workers wait in. */
interface Left {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
}

/** Workers of devices that were dropped end. */
const dropped = new FinalizationRegistry<Left>(({ memory, control }) => {
  const words = new Int32Array(memory.buffer);
  Atomics.store(words, (control + Control.exit) / 4, 1);
  Atomics.add(words, (control + Control.wake) / 4, 1);
  Atomics.notify(words, (control + Control.wake) / 4);
});

/** Whether this thread may sleep: a page's main thread may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** The calling thread and its workers: runs lists of commands. */
export class Pool {
  private readonly memory: WasmMemory;
  private readonly exports: RunnerExports;
  /** Address of the control block. */
  readonly control: number;
  /** The address of the word that is to point to the next kernel's code. */
  private link: number;

  constructor(memory: WasmMemory, table: WebAssembly.Table, threads: number) {
    this.memory = memory;
    this.control = memory.allocate(Control.bytes);
    memory.views.i32.fill(0, this.control / 4, (this.control + Control.bytes) / 4);
    this.link = this.control + Control.list;
    const { shared, maximumPages } = memory;
    const module = new WebAssembly.Module(
      makeRunner({ control: this.control, shared, maximumPages }) as BufferSource,
    );
    const { exports } = new WebAssembly.Instance(module, {
      env: { memory: memory.memory, table },
    });
    this.exports = exports as unknown as RunnerExports;
    if (!shared) return;
    this.set(Control.maySleep, maySleep() ? 1 : 0);
    const left = { memory: memory.memory, control: this.control };
    dropped.register(this, left);
    startWorkers(
      Array.from({ length: threads - 1 }, (_, i) => ({ ...left, module, thread: i + 1 })),
    );
  }

  /** Workers that take part. */
  get ready(): number {
    return this.memory.shared
      ? Atomics.load(this.memory.views.i32, (this.control + Control.ready) / 4)
      : 0;
  }

  /** Lets workers know of a kernel; they are told of all, in the order of the table. */
  register(bytes: Uint8Array): void {
    if (!this.memory.shared) return;
    const entry = this.memory.allocate(8 + bytes.length);
    const { i32, u8 } = this.memory.views;
    i32[entry / 4] = 0;
    i32[entry / 4 + 1] = bytes.length;
    u8.set(bytes, entry + 8);
    Atomics.store(i32, this.link / 4, entry);
    this.link = entry;
  }

  /** Where thread t finds its scratch memory: `address` + t × `stride`. */
  setScratch(address: number, stride: number): void {
    this.set(Control.scratch, address);
    this.set(Control.scratchStride, stride);
  }

  /** Runs the commands from one address to another. */
  run(from: number, to: number): void {
    try {
      this.exports.run(from, to);
    } catch (error) {
      // Workers may still be busy with the step that failed here.
      if (this.memory.shared) this.exports.abandon();
      this.takeError();
      throw error;
    }
    const error = this.takeError();
    if (error !== undefined) throw new Error(`wasm: a worker thread failed: ${error}`);
  }

  private takeError(): string | undefined {
    const { i32, u8 } = this.memory.views;
    const at = this.control + Control.error;
    const length = i32[at / 4];
    if (length === 0) return undefined;
    i32[at / 4] = 0;
    const text = this.control + Control.errorText;
    return new TextDecoder().decode(u8.slice(text, text + length));
  }

  private set(offset: number, value: number): void {
    this.memory.views.i32[(this.control + offset) / 4] = value;
  }
}
