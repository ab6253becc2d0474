import { type Framework } from "../peers/framework.ts";
import { PeerError, type PeerProcess } from "./peer-process.ts";
import { type StepValues } from "./protocol.ts";

/** How long and how often to measure. */
export interface Effort {
  /** Seconds that a peer's steps are timed for, over all rounds. */
  readonly seconds: number;
  readonly rounds: number;
  /** Seconds that a peer may take for the check, and again for the rounds. */
  readonly patience: number;
}

/** A way of using a framework, as a row names it. */
export interface Contender {
  readonly id: string;
  readonly mode: string;
  readonly framework: Framework;
  /** The device of Nabla; "" for other frameworks. */
  readonly device: string;
}

/** A peer that has a variant ready, and what was found out about it so far. */
export interface Lane {
  readonly contender: Contender;
  readonly process: PeerProcess;
  readonly firstStepSeconds: number;
  /** What the checked steps computed. */
  readonly values: StepValues[];
  /** Seconds a step, in each round. */
  readonly rounds: number[];
  /** Estimate, from the last steps. */
  stepSeconds: number;
  peakBytes?: number;
  /** After 1,000 and after 10,000 steps. */
  residentBytes?: [number, number];
  problem?: string;
  /** Whether the problem is such that it takes no further part. */
  out: boolean;
}

/** Seconds that a request may take which the patience does not limit. */
export const LIMIT = 900;

/** Called with what is being done. */
export type Describe = (what: string) => void;

/** What a peer could not do, in words. Other errors are the benchmark's own, and are thrown on. */
export function problemOf(error: unknown): string {
  if (error instanceof PeerError) return error.message;
  throw error;
}

/** Does something with a peer; what it cannot do is written down and ends its part. */
export async function attempt(lane: Lane, action: () => Promise<void>): Promise<void> {
  if (lane.out) return;
  try {
    await action();
  } catch (error) {
    lane.problem = problemOf(error);
    lane.out = true;
  }
}

/** Runs steps for about so many seconds. Returns, and keeps as estimate, how long one took. */
export async function runFor(lane: Lane, seconds: number): Promise<number> {
  const steps = Math.max(1, Math.round(seconds / lane.stepSeconds));
  const took = await lane.process.ask({ do: "run", steps }, LIMIT);
  return (lane.stepSeconds = took.seconds / steps);
}
