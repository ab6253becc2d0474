import { int } from "../loop/builder.ts";
import { type BufferParam, type Target, type Value, type Var } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { type Contraction, exchanged, roundUp, SHARED, sizesOf } from "./contraction.ts";
import { epilogueOf, storedNodes } from "./epilogue.ts";
import { vectorLanes } from "./lanes.ts";
import { nameOf } from "./map.ts";
import { packPanels } from "./pack-panels.ts";
import { prepareTerms, type Reading, readingOf, type Side, sideOf } from "./reading.ts";
import { rowsTimesPanel } from "./register-block.ts";
import { KernelWriter, type LoweredKernel } from "./writer.ts";

/**
 * A contraction of a large matrix with one vector, or with the few positions of one small image: what
 * inference of single samples consists of. Each number of the matrix is used only once or a few times, so
 * it is read from where it lies, and only the other side is packed.
 *
 * @returns undefined where the contraction is of another kind, or the matrix does not lie row by row
 */
export function lowerNarrow(
  region: Region,
  given: Contraction,
  target: Target,
): LoweredKernel | undefined {
  const { dtype } = region.core!;
  const lanes = vectorLanes(target, dtype);
  const columns = target.tile.vectors * lanes;
  if (lanes === 1) return undefined;
  for (const contraction of [given, exchanged(given)]) {
    if (!isNarrow(contraction, columns)) continue;
    const w = new KernelWriter(target, storedNodes(region));
    let batch: Value = int(0);
    const side = (letter: "m" | "n", size: number): Side =>
      sideOf(w, contraction, letter, w.argument(size), () => batch);
    const [nb, nm, nn, nk] = sizesOf(contraction);
    const matrix = side("m", nm);
    if (!isMatrix(matrix)) continue;
    const vectors = Math.ceil(nn / lanes);
    const reading = readingOf(w, side("n", nn), lanes, vectors * lanes, nk);
    const parts = target.threads === 1 || nb * nm * nn * nk < SHARED ? 1 : 2 * target.threads;
    const height = Math.min(12, Math.floor((2 * target.tile.rows) / vectors));
    const mPart = roundUp(Math.ceil(nm / parts), height);
    const mParts = Math.ceil(nm / mPart);
    writeNarrow(w, region, contraction, {
      ...{ matrix, reading, vectors, lanes, height },
      ...{ mPart: w.argument(mPart), mParts: w.argument(mParts), K: w.argument(nk) },
      packed: w.scratch(dtype, vectors * lanes * nk),
      atBatch: (value) => (batch = value),
    });
    return w.finish(nameOf(region), nb * mParts, 2 * nb * nm * nn * nk);
  }
  return undefined;
}

/** Few columns, of which no batch makes more: the first axis of n, a batch or an image, has size 1. */
function isNarrow({ shape, group }: Contraction, columns: number): boolean {
  const sizes = shape.filter((_, axis) => group[axis] === "n");
  return (sizes.length === 0 || sizes[0] === 1) && sizes.reduce((a, n) => a * n, 1) <= columns;
}

/** Whether each row's terms lie side by side in memory. */
const isMatrix = ({ expr, axes, kAxes }: Side): boolean =>
  expr.kind === "load" && axes.length === 1 && kAxes.length === 1 && expr.at.coeffs[kAxes[0]] === 1;

interface Narrow {
  readonly matrix: Side;
  readonly reading: Reading;
  readonly vectors: number;
  readonly lanes: number;
  /** Rows of a register block. */
  readonly height: number;
  readonly mPart: Value;
  readonly mParts: Value;
  readonly K: Value;
  readonly packed: BufferParam;
  /** Sets the position along b that the sides are read at. */
  readonly atBatch: (value: Value) => void;
}

function writeNarrow(
  w: KernelWriter,
  region: Region,
  contraction: Contraction,
  { matrix, reading, vectors, lanes, height, mPart, mParts, K, packed, atBatch }: Narrow,
): void {
  const { b } = w;
  const { dtype } = region.core!;
  const { expr } = matrix;
  if (expr.kind !== "load") throw new Error("narrow: the matrix is not in memory");
  const width = vectors * lanes;
  const finished = w.scratch(dtype, height * width);
  const finish = epilogueOf(w, region, contraction);
  const source = w.buffer(expr.source);

  /** Rows from `m` on; rows beyond the last one repeat it, and what they give is not used. */
  const registerBlock = (m: Value): void => {
    const rows = Array.from({ length: height }, (_, r): Var => {
      const row = b.min(b.add(m, int(r)), b.sub(matrix.size, int(1)));
      return b.address(source, w.position(expr.at, matrix.index(row, int(0))));
    });
    const panel = b.address(packed, int(0));
    const sums = rowsTimesPanel(b, { rows, panel, depth: K, vectors, lanes });
    const place = b.address(finished, int(0));
    sums.forEach((row, r) => row.forEach((sum, v) => b.store(place, sum, r * width + v * lanes)));
  };

  b.for(b.begin, b.end, int(1), (piece) => {
    const [batch, part] = b.divide(piece, mParts);
    atBatch(batch);
    const m0 = b.mul(part, mPart);
    const m1 = b.min(b.add(m0, mPart), matrix.size);
    const n = reading.side.size;
    prepareTerms(w, reading, int(0), K);
    packPanels(w, reading, packed, width, { from: int(0), to: n, k0: int(0), depth: K });
    b.for(m0, m1, int(height), (m) => {
      registerBlock(m);
      finish(finished, {
        ...{ batch, mFrom: m, mTo: b.min(b.add(m, int(height)), m1), nFrom: int(0), nTo: n },
        rowAt: (row) => b.mul(b.sub(row, m), int(width)),
      });
    });
  });
}
