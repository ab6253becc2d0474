import { type Node } from "../ir/node.ts";
import { type Shape } from "../ir/shape.ts";
import { type Expr, sourcesOf } from "./expr.ts";

/**
 * A value that a region computes. `space` roots have one element for each point of the region's space,
 * `kept` roots one for each row (what is left of the space when the reduced axes are gone).
 */
export interface Root {
  readonly node: Node;
  readonly domain: "space" | "kept";
  /** Reductions: what is combined over the reduced axes. Others: the element itself. */
  readonly body: Expr;
  /** The reducing primitive's name. */
  readonly reduce?: string;
  /** Whether somebody outside the region reads it; decided when all regions are known. */
  stored: boolean;
}

/** Nodes that become one kernel (or one step, for those that do not fuse). */
export interface Region {
  readonly id: number;
  /**
   * - map: elements of `space`, independently;
   * - rows: reductions over `axes` of `space`, and elementwise values before, between and after them;
   * - contract: a `dot` or `conv`, then elementwise values of its output;
   * - single: one primitive that does not fuse with its users.
   */
  kind: "map" | "rows" | "contract" | "single";
  space: Shape;
  axes: readonly number[];
  readonly roots: Root[];
  /** contract, single: the primitive's node, and its inputs as expressions over their own shapes. */
  readonly core?: Node;
  readonly operands: readonly Expr[];
}

/** Shape of a region's `kept` roots. */
export const keptShape = (region: Region): Shape =>
  region.space.filter((_, axis) => !region.axes.includes(axis));

/** Whether the region computes nothing, and only keeps what comes after it apart from what was before. */
export const isBarrier = ({ core }: Region): boolean => core?.op.name === "barrier";

/** What others make and a region reads. A barrier does not read what it waits for. */
export const valuesReadBy = (region: Region): Set<Node> =>
  sourcesFrom(region, isBarrier(region) ? region.operands.slice(0, 1) : region.operands);

/** What others make and must be there before a region. */
export const sourcesOfRegion = (region: Region): Set<Node> => sourcesFrom(region, region.operands);

function sourcesFrom(region: Region, operands: readonly Expr[]): Set<Node> {
  const own = new Set(region.roots.map((r) => r.node));
  if (region.core) own.add(region.core);
  const sources = sourcesOf([
    ...operands,
    ...region.roots.filter((r) => r.node !== region.core).map((r) => r.body),
  ]);
  for (const node of own) sources.delete(node);
  return sources;
}
