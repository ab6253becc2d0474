import { attempt, type Describe, type Lane, LIMIT } from "./lane.ts";

/** The numbers of steps after which resident memory is looked at. */
export const ENDURANCE_STEPS = [1000, 10_000] as const;

/**
 * Growth that is none: a heap that is collected now and then is never quite still, and V8 doubles its
 * young generation once or twice. Over 9,000 steps these are less than 3 kB a step.
 */
const STILL_BYTES = 24 * 2 ** 20;

/** Runs many steps, peer after peer, and looks at the memory on the way. */
export async function endure(lanes: readonly Lane[], describe: Describe): Promise<void> {
  const [early, late] = ENDURANCE_STEPS;
  for (const lane of lanes) {
    describe(`${lane.contender.id} takes ${late} steps`);
    await attempt(lane, async () => {
      const { process } = lane;
      const run = (steps: number): Promise<{ seconds: number }> =>
        process.ask({ do: "run", steps }, LIMIT);
      // The first steps were those of the check.
      await run(early - lane.values.length);
      const before = await process.ask({ do: "memory" }, LIMIT);
      const { seconds } = await run(late - early);
      const after = await process.ask({ do: "memory" }, LIMIT);
      lane.rounds.push(seconds / (late - early));
      lane.peakBytes = after.peakBytes;
      lane.residentBytes = [before.residentBytes, after.residentBytes];
      if (after.residentBytes > before.residentBytes + STILL_BYTES) lane.problem = "memory grows";
    });
  }
}
