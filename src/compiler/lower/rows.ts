import { type DType, limits } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { placeholder } from "../../ir/ops.ts";
import { sizeOf } from "../../ir/shape.ts";
import { type Affine, contiguous } from "../affine.ts";
import { type Expr, loadOf, mapForms, sourcesOf, walk } from "../expr.ts";
import { type Builder, int, literal } from "../loop/builder.ts";
import { type Target, type Value, type Var } from "../loop/loop.ts";
import { isExpandable } from "../loop/math.ts";
import { keptShape, type Region, type Root } from "../region.ts";
import {
  type Emit,
  emitterAt,
  firstLanes,
  isInside,
  type Known,
  lanesOf,
  type Part,
  type Point,
} from "./emit.ts";
import { lanesFor, variesAlong } from "./lanes.ts";
import {
  type Copies,
  type Copy,
  ONE,
  pieceLoop,
  steppedLoop,
  unflatten,
  vectorLoop,
} from "./loops.ts";
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
 * Partial results of a reduction that are combined side by side: an addition takes as many cycles as there
 * are. However much of what is reduced is computed in the same loop, the sum is the same.
 */
const COPIES = 4;
/** Operations of a loop's body beyond which writing it out several times makes it no faster. */
const SHORT = 8;

/** How loops of reductions with these bodies are written. */
function copiesFor(bodies: readonly Expr[], bodyOf: (source: Node) => Expr | undefined): Copies {
  let operations = 0;
  const seen = new Set<Expr>();
  const count = (body: Expr): void =>
    walk(
      body,
      (e) => {
        if (e.kind === "op") operations += isExpandable(e.name) ? SHORT : 1;
        else if (e.kind === "gather" || e.kind === "mask") operations += SHORT;
        const inner = e.kind === "load" ? bodyOf(e.source) : undefined;
        if (inner) count(inner);
      },
      seen,
    );
  bodies.forEach(count);
  return { copies: COPIES, unrolled: operations < SHORT };
}

/** The partial results of one reduction. */
interface Sums {
  readonly root: Root;
  /** One element's, or that of rows side by side. */
  readonly one: Var;
  /** Those of vectors along the row, or `one` and its copies. */
  readonly many: readonly Var[];
}

function sumsOf(b: Builder, root: Root, oneLanes: number, lanes: number): Sums {
  const start = (n: number): Var => b.mutable(literal(startOf(root), root.node.dtype, n));
  const one = start(oneLanes);
  const inOne = lanes === oneLanes;
  const more = Array.from({ length: inOne ? COPIES - 1 : COPIES }, () => start(lanes));
  return { root, one, many: inOne ? [one, ...more] : more };
}

/** Combines one value, or a vector of them, with the rest. */
function addTo(b: Builder, { root, one, many }: Sums, copy: Copy, found: Value): void {
  const { op } = combineOf(root);
  if (copy === "next") {
    // They take turns: the first goes to the end.
    const sum = b.op(op, many[0].type, many[0], found);
    many.forEach((into, i) => b.set(into, i + 1 < many.length ? many[i + 1] : sum));
    return;
  }
  const into = found.type.lanes === many[copy].type.lanes ? many[copy] : one;
  b.set(into, b.op(op, into.type, into, found));
}

/** The result, of as many lanes as rows are side by side. */
function resultOf(b: Builder, { root, one, many }: Sums): Value {
  const { op, across } = combineOf(root);
  let all: Value[] = [...many];
  while (all.length > 1)
    all = all.flatMap((x, i) => (i % 2 === 0 ? [b.op(op, x.type, x, all[i + 1])] : []));
  return many[0] === one ? all[0] : b.op(op, one.type, b.op(across, one.type, all[0]), one);
}

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
  const innermost = isReduced.lastIndexOf(true);
  const singles = new Map<Root, SingleTerm>();
  if (byRow && isReduced.indexOf(true) === last)
    for (const root of region.roots) {
      const single = singleTermOf(root, bodies.get(root.node)!, last);
      if (single) singles.set(root, single);
    }

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

    /**
     * Visits the reduced indices; the innermost ones `lanes` at a time if it is a row of them, and in
     * `copies`.
     */
    const visit = (copies: Copies, body: (point: Point, copy: Copy) => void): void => {
      const index = [...kept];
      const descend = (axis: number): void => {
        if (!isReduced[axis]) return descend(axis + 1);
        if (axis === last) {
          const visitRow = (i: Value, n: number, part: Value | undefined, copy: Copy): void => {
            index[last] = i;
            body({ index: [...index], vector: last, lanes: n, part: firstLanes(part) }, copy);
          };
          vectorLoop(b, int(0), sizes[last], wide, target.partial, visitRow, copies);
          return;
        }
        const isInnermost = axis === innermost;
        steppedLoop(b, int(0), sizes[axis], 1, isInnermost ? copies : ONE, (i, copy) => {
          index[axis] = i;
          if (isInnermost) body({ ...rowPoint, index: [...index] }, copy);
          else descend(axis + 1);
        });
      };
      if (innermost < 0) body({ ...rowPoint, index: [...index] }, 0);
      else descend(0);
    };

    for (const { kept: ofRow, reductions } of levels) {
      // Once a row, before the loops that use them.
      for (const root of ofRow) values.set(root.node, rowEmit(bodies.get(root.node)!));
      const long = reductions.filter((root) => !singles.has(root));
      if (long.length > 0) {
        const copies = copiesFor(
          long.map((root) => bodies.get(root.node)!),
          (source) => (roots.get(source)?.domain === "space" ? bodies.get(source) : undefined),
        );
        const sums = long.map((root) =>
          byRow ? sumsOf(b, root, 1, wide) : sumsOf(b, root, lanes, lanes),
        );
        visit(copies, (point, copy) => {
          const emit = emitterAt(w, point, known);
          const found = sums.map(({ root }) => emit(bodies.get(root.node)!));
          sums.forEach((own, i) => {
            const value = b.splat(found[i], point.lanes);
            const counted = byRow ? onlyCounted(b, value, point.part, startOf(own.root)) : value;
            addTo(b, own, copy, counted);
          });
        });
        for (const own of sums) values.set(own.root.node, resultOf(b, own));
      }
      for (const root of reductions) {
        const single = singles.get(root);
        if (!single) continue;
        const position = rowEmit(single.position);
        const index = kept.map((at, axis) => (axis === last ? position : at));
        const value = b.mutable(literal(0, root.node.dtype));
        b.if(isInside(b, position, sizes[last]), () =>
          b.set(value, emitterAt(w, { ...rowPoint, index }, known)(single.value)),
        );
        values.set(root.node, value);
      }
    }
    for (const root of stored)
      if (root.domain === "kept")
        storeAt(w, root, space.form(ownKept), rowPoint, values.get(root.node)!);
    const maps = stored.filter((root) => root.domain === "space");
    if (maps.length > 0)
      visit(ONE, (point) => {
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

/** A sum of which only the term at `position` of the row is not zero by itself. */
interface SingleTerm {
  readonly position: Expr;
  readonly value: Expr;
}

/** Sums of where(k == position, value, 0) over k: what picks one element of each row is written so. */
function singleTermOf(root: Root, body: Expr, axis: number): SingleTerm | undefined {
  if (root.reduce !== "reduceSum" || body.kind !== "op" || body.name !== "select") return undefined;
  const [test, value, otherwise] = body.args;
  if (otherwise.kind !== "literal" || otherwise.value !== 0) return undefined;
  if (test.kind !== "op" || test.name !== "eq") return undefined;
  const varies = variesAlong(axis);
  const isIndex = (e: Expr): boolean =>
    e.kind === "index" &&
    e.at.offset === 0 &&
    e.at.coeffs.every((c, i) => c === (i === axis ? 1 : 0));
  const [x, y] = test.args;
  const position = isIndex(x) ? y : isIndex(y) ? x : undefined;
  if (position?.dtype !== "i32" || varies(position)) return undefined;
  return { position, value };
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
  const copies = copiesFor(bodies, () => undefined);
  const size = w.argument(space.sizes[0]);
  const chunk = w.argument(CHUNK);
  b.for(b.begin, b.end, int(1), (piece) => {
    const from = b.min(b.mul(piece, chunk), size);
    const to = b.min(b.add(from, chunk), size);
    const sums = reductions.map((root) => sumsOf(b, root, 1, lanes));
    const visit = (i: Value, n: number, count: Value | undefined, copy: Copy): void => {
      const part = firstLanes(count);
      const emit = emitterAt(w, { index: [i], vector: 0, lanes: n, part }, () => undefined);
      const found = bodies.map(emit);
      sums.forEach((own, k) => {
        const value = onlyCounted(b, b.splat(found[k], n), part, startOf(own.root));
        addTo(b, own, copy, value);
      });
    };
    vectorLoop(b, from, to, lanes, target.partial, visit, copies);
    sums.forEach((own, k) => b.store(b.address(w.buffer(partials[k]), piece), resultOf(b, own)));
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
