import { type Row } from "../report/row.ts";
import { type Variant, type Workload } from "./case.ts";
import { type Contender, type Lane } from "./lane.ts";
import { median, spread } from "./statistics.ts";

/** One row for each contender, in their order. Ratios are relative to the first, which is ours. */
export function toRows(
  { name: workload }: Workload,
  { name: variant, work }: Variant,
  threads: number,
  contenders: readonly Contender[],
  lanes: readonly Lane[],
  unfit: ReadonlyMap<Contender, string>,
): Row[] {
  const medianOf = (lane: Lane | undefined): number | null =>
    lane && !lane.out && lane.rounds.length > 0 ? median(lane.rounds) : null;
  const ours = medianOf(lanes.find(({ contender }) => contender === contenders[0]));
  return contenders.map((contender): Row => {
    const lane = lanes.find((each) => each.contender === contender);
    const seconds = medianOf(lane);
    const problem = lane?.problem ?? unfit.get(contender);
    return {
      workload,
      variant,
      threads,
      peer: contender.id,
      medianSeconds: seconds,
      spread: seconds === null ? null : spread(lane!.rounds),
      ratio: seconds === null || ours === null ? null : seconds / ours,
      peakBytes: lane?.peakBytes ?? null,
      firstStepSeconds: lane?.firstStepSeconds ?? null,
      rate: seconds === null ? null : { value: work.amount / seconds, unit: work.unit },
      ...(lane?.residentBytes && { residentBytes: lane.residentBytes }),
      ...(problem !== undefined && { problem }),
    };
  });
}
