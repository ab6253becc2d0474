import { type Workload } from "./case.ts";
import { type StepValues } from "./protocol.ts";
import { attempt, type Describe, type Effort, type Lane, LIMIT } from "./lane.ts";

/** Largest relative difference between two peers' numbers for the same thing. */
const TOLERANCE = 1e-3;
/** Numbers this much smaller than the largest are taken for rounding errors around 0. */
const NOTHING = 1e-6;
/** Training steps whose losses are compared. */
const STEPS = 20;

type Numbers = readonly (number | null)[];

/** Where two lists of numbers differ, in words; undefined where they agree. */
export function difference(got: Numbers, expected: Numbers): string | undefined {
  if (got.length !== expected.length) return `${got.length} values instead of ${expected.length}`;
  const largest = Math.max(...expected.map((value) => Math.abs(value ?? 0)));
  for (const [i, value] of got.entries()) {
    const right = expected[i];
    // Numbers that are not finite arrive as null, and agree with nothing.
    const agree =
      value !== null &&
      right !== null &&
      Math.abs(value - right) <= TOLERANCE * Math.abs(right) + NOTHING * largest;
    if (!agree) return `value ${i + 1} is ${value} instead of ${right}`;
  }
  return undefined;
}

/** The same for the results of several steps, each result by itself. */
function differences(got: readonly StepValues[], expected: readonly StepValues[]): string[] {
  return got.flatMap((step, i) =>
    expected[i].flatMap((result, k) => {
      const found = difference(step[k] ?? [], result);
      return found === undefined ? [] : [`step ${i + 1}, result ${k + 1}: ${found}`];
    }),
  );
}

/** Does a peer's first steps, one by one. A slow one is asked for fewer, and its row tells. */
async function collect(lane: Lane, steps: number, patience: number): Promise<void> {
  const deadline = performance.now() + patience * 1000;
  while (lane.values.length < steps) {
    // The first step compiles, and says nothing about the second.
    const affordable =
      lane.values.length === 1
        ? 1
        : Math.floor((deadline - performance.now()) / 1000 / lane.stepSeconds);
    const count = Math.min(steps - lane.values.length, affordable);
    if (count < 1) {
      lane.problem = `slow: compared over ${lane.values.length} steps only`;
      return;
    }
    const start = performance.now();
    const { values } = await lane.process.ask({ do: "check", steps: count }, LIMIT);
    lane.stepSeconds = (performance.now() - start) / 1000 / count;
    lane.values.push(...values);
  }
}

/**
 * Compares what the peers' first steps computed with the first peer that is not Nabla. Those that differ
 * take no further part.
 */
export async function check(
  { kind }: Workload,
  lanes: readonly Lane[],
  { patience }: Effort,
  describe: Describe,
): Promise<void> {
  for (const lane of lanes) {
    describe(`${lane.contender.id} is checked`);
    await attempt(lane, () => collect(lane, kind === "operator" ? 1 : STEPS, patience));
  }
  const fit = lanes.filter((lane) => !lane.out);
  const reference = fit.find(({ contender }) => contender.framework.program !== "nabla");
  if (!reference) return;
  for (const lane of fit) {
    const count = Math.min(lane.values.length, reference.values.length);
    const [got, expected] = [lane, reference].map(({ values }) => values.slice(0, count));
    const found = differences(got, expected);
    if (found.length === 0) continue;
    lane.problem = `differs from ${reference.contender.id}: ${found[0]}`;
    lane.out = true;
  }
}
