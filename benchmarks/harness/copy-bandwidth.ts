import { Worker } from "node:worker_threads";

/** Elements of the arrays that are copied: several times what caches hold. */
const ELEMENTS = 16_000_000;
const SECONDS = 1;

const SCRIPT = `
const { workerData: { from, to, start, length, seconds }, parentPort } = require("node:worker_threads");
const source = new Float32Array(from, start * 4, length);
const target = new Float32Array(to, start * 4, length);
target.set(source);
parentPort.once("message", () => {
  const begin = performance.now();
  let copies = 0;
  do {
    target.set(source);
    copies++;
  } while (performance.now() - begin < seconds * 1000);
  parentPort.postMessage((copies * length * 8) / (performance.now() - begin) * 1000);
});
parentPort.postMessage("ready");`;

const nextMessage = (worker: Worker): Promise<unknown> =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });

/**
 * Bytes a second, read and written together, that `threads` threads copy from one large array to another:
 * what an operator that does nothing but move its data could reach.
 */
export async function copyBandwidth(threads: number): Promise<number> {
  const [from, to] = [0, 1].map(() => new SharedArrayBuffer(ELEMENTS * 4));
  const length = Math.floor(ELEMENTS / threads);
  const workers = Array.from(
    { length: threads },
    (_, i) =>
      new Worker(SCRIPT, {
        eval: true,
        execArgv: [],
        workerData: { from, to, start: i * length, length, seconds: SECONDS },
      }),
  );
  await Promise.all(workers.map(nextMessage));
  const rates = Promise.all(workers.map(nextMessage));
  for (const worker of workers) worker.postMessage("start");
  const total = (await rates).reduce<number>((sum, rate) => sum + (rate as number), 0);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return total;
}
