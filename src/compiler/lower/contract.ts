import { type DType } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { placeholder } from "../../ir/ops.ts";
import { int, literal } from "../loop/builder.ts";
import { type Target, type Type, type Value, type Var } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { type Contraction, contractionOf, roundUp, SHARED, sizesOf } from "./contraction.ts";
import { epilogueOf, storedNodes } from "./epilogue.ts";
import { vectorLanes } from "./lanes.ts";
import { nameOf } from "./map.ts";
import { lowerNarrow } from "./narrow.ts";
import { packPanels } from "./pack-panels.ts";
import { packRows } from "./pack-rows.ts";
import { prepareTerms, readingOf, type Side, sideOf } from "./reading.ts";
import { byHeight } from "./register-block.ts";
import { KernelWriter, type LoweredKernel } from "./writer.ts";

/** The size of as few equal blocks of `n` as can be, none larger than `most`. */
const evenly = (n: number, most: number, unit: number): number =>
  n <= most ? n : roundUp(Math.ceil(n / Math.ceil(n / most)), unit);

/**
 * A contraction after Goto and van de Geijn: both sides are packed block by block into panels that the
 * register block reads in order; what comes before the contraction is computed while packing, what
 * comes after it while the results are still in registers.
 */
export function lowerContract(region: Region, target: Target): LoweredKernel {
  const contraction = contractionOf(region);
  return (
    lowerNarrow(region, contraction, target) ?? lowerBlocks(region, contraction, target, undefined)
  );
}

/** The panels of a right side that were packed before, and the kernel that packs them. */
export interface Panels {
  readonly node: Node;
  readonly kernel: LoweredKernel;
}

/** Packs a whole right side of one axis n and one axis k: [panel][k][column]. */
export function lowerPanels(contraction: Contraction, dtype: DType, target: Target): Panels {
  const [, , nn, nk] = sizesOf(contraction);
  const lanes = vectorLanes(target, dtype);
  const columns = target.tile.vectors * lanes;
  const count = Math.ceil(nn / columns);
  const node = placeholder([count, nk, columns], dtype);
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  const [N, K] = [w.argument(nn), w.argument(nk)];
  const side = sideOf(w, contraction, "n", N, () => int(0));
  const reading = readingOf(w, side, lanes, columns, nk);
  const into = w.buffer(node);
  const positionOf = (panel: Value): Value => b.mul(panel, int(columns));
  packPanels(w, reading, into, columns, {
    from: positionOf(b.begin),
    to: b.min(positionOf(b.end), N),
    k0: int(0),
    depth: K,
    origin: int(0),
  });
  return { node, kernel: w.finish("pack", count, nn * nk) };
}

/** The contraction by blocks; `panels` hold its right side where that was packed before. */
export function lowerBlocks(
  region: Region,
  contraction: Contraction,
  target: Target,
  panels: Node | undefined,
): LoweredKernel {
  const node = region.core!;
  const { dtype } = node;
  const w = new KernelWriter(target, storedNodes(region));
  const { b } = w;
  const [nb, nm, nn, nk] = sizesOf(contraction);
  const M = w.argument(nm);
  const N = w.argument(nn);
  const K = w.argument(nk);

  const lanes = vectorLanes(target, dtype);
  const { rows, vectors } = target.tile;
  const panelRows = rows;
  const columns = vectors * lanes;
  const vector: Type = { dtype, lanes };

  // How the work is cut: parts of m and n are pieces, blocks fit the caches.
  const kBlock = evenly(nk, target.tile.kBlock, lanes);
  const { mPart, nPart } = cut(nb, nm, nn, nk, rows, columns, target);
  const mParts = Math.ceil(nm / mPart);
  const nParts = Math.ceil(nn / nPart);
  const mBlock = roundUp(Math.min(mPart, target.tile.mBlock), rows);
  const strip = roundUp(Math.min(nPart, target.tile.strip), columns);

  let batchValue: Value = int(0);
  const side = (letter: "m" | "n", size: Value): Side =>
    sideOf(w, contraction, letter, size, () => batchValue);
  const lhs = readingOf(w, side("m", M), lanes, rows, target.tile.kBlock);
  const rhs = panels ? undefined : readingOf(w, side("n", N), lanes, columns, target.tile.kBlock);
  // The left side is read number by number, so its rows may stay as they are. They are not a power of
  // two apart, which would crowd the cache's sets.
  const byRows = lanes === 1 || lhs.kLanes === lanes;
  const rowStride = target.tile.kBlock + lanes;
  const packedA = w.scratch(dtype, byRows ? mBlock * rowStride : mBlock * kBlock);
  const packedB = panels ? w.buffer(panels) : w.scratch(dtype, nPart * kBlock);
  // Finished sums of one strip.
  const blockStride = strip + columns;
  const finished = w.scratch(dtype, mBlock * blockStride);
  const blockStrideValue = w.argument(blockStride);

  // Sums of earlier blocks of k wait in memory of their own, padded to whole register blocks.
  const paddedM = roundUp(nm, rows) + rows;
  const paddedN = roundUp(nn, columns) + columns;
  // Whether there are several blocks is left to the run, so that one kernel serves any depth.
  const partial = placeholder(nk > kBlock ? [nb, paddedM, paddedN] : [1], dtype);
  const waitingSums = w.temporary(partial);
  const waitingRows = w.argument(paddedM);
  const waitingColumns = w.argument(paddedN);

  const finish = epilogueOf(w, region, contraction);
  // Compilers of vectors repeat short loops by themselves. What is written out here they order anew,
  // loads first, and more values are alive at once than there are registers.
  const unroll = lanes > 1 ? 1 : Math.max(1, Math.floor(32 / (rows * vectors)));

  const isLast = (k0: Value, depth: Value): Value => b.op("le", BOOL, K, b.add(k0, depth));

  /** One register block: rows × columns of the output over `depth` terms. */
  const registerBlock = (
    rows: number,
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
          const left = b.splat(b.load(a, byRows ? r * rowStride + k : k * panelRows + r), lanes);
          for (let v = 0; v < vectors; v++)
            b.set(sums[r][v], b.op("fma", vector, left, right[v], sums[r][v]));
        }
      }
      b.advance(a, int(byRows ? count : count * panelRows));
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
  const stripValue = w.argument(strip);
  const mPartsValue = w.argument(mParts);
  const nPartsValue = w.argument(nParts);
  b.for(b.begin, b.end, int(1), (piece) => {
    const [rest, nIndex] = b.divide(piece, nPartsValue);
    const [batch, mIndex] = b.divide(rest, mPartsValue);
    batchValue = batch;
    const m0 = b.mul(mIndex, mPartValue);
    const m1 = b.min(b.add(m0, mPartValue), M);
    const n0 = b.mul(nIndex, nPartValue);
    const n1 = b.min(b.add(n0, nPartValue), N);
    b.for(int(0), K, kBlockValue, (k0) => {
      const depth = b.min(kBlockValue, b.sub(K, k0));
      if (rhs) prepareTerms(w, rhs, k0, depth);
      prepareTerms(w, lhs, k0, depth);
      if (rhs) packPanels(w, rhs, packedB, columns, { from: n0, to: n1, k0, depth });
      b.for(m0, m1, mBlockValue, (mStart) => {
        const mEnd = b.min(b.add(mStart, mBlockValue), m1);
        const block = { from: mStart, to: mEnd, k0, depth };
        if (byRows) packRows(w, lhs, packedA, int(rowStride), rows, block);
        else packPanels(w, lhs, packedA, rows, block);
        b.for(n0, n1, stripValue, (nStart) => {
          const nEnd = b.min(b.add(nStart, stripValue), n1);
          b.for(nStart, nEnd, int(columns), (n) => {
            const panelB = panels
              ? b.add(b.mul(n, K), b.mul(k0, int(columns)))
              : b.mul(b.sub(n, n0), depth);
            b.for(mStart, mEnd, int(rows), (m) => {
              const row = b.sub(m, mStart);
              const inBlock = b.add(b.mul(row, blockStrideValue), b.sub(n, nStart));
              const panelA = b.mul(row, byRows ? int(rowStride) : depth);
              const block = (rows: number): void =>
                registerBlock(rows, batch, m, n, panelA, panelB, k0, depth, inBlock);
              // The last rows may be few.
              byHeight(b, rows, b.sub(mEnd, m), block);
            });
          });
          b.if(isLast(k0, depth), () =>
            finish(finished, {
              ...{ batch, mFrom: mStart, mTo: mEnd, nFrom: nStart, nTo: nEnd },
              rowAt: (m) => b.mul(b.sub(m, mStart), blockStrideValue),
            }),
          );
        });
      });
    });
  });
  return w.finish(nameOf(region), nb * mParts * nParts, 2 * nb * nm * nn * nk);
}

/**
 * Sizes of the parts of m and n that are pieces of work. Each piece packs what it needs of both sides, so
 * many pieces pack the same again and again, and few keep threads waiting for the last one.
 */
function cut(
  nb: number,
  nm: number,
  nn: number,
  nk: number,
  rows: number,
  columns: number,
  { threads, tile }: Target,
): { mPart: number; nPart: number } {
  const least = Math.ceil(nn / tile.nBlock);
  const parts = (n: number, cuts: number, unit: number): number =>
    roundUp(Math.ceil(n / cuts), unit);
  let best = { mPart: parts(nm, 1, rows), nPart: parts(nn, least, columns) };
  if (threads === 1 || nb * nm * nn * nk < SHARED) return best;
  const most = 3 * threads;
  let lowest = Infinity;
  for (let nCuts = least; nCuts <= Math.max(least, most); nCuts++)
    for (let mCuts = 1; mCuts === 1 || nb * nCuts * mCuts <= most; mCuts++) {
      const mPart = parts(nm, mCuts, rows);
      const nPart = parts(nn, nCuts, columns);
      const [mParts, nParts] = [Math.ceil(nm / mPart), Math.ceil(nn / nPart)];
      const turns = Math.ceil((nb * mParts * nParts) / threads);
      // Of one term: the time until the last thread is done, in multiplications.
      const time = turns * (mPart * nPart + PACKING * (mPart + nPart));
      if (time < lowest) {
        lowest = time;
        best = { mPart, nPart };
      }
    }
  return best;
}

/** Multiplications in the time that packing one number takes. */
const PACKING = 12;

const BOOL: Type = { dtype: "bool", lanes: 1 };
