import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Framework } from "../peers/framework.ts";
import { BENCHMARKS, BUILT, PYTHON } from "./environment.ts";
import { type Answers, type Failure, type Ready, type Request } from "./protocol.ts";

/** A peer did not do what was asked of it. */
export class PeerError extends Error {}

/** What a peer wrote to its standard error last, for messages. */
const TAIL = 4000;

// Compilers that keep their results on disk start from nothing in every run.
let caches: string | undefined;
const running = new Set<ChildProcess>();

/** Ends all processes and removes what they left. */
export function stopAll(): void {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
  if (caches !== undefined) rmSync(caches, { recursive: true, force: true });
  caches = undefined;
}

function environment(threads: number): NodeJS.ProcessEnv {
  caches ??= mkdtempSync(path.join(tmpdir(), "nabla-bench-"));
  const count = String(threads);
  return {
    ...process.env,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    NABLA_THREADS: count,
    NABLA_CACHE: path.join(caches, "nabla"),
    TORCHINDUCTOR_CACHE_DIR: path.join(caches, "inductor"),
  };
}

/** A framework in a process of its own, which is stopped (SIGSTOP) while it is not asked for anything. */
export class PeerProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string, undefined>;
  private errors = "";
  private ended: string | undefined;

  private constructor(framework: Framework, threads: number, device: string) {
    const [command, args] =
      framework.runtime === "node"
        ? [process.execPath, [path.join(BUILT, "harness/serve.js")]]
        : [PYTHON, [path.join(BENCHMARKS, "python/serve.py")]];
    this.child = spawn(command, [...args, framework.program, String(threads), device], {
      env: environment(threads),
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(this.child);
    this.child.on("error", (error) => (this.ended = error.message));
    this.child.on("exit", (code, signal) => {
      running.delete(this.child);
      this.ended ??= signal ? `ended by ${signal}` : `ended with status ${code}`;
    });
    // What is written to a process that has ended is answered by its end.
    this.child.stdin!.on("error", () => undefined);
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-TAIL);
    });
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts a process and waits until its framework is loaded. */
  static async start(framework: Framework, threads: number, device: string): Promise<PeerProcess> {
    const peer = new PeerProcess(framework, threads, device);
    await peer.answer<Ready>("start", START_SECONDS);
    return peer;
  }

  /** Has a request answered, by a peer that runs only until then. */
  async ask<R extends Request>(request: R, seconds: number): Promise<Answers[R["do"]]> {
    this.child.kill("SIGCONT");
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    return this.answer(request.do, seconds);
  }

  /** Ends the process. */
  stop(): void {
    this.child.kill("SIGKILL");
  }

  private async answer<T>(what: string, seconds: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), seconds * 1000);
    });
    const line = await Promise.race([this.lines.next(), late]);
    clearTimeout(timer);
    if (line === "late") {
      this.stop();
      throw new PeerError(`${what}: no answer within ${seconds} s`);
    }
    if (line.done) {
      // The line's end and the process's end are told in either order.
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new PeerError(`${what}: ${this.ended ?? "closed its output"}${this.lastError()}`);
    }
    if (process.platform !== "win32") this.child.kill("SIGSTOP");
    const answer = JSON.parse(line.value) as T | Failure;
    if (typeof answer === "object" && answer !== null && "error" in answer)
      throw new PeerError(answer.error.trim());
    return answer;
  }

  private lastError(): string {
    const text = this.errors.trim();
    return text === "" ? "" : `\n${text}`;
  }
}

/** How long a framework may take to load. */
const START_SECONDS = 120;

process.on("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    stopAll();
    process.exit(1);
  });
