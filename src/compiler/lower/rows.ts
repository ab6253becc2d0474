import { type DType, limits } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { placeholder } from "../../ir/ops.ts";
import { sizeOf } from "../../ir/shape.ts";
import { type Affine, contiguous } from "../affine.ts";
import { type Expr, loadOf, mapForms, sourcesOf } from "../expr.ts";
import { type Builder, int, literal } from "../loop/builder.ts";
import { type Target, type Value, type Var } from "../loop/loop.ts";
import { keptShape, type Region, type Root } from "../region.ts";
import {
  type Emit,
  emitterAt,
  firstLanes,
  type Known,
  lanesOf,
  type Part,
  type Point,
} from "./emit.ts";
import { lanesFor } from "./lanes.ts";
import { pieceLoop, unflatten, vectorLoop } from "./loops.ts";
import { costOf, nameOf, storeAt } from "./map.ts";
import { loopSpace } from "./space.ts";
import { KernelWriter, type LoweredKernel, PIECE } from "./writer.ts";

/** Elements that one piece of a reduction to a single value combines. */
const CHUNK = 1 << 16;

const COMBINE: Record<string, { op: string; across: string; start: (d: DType) => number }> = {
  reduceSum: { op: "add", across: "hadd", start: () => 0 },
  reduceProd: { op: "mul", across: "hmul", start: () => 1 },
  reduceMax: { op: "max", across: "hmax", start: (d) => limits(d)[0] },
  reduceMin: { op: "min", across: "hmin", start: (d) => limits(d)[1] },
};

const combineOf = (root: Root): { op: string; across: string } =>
  root.node.dtype === "bool"
    ? { op: root.reduce === "reduceMax" || root.reduce === "reduceSum" ? "or" : "and", across: "" }
    : COMBINE[root.reduce!];

const startOf = (root: Root): number => COMBINE[root.reduce!].start(root.node.dtype);

/**
 * Reductions and what surrounds them, row by row: for each row one pass for every level of reductions
 * (a sum of exponentials needs the maximum first), then one for the elementwise values.
 */
export function lowerRows(region: Region, target: Target): LoweredKernel[] {
  if (sizeOf(keptShape(region)) === 1) {
    const split = lowerSplit(region, target);
    if (split) return split;
  }
  return [lowerWhole(region, target)];
}

interface Level {
  /** Values of the row that need only the reductions of earlier levels. */
  readonly kept: Root[];
  /** Reductions that need no others of this or a later level. */
  readonly reductions: Root[];
}

/** The turns in which a row is computed: each reduction needs those of earlier turns only. */
function levelsOf(region: Region): Level[] {
  const level = new Map<Node, number>();
  const levels: Level[] = [];
  for (const root of region.roots) {
    let depth = 0;
    for (const source of sourcesOf([root.body])) depth = Math.max(depth, level.get(source) ?? 0);
    while (levels.length <= depth) levels.push({ kept: [], reductions: [] });
    if (root.reduce) levels[depth].reductions.push(root);
    else if (root.domain === "kept") levels[depth].kept.push(root);
    level.set(root.node, root.reduce ? depth + 1 : depth);
  }
  return levels;
}

function lowerWhole(region: Region, target: Target): LoweredKernel {
  const { space: shape, axes } = region;
  const rank = shape.length;
  const keptAxes = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const toSpace = (at: Affine): Affine => {
    const coeffs = new Array<number>(rank).fill(0);
    keptAxes.forEach((axis, i) => (coeffs[axis] = at.coeffs[i]));
    return { offset: at.offset, coeffs };
  };
  const own = contiguous(shape);
  const ownKept = toSpace(contiguous(keptShape(region)));
  const reduced = (axis: number): boolean => axes.includes(axis);
  const overSpace = new Map<Node, Expr>(
    region.roots.map((root) => [
      root.node,
      root.domain === "kept" && !root.reduce ? mapForms(root.body, toSpace)! : root.body,
    ]),
  );
  const space = loopSpace(
    shape,
    [...overSpace.values()],
    [own, ownKept],
    (a, c) => reduced(a) === reduced(c),
  );
  const isReduced = space.groups.map((group) => group.length > 0 && reduced(group[0]));
  const bodies = new Map([...overSpace].map(([node, body]) => [node, space.expr(body)]));
  const roots = new Map(region.roots.map((root) => [root.node, root]));
  const stored = region.roots.filter((root) => root.stored);
  const w = new KernelWriter(
    target,
    stored.map((r) => r.node),
  );
  const { b } = w;
  const sizes = space.sizes.map((n) => w.argument(n));
  const last = sizes.length - 1;
  const byRow = isReduced[last];
  const wide = region.roots.some(
    (r) => r.reduce && (r.node.dtype === "bool" || r.node.dtype === "u8"),
  )
    ? 1
    : lanesFor(target, [...bodies.values()], last);
  const levels = levelsOf(region);

  /** Writes all of the row (or the rows side by side) at these kept indices. */
  const row = (kept: readonly Value[], lanes: number, count?: Value): void => {
    const rowPoint: Point = {
      index: kept,
      vector: last,
      lanes: byRow ? 1 : lanes,
      part: firstLanes(count),
    };
    const values = new Map<Node, Value>();
    const known: Known = (source, _, emit) => {
      const root = roots.get(source);
      if (!root) return undefined;
      const value = values.get(source);
      if (value) return value;
      if (root.domain === "kept") throw new Error("lower: a value is used before its turn");
      return emit(bodies.get(source)!);
    };
    const rowEmit: Emit = emitterAt(w, rowPoint, known);

    /** Visits the reduced indices; the innermost ones `lanes` at a time if it is a row of them. */
    const visit = (body: (point: Point) => void): void => {
      const index = [...kept];
      const descend = (axis: number): void => {
        if (axis > last) return body({ ...rowPoint, index: [...index] });
        if (!isReduced[axis]) return descend(axis + 1);
        if (axis === last) {
          vectorLoop(b, int(0), sizes[last], wide, target.partial, (i, n, part) => {
            index[last] = i;
            body({ index: [...index], vector: last, lanes: n, part: firstLanes(part) });
          });
          return;
        }
        b.for(int(0), sizes[axis], int(1), (i) => {
          index[axis] = i;
          descend(axis + 1);
        });
      };
      descend(0);
    };
    const wideRows = byRow && wide > 1;

    for (const { kept: ofRow, reductions } of levels) {
      // Once a row, before the loops that use them.
      for (const root of ofRow) values.set(root.node, rowEmit(bodies.get(root.node)!));
      if (reductions.length === 0) continue;
      const sums = reductions.map((root) => {
        const start = startOf(root);
        const one = b.mutable(literal(start, root.node.dtype, byRow ? 1 : lanes));
        const many = wideRows ? b.mutable(literal(start, root.node.dtype, wide)) : undefined;
        return { root, one, many };
      });
      visit((point) => {
        const emit = emitterAt(w, point, known);
        const found = sums.map(({ root }) => emit(bodies.get(root.node)!));
        sums.forEach(({ root, one, many }, i) => {
          const into: Var = byRow && point.lanes > 1 ? many! : one;
          const value = b.splat(found[i], into.type.lanes);
          const counted = byRow ? onlyCounted(b, value, point.part, startOf(root)) : value;
          b.set(into, b.op(combineOf(root).op, into.type, into, counted));
        });
      });
      for (const { root, one, many } of sums) {
        const { op, across } = combineOf(root);
        const type = one.type;
        const value = many ? b.op(op, type, b.op(across, type, many), one) : one;
        values.set(root.node, value);
      }
    }
    for (const root of stored)
      if (root.domain === "kept")
        storeAt(w, root, space.form(ownKept), rowPoint, values.get(root.node)!);
    const maps = stored.filter((root) => root.domain === "space");
    if (maps.length > 0)
      visit((point) => {
        const emit = emitterAt(w, point, known);
        const found = maps.map((root) => emit(bodies.get(root.node)!));
        maps.forEach((root, i) => storeAt(w, root, space.form(own), point, found[i]));
      });
  };

  const keptLoops = isReduced.flatMap((r, axis) => (r ? [] : [axis]));
  const outer = byRow ? keptLoops : keptLoops.slice(0, -1);
  const spread = (values: readonly Value[]): Value[] => {
    const index = sizes.map((): Value => int(0));
    outer.forEach((axis, i) => (index[axis] = values[i]));
    return index;
  };
  const outerSizes = outer.map((axis) => sizes[axis]);
  const rows = outer.reduce((n, axis) => n * space.sizes[axis], 1);
  const elements = sizeOf(space.sizes);
  const reducedSize = isReduced.reduce((n, r, axis) => (r ? n * space.sizes[axis] : n), 1);
  let pieces: number;
  if (byRow) {
    const share = Math.max(1, Math.floor(PIECE / reducedSize));
    pieces = Math.ceil(rows / share);
    pieceLoop(b, w.argument(share), w.argument(rows), (from, to) =>
      b.for(from, to, int(1), (flat) => row(spread(unflatten(b, flat, outerSizes)), wide)),
    );
  } else {
    // Columns: neighbours along the last axis are reduced side by side, a block of them a piece.
    const width = Math.min(space.sizes[last], columnBlock(reducedSize, wide));
    const blocks = Math.ceil(space.sizes[last] / width);
    pieces = rows * blocks;
    const blockCount = w.argument(blocks);
    const blockWidth = w.argument(width);
    pieceLoop(b, int(1), w.argument(pieces), (from, to) =>
      b.for(from, to, int(1), (piece) => {
        const [flat, block] = b.divide(piece, blockCount);
        const index = spread(unflatten(b, flat, outerSizes));
        const start = b.mul(block, blockWidth);
        const end = b.min(b.add(start, blockWidth), sizes[last]);
        vectorLoop(b, start, end, wide, target.partial, (j, n, count) =>
          row([...index.slice(0, last), j], n, count),
        );
      }),
    );
  }
  return w.finish(nameOf(region), pieces, elements * costOf(region));
}

/** A vector with `neutral` in the lanes that do not count. */
function onlyCounted(b: Builder, value: Value, part: Part | undefined, neutral: number): Value {
  if (!part) return value;
  const { dtype, lanes } = value.type;
  return b.op("select", value.type, lanesOf(b, part, lanes), value, literal(neutral, dtype, lanes));
}

/** Columns of one piece: a multiple of 16 that makes the piece as large as others. */
const columnBlock = (reducedSize: number, lanes: number): number =>
  Math.max(16, lanes, Math.ceil(PIECE / reducedSize / 16) * 16);

/**
 * A reduction to a single value: chunks of fixed size first, then their results. Small ones go the same
 * way, so that no size needs other kernels. Undefined when the region does more than that.
 */
function lowerSplit(region: Region, target: Target): LoweredKernel[] | undefined {
  const reductions = region.roots.filter((root) => root.reduce);
  const levels = levelsOf(region).filter((level) => level.reductions.length > 0);
  if (levels.length !== 1 || region.roots.some((r) => !r.reduce && r.domain === "space"))
    return undefined;
  const space = loopSpace(
    region.space,
    reductions.map((r) => r.body),
    [],
  );
  if (space.sizes.length !== 1) return undefined;
  // At least two, of which one may be empty: a single one would be no loop.
  const chunks = Math.max(2, Math.ceil(space.sizes[0] / CHUNK));
  const partials = reductions.map((root) => placeholder([chunks], root.node.dtype));
  const w = new KernelWriter(target, partials);
  const { b } = w;
  const bodies = reductions.map((root) => space.expr(root.body));
  const narrow = reductions.some((r) => r.node.dtype === "bool" || r.node.dtype === "u8");
  const lanes = narrow ? 1 : lanesFor(target, bodies, 0);
  const size = w.argument(space.sizes[0]);
  const chunk = w.argument(CHUNK);
  b.for(b.begin, b.end, int(1), (piece) => {
    const from = b.min(b.mul(piece, chunk), size);
    const to = b.min(b.add(from, chunk), size);
    const sums = reductions.map((root) => ({
      root,
      one: b.mutable(literal(startOf(root), root.node.dtype)),
      many: lanes > 1 ? b.mutable(literal(startOf(root), root.node.dtype, lanes)) : undefined,
    }));
    vectorLoop(b, from, to, lanes, target.partial, (i, n, count) => {
      const emit = emitterAt(
        w,
        { index: [i], vector: 0, lanes: n, part: firstLanes(count) },
        () => undefined,
      );
      const found = bodies.map(emit);
      sums.forEach(({ root, one, many }, k) => {
        const into = n > 1 ? many! : one;
        const value = onlyCounted(b, b.splat(found[k], n), firstLanes(count), startOf(root));
        b.set(into, b.op(combineOf(root).op, into.type, into, value));
      });
    });
    sums.forEach(({ root, one, many }, k) => {
      const { op, across } = combineOf(root);
      const value = many ? b.op(op, one.type, b.op(across, one.type, many), one) : one;
      b.store(b.address(w.buffer(partials[k]), piece), value);
    });
  });
  const first = w.finish(`${nameOf(region)}_part`, chunks, sizeOf(region.space) * costOf(region));
  const rest: Region = {
    ...region,
    space: [chunks],
    axes: [0],
    roots: region.roots.map((root) => {
      const k = reductions.indexOf(root);
      if (k >= 0) return { ...root, body: loadOf(partials[k]) };
      // Values after the reduction are those of the only row, whatever shape they had.
      const body = mapForms(root.body, (at) => ({ offset: at.offset, coeffs: [] }))!;
      return { ...root, body };
    }),
  };
  return [first, lowerWhole(rest, target)];
}
