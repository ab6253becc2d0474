import { debug } from "../../ir/debug.ts";
import { type Node } from "../../ir/node.ts";
import { printGraph } from "../../ir/print.ts";
import { fuse } from "../fuse.ts";
import { writeLate } from "../in-place.ts";
import { type Target } from "../loop/loop.ts";
import { printRegions } from "../print.ts";
import { type Region } from "../region.ts";
import { lowerAttention } from "./attention/forward.ts";
import { lowerAttentionVjp } from "./attention/vjp.ts";
import { lowerContract } from "./contract.ts";
import { lowerMap } from "./map.ts";
import { remembered } from "./remember.ts";
import { lowerRows } from "./rows.ts";
import { type LoweredStep, lowerScan } from "./scan.ts";
import { lowerArgsort, lowerCumsum, lowerScatter } from "./single/along-axis.ts";
import { lowerRandom } from "./single/random.ts";
import { lowerArgMax, lowerWindow } from "./single/select-index.ts";

import { lowerWinograd } from "./winograd/index.ts";

/** How the primitives that do not fuse are written. */
const SINGLE: Record<string, (region: Region, target: Target) => LoweredStep[]> = {
  argMax: lowerArgMax,
  argMin: lowerArgMax,
  windowSum: lowerWindow,
  windowArgMax: lowerWindow,
  cumsum: lowerCumsum,
  scatter: lowerScatter,
  argsort: lowerArgsort,
  random: lowerRandom,
  scan: lowerScan,
  attention: lowerAttention,
  attentionVjp: lowerAttentionVjp,
};

/** The steps of one region. */
export const lowerRegion = (region: Region, target: Target): LoweredStep[] =>
  remembered(region, target, writeRegion);

function writeRegion(region: Region, target: Target): LoweredStep[] {
  // Nothing to compute for arrays without elements.
  if (region.kind !== "rows" && !region.core?.op.outputs && region.space.includes(0)) return [];
  switch (region.kind) {
    case "map":
      return region.roots.some((r) => r.stored) ? [lowerMap(region, target)] : [];
    case "rows":
      return region.space.includes(0) ? [] : lowerRows(region, target);
    case "contract":
      return lowerWinograd(region, target) ?? [lowerContract(region, target)];
    case "single":
      return SINGLE[region.core!.op.name](region, target);
  }
}

/** The steps that compute a graph, in order. */
export interface Lowered {
  readonly steps: LoweredStep[];
  /** Outputs that are written before the inputs that they replace have been read for the last time. */
  readonly early: ReadonlySet<Node>;
}

/** Lowers what computes `outputs`, of which some take the place of inputs; `lower` writes each region. */
export function lowerGraph(
  outputs: readonly Node[],
  target: Target,
  replaced: ReadonlyMap<Node, readonly Node[]> = new Map(),
  lower = lowerRegion,
): Lowered {
  debug("simplify", () => printGraph(outputs));
  const { regions, early } = writeLate(fuse(outputs, target), replaced);
  debug("fuse", () => printRegions(regions, outputs));
  return { steps: regions.flatMap((region) => lower(region, target)), early };
}
