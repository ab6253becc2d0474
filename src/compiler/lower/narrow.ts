import { int } from "../loop/builder.ts";
import { type Target, type Value } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { type Contraction, exchanged, roundUp, SHARED, sizesOf } from "./contraction.ts";
import { epilogueOf, storedNodes } from "./epilogue.ts";
import { vectorLanes } from "./lanes.ts";
import { nameOf } from "./map.ts";
import { eachPart, isMatrix, type Narrow, rowAt } from "./matrix.ts";
import { packPanels } from "./pack-panels.ts";
import { prepareTerms, readingOf, type Side, sideOf } from "./reading.ts";
import { rowsTimesPanel } from "./register-block.ts";
import { writeVector } from "./matrix-vector.ts";
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
    const height = nn === 1 ? lanes : Math.min(12, Math.floor((2 * target.tile.rows) / vectors));
    const mPart = roundUp(Math.ceil(nm / parts), height);
    const mParts = Math.ceil(nm / mPart);
    const narrow: Narrow = {
      ...{ matrix, reading, lanes, K: w.argument(nk) },
      ...{ rows: mPart, mPart: w.argument(mPart), mParts: w.argument(mParts) },
      packed: w.scratch(dtype, (nn === 1 ? 1 : vectors * lanes) * nk),
      atBatch: (value) => (batch = value),
    };
    if (nn === 1) writeVector(w, region, contraction, narrow);
    else writeColumns(w, region, contraction, narrow, vectors, height);
    return w.finish(nameOf(region), nb * mParts, 2 * nb * nm * nn * nk);
  }
  return undefined;
}

/** Few columns, of which no batch makes more: the first axis of n, a batch or an image, has size 1. */
function isNarrow({ shape, group }: Contraction, columns: number): boolean {
  const sizes = shape.filter((_, axis) => group[axis] === "n");
  return (sizes.length === 0 || sizes[0] === 1) && sizes.reduce((a, n) => a * n, 1) <= columns;
}

function writeColumns(
  w: KernelWriter,
  region: Region,
  contraction: Contraction,
  narrow: Narrow,
  vectors: number,
  height: number,
): void {
  const { b } = w;
  const { matrix, reading, lanes, K, packed } = narrow;
  const width = vectors * lanes;
  const finished = w.scratch(region.core!.dtype, height * width);
  const finish = epilogueOf(w, region, contraction);
  const n = reading.side.size;

  const registerBlock = (m: Value): void => {
    const rows = Array.from({ length: height }, (_, r) => rowAt(w, matrix, b.add(m, int(r))));
    const panel = b.address(packed, int(0));
    const sums = rowsTimesPanel(b, { rows, panel, depth: K, vectors, lanes });
    const place = b.address(finished, int(0));
    sums.forEach((row, r) => row.forEach((sum, v) => b.store(place, sum, r * width + v * lanes)));
  };
  const prepare = (): void => {
    prepareTerms(w, reading, int(0), K);
    packPanels(w, reading, packed, width, { from: int(0), to: n, k0: int(0), depth: K });
  };
  eachPart(w, narrow, prepare, (batch, m0, m1) =>
    b.for(m0, m1, int(height), (m) => {
      registerBlock(m);
      finish(finished, {
        ...{ batch, mFrom: m, mTo: b.min(b.add(m, int(height)), m1), nFrom: int(0), nTo: n },
        rowAt: (row) => b.mul(b.sub(row, m), int(width)),
      });
    }),
  );
}
