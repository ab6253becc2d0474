import { type Node } from "../../ir/node.ts";
import { type Affine, compose, contiguous } from "../affine.ts";
import { type Expr } from "../expr.ts";
import { int, literal } from "../loop/builder.ts";
import { type BufferParam, type Value } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { type Contraction, overContraction } from "./contraction.ts";
import { emitterAt, firstLanes, type Known, type Point } from "./emit.ts";
import { lanesFor, vectorLanes } from "./lanes.ts";
import { vectorLoop } from "./loops.ts";
import { storeAt } from "./map.ts";
import { walkOf } from "./walk.ts";
import { type KernelWriter } from "./writer.ts";

/** A part of the result of a contraction whose sums are complete. */
export interface FinishedBlock {
  readonly batch: Value;
  readonly mFrom: Value;
  readonly mTo: Value;
  readonly nFrom: Value;
  readonly nTo: Value;
  /** Where the sum of row `m` in column `nFrom` lies; those of the following columns follow it. */
  readonly rowAt: (m: Value) => Value;
}

/** The nodes that a contraction's kernel writes. */
export const storedNodes = (region: Region): Node[] =>
  region.roots.filter((root) => root.stored).map((root) => root.node);

/**
 * Writes what comes after a contraction, over a block of sums in `finished`: stretches of columns along
 * the last axis of n, row by row.
 */
export function epilogueOf(
  w: KernelWriter,
  region: Region,
  contraction: Contraction,
): (finished: BufferParam, block: FinishedBlock) => void {
  const { b, target } = w;
  const node = region.core!;
  const { shape, group } = contraction;
  const own: Affine = compose(contiguous(node.shape), contraction.output, shape.length);
  const others = region.roots.filter((root) => root.node !== node);
  const after = others.map((root) => overContraction(root.body, contraction));
  const stored = region.roots.filter((root) => root.stored);
  const walk = walkOf(w, shape, group, after, [own]);
  const bodies = new Map<Node, Expr>();
  others.forEach((root, i) => bodies.set(root.node, walk.expr(after[i])));
  const at = walk.form(own);
  const epilogue = (point: Point, core: Value): void => {
    const known: Known = (source, _, emit) =>
      source === node ? core : bodies.has(source) ? emit(bodies.get(source)!) : undefined;
    const emit = emitterAt(w, point, known);
    const values = stored.map((root) => (root.node === node ? core : emit(bodies.get(root.node)!)));
    stored.forEach((root, i) => storeAt(w, root, at, point, values[i]));
  };
  const nAxes = walk.axes("n");
  const nAxis = nAxes.length > 0 ? nAxes[nAxes.length - 1] : -1;
  const most = nAxis < 0 ? 1 : lanesFor(target, [...bodies.values()], nAxis);
  const lanes = vectorLanes(target, node.dtype);
  const wide = nAxis >= 0 && (bodies.size === 0 || most === lanes) ? lanes : 1;

  return (finished, { batch, mFrom, mTo, nFrom, nTo, rowAt }) => {
    const stretch = (start: Value, length: Value): void => {
      const along = walk.index({ n: start });
      b.for(mFrom, mTo, int(1), (m) => {
        const row = b.sub(rowAt(m), b.sub(nFrom, start));
        vectorLoop(b, int(0), length, wide, target.partial, (j, n, count) => {
          const from = b.address(finished, b.add(row, j));
          const core = count
            ? b.merge(from, int(0), count, literal(0, node.dtype, n))
            : b.load(from, 0, n);
          const index = walk.index({ b: batch, m });
          for (const axis of nAxes) index[axis] = along[axis];
          if (nAxis >= 0) index[nAxis] = b.add(along[nAxis], j);
          epilogue({ index, vector: n > 1 ? nAxis : -1, lanes: n, part: firstLanes(count) }, core);
        });
      });
    };
    if (nAxes.length <= 1) return stretch(nFrom, b.sub(nTo, nFrom));
    const sizes = walk.sizes("n");
    const start = b.mutable(nFrom);
    b.while(
      () => b.op("lt", { dtype: "bool", lanes: 1 }, start, nTo),
      () => {
        const inRow = b.sub(sizes[sizes.length - 1], walk.index({ n: start })[nAxis]);
        const length = b.min(inRow, b.sub(nTo, start));
        stretch(start, length);
        b.set(start, b.add(start, length));
      },
    );
  };
}
