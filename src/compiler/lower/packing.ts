import { type DType } from "../../ir/dtype.ts";
import { type Expr } from "../expr.ts";
import { int, literal } from "../loop/builder.ts";
import { type BufferParam, type Type, type Value, type Var } from "../loop/loop.ts";
import { emitterAt, lanesFor, type Point } from "./emit.ts";
import { vectorLoop } from "./loops.ts";
import { type KernelWriter } from "./writer.ts";

// Packing: the operands of a contraction are copied block by block into scratch memory, in the order in
// which the register block reads them. What comes before the contraction is computed on the way.

/** A side of a contraction: `m` or `n`, and the axes of the loops that belong to it and to k. */
export interface Side {
  readonly expr: Expr;
  /** The number of rows (m) or columns (n) there are. */
  readonly size: Value;
  /** The axis that makes up the side, or that makes up k; -1 where there are several. */
  readonly axis: number;
  readonly kAxis: number;
  /** The full index at a position along the side and along k. */
  index(position: Value, k: Value): Value[];
}

/** A part of a side: positions from … to - 1, `depth` terms from `k0` on. */
export interface Block {
  readonly from: Value;
  readonly to: Value;
  readonly k0: Value;
  readonly depth: Value;
}

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** How many lanes can be read along the side, and along k. */
export function lanesAlong(
  w: KernelWriter,
  side: Side,
  lanes: number,
): { side: number; k: number } {
  const along = (axis: number): number =>
    axis < 0 ? 1 : Math.min(lanes, lanesFor(w.target, [side.expr], axis));
  return {
    side: unitStride(side.expr, side.axis) ? along(side.axis) : 1,
    k: unitStride(side.expr, side.kAxis) ? along(side.kAxis) : 1,
  };
}

/** Whether neighbours along the axis lie side by side wherever the expression reads memory. */
function unitStride(expr: Expr, axis: number): boolean {
  if (axis < 0) return false;
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

const emitAt = (w: KernelWriter, side: Side, point: Point): Value =>
  emitterAt(w, point, () => undefined)(side.expr);

/** Rows one after the other, `rowStride` elements apart: [row][k], zeros beyond the side's end. */
export function packRows(
  w: KernelWriter,
  side: Side,
  into: BufferParam,
  rowStride: number,
  rows: number,
  lanes: number,
  { from, to, k0, depth }: Block,
): void {
  const { b } = w;
  const { dtype } = side.expr;
  const steps = lanes > 1 ? [lanes, 1] : [1];
  // Whole register blocks, so rows beyond the end are there, and zero.
  b.for(from, to, int(rows), (start) => {
    for (let r = 0; r < rows; r++) {
      const row = b.add(start, int(r));
      const place = b.mul(b.sub(row, from), int(rowStride));
      const copy = (): void =>
        vectorLoop(b, int(0), depth, steps, (k, count) => {
          const index = side.index(row, b.add(k0, k));
          const value = emitAt(w, side, {
            index,
            vector: count > 1 ? side.kAxis : -1,
            lanes: count,
          });
          b.store(b.address(into, b.add(place, k)), b.splat(value, count));
        });
      const zeros = (): void =>
        vectorLoop(b, int(0), depth, steps, (k, count) =>
          b.store(b.address(into, b.add(place, k)), literal(0, dtype, count)),
        );
      if (r === 0) copy();
      else b.if(b.op("lt", BOOL, row, side.size), copy, zeros);
    }
  });
}

/** Panels of `width` positions: [panel][k][width], zeros beyond the side's end. */
export function packPanels(
  w: KernelWriter,
  side: Side,
  into: BufferParam,
  width: number,
  lanes: { readonly side: number; readonly k: number },
  block: Block,
): void {
  const { b } = w;
  const { from, to, depth } = block;
  const along = width % lanes.side === 0 ? lanes.side : 1;
  const turned = along === 1 && width % lanes.k === 0 ? lanes.k : 1;
  const full = (start: Value): Value => b.op("le", BOOL, b.add(start, int(width)), side.size);
  b.for(from, to, int(width), (start) => {
    const panel = b.mul(b.sub(start, from), depth);
    const slow = (): void => packSlowly(w, side, into, width, start, panel, block);
    if (along > 1)
      b.if(full(start), () => packAlong(w, side, into, width, along, start, panel, block), slow);
    else if (turned > 1)
      b.if(full(start), () => packTurned(w, side, into, width, turned, start, panel, block), slow);
    else slow();
  });
}

/** Position by position, with zeros beyond the end. */
function packSlowly(
  w: KernelWriter,
  side: Side,
  into: BufferParam,
  width: number,
  start: Value,
  panel: Value,
  { k0, depth }: Block,
): void {
  const { b } = w;
  b.for(int(0), int(width), int(1), (j) => {
    const position = b.add(start, j);
    const place = (k: Value): Var => b.address(into, b.add(b.add(panel, j), b.mul(k, int(width))));
    b.if(
      b.op("lt", BOOL, position, side.size),
      () =>
        b.for(int(0), depth, int(1), (k) => {
          const index = side.index(position, b.add(k0, k));
          b.store(place(k), emitAt(w, side, { index, vector: -1, lanes: 1 }));
        }),
      () => b.for(int(0), depth, int(1), (k) => b.store(place(k), literal(0, side.expr.dtype))),
    );
  });
}

/** Neighbouring positions lie side by side. */
function packAlong(
  w: KernelWriter,
  side: Side,
  into: BufferParam,
  width: number,
  lanes: number,
  start: Value,
  panel: Value,
  { k0, depth }: Block,
): void {
  const { b } = w;
  b.for(int(0), depth, int(1), (k) => {
    const pointer = b.address(into, b.add(panel, b.mul(k, int(width))));
    for (let j = 0; j < width; j += lanes) {
      const index = side.index(b.add(start, int(j)), b.add(k0, k));
      const value = emitAt(w, side, { index, vector: side.axis, lanes });
      b.store(pointer, b.splat(value, lanes), j);
    }
  });
}

/** Neighbouring terms lie side by side: blocks of lanes × lanes are turned in registers. */
function packTurned(
  w: KernelWriter,
  side: Side,
  into: BufferParam,
  width: number,
  lanes: number,
  start: Value,
  panel: Value,
  { k0, depth }: Block,
): void {
  const { b } = w;
  const { expr } = side;
  const place = (k: Value, j: number): Var =>
    b.address(into, b.add(b.add(panel, int(j)), b.mul(k, int(width))));
  const [turns] = b.divide(depth, int(lanes));
  const even = b.mul(turns, int(lanes));
  const block = scratchFor(w, expr.dtype, lanes, side);
  b.for(int(0), even, int(lanes), (k) => {
    for (let j = 0; j < width; j += lanes) {
      if (expr.kind === "load" && side.axis >= 0) {
        const index = side.index(b.add(start, int(j)), b.add(k0, k));
        const from = b.address(w.buffer(expr.source), w.position(expr.at, index));
        b.transpose(from, w.form(expr.at).coeffs[side.axis], place(k, j), int(width), lanes);
        continue;
      }
      b.for(int(0), int(lanes), int(1), (i) => {
        const index = side.index(b.add(b.add(start, int(j)), i), b.add(k0, k));
        const value = emitAt(w, side, { index, vector: side.kAxis, lanes });
        b.store(b.address(block!, b.mul(i, int(lanes))), b.splat(value, lanes));
      });
      b.transpose(b.address(block!, int(0)), int(lanes), place(k, j), int(width), lanes);
    }
  });
  b.for(even, depth, int(1), (k) => {
    for (let j = 0; j < width; j++) {
      const index = side.index(b.add(start, int(j)), b.add(k0, k));
      b.store(place(k, j), emitAt(w, side, { index, vector: -1, lanes: 1 }));
    }
  });
}

/** Room for a block of values that are computed before they are turned; none where they lie in memory. */
const scratchFor = (
  w: KernelWriter,
  dtype: DType,
  lanes: number,
  { expr, axis }: Side,
): BufferParam | undefined =>
  expr.kind === "load" && axis >= 0 ? undefined : w.scratch(dtype, lanes * lanes);
