import { attempt, type Describe, type Effort, type Lane, LIMIT, runFor } from "./lane.ts";

/** Rounds that even the slowest peer takes part in. */
const LEAST_ROUNDS = 3;

/**
 * Times blocks of steps: one of every peer, then again one of every peer, round after round, so that
 * what disturbs the machine disturbs all. A peer that is not being timed is stopped.
 */
export async function time(
  lanes: readonly Lane[],
  { seconds, rounds, patience }: Effort,
  describe: Describe,
): Promise<void> {
  const block = seconds / rounds;
  for (const lane of lanes) {
    describe(`${lane.contender.id} warms up`);
    await attempt(lane, async () => {
      // One step first: until here, estimates are of steps whose values were read.
      await runFor(lane, 0);
      // Engines optimise what has run for a while; for steps this long it is what the step calls.
      if (lane.stepSeconds < block) {
        await runFor(lane, block);
        await runFor(lane, 2 * block);
      }
    });
  }
  for (let round = 0; round < rounds; round++) {
    describe(`round ${round + 1} of ${rounds}`);
    for (const lane of lanes) {
      const affordable = Math.floor(patience / lane.stepSeconds);
      if (round >= Math.max(LEAST_ROUNDS, affordable)) continue;
      await attempt(lane, async () => void lane.rounds.push(await runFor(lane, block)));
    }
  }
  for (const lane of lanes)
    await attempt(lane, async () => {
      lane.peakBytes = (await lane.process.ask({ do: "memory" }, LIMIT)).peakBytes;
    });
}
