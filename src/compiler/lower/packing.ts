import { type Node } from "../../ir/node.ts";
import { type Affine } from "../affine.ts";
import { type Expr } from "../expr.ts";
import { int, literal } from "../loop/builder.ts";
import { type BufferParam, type Type, type Value, type Var } from "../loop/loop.ts";
import { type Contraction } from "./contraction.ts";
import { emitterAt, type Point } from "./emit.ts";
import { lanesFor } from "./lanes.ts";
import { vectorLoop } from "./loops.ts";
import { isRun, type Offsets, offsetAt, offsetsOf, writeOffsets } from "./offsets.ts";
import { FEW, partEntries, writeParts } from "./parts.ts";
import { walkOf } from "./walk.ts";
import { type KernelWriter } from "./writer.ts";

// Packing: the operands of a contraction are copied block by block into scratch memory, in the order in
// which the register block reads them. What comes before the contraction is computed on the way. Where
// a side or the sum runs over several axes, as the patches of a convolution do, elements are found by
// tables of offsets.

/** A side of a contraction (m or n), and how its elements are found. */
export interface Side {
  readonly expr: Expr;
  /** The number of rows (m) or columns (n) there are. */
  readonly size: Value;
  /** The axes of the loops that make up the side, those that are summed over, and the sizes of both. */
  readonly axes: readonly number[];
  readonly kAxes: readonly number[];
  readonly sizes: readonly Value[];
  readonly kSizes: readonly Value[];
  /** The full index at a position along the side and along k. */
  index(position: Value, k: Value): Value[];
}

/** The side that `letter` names; `batch` gives the position along b. */
export function sideOf(
  w: KernelWriter,
  { shape, group, lhs, rhs }: Contraction,
  letter: "m" | "n",
  size: Value,
  batch: () => Value,
): Side {
  const expr = letter === "m" ? lhs : rhs;
  const walk = walkOf(w, shape, group, [expr], []);
  return {
    expr: walk.expr(expr),
    size,
    axes: walk.axes(letter),
    kAxes: walk.axes("k"),
    sizes: walk.sizes(letter),
    kSizes: walk.sizes("k"),
    index: (position, k) => walk.index({ b: batch(), [letter]: position, k }),
  };
}

/** A part of a side: positions from … to - 1, `depth` terms from `k0` on. */
export interface Block {
  readonly from: Value;
  readonly to: Value;
  readonly k0: Value;
  readonly depth: Value;
}

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** The memory of a side that is found by offsets. */
interface Source {
  readonly node: Node;
  readonly at: Affine;
  readonly k: Offsets;
  readonly positions: Offsets;
  /** Room for the parts of runs. */
  readonly parts: BufferParam;
}

/** How a side is read. */
export interface Reading {
  readonly side: Side;
  /** Lanes that can be read at once along the side, and along k. */
  readonly lanes: number;
  readonly kLanes: number;
  readonly source: Source | undefined;
  /** Room for a block that is put together before it is turned. */
  readonly block: BufferParam | undefined;
}

/** Whether neighbours along the axis lie side by side wherever the expression reads memory. */
function unitStride(expr: Expr, axis: number): boolean {
  switch (expr.kind) {
    case "load":
      return expr.at.coeffs[axis] === 1 || expr.at.coeffs[axis] === 0;
    case "op":
      return expr.args.every((x) => unitStride(x, axis));
    case "mask":
      return unitStride(expr.value, axis);
    case "gather":
      return expr.at.coeffs[axis] === 1 && unitStride(expr.index, axis);
    default:
      return true;
  }
}

/**
 * Decides how a side is read.
 *
 * @param lanes the most that an instruction reads
 * @param width positions that are packed side by side
 * @param kBlock the most terms that are packed together
 */
export function readingOf(
  w: KernelWriter,
  side: Side,
  lanes: number,
  width: number,
  kBlock: number,
): Reading {
  const { expr, axes, kAxes } = side;
  if (expr.kind === "load" && (axes.length > 1 || kAxes.length > 1)) {
    const { at } = expr;
    const unit = (list: readonly number[]): boolean =>
      list.length > 0 && at.coeffs[list[list.length - 1]] === 1;
    const kLanes = unit(kAxes) ? lanes : 1;
    // Steps of another size still spare looking up each element.
    const along =
      (unit(axes) || kLanes === 1) && axes.length > 0 && width % lanes === 0 ? lanes : 1;
    return {
      side,
      lanes: along,
      kLanes,
      source: {
        node: expr.source,
        at,
        k: offsetsOf(w, kBlock),
        positions: offsetsOf(w, width),
        parts: w.scratch("i32", partEntries(width / lanes, lanes)),
      },
      block: along === 1 && kLanes > 1 ? w.scratch(expr.dtype, lanes * lanes) : undefined,
    };
  }
  const alongAxis = (list: readonly number[]): number =>
    list.length === 1 && unitStride(expr, list[0])
      ? Math.min(lanes, lanesFor(w.target, [expr], list[0]))
      : 1;
  const along = partOf(width, alongAxis(axes));
  const kLanes = alongAxis(kAxes);
  const turned = along === 1 && kLanes > 1 && width % kLanes === 0;
  // What repeats along k is not there term by term.
  const fromMemory = expr.kind === "load" && axes.length === 1 && expr.at.coeffs[kAxes[0]] === 1;
  return {
    side,
    lanes: along,
    kLanes,
    source: undefined,
    block: turned && !fromMemory ? w.scratch(expr.dtype, kLanes * kLanes) : undefined,
  };
}

/** The largest power of two that divides `width` and is at most `lanes`. */
const partOf = (width: number, lanes: number): number =>
  width % lanes === 0 ? lanes : partOf(width, lanes / 2);

const emitAt = (w: KernelWriter, side: Side, point: Point): Value =>
  emitterAt(w, point, () => undefined)(side.expr);

const sideAxis = ({ axes }: Side): number => (axes.length === 1 ? axes[0] : -1);

/** What packing a block of terms needs to know of them beforehand. */
export function prepareTerms(
  w: KernelWriter,
  { side, source }: Reading,
  k0: Value,
  depth: Value,
): void {
  if (source) writeOffsets(w, source.k, source.at, side.kAxes, side.kSizes, k0, depth);
}

/** An element by its offset. */
const elementAt = (w: KernelWriter, source: Source, base: Value, offset: Value): Var =>
  w.b.address(w.buffer(source.node), w.b.add(base, offset));

/** Rows one after the other, `rowStride` elements apart: [row][k], zeros beyond the side's end. */
export function packRows(
  w: KernelWriter,
  reading: Reading,
  into: BufferParam,
  rowStride: number,
  rows: number,
  { from, to, k0, depth }: Block,
): void {
  const { b } = w;
  const { side, source, kLanes } = reading;
  const { dtype } = side.expr;
  // Whole register blocks, so rows beyond the end are there, and zero.
  b.for(from, to, int(rows), (start) => {
    b.for(int(0), int(rows), int(1), (r) => {
      const row = b.add(start, r);
      const place = b.mul(b.sub(row, from), int(rowStride));
      const copy = (): void =>
        vectorLoop(b, int(0), depth, kLanes, false, (k, count) => {
          const to = b.address(into, b.add(place, k));
          if (source) {
            const base = w.position(source.at, side.index(row, int(0)));
            const one = (i: Value): Value =>
              b.load(elementAt(w, source, base, offsetAt(w, source.k, i)));
            if (count === 1) b.store(to, one(k));
            else
              b.if(
                isRun(w, source.k, k, count),
                () => {
                  const first = elementAt(w, source, base, offsetAt(w, source.k, k));
                  b.store(to, b.load(first, 0, count));
                },
                () =>
                  b.for(int(0), int(count), int(1), (i) =>
                    b.store(b.address(to, i), one(b.add(k, i))),
                  ),
              );
            return;
          }
          const index = side.index(row, b.add(k0, k));
          const vector = count > 1 ? side.kAxes[0] : -1;
          b.store(to, b.splat(emitAt(w, side, { index, vector, lanes: count }), count));
        });
      const zeros = (): void =>
        vectorLoop(b, int(0), depth, kLanes, false, (k, count) =>
          b.store(b.address(into, b.add(place, k)), literal(0, dtype, count)),
        );
      b.if(b.op("lt", BOOL, row, side.size), copy, zeros);
    });
  });
}

/** A panel that is being packed. */
interface Panel {
  readonly into: BufferParam;
  readonly width: number;
  /** The first position, and where in `into` its elements go. */
  readonly start: Value;
  readonly place: Value;
}

/** Panels of `width` positions: [panel][k][width], zeros beyond the side's end. */
export function packPanels(
  w: KernelWriter,
  reading: Reading,
  into: BufferParam,
  width: number,
  block: Block,
): void {
  const { b } = w;
  const { side, source, lanes, kLanes } = reading;
  const { from, to, depth } = block;
  const panelAt = (start: Value): Panel => ({
    into,
    width,
    start,
    place: b.mul(b.sub(start, from), depth),
  });
  if (!source && lanes > 1) {
    const [whole] = b.divide(b.sub(b.min(to, side.size), from), int(width));
    const end = b.add(from, b.mul(whole, int(width)));
    packAlong(w, reading, panelAt, { ...block, to: end }, width);
    b.for(end, to, int(width), (start) => packSlowly(w, reading, panelAt(start), block));
    return;
  }
  b.for(from, to, int(width), (start) => {
    const panel = panelAt(start);
    if (source) {
      const count = b.min(int(width), b.sub(side.size, start));
      writeOffsets(w, source.positions, source.at, side.axes, side.sizes, start, count);
    }
    const slow = (): void => packSlowly(w, reading, panel, block);
    const fast =
      source && lanes > 1
        ? () => packRuns(w, reading, source, panel, block)
        : kLanes > 1 && width % kLanes === 0
          ? () => packTurned(w, reading, panel, block)
          : undefined;
    if (!fast) slow();
    else b.if(b.op("le", BOOL, b.add(start, int(width)), side.size), fast, slow);
  });
}

/** Where element `k` of column `j` of a panel goes. */
const placeIn = (w: KernelWriter, { into, width, place }: Panel, k: Value, j: Value): Var =>
  w.b.address(into, w.b.add(w.b.add(place, j), w.b.mul(k, int(width))));

/** Where the offsets of a batch begin. */
const baseOf = (w: KernelWriter, source: Source, side: Side): Value =>
  w.position(source.at, side.index(int(0), int(0)));

/** Position by position, with zeros beyond the end. */
function packSlowly(
  w: KernelWriter,
  { side, source }: Reading,
  panel: Panel,
  { k0, depth }: Block,
): void {
  const { b } = w;
  b.for(int(0), int(panel.width), int(1), (j) => {
    const position = b.add(panel.start, j);
    const column = (): void => {
      const own = source && b.add(baseOf(w, source, side), offsetAt(w, source.positions, j));
      b.for(int(0), depth, int(1), (k) => {
        const value = source
          ? b.load(elementAt(w, source, own!, offsetAt(w, source.k, k)))
          : emitAt(w, side, { index: side.index(position, b.add(k0, k)), vector: -1, lanes: 1 });
        b.store(placeIn(w, panel, k, j), value);
      });
    };
    const zeros = (): void =>
      b.for(int(0), depth, int(1), (k) =>
        b.store(placeIn(w, panel, k, j), literal(0, side.expr.dtype)),
      );
    b.if(b.op("lt", BOOL, position, side.size), column, zeros);
  });
}

/**
 * Neighbouring positions lie side by side. Term by term through all panels: memory is read in the order in
 * which it lies.
 */
function packAlong(
  w: KernelWriter,
  { side, lanes }: Reading,
  panelAt: (start: Value) => Panel,
  { from, to, k0, depth }: Block,
  width: number,
): void {
  const { b } = w;
  b.for(int(0), depth, int(1), (k) =>
    b.for(from, to, int(width), (start) => {
      const pointer = placeIn(w, panelAt(start), k, int(0));
      for (let j = 0; j < width; j += lanes) {
        const index = side.index(b.add(start, int(j)), b.add(k0, k));
        const value = emitAt(w, side, { index, vector: sideAxis(side), lanes });
        b.store(pointer, b.splat(value, lanes), j);
      }
    }),
  );
}

/**
 * Runs of neighbouring positions: whole vectors of them where they are long enough; where they lie side
 * by side, other vectors are put together of parts of several runs.
 */
function packRuns(
  w: KernelWriter,
  { side, lanes }: Reading,
  source: Source,
  panel: Panel,
  { depth }: Block,
): void {
  const { b } = w;
  const base = baseOf(w, source, side);
  const last = side.axes[side.axes.length - 1];
  const step = source.at.coeffs[last] === 1 ? undefined : w.form(source.at).coeffs[last];
  const vectors = Array.from({ length: panel.width / lanes }, (_, v) => v * lanes);
  const first = vectors.map((j) => b.add(base, offsetAt(w, source.positions, int(j))));
  const eachTerm = (copy: (j: number, v: number, offset: Value, to: Var) => void): void =>
    b.for(int(0), depth, int(1), (k) => {
      const offset = offsetAt(w, source.k, k);
      vectors.forEach((j, v) => copy(j, v, offset, placeIn(w, panel, k, int(j))));
    });
  const whole = vectors.map((j) => isRun(w, source.positions, int(j), lanes));
  const fast = (): void =>
    eachTerm((_, v, offset, to) =>
      b.store(to, b.load(elementAt(w, source, first[v], offset), 0, lanes, step)),
    );
  const oneByOne = (): void =>
    eachTerm((j, _, offset, to) =>
      b.for(int(0), int(lanes), int(1), (i) => {
        const own = b.add(base, offsetAt(w, source.positions, b.add(int(j), i)));
        b.store(b.address(to, i), b.load(elementAt(w, source, own, offset)));
      }),
    );
  const inParts = (): void => {
    const parts = writeParts(w, source.positions, source.parts, vectors, lanes);
    const empty = literal(0, side.expr.dtype, lanes);
    const merge = (p: Value, offset: Value, into: Value): Value =>
      b.merge(
        elementAt(w, source, b.add(base, parts.offset(p)), offset),
        parts.low(p),
        parts.high(p),
        into,
      );
    // Where a vector is made of few parts, where they lie is known before the loop over terms.
    const few = vectors.map((_, v) => parts.few(v));
    b.if(
      b.op("le", BOOL, parts.most, int(FEW)),
      () =>
        eachTerm((_, v, offset, to) =>
          b.store(
            to,
            few[v].reduce(
              (value: Value, part) =>
                b.merge(
                  elementAt(w, source, b.add(base, part.offset), offset),
                  part.low,
                  part.high,
                  value,
                ),
              empty,
            ),
          ),
        ),
      () =>
        eachTerm((_, v, offset, to) => {
          const value = b.mutable(empty);
          b.for(parts.from(v), parts.from(v + 1), int(1), (p) =>
            b.set(value, merge(p, offset, value)),
          );
          b.store(to, value);
        }),
    );
  };
  b.if(
    whole.reduce((all, one) => b.op("and", BOOL, all, one)),
    fast,
    step ? oneByOne : inParts,
  );
}

/** Neighbouring terms lie side by side: blocks of lanes × lanes are turned in registers. */
function packTurned(
  w: KernelWriter,
  { side, source, kLanes: lanes, block }: Reading,
  panel: Panel,
  { k0, depth }: Block,
): void {
  const { b } = w;
  const { expr } = side;
  const [turns] = b.divide(depth, int(lanes));
  const even = b.mul(turns, int(lanes));
  const base = source && baseOf(w, source, side);
  const own = (j: Value): Value => b.add(base!, offsetAt(w, source!.positions, j));
  /** Terms one by one. */
  const single = (from: Value, to: Value): void =>
    b.for(from, to, int(1), (k) =>
      b.for(int(0), int(panel.width), int(1), (j) => {
        const value = source
          ? b.load(elementAt(w, source, own(j), offsetAt(w, source.k, k)))
          : emitAt(w, side, {
              index: side.index(b.add(panel.start, j), b.add(k0, k)),
              vector: -1,
              lanes: 1,
            });
        b.store(placeIn(w, panel, k, j), value);
      }),
    );
  const turn = (k: Value, j: number): void => {
    const to = placeIn(w, panel, k, int(j));
    if (!block && expr.kind === "load") {
      const index = side.index(b.add(panel.start, int(j)), b.add(k0, k));
      const from = b.address(w.buffer(expr.source), w.position(expr.at, index));
      b.transpose(from, w.form(expr.at).coeffs[sideAxis(side)], to, int(panel.width), lanes);
      return;
    }
    b.for(int(0), int(lanes), int(1), (i) => {
      const value = source
        ? b.load(elementAt(w, source, own(b.add(int(j), i)), offsetAt(w, source.k, k)), 0, lanes)
        : emitAt(w, side, {
            index: side.index(b.add(b.add(panel.start, int(j)), i), b.add(k0, k)),
            vector: side.kAxes[0],
            lanes,
          });
      b.store(b.address(block!, b.mul(i, int(lanes))), b.splat(value, lanes));
    });
    b.transpose(b.address(block!, int(0)), int(lanes), to, int(panel.width), lanes);
  };
  b.for(int(0), even, int(lanes), (k) => {
    const all = (): void => {
      for (let j = 0; j < panel.width; j += lanes) turn(k, j);
    };
    if (source) b.if(isRun(w, source.k, k, lanes), all, () => single(k, b.add(k, int(lanes))));
    else all();
  });
  single(even, depth);
}
