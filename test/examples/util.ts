import { type Progress } from "../../examples/shared/progress.ts";

/** Positions 0 … count - 1. */
export const firstOf = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Takes down what a training shows. */
export function recordProgress(): { show: (state: Progress) => void; states: Progress[] } {
  const states: Progress[] = [];
  return { show: (state) => void states.push(state), states };
}
