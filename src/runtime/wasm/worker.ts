import { KERNEL_EXPORT } from "../../codegen/wasm/abi.ts";
import { isNode, nodeModule } from "../node.ts";
import { Control } from "./control.ts";

/** What a worker is given at its start. */
export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  /** The runner's module. */
  readonly module: WebAssembly.Module;
  /** Address of the control block. */
  readonly control: number;
  /** 1 … threads - 1; the thread that calls is 0. */
  readonly thread: number;
}

/**
 * The script of a worker. It is text, so that bundlers and loaders need not know of it. Once started it
 * never returns to its event loop, and needs nothing of the main thread's: work is found, and new
 * kernels arrive, through the shared memory.
 */
const SCRIPT = `
"use strict";
const start = ({ memory, module, control, thread }) => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 64 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory, table } });
  let link = control + ${Control.list};
  let known = 0;
  const learn = () => {
    memory.grow(0); // makes sure that memory.buffer is as long as the memory is now
    const words = new Int32Array(memory.buffer);
    for (;;) {
      const entry = Atomics.load(words, link >>> 2) >>> 0;
      if (entry === 0) return;
      const length = words[(entry >>> 2) + 1];
      const code = new Uint8Array(memory.buffer).slice(entry + 8, entry + 8 + length);
      const kernel = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
      if (known === table.length) table.grow(known);
      table.set(known++, kernel.exports.${KERNEL_EXPORT});
      link = entry;
    }
  };
  const report = (error) => {
    const text = new TextEncoder().encode(String(error)).slice(0, ${Control.errorBytes});
    new Uint8Array(memory.buffer).set(text, control + ${Control.errorText});
    Atomics.store(new Int32Array(memory.buffer), (control + ${Control.error}) >>> 2, text.length);
  };
  const takePart = (count) =>
    Atomics.add(new Int32Array(memory.buffer), (control + ${Control.ready}) >>> 2, count);
  learn();
  takePart(1);
  for (;;) {
    let more;
    try {
      more = exports.work(thread, known);
    } catch (error) {
      report(error);
      exports.leave();
      continue;
    }
    if (!more) break;
    learn();
  }
  takePart(-1);
};
`;

const NODE_SCRIPT = `${SCRIPT}
const { workerData } = require("node:worker_threads");
start(workerData);
`;

const BROWSER_SCRIPT = `${SCRIPT}
onmessage = ({ data }) => {
  start(data);
  close();
};
`;

// A namespace import would do, but a bundler for browsers would have to be told of the module.
// eslint-disable-next-line @typescript-eslint/consistent-type-imports
type NodeThreads = typeof import("node:worker_threads");

function warn(message: string): void {
  console.warn(`wasm: a worker thread stopped (${message}); the others do its work`);
}

function startInNode({ Worker }: NodeThreads, data: WorkerData): void {
  // Loaders that the program was started with are of no use to the script, and cost time.
  const worker = new Worker(NODE_SCRIPT, { eval: true, workerData: data, execArgv: [] });
  worker.on("error", (error: Error) => warn(error.message));
  worker.unref();
}

let scriptUrl: string | undefined;

function startInBrowser(data: WorkerData): void {
  scriptUrl ??= URL.createObjectURL(new Blob([BROWSER_SCRIPT], { type: "text/javascript" }));
  const worker = new Worker(scriptUrl);
  worker.onerror = (event) => warn(event.message);
  worker.postMessage(data);
}

/** Whether workers can be started here and share memory. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== "undefined" && (isNode() || typeof Worker !== "undefined");

/**
 * Starts workers. They take part once they are ready; nothing waits for that. They do not keep the
 * process alive.
 */
export function startWorkers(data: readonly WorkerData[]): void {
  if (!isNode()) {
    data.forEach(startInBrowser);
    return;
  }
  const threads = nodeModule("worker_threads") as NodeThreads | undefined;
  const name = "node:worker_threads";
  if (threads) for (const one of data) startInNode(threads, one);
  else
    // Before Node 20.16. A name that is not written in the call is left alone by bundlers.
    void (import(/* @vite-ignore */ name) as Promise<NodeThreads>).then(
      (loaded) => data.forEach((one) => startInNode(loaded, one)),
      (error: unknown) => warn(String(error)),
    );
}
