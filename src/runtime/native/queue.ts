import { type Running } from "../device.ts";
import { type Pool } from "./library.ts";

interface Job {
  readonly id: number;
  /** What must not be collected while the commands run: they only know addresses. */
  readonly holds: unknown;
  readonly resolve: () => void;
}

/** Commands that run while JavaScript goes on. */
export interface Queue {
  /** Runs the commands from one address to another when what was started before is over. */
  start(from: number, to: number, holds: unknown): Running;
  /** Returns when all that was started is over. */
  drain(): void;
}

/**
 * A thread that is not JavaScript's runs one list of commands after the other. Whoever cannot wait for
 * its turn (a read that blocks) has the pool run what is left on the calling thread: the pool sees to it that
 * each list runs once, in order.
 */
export function createQueue(pool: Pool): Queue {
  const jobs: Job[] = [];
  let isDriven = false;

  /** Ends all jobs up to this one. */
  function over(id: number): void {
    while (jobs.length > 0 && jobs[0].id <= id) jobs.shift()!.resolve();
  }

  function finish(id: number): void {
    if (jobs.length === 0 || jobs[0].id > id) return;
    pool.finish(id);
    over(id);
  }

  function drive(): void {
    if (isDriven || jobs.length === 0) return;
    const { id } = jobs[0];
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
    start(from, to, holds) {
      const id = pool.submit(from, to);
      const done = new Promise<void>((resolve) => jobs.push({ id, holds, resolve }));
      drive();
      return { done, finish: () => finish(id) };
    },
    drain() {
      if (jobs.length > 0) finish(jobs[jobs.length - 1].id);
    },
  };
}
