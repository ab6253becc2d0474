import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { frameworkOf } from "../peers/index.ts";
import { makeArrays } from "./arrays.ts";
import { type Job, type Prepare, type Values } from "./job.ts";
import { peakBytes, residentBytes, resetPeak } from "./memory.ts";
import { type Answers, type Request } from "./protocol.ts";

// The process of a peer that runs in Node: `node serve.js <framework> <threads> <device>`. What it needs
// of a workload is loaded when it is asked for, so that no peer carries another's code.

const [program, threads, device] = process.argv.slice(2);
const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
// Standard output belongs to the protocol.
console.log = console.error;
console.info = console.error;

let job: Job | undefined;

function ready(): Job {
  if (!job) throw new Error("no case has been prepared");
  return job;
}

/** Does steps one after the other; those that return no promise are not waited for. */
async function runSteps({ step }: Job, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const pending = step();
    if (pending instanceof Promise) await pending;
  }
}

async function prepare({ case: its, mode }: Request & { do: "prepare" }): Promise<unknown> {
  const { workload, variant, settings } = its;
  const file = `../workloads/${workload}/${program}.js`;
  const loaded = (await import(new URL(file, import.meta.url).href)) as { prepare: Prepare };
  const arrays = makeArrays(its.arrays);
  job = undefined;
  resetPeak();
  const start = performance.now();
  job = await loaded.prepare({ variant, settings, arrays, mode });
  await runSteps(job, 1);
  const values = await job.values();
  const firstStepSeconds = (performance.now() - start) / 1000;
  return { firstStepSeconds, values } satisfies Answers["prepare"];
}

async function check(steps: number): Promise<Answers["check"]> {
  const values: Values[] = [];
  for (let i = 0; i < steps; i++) {
    await runSteps(ready(), 1);
    values.push(await ready().values());
  }
  return { values };
}

async function run(steps: number): Promise<Answers["run"]> {
  const start = performance.now();
  await runSteps(ready(), steps);
  await ready().finish?.();
  return { seconds: (performance.now() - start) / 1000 };
}

function handle(request: Request): unknown {
  switch (request.do) {
    case "prepare":
      return prepare(request);
    case "check":
      return check(request.steps);
    case "run":
      return run(request.steps);
    case "memory":
      return { peakBytes: peakBytes(), residentBytes: residentBytes() } satisfies Answers["memory"];
  }
}

await frameworkOf(program).start!({ threads: Number(threads), device });
answer({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    answer(await handle(JSON.parse(line) as Request));
  } catch (error) {
    answer({ error: error instanceof Error ? (error.stack ?? error.message) : inspect(error) });
  }
}
