import { itemBytes } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { placeholder } from "../../ir/ops.ts";
import { type Affine, compose, contiguous } from "../affine.ts";
import { type Expr } from "../expr.ts";
import { int, literal } from "../loop/builder.ts";
import { type BufferParam, type Target, type Type, type Value, type Var } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { contractionOf, overContraction } from "./contraction.ts";
import { emitterAt, type Known, lanesFor, type Point } from "./emit.ts";
import { unflatten, vectorLoop } from "./loops.ts";
import { nameOf, storeAt } from "./map.ts";
import { loopSpace } from "./space.ts";
import { KernelWriter, type LoweredKernel } from "./writer.ts";

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/**
 * A contraction after Goto and van de Geijn: both sides are packed block by block into panels that the
 * register block reads in order; what comes before the contraction is computed while packing, what
 * comes after it while the results are still in registers.
 */
export function lowerContract(region: Region, target: Target): LoweredKernel {
  const node = region.core!;
  const { dtype } = node;
  const contraction = contractionOf(region);
  const { shape, group } = contraction;
  const rank = shape.length;
  const own: Affine = compose(contiguous(node.shape), contraction.output, rank);
  const after = region.roots
    .filter((root) => root.node !== node)
    .map((root) => overContraction(root.body, contraction));
  const space = loopSpace(
    shape,
    [contraction.lhs, contraction.rhs, ...after],
    [own],
    (a, c) => group[a] === group[c],
  );
  // Where all sizes are 1 there is one loop, which belongs to no letter.
  const letters = space.groups.map((axes) => (axes.length > 0 ? group[axes[0]] : ""));
  const axesOf = (letter: string): number[] =>
    letters.flatMap((l, axis) => (l === letter ? [axis] : []));
  const stored = region.roots.filter((root) => root.stored);
  const w = new KernelWriter(
    target,
    stored.map((r) => r.node),
  );
  const { b } = w;
  const sizes = space.sizes.map((n) => w.argument(n));
  const sizeOfGroup = (letter: string): number =>
    axesOf(letter).reduce((n, axis) => n * space.sizes[axis], 1);
  const [nb, nm, nn, nk] = ["b", "m", "n", "k"].map(sizeOfGroup);
  const M = w.argument(nm);
  const N = w.argument(nn);
  const K = w.argument(nk);

  const wideType = target.vectorBytes > 0 && itemBytes(dtype) >= 4 && dtype !== "bool";
  const lanes = wideType ? target.vectorBytes / itemBytes(dtype) : 1;
  const { rows, vectors } = target.tile;
  const columns = vectors * lanes;
  const vector: Type = { dtype, lanes };

  // How the work is cut: parts of m and n are pieces, blocks fit the caches.
  const kBlock = Math.min(nk, target.tile.kBlock);
  const nPart = roundUp(Math.min(nn, target.tile.nBlock), columns);
  const nParts = Math.ceil(nn / nPart);
  const wanted = target.threads > 1 ? 3 * target.threads : 1;
  const mCuts = Math.min(Math.ceil(nm / rows), Math.max(1, Math.ceil(wanted / (nb * nParts))));
  const mPart = roundUp(Math.ceil(nm / mCuts), rows);
  const mParts = Math.ceil(nm / mPart);
  const mBlock = roundUp(Math.min(mPart, target.tile.mBlock), rows);

  const packedA = w.scratch(dtype, mBlock * kBlock);
  const packedB = w.scratch(dtype, nPart * kBlock);
  // Finished sums of one block. Rows are not a power of two apart, which would crowd the cache's sets.
  const blockStride = nPart + columns;
  const finished = w.scratch(dtype, mBlock * blockStride);
  const blockStrideValue = w.argument(blockStride);
  const lhs = space.expr(contraction.lhs);
  const rhs = space.expr(contraction.rhs);
  const bodies = new Map<Node, Expr>();
  region.roots
    .filter((root) => root.node !== node)
    .forEach((root, i) => bodies.set(root.node, space.expr(after[i])));
  const at = space.form(own);

  // Sums of earlier blocks of k wait in memory of their own, padded to whole register blocks.
  const paddedM = roundUp(nm, rows) + rows;
  const paddedN = roundUp(nn, columns) + columns;
  // Whether there are several blocks is left to the run, so that one kernel serves any depth.
  const partial = placeholder(nk > kBlock ? [nb, paddedM, paddedN] : [1], dtype);
  const waitingSums = w.temporary(partial);
  const waitingRows = w.argument(paddedM);
  const waitingColumns = w.argument(paddedN);

  /** The full index of loops, given flat positions within each letter. */
  const indexAt = (flat: Partial<Record<"b" | "m" | "n" | "k", Value>>): Value[] => {
    const index = sizes.map((): Value => int(0));
    for (const letter of ["b", "m", "n", "k"] as const) {
      const axes = axesOf(letter);
      const position = flat[letter];
      if (!position || axes.length === 0) continue;
      const values = unflatten(
        b,
        position,
        axes.map((axis) => sizes[axis]),
      );
      axes.forEach((axis, i) => (index[axis] = values[i]));
    }
    return index;
  };

  /** Copies one side's block into panels of `width`: [panel][k][width], zeros beyond its end. */
  const pack = (
    side: "m" | "n",
    expr: Expr,
    into: BufferParam,
    width: number,
    batch: Value,
    from: Value,
    to: Value,
    k0: Value,
    depth: Value,
  ): void => {
    const axes = axesOf(side);
    const axis = axes.length === 1 ? axes[0] : -1;
    const step = axis >= 0 ? Math.min(lanes, lanesFor(target, [expr], axis)) : 1;
    const usable = step > 1 && width % step === 0 ? step : 1;
    b.for(from, to, int(width), (start) => {
      const panel = b.mul(b.sub(start, from), depth);
      const full = b.op("le", BOOL, b.add(start, int(width)), side === "m" ? M : N);
      const slow = (): void =>
        b.for(int(0), int(width), int(1), (j) => {
          const position = b.add(start, j);
          const inside = b.op("lt", BOOL, position, side === "m" ? M : N);
          b.if(
            inside,
            () =>
              b.for(int(0), depth, int(1), (k) => {
                const index = indexAt({ b: batch, [side]: position, k: b.add(k0, k) });
                const emit = emitterAt(w, { index, vector: -1, lanes: 1 }, () => undefined);
                const value = emit(expr);
                b.store(b.address(into, b.add(b.add(panel, j), b.mul(k, int(width)))), value);
              }),
            () =>
              b.for(int(0), depth, int(1), (k) =>
                b.store(
                  b.address(into, b.add(b.add(panel, j), b.mul(k, int(width)))),
                  literal(0, dtype),
                ),
              ),
          );
        });
      if (usable === 1) return slow();
      b.if(
        full,
        () =>
          b.for(int(0), depth, int(1), (k) => {
            const pointer = b.address(into, b.add(panel, b.mul(k, int(width))));
            for (let j = 0; j < width; j += usable) {
              const position = b.add(start, int(j));
              const index = indexAt({ b: batch, [side]: position, k: b.add(k0, k) });
              const point: Point = { index, vector: axis, lanes: usable };
              const value = emitterAt(w, point, () => undefined)(expr);
              b.store(pointer, b.splat(value, usable), j);
            }
          }),
        slow,
      );
    });
  };

  const epilogue = (point: Point, core: Value): void => {
    const known: Known = (source, _, emit) =>
      source === node ? core : bodies.has(source) ? emit(bodies.get(source)!) : undefined;
    const emit = emitterAt(w, point, known);
    const values = stored.map((root) => (root.node === node ? core : emit(bodies.get(root.node)!)));
    stored.forEach((root, i) => storeAt(w, root, at, point, values[i]));
  };
  const nAxes = axesOf("n");
  const nAxis = nAxes.length === 1 ? nAxes[0] : -1;
  const wideAfter =
    lanes > 1 &&
    nAxis >= 0 &&
    (bodies.size === 0 || lanesFor(target, [...bodies.values()], nAxis) === lanes);
  const steps = wideAfter ? [lanes, 1] : [1];
  // Compilers of vectors repeat short loops by themselves. What is written out here they order anew,
  // loads first, and more values are alive at once than there are registers.
  const unroll = lanes > 1 ? 1 : Math.max(1, Math.floor(32 / (rows * vectors)));

  const isLast = (k0: Value, depth: Value): Value => b.op("le", BOOL, K, b.add(k0, depth));

  /** What comes after the contraction, over a block of sums, row by row. */
  const finishBlock = (batch: Value, mFrom: Value, mTo: Value, nFrom: Value, nTo: Value): void =>
    b.for(mFrom, mTo, int(1), (m) => {
      const row = b.sub(b.mul(b.sub(m, mFrom), blockStrideValue), nFrom);
      vectorLoop(b, nFrom, nTo, steps, (n, count) => {
        const core = b.load(b.address(finished, b.add(row, n)), 0, count);
        const index = indexAt({ b: batch, m, n });
        epilogue({ index, vector: count > 1 ? nAxis : -1, lanes: count }, core);
      });
    });

  /** One register block: rows × columns of the output over `depth` terms. */
  const registerBlock = (
    batch: Value,
    m: Value,
    n: Value,
    panelA: Value,
    panelB: Value,
    k0: Value,
    depth: Value,
    inBlock: Value,
  ): void => {
    const sums: Var[][] = [];
    for (let r = 0; r < rows; r++) {
      sums.push([]);
      for (let v = 0; v < vectors; v++) sums[r].push(b.mutable(literal(0, dtype, lanes)));
    }
    const waiting = (r: number, v: number): Var =>
      b.address(
        waitingSums,
        b.add(
          b.mul(b.add(b.mul(batch, waitingRows), b.add(m, int(r))), waitingColumns),
          b.add(n, int(v * lanes)),
        ),
      );
    const each = (visit: (sum: Var, r: number, v: number) => void): void =>
      sums.forEach((row, r) => row.forEach((sum, v) => visit(sum, r, v)));
    b.if(b.op("lt", BOOL, int(0), k0), () =>
      each((sum, r, v) => b.set(sum, b.load(waiting(r, v), 0, lanes))),
    );
    const a = b.mutable(b.address(packedA, panelA));
    const c = b.mutable(b.address(packedB, panelB));
    const terms = (count: number): void => {
      for (let k = 0; k < count; k++) {
        const right = Array.from({ length: vectors }, (_, v) =>
          b.load(c, k * columns + v * lanes, lanes),
        );
        for (let r = 0; r < rows; r++) {
          const left = b.splat(b.load(a, k * rows + r), lanes);
          for (let v = 0; v < vectors; v++)
            b.set(sums[r][v], b.op("fma", vector, left, right[v], sums[r][v]));
        }
      }
      b.advance(a, int(count * rows));
      b.advance(c, int(count * columns));
    };
    if (unroll === 1) b.for(int(0), depth, int(1), () => terms(1));
    else {
      const [turns] = b.divide(depth, int(unroll));
      const even = b.mul(turns, int(unroll));
      b.for(int(0), even, int(unroll), () => terms(unroll));
      b.for(even, depth, int(1), () => terms(1));
    }

    b.if(
      isLast(k0, depth),
      () => {
        const place = b.mutable(b.address(finished, inBlock));
        sums.forEach((row) => {
          row.forEach((sum, v) => b.store(place, sum, v * lanes));
          b.advance(place, blockStrideValue);
        });
      },
      () => each((sum, r, v) => b.store(waiting(r, v), sum)),
    );
  };

  const mPartValue = w.argument(mPart);
  const nPartValue = w.argument(nPart);
  const mBlockValue = w.argument(mBlock);
  const kBlockValue = w.argument(kBlock);
  const mPartsValue = w.argument(mParts);
  const nPartsValue = w.argument(nParts);
  b.for(b.begin, b.end, int(1), (piece) => {
    const [rest, nIndex] = b.divide(piece, nPartsValue);
    const [batch, mIndex] = b.divide(rest, mPartsValue);
    const m0 = b.mul(mIndex, mPartValue);
    const m1 = b.min(b.add(m0, mPartValue), M);
    const n0 = b.mul(nIndex, nPartValue);
    const n1 = b.min(b.add(n0, nPartValue), N);
    b.for(int(0), K, kBlockValue, (k0) => {
      const depth = b.min(kBlockValue, b.sub(K, k0));
      pack("n", rhs, packedB, columns, batch, n0, n1, k0, depth);
      b.for(m0, m1, mBlockValue, (mStart) => {
        const mEnd = b.min(b.add(mStart, mBlockValue), m1);
        pack("m", lhs, packedA, rows, batch, mStart, mEnd, k0, depth);
        b.for(n0, n1, int(columns), (n) => {
          const panelB = b.mul(b.sub(n, n0), depth);
          b.for(mStart, mEnd, int(rows), (m) => {
            const row = b.sub(m, mStart);
            const inBlock = b.add(b.mul(row, blockStrideValue), b.sub(n, n0));
            registerBlock(batch, m, n, b.mul(row, depth), panelB, k0, depth, inBlock);
          });
        });
        b.if(isLast(k0, depth), () => finishBlock(batch, mStart, mEnd, n0, n1));
      });
    });
  });
  return w.finish(nameOf(region), nb * mParts * nParts, 2 * nb * nm * nn * nk);
}

const BOOL: Type = { dtype: "bool", lanes: 1 };
