import { type Running } from "../device.ts";
import { type Pool } from "./library.ts";

interface Job {
  readonly id: number;
  /** What must not be collected while the commands run, and not held longer: they only know addresses. */
  holds: unknown;
  /** Resolves what somebody awaits. */
  resolve?: () => void;
}

/** Commands that run while JavaScript goes on. */
export interface Queue {
  /**
   * Runs the commands from one address to another when what was started before is over. `isAwaited`: somebody
   * is about to wait for it, and runs it.
   */
  start(from: number, to: number, holds: unknown, isAwaited: boolean): Running;
  /** Returns when all that was started is over. */
  drain(): void;
}

/**
 * Lists of commands that the pool's workers run one after the other while JavaScript goes on. Whoever cannot
 * wait for its turn (a read that blocks) has the calling thread help: the pool sees to it that each list runs
 * once, in order. What is awaited is led by a thread of its own, for pools without workers, which then tells
 * JavaScript of the end.
 */
export function createQueue(pool: Pool): Queue {
  const jobs: Job[] = [];
  let isDriven = false;

  /** Ends all jobs up to this one. */
  function over(id: number): void {
    while (jobs.length > 0 && jobs[0].id <= id) {
      const job = jobs.shift()!;
      job.holds = undefined;
      job.resolve?.();
    }
  }

  function finish(id: number): void {
    if (jobs.length === 0 || jobs[0].id > id) return;
    pool.finish(id);
    over(id);
  }

  /** Has the first job that somebody awaits end, and then the next. */
  function drive(): void {
    const awaited = jobs.find(({ resolve }) => resolve);
    if (isDriven || !awaited) return;
    const { id } = awaited;
    isDriven = true;
    pool.finishAsync(id, (isOver) => {
      isDriven = false;
      // Where no thread could be had for it, this one does it.
      if (isOver) over(id);
      else finish(id);
      drive();
    });
  }

  return {
    start(from, to, holds, isAwaited) {
      const id = pool.submit(from, to, !isAwaited);
      const job: Job = { id, holds };
      jobs.push(job);
      let done: Promise<void> | undefined;
      return {
        get done() {
          return (done ??= new Promise<void>((resolve) => {
            if (!jobs.includes(job)) return resolve();
            job.resolve = resolve;
            drive();
          }));
        },
        finish: () => finish(id),
      };
    },
    drain() {
      if (jobs.length > 0) finish(jobs[jobs.length - 1].id);
    },
  };
}
