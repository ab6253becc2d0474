import { type Node } from "../ir/node.ts";
import { type Shape } from "../ir/shape.ts";
import { type Expr, isIdentity, sourcesOf, walk } from "./expr.ts";
import { keptShape, type Region, type Root, sourcesOfRegion } from "./region.ts";

// Outputs that are written to the memory of inputs: a parameter's next value over its present one.

/**
 * Moves regions that write over inputs behind all others that read these, where nobody waits for what they
 * make. `early` are the outputs for which that cannot be.
 */
export function writeLate(
  regions: readonly Region[],
  replaced: ReadonlyMap<Node, readonly Node[]>,
): { regions: readonly Region[]; early: ReadonlySet<Node> } {
  if (replaced.size === 0) return { regions, early: new Set() };
  const order = [...regions];
  const sources = new Map(regions.map((region) => [region, sourcesOfRegion(region)]));
  const makers = new Map<Node, Region>();
  for (const region of regions)
    for (const { node, stored } of region.roots) if (stored) makers.set(node, region);
  const readers = new Map<Node, Region[]>();
  for (const region of regions)
    for (const source of sources.get(region)!)
      readers.set(source, [...(readers.get(source) ?? []), region]);
  const readersOf = (inputs: readonly Node[]): Region[] =>
    inputs.flatMap((input) => readers.get(input) ?? []);
  const place = new Map(order.map((region, i) => [region, i]));

  for (const [output, inputs] of replaced) {
    const maker = makers.get(output);
    if (!maker) continue;
    const from = place.get(maker)!;
    const to = Math.max(from, ...readersOf(inputs).map((region) => place.get(region)!));
    const makes = maker.roots.map(({ node }) => node);
    const isWanted = order
      .slice(from + 1, to + 1)
      .some((region) => makes.some((node) => sources.get(region)!.has(node)));
    if (to === from || isWanted) continue;
    order.splice(from, 1);
    order.splice(to, 0, maker);
    for (let i = from; i <= to; i++) place.set(order[i], i);
  }

  const early = new Set<Node>();
  for (const [output, inputs] of replaced) {
    const maker = makers.get(output);
    const isSafe =
      maker !== undefined &&
      readersOf(inputs).every((region) =>
        region === maker ? readsInPlace(maker, inputs) : place.get(region)! < place.get(maker)!,
      );
    if (!isSafe) early.add(output);
  }
  return { regions: order, early };
}

/** Whether a region reads each element of the inputs only for the element that it writes in its place. */
function readsInPlace(region: Region, inputs: readonly Node[]): boolean {
  const { kind, space, roots, core, operands } = region;
  if (kind === "single") return false;
  const operandSources = sourcesOf(operands);
  if (inputs.some((input) => operandSources.has(input))) return false;
  const inPlace = (body: Expr, shape: Shape | undefined): boolean => {
    let result = true;
    walk(body, (e) => {
      if ((e.kind !== "gather" && e.kind !== "load") || !inputs.includes(e.source)) return;
      result &&= e.kind === "load" && shape !== undefined && isIdentity(e.at, shape);
    });
    return result;
  };
  const kept = keptShape(region);
  /** The elements of which a root is made one by one; a reduction is made of others than it has. */
  const shapeOf = (root: Root): Shape | undefined =>
    root.reduce ? undefined : root.domain === "kept" ? kept : kind === "rows" ? undefined : space;
  return roots.every((root) => root.node === core || inPlace(root.body, shapeOf(root)));
}
