import { type Node } from "../../../ir/node.ts";
import { int, literal } from "../../loop/builder.ts";
import { type Target, type Value, type Var } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { roundUp } from "../contraction.ts";
import { emitOp } from "../emit.ts";
import { vectorLoop } from "../loops.ts";
import { type LoweredKernel } from "../writer.ts";
import {
  block,
  copy,
  fill,
  type Heads,
  headsOf,
  isRow,
  numberAt,
  panelsOf,
  resultAt,
  resultsOf,
  rowsOf,
  scoreAt,
  scoresOf,
  width,
} from "./heads.ts";

/** Register blocks of rows whose scores are made at a time. */
const BLOCKS = 4;

/**
 * The gradient of attention, a head at a time: weights and their cotangents are computed again block by
 * block of rows (Dao et al. 2022), and what each block gives to keys and values is added up in order.
 */
export function lowerAttentionVjp(region: Region, target: Target): LoweredKernel[] {
  const results = resultsOf(region);
  const [ofQ, ofK, ofV] = [results.get(0), results.get(1), results.get(2)];
  const heads = headsOf(region, target, results.values());
  const { w, b, rows, columns, vector, sizes, M, N, E, D } = heads;
  if (heads.count * sizes.n === 0) return [];
  const { dtype, lanes } = vector;
  const [q, k, v, cotangent, logs, inner, mask] = region.operands;
  const most = rows * BLOCKS;

  const keyMatrix = { operand: k, rows: N, columns: E };
  const keys = panelsOf(heads, keyMatrix, [sizes.n, sizes.e], false);
  const keyColumns = panelsOf(heads, keyMatrix, [sizes.e, sizes.n], true);
  const valueMatrix = { operand: v, rows: N, columns: D };
  const values = panelsOf(heads, valueMatrix, [sizes.n, sizes.d], false);
  const queries = rowsOf(heads, { operand: q, rows: M, columns: E }, most, sizes.e);
  const cotangents = rowsOf(heads, { operand: cotangent, rows: M, columns: D }, most, sizes.d);
  const weights = scoresOf(heads, most);
  const ofScores = scoresOf(heads, most);
  const finished = w.scratch(dtype, rows * columns);
  const keySums = sumsOf(heads, ofK, sizes.e);
  const valueSums = sumsOf(heads, ofV, sizes.d);

  /** The weights of a row and the cotangents of its scores, zero behind the keys that it sees. */
  const weigh = (m: Value, r: Value, end: Value): void => {
    const [weight, other] = [weights.at(r, int(0)), ofScores.at(r, int(0))];
    const seen = b.mutable(int(0));
    const row = b.add(m, r);
    b.if(isRow(heads, row), () => {
      b.set(seen, heads.seen(row));
      const log = numberAt(heads, logs, row);
      const total = numberAt(heads, inner, row);
      vectorLoop(b, int(0), seen, lanes, target.partial, (n, wide, count) => {
        const [at, otherAt] = [b.address(weight, n), b.address(other, n)];
        const type = { dtype, lanes: wide };
        const score = scoreAt(heads, mask, b.load(at, 0, wide), row, n, count);
        const p = emitOp(w, "exp", dtype, [b.op("sub", type, score, b.splat(log, wide))]);
        const change = b.op("sub", type, b.load(otherAt, 0, wide), b.splat(total, wide));
        const scaled = b.op("mul", type, b.op("mul", type, p, change), b.splat(heads.scale, wide));
        b.store(at, p, 0, undefined, count);
        b.store(otherAt, scaled, 0, undefined, count);
      });
    });
    // Register blocks of keys may end later than the keys that are seen.
    const behind = b.add(end, int(rows));
    fill(heads, weight, seen, behind, 0);
    fill(heads, other, seen, behind, 0);
  };

  b.for(b.begin, b.end, int(1), (head) => {
    heads.at(head);
    keys.pack();
    values.pack();
    if (ofQ) keyColumns.pack();
    keySums.clear();
    valueSums.clear();
    b.for(int(0), M, int(most), (m) => {
      const behind = b.min(b.add(m, int(most)), M);
      const size = b.sub(behind, m);
      queries.pack(m, behind);
      cotangents.pack(m, behind);
      const end = heads.mostSeen(m, behind);
      const eachBlock = (visit: (r: Value) => void): void =>
        b.for(int(0), size, int(rows), (r) => visit(r));
      eachBlock((first) =>
        b.for(int(0), end, int(columns), (n) => {
          const row = (r: number): Value => b.add(first, int(r));
          block(
            heads,
            (r) => queries.at(row(r)),
            keys.at(n),
            E,
            (sum, r, j) => b.store(weights.at(row(r), n), sum, j),
          );
          block(
            heads,
            (r) => cotangents.at(row(r)),
            values.at(n),
            D,
            (sum, r, j) => b.store(ofScores.at(row(r), n), sum, j),
          );
        }),
      );
      b.for(int(0), int(most), int(1), (r) => weigh(m, r, end));
      if (ofQ)
        eachBlock((first) =>
          b.for(int(0), E, int(columns), (e) => {
            block(
              heads,
              (r) => ofScores.at(b.add(first, int(r)), int(0)),
              keyColumns.at(e),
              end,
              (sum, r, j) => b.store(b.address(finished, int(r * columns)), sum, j),
            );
            const start = b.add(m, first);
            b.for(start, b.min(b.add(start, int(rows)), M), int(1), (row) =>
              copy(
                heads,
                b.address(finished, b.mul(b.sub(row, start), int(columns))),
                resultAt(heads, ofQ, [M, E], [head, row, e]),
                width(heads, E, e),
              ),
            );
          }),
        );
      keySums.add(ofScores, queries, size, end);
      valueSums.add(weights, cotangents, size, end);
    });
    keySums.finish(head);
    valueSums.finish(head);
  });
  const cost = 2 * heads.count * sizes.m * sizes.n * (3 * sizes.e + 2 * sizes.d);
  return [w.finish("attentionVjp", heads.count, cost)];
}

/** Sums over all rows of products of columns of scores and rows of another matrix: (N, size). */
interface Sums {
  clear(): void;
  /** Adds what `depth` rows give to the first `end` keys. */
  add(
    scores: { at: (row: Value, column: Value) => Var },
    others: { at: (row: Value) => Var; stride: Value },
    depth: Value,
    end: Value,
  ): void;
  finish(head: Value): void;
}

const nothing = (): void => undefined;
const NO_SUMS: Sums = { clear: nothing, add: nothing, finish: nothing };

function sumsOf(heads: Heads, node: Node | undefined, size: number): Sums {
  if (!node) return NO_SUMS;
  const { w, b, rows, columns, vectors, vector, sizes, N, strideValue } = heads;
  const { dtype, lanes } = vector;
  const wide = roundUp(size, columns);
  const length = roundUp(sizes.n, rows) * wide;
  const [sizeValue, wideValue, lengthValue] = [size, wide, length].map((n) => w.argument(n));
  const into = w.scratch(dtype, length);
  return {
    clear: () =>
      b.for(int(0), lengthValue, int(lanes), (i) =>
        b.store(b.address(into, i), literal(0, dtype, lanes)),
      ),
    add: (scores, others, depth, end) =>
      b.for(int(0), end, int(rows), (n) =>
        b.for(int(0), sizeValue, int(columns), (j) => {
          const place = (r: number): Var =>
            b.address(into, b.add(b.mul(b.add(n, int(r)), wideValue), j));
          const places = Array.from({ length: rows }, (_, r) => place(r));
          const sums = places.map((at) =>
            Array.from({ length: vectors }, (_, v) => b.mutable(b.load(at, v * lanes, lanes))),
          );
          const left = b.mutable(scores.at(int(0), n));
          const right = b.mutable(b.address(others.at(int(0)), j));
          b.for(int(0), depth, int(1), () => {
            const row = Array.from({ length: vectors }, (_, v) => b.load(right, v * lanes, lanes));
            sums.forEach((own, r) => {
              const number = b.splat(b.load(left, r), lanes);
              own.forEach((sum, v) => b.set(sum, b.op("fma", vector, number, row[v], sum)));
            });
            b.advance(left, strideValue);
            b.advance(right, others.stride);
          });
          sums.forEach((own, r) => own.forEach((sum, v) => b.store(places[r], sum, v * lanes)));
        }),
      ),
    finish: (head) =>
      b.for(int(0), N, int(1), (n) =>
        copy(
          heads,
          b.address(into, b.mul(n, wideValue)),
          resultAt(heads, node, [N, sizeValue], [head, n, int(0)]),
          sizeValue,
        ),
      ),
  };
}
