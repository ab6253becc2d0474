import { type Node } from "../../ir/node.ts";
import { sizeOf } from "../../ir/shape.ts";
import { contiguous } from "../affine.ts";
import { type Expr, walk } from "../expr.ts";
import { type Region, type Root } from "../region.ts";
import { type Target, type Value } from "../loop/loop.ts";
import { int } from "../loop/builder.ts";
import { emitterAt, firstLanes, type Known, type Point } from "./emit.ts";
import { lanesFor } from "./lanes.ts";
import { pieceLoop, unflatten, vectorLoop } from "./loops.ts";
import { loopSpace } from "./space.ts";
import { KernelWriter, type LoweredKernel, PIECE } from "./writer.ts";

/** Elementwise values over one space, written together in one pass. */
export function lowerMap(region: Region, target: Target): LoweredKernel {
  const stored = region.roots.filter((root) => root.stored);
  const own = contiguous(region.space);
  const space = loopSpace(
    region.space,
    region.roots.map((r) => r.body),
    [own],
  );
  const w = new KernelWriter(
    target,
    stored.map((r) => r.node),
  );
  const { b } = w;
  const bodies = new Map<Node, Expr>(region.roots.map((r) => [r.node, space.expr(r.body)]));
  const known: Known = (source, _, emit) => {
    const body = bodies.get(source);
    return body && emit(body);
  };
  // The loops, outermost first; vectors go along the last one.
  const order = loopOrder(space.sizes.length, [...bodies.values()]);
  const extents = order.map((axis) => space.sizes[axis]);
  const sizes = extents.map((n) => w.argument(n));
  const last = sizes.length - 1;
  const lanes = lanesFor(target, [...bodies.values()], order[last]);
  const at = space.form(own);
  const body = (point: Point): void => {
    const emit = emitterAt(w, point, known);
    // All values first, so that a store cannot stand between two loads.
    const values = stored.map((root) => emit(bodies.get(root.node)!));
    stored.forEach((root, i) => storeAt(w, root, at, point, values[i]));
  };
  const inner = (prefix: readonly Value[], from: Value, to: Value): void =>
    vectorLoop(b, from, to, lanes, target.partial, (i, n, count) => {
      const index: Value[] = [];
      order.forEach((axis, k) => (index[axis] = k === last ? i : prefix[k]));
      body({ index, vector: order[last], lanes: n, part: firstLanes(count) });
    });
  const elements = sizeOf(space.sizes);
  let pieces: number;
  if (last === 0) {
    pieces = Math.ceil(elements / PIECE);
    pieceLoop(b, w.argument(PIECE), sizes[0], (from, to) => inner([], from, to));
  } else {
    const rows = elements / extents[last];
    const share = Math.max(1, Math.floor(PIECE / extents[last]));
    pieces = Math.ceil(rows / share);
    pieceLoop(b, w.argument(share), w.argument(rows), (from, to) =>
      b.for(from, to, int(1), (row) =>
        inner(unflatten(b, row, sizes.slice(0, last)), int(0), sizes[last]),
      ),
    );
  }
  return w.finish(nameOf(region), pieces, elements * costOf(region));
}

/**
 * The order of the loops. Where values of single entries stand side by side along the last axis, as those
 * of a window's entries do when they are joined, neighbours of a kind are found along the axis before it.
 */
function loopOrder(rank: number, bodies: readonly Expr[]): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  const last = rank - 1;
  let joins = false;
  for (const body of bodies)
    walk(body, (e) => {
      if (e.kind === "mask")
        joins ||= e.bounds.some(({ at, size }) => size === 1 && at.coeffs[last] !== 0);
    });
  if (joins && last > 0) [order[last - 1], order[last]] = [last, last - 1];
  return order;
}

/** Writes a root's elements at a point. */
export function storeAt(
  w: KernelWriter,
  root: Root,
  at: { readonly offset: number; readonly coeffs: readonly number[] },
  point: Point,
  value: Value,
): void {
  const { b } = w;
  const pointer = b.address(w.buffer(root.node), w.position(at, point.index));
  const step = point.lanes > 1 ? at.coeffs[point.vector] : 0;
  const wide = b.splat(value, point.lanes);
  const by = point.lanes === 1 || step === 1 ? undefined : w.form(at).coeffs[point.vector];
  b.store(pointer, wide, 0, by, point.part?.high);
}

/** A readable name: the last few primitives of the region. */
export function nameOf(region: Region): string {
  const names = [...(region.core ? [region.core] : []), ...region.roots.map((r) => r.node)].map(
    (node) => node.op.name,
  );
  return [...new Set(names)].slice(0, 4).join("_");
}

/** Operations for one point of a region's space, an estimate. */
export const costOf = (region: Region): number => 2 + 2 * region.roots.length;
