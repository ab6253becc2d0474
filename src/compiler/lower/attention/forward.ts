import { int, literal } from "../../loop/builder.ts";
import { type Target, type Type, type Value } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { roundUp, SHARED } from "../contraction.ts";
import { emitOp } from "../emit.ts";
import { vectorLoop } from "../loops.ts";
import { BOOL } from "../single/lines.ts";
import { type LoweredKernel } from "../writer.ts";
import {
  block,
  copy,
  fill,
  headsOf,
  isRow,
  numbersOf,
  panelsOf,
  resultAt,
  resultsOf,
  rowsOf,
  scoreAt,
  scoresOf,
  width,
} from "./heads.ts";

/**
 * Attention, a register block of rows at a time: their scores with all keys that they see, softmax, and
 * the product with the values. Only the scores of these rows are ever in memory.
 */
export function lowerAttention(region: Region, target: Target): LoweredKernel[] {
  const results = resultsOf(region);
  const [result, logs] = [results.get(0), results.get(1)];
  const heads = headsOf(region, target, results.values());
  const { w, b, rows, columns, vector, sizes, M, N, E, D } = heads;
  if (heads.count * sizes.m === 0) return [];
  const { dtype, lanes } = vector;
  const [q, k, v, mask] = region.operands;
  const cost = 2 * heads.count * sizes.m * sizes.n * (sizes.e + sizes.d);
  // Every part of a head packs its keys and values again.
  const shared = target.threads > 1 && cost >= SHARED;
  const wanted = shared ? Math.ceil((2 * target.threads) / heads.count) : 1;
  const part = roundUp(Math.ceil(sizes.m / wanted), rows);
  const parts = Math.ceil(sizes.m / part);
  const partValue = w.argument(part);
  const partsValue = w.argument(parts);

  const keys = panelsOf(heads, { operand: k, rows: N, columns: E }, [sizes.n, sizes.e], false);
  const values = panelsOf(heads, { operand: v, rows: N, columns: D }, [sizes.d, sizes.n], true);
  const queries = rowsOf(heads, { operand: q, rows: M, columns: E }, rows, sizes.e);
  const scores = scoresOf(heads, rows);
  const finished = w.scratch(dtype, rows * columns);
  const divisors = numbersOf(heads, rows);

  /** Scores become weights that are not divided by their sum yet. */
  const softmax = (head: Value, m: Value, r: Value, end: Value): void => {
    const row = b.min(b.add(m, r), b.sub(M, int(1)));
    const seen = heads.seen(row);
    const first = scores.at(r, int(0));
    vectorLoop(b, int(0), seen, lanes, target.partial, (n, wide, count) => {
      const at = b.address(first, n);
      b.store(at, scoreAt(heads, mask, b.load(at, 0, wide), row, n, count), 0, undefined, count);
    });
    fill(heads, first, seen, b.add(end, int(lanes)), -Infinity);
    const top = b.mutable(literal(-Infinity, dtype, lanes));
    b.for(int(0), end, int(lanes), (n) =>
      b.set(top, b.op("max", vector, top, b.load(b.address(first, n), 0, lanes))),
    );
    const one: Type = { dtype, lanes: 1 };
    const highest = lanes > 1 ? b.op("hmax", one, top) : top;
    const none = b.op("eq", BOOL, highest, literal(-Infinity, dtype));
    const shift = b.op("select", one, none, literal(0, dtype), highest);
    const total = b.mutable(literal(0, dtype, lanes));
    b.for(int(0), end, int(lanes), (n) => {
      const at = b.address(first, n);
      const centred = b.op("sub", vector, b.load(at, 0, lanes), b.splat(shift, lanes));
      const weight = emitOp(w, "exp", dtype, [centred]);
      b.set(total, b.op("add", vector, total, weight));
      b.store(at, weight);
    });
    const sum = lanes > 1 ? b.op("hadd", one, total) : total;
    const empty = b.op("eq", BOOL, sum, literal(0, dtype));
    const divisor = b.op("select", one, empty, literal(1, dtype), sum);
    b.store(divisors.at(r), b.op("div", one, literal(1, dtype), divisor));
    if (!logs) return;
    const log = b.op("add", one, emitOp(w, "log", dtype, [divisor]), shift);
    const given = b.op("select", one, empty, literal(Infinity, dtype), log);
    b.if(isRow(heads, b.add(m, r)), () =>
      b.store(resultAt(heads, logs, [M, int(1)], [head, row, int(0)]), given),
    );
  };

  b.for(b.begin, b.end, int(1), (piece) => {
    const [head, number] = b.divide(piece, partsValue);
    heads.at(head);
    const from = b.mul(number, partValue);
    const to = b.min(b.add(from, partValue), M);
    keys.pack();
    if (result) values.pack();
    b.for(from, to, int(rows), (m) => {
      const behind = b.min(b.add(m, int(rows)), M);
      queries.pack(m, behind);
      const end = heads.mostSeen(m, behind);
      b.for(int(0), end, int(columns), (n) =>
        block(
          heads,
          (r) => queries.at(int(r)),
          keys.at(n),
          E,
          (sum, r, j) => b.store(scores.at(int(r), n), sum, j),
        ),
      );
      b.for(int(0), int(rows), int(1), (r) => softmax(head, m, r, end));
      if (!result) return;
      b.for(int(0), D, int(columns), (d) => {
        block(
          heads,
          (r) => scores.at(int(r), int(0)),
          values.at(d),
          end,
          (sum, r, j) => {
            const scaled = b.op("mul", vector, sum, b.splat(b.load(divisors.at(int(r))), lanes));
            b.store(b.address(finished, int(r * columns)), scaled, j);
          },
        );
        b.for(m, behind, int(1), (row) =>
          copy(
            heads,
            b.address(finished, b.mul(b.sub(row, m), int(columns))),
            resultAt(heads, result, [M, D], [head, row, d]),
            width(heads, D, d),
          ),
        );
      });
    });
  });
  return [w.finish("attention", heads.count * parts, cost)];
}
