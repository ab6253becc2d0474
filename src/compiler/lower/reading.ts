import { type Node } from "../../ir/node.ts";
import { type Affine } from "../affine.ts";
import { type Expr } from "../expr.ts";
import { int } from "../loop/builder.ts";
import { type BufferParam, type Value, type Var } from "../loop/loop.ts";
import { type Contraction } from "./contraction.ts";
import { emitterAt, type Point } from "./emit.ts";
import { lanesFor } from "./lanes.ts";
import { type Offsets, offsetsOf, writeOffsets } from "./offsets.ts";
import { partEntries } from "./parts.ts";
import { walkOf } from "./walk.ts";
import { type KernelWriter } from "./writer.ts";

// How the two sides of a contraction are read: number by number, along the side, or along the sum. Where a
// side or the sum runs over several axes, as the patches of a convolution do, elements are found by
// tables of offsets.

/** A part of a side: positions from … to - 1, `depth` terms from `k0` on. */
export interface Block {
  readonly from: Value;
  readonly to: Value;
  readonly k0: Value;
  readonly depth: Value;
  /** The position whose panel comes first where they are packed; default `from`. */
  readonly origin?: Value;
}

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
  /** Whether the innermost loop over terms is much longer than that along the side. */
  readonly longTerms: boolean;
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
    longTerms: walk.innermost("k") >= 2 * walk.innermost(letter),
    index: (position, k) => walk.index({ b: batch(), [letter]: position, k }),
  };
}

/** The memory of a side that is found by offsets. */
export interface Source {
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
    // Steps of another size still spare looking up each element; short runs are not worth following.
    const follows = kLanes === 1 || (unit(axes) && !side.longTerms);
    const along = follows && axes.length > 0 && width % lanes === 0 ? lanes : 1;
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

export const emitAt = (w: KernelWriter, side: Side, point: Point): Value =>
  emitterAt(w, point, () => undefined)(side.expr);

export const sideAxis = ({ axes }: Side): number => (axes.length === 1 ? axes[0] : -1);

/** An element by its offset. */
export const elementAt = (w: KernelWriter, source: Source, base: Value, offset: Value): Var =>
  w.b.address(w.buffer(source.node), w.b.add(base, offset));

/** Where the offsets of a batch begin. */
export const baseOf = (w: KernelWriter, source: Source, side: Side): Value =>
  w.position(source.at, side.index(int(0), int(0)));

/** What packing a block of terms needs to know of them beforehand. */
export function prepareTerms(
  w: KernelWriter,
  { side, source }: Reading,
  k0: Value,
  depth: Value,
): void {
  if (source) writeOffsets(w, source.k, source.at, side.kAxes, side.kSizes, k0, depth);
}
