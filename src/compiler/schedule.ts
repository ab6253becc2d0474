import { itemBytes } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { sizeOf } from "../ir/shape.ts";
import { isBarrier, type Region, sourcesOfRegion, valuesReadBy } from "./region.ts";

/**
 * The order in which regions run: inputs before users, and otherwise each when it is needed; but one that
 * frees at least as much memory as it takes runs as soon as it can. So the gradient of a weight is computed
 * while what it is made of is there anyway, and not at the end, for which all of it would have to be kept.
 */
export function schedule(
  regions: readonly Region[],
  regionOf: ReadonlyMap<Node, Region>,
  outputs: ReadonlySet<Node>,
): Region[] {
  const order = byDemand(regions, regionOf);
  const place = new Map(order.map((region, i) => [region, i]));
  /** What lies behind barriers. */
  const behind = new Map<Node, Node>();
  /** Values of other regions that each region reads. */
  const sources = order.map((region) => {
    const read = [...valuesReadBy(region)].map((node) => behind.get(node) ?? node);
    if (!isBarrier(region)) return [...new Set(read)].filter((source) => regionOf.has(source));
    behind.set(region.core!, read[0]);
    return [];
  });
  const readers = new Map<Node, number>();
  const users: Set<number>[] = order.map(() => new Set());
  const waiting = order.map((region, i) => {
    const makers = new Set<number>();
    for (const source of sourcesOfRegion(region)) {
      const maker = regionOf.get(source);
      if (maker) makers.add(place.get(maker)!);
    }
    for (const source of sources[i]) readers.set(source, (readers.get(source) ?? 0) + 1);
    for (const maker of makers) users[maker].add(i);
    return makers.size;
  });
  // What is given out has memory of its own.
  const bytes = (node: Node): number =>
    outputs.has(node) ? 0 : sizeOf(node.shape) * itemBytes(node.dtype);
  const takes = order.map((region) =>
    isBarrier(region)
      ? 0
      : region.roots.reduce((sum, { node, stored }) => sum + (stored ? bytes(node) : 0), 0),
  );
  const frees = (i: number): number =>
    sources[i].reduce((sum, node) => sum + (readers.get(node) === 1 ? bytes(node) : 0), 0);

  const ready = order.map((_, i) => i).filter((i) => waiting[i] === 0);
  const result: Region[] = [];
  while (ready.length > 0) {
    let at = ready.findIndex((i) => takes[i] <= frees(i));
    if (at < 0) at = 0;
    const [next] = ready.splice(at, 1);
    result.push(order[next]);
    for (const source of sources[next]) readers.set(source, readers.get(source)! - 1);
    for (const user of users[next]) {
      if (--waiting[user] > 0) continue;
      const before = ready.findIndex((i) => i > user);
      ready.splice(before < 0 ? ready.length : before, 0, user);
    }
  }
  return result;
}

/** Inputs before users, each region when the first of the others that need it comes up. */
function byDemand(regions: readonly Region[], regionOf: ReadonlyMap<Node, Region>): Region[] {
  const sorted: Region[] = [];
  const state = new Map<Region, "open" | "done">();
  for (const start of regions) {
    const stack: { region: Region; inputs: Region[] }[] = [];
    const enter = (region: Region): void => {
      if (state.has(region)) {
        if (state.get(region) === "open") throw new Error("fuse: regions depend on each other");
        return;
      }
      state.set(region, "open");
      const inputs = [...sourcesOfRegion(region)]
        .map((source) => regionOf.get(source))
        .filter((r): r is Region => r !== undefined);
      stack.push({ region, inputs });
    };
    enter(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const next = top.inputs.pop();
      if (next) enter(next);
      else {
        stack.pop();
        state.set(top.region, "done");
        sorted.push(top.region);
      }
    }
  }
  return sorted;
}
