import { type Node } from "../../../ir/node.ts";
import { type AttentionAttrs } from "../../../ir/ops.ts";
import { type Expr } from "../../expr.ts";
import { type Builder, int, literal } from "../../loop/builder.ts";
import { type BufferParam, type Target, type Type, type Value, type Var } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { roundUp } from "../contraction.ts";
import { vectorLanes } from "../lanes.ts";
import { unflatten, vectorLoop } from "../loops.ts";
import { packPanels } from "../pack-panels.ts";
import { packRows } from "../pack-rows.ts";
import { readingOf, type Reading, type Side } from "../reading.ts";
import { rowsTimesPanel } from "../register-block.ts";
import { BOOL, elementOf, inMemory } from "../single/lines.ts";
import { KernelWriter } from "../writer.ts";

// What the kernels of attention and of its gradient have in common. Each works on one head at a time: what
// the head needs is packed, then blocks of rows of scores are made, used and forgotten.

/** The heads of a call: M queries of size E, N keys, values of size D, and the register block. */
export interface Heads {
  readonly w: KernelWriter;
  readonly b: Builder;
  readonly target: Target;
  readonly vector: Type;
  readonly rows: number;
  readonly vectors: number;
  readonly columns: number;
  /** Heads, and the sizes as numbers and as arguments. */
  readonly count: number;
  readonly sizes: {
    readonly m: number;
    readonly n: number;
    readonly e: number;
    readonly d: number;
  };
  readonly M: Value;
  readonly N: Value;
  readonly E: Value;
  readonly D: Value;
  readonly scale: Value;
  /** Elements between the rows of scores: room for whole register blocks. */
  readonly stride: number;
  readonly strideValue: Value;
  /** Sets the head that operands are read at; it is number `flat` of all. */
  readonly at: (flat: Value) => void;
  /** The leading indices of that head. */
  readonly lead: () => readonly Value[];
  /** How many keys row `m` sees. */
  readonly seen: (m: Value) => Value;
  /** How many keys the rows from … to - 1 see at most. */
  readonly mostSeen: (from: Value, to: Value) => Value;
}

/** The results that somebody reads, by number. */
export function resultsOf(region: Region): Map<number, Node> {
  const results = new Map<number, Node>();
  for (const { node, stored } of region.roots)
    if (stored) results.set(node.attrs.index as number, node);
  return results;
}

export function headsOf(region: Region, target: Target, results: Iterable<Node>): Heads {
  const [q, k, v] = region.core!.inputs;
  const { scale, causal } = region.core!.attrs as unknown as AttentionAttrs;
  const { dtype } = q;
  const w = new KernelWriter(target, results);
  const { b } = w;
  const lanes = vectorLanes(target, dtype);
  const { rows, vectors } = target.tile;
  const columns = vectors * lanes;
  const lead = q.shape.slice(0, -2);
  const leadSizes = lead.map((n) => w.argument(n));
  const [m, e] = q.shape.slice(-2);
  const [n, d] = v.shape.slice(-2);
  const N = w.argument(n);
  let index: readonly Value[] = [];
  // Not a power of two, which would crowd the cache's sets.
  const stride = roundUp(n, columns) + columns + roundUp(rows, lanes);
  const period = w.argument(Math.max(1, causal));
  const seen = (m: Value): Value =>
    causal === 0 ? N : b.min(N, b.add(b.divide(m, period)[1], int(1)));
  return {
    ...{ w, b, target, vector: { dtype, lanes }, rows, vectors, columns },
    count: lead.reduce((a, n) => a * n, 1),
    sizes: { m, n, e, d },
    ...{ M: w.argument(m), N, E: w.argument(k.shape[k.shape.length - 1]), D: w.argument(d) },
    scale: w.number(scale, dtype),
    ...{ stride, strideValue: w.argument(stride) },
    at: (flat) => (index = unflatten(b, flat, leadSizes)),
    lead: () => index,
    seen,
    mostSeen(from, to) {
      if (causal === 0) return N;
      const most = b.mutable(int(0));
      b.for(from, to, int(1), (m) => b.set(most, b.op("max", most.type, most, seen(m))));
      return most;
    },
  };
}

/** A matrix of the head, whose elements are found by a row and a column. */
export interface Matrix {
  readonly operand: Expr;
  readonly rows: Value;
  readonly columns: Value;
}

/** How a matrix is read with its rows, or its columns, as the positions of a side. */
function sideOf(heads: Heads, { operand, rows, columns }: Matrix, turned: boolean): Side {
  const rank = inMemory(operand).at.coeffs.length;
  const [position, term] = turned ? [rank - 1, rank - 2] : [rank - 2, rank - 1];
  const [size, kSize] = turned ? [columns, rows] : [rows, columns];
  return {
    expr: operand,
    size,
    ...{ axes: [position], kAxes: [term], sizes: [size], kSizes: [kSize] },
    longTerms: false,
    index: (at, k) => [...heads.lead(), ...(turned ? [k, at] : [at, k])],
  };
}

/** Packed panels of a matrix: of its rows, the terms being columns, or `turned` of its columns. */
export function panelsOf(
  heads: Heads,
  matrix: Matrix,
  [positions, terms]: readonly [number, number],
  turned: boolean,
): { pack: () => void; at: (position: Value) => Var } {
  const { w, b, columns, vector } = heads;
  const into = w.scratch(vector.dtype, roundUp(positions, columns) * terms);
  const side = sideOf(heads, matrix, turned);
  const reading = readingOf(w, side, vector.lanes, columns, terms);
  const depth = side.kSizes[0];
  return {
    pack: () =>
      packPanels(w, reading, into, columns, { from: int(0), to: side.size, k0: int(0), depth }),
    at: (position) => b.address(into, b.mul(position, depth)),
  };
}

/** Copies of a matrix's rows, zeros beyond its end. */
export function rowsOf(
  heads: Heads,
  matrix: Matrix,
  most: number,
  size: number,
): { pack: (from: Value, to: Value) => void; at: (row: Value) => Var; stride: Value } {
  const { w, b, rows, columns, vector } = heads;
  const stride = roundUp(size, columns) + vector.lanes;
  const strideValue = w.argument(stride);
  const into = w.scratch(vector.dtype, most * stride);
  const reading: Reading = readingOf(w, sideOf(heads, matrix, false), vector.lanes, rows, size);
  return {
    pack: (from, to) =>
      packRows(w, reading, into, strideValue, rows, {
        from,
        to,
        k0: int(0),
        depth: matrix.columns,
      }),
    at: (row) => b.address(into, b.mul(row, strideValue)),
    stride: strideValue,
  };
}

/** Rows of scores, or of what has their shape. */
export function scoresOf(heads: Heads, most: number): { at: (row: Value, column: Value) => Var } {
  const { w, b, stride, strideValue, vector } = heads;
  const into = w.scratch(vector.dtype, most * stride);
  return { at: (row, column) => b.address(into, b.add(b.mul(row, strideValue), column)) };
}

/** A register block: `rows` rows, `depth` long, times a panel; what comes out is given to `use`. */
export function block(
  heads: Heads,
  rowAt: (row: number) => Var,
  panel: Var,
  depth: Value,
  use: (sum: Var, row: number, column: number) => void,
): void {
  const { b, rows, vectors, vector } = heads;
  const pointers = Array.from({ length: rows }, (_, r) => rowAt(r));
  const sums = rowsTimesPanel(b, { rows: pointers, panel, depth, vectors, lanes: vector.lanes });
  sums.forEach((row, r) => row.forEach((sum, v) => use(sum, r, v * vector.lanes)));
}

/** Copies `length` elements that lie side by side. */
export function copy(heads: Heads, from: Var, to: Var, length: Value): void {
  const { b, target, vector } = heads;
  vectorLoop(b, int(0), length, vector.lanes, target.partial, (i, lanes, count) =>
    b.store(b.address(to, i), b.load(b.address(from, i), 0, lanes), 0, undefined, count),
  );
}

/** Writes a number to the elements from … to - 1 after a pointer. */
export function fill(heads: Heads, at: Var, from: Value, to: Value, value: number): void {
  const { b, vector } = heads;
  b.for(from, to, int(1), (i) => b.store(b.address(at, i), literal(value, vector.dtype)));
}

/** The part of a register block's columns that there is: `columns` of them, or what is left. */
export const width = ({ b, columns }: Heads, size: Value, from: Value): Value =>
  b.min(int(columns), b.sub(size, from));

/** The place of a row's elements in a result (…, rows, size). */
export function resultAt(
  { w, b }: Heads,
  node: Node,
  [rows, size]: readonly [Value, Value],
  [head, row, column]: readonly [Value, Value, Value],
): Var {
  const first = b.mul(b.add(b.mul(head, rows), row), size);
  return b.address(w.buffer(node), b.add(first, column));
}

/** The score of row `m` and the `lanes` keys from `n` on: scaled, and with the mask, if there is one. */
export function scoreAt(
  heads: Heads,
  mask: Expr | undefined,
  raw: Value,
  m: Value,
  n: Value,
  count: Value | undefined,
): Value {
  const { w, b, scale } = heads;
  const { dtype, lanes } = raw.type;
  const scaled = b.op("mul", raw.type, raw, b.splat(scale, lanes));
  if (!mask) return scaled;
  const { at } = inMemory(mask);
  const pointer = elementOf(w, mask, [...heads.lead(), m, n]);
  const step = at.coeffs[at.coeffs.length - 1];
  let added: Value;
  if (step === 0 || lanes === 1) added = b.splat(b.load(pointer), lanes);
  else {
    const by = step === 1 ? undefined : w.form(at).coeffs[at.coeffs.length - 1];
    added = count
      ? b.merge(pointer, int(0), count, literal(0, dtype, lanes), by)
      : b.load(pointer, 0, lanes, by);
  }
  return b.op("add", raw.type, scaled, added);
}

/** A number of the row (…, M) that an operand holds. */
export const numberAt = ({ w, b, lead }: Heads, operand: Expr, m: Value): Value =>
  b.load(elementOf(w, operand, [...lead(), m]));

/** Whether row `m` is one of the head's. */
export const isRow = ({ b, M }: Heads, m: Value): Value => b.op("lt", BOOL, m, M);

/** A buffer of one number a row. */
export function numbersOf(heads: Heads, most: number): { at: (row: Value) => Var } {
  const into: BufferParam = heads.w.scratch(heads.vector.dtype, most);
  return { at: (row) => heads.b.address(into, row) };
}
