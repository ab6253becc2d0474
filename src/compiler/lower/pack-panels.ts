import { int, literal } from "../loop/builder.ts";
import { type BufferParam, type Type, type Value, type Var } from "../loop/loop.ts";
import { isRun, offsetAt, repeatOffset, runTo, writeOffsets } from "./offsets.ts";
import { FEW, writeParts } from "./parts.ts";
import {
  baseOf,
  type Block,
  elementAt,
  emitAt,
  type Reading,
  sideAxis,
  type Source,
} from "./reading.ts";
import { type KernelWriter } from "./writer.ts";

// Packing one side of a contraction as panels: for each term, the elements of neighbouring positions.

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** A panel that is being packed. */
interface Panel {
  readonly into: BufferParam;
  readonly width: number;
  /** The first position, and where in `into` its elements go. */
  readonly start: Value;
  readonly place: Value;
}

/** Panels of `width` positions: [panel][k][width]; what stands beyond the side's end is of no use. */
export function packPanels(
  w: KernelWriter,
  reading: Reading,
  into: BufferParam,
  width: number,
  block: Block,
): void {
  const { b } = w;
  const { side, source, lanes, kLanes } = reading;
  const { from, to, depth, origin = from } = block;
  const panelAt = (start: Value): Panel => ({
    into,
    width,
    start,
    place: b.mul(b.sub(start, origin), depth),
  });
  if (!source && lanes > 1) {
    const [whole] = b.divide(b.sub(b.min(to, side.size), from), int(width));
    const end = b.add(from, b.mul(whole, int(width)));
    packAlong(w, reading, panelAt, { ...block, to: end }, width);
    b.for(end, to, int(width), (start) => packSlowly(w, reading, panelAt(start), block));
    return;
  }
  b.for(from, to, int(width), (start) => {
    const panel = panelAt(start);
    const turns = kLanes > 1 && width % kLanes === 0;
    if (source) {
      const count = b.min(int(width), b.sub(side.size, start));
      writeOffsets(w, source.positions, source.at, side.axes, side.sizes, start, count);
      if (lanes === 1 && !turns) return packSlowly(w, reading, panel, block);
      // Positions beyond the end repeat the last one: what they give is not used.
      repeatOffset(w, source.positions, count, int(width));
      if (lanes > 1) packRuns(w, reading, source, panel, block);
      else packTurned(w, reading, panel, block);
      return;
    }
    const slow = (): void => packSlowly(w, reading, panel, block);
    if (!turns) return slow();
    const whole = b.op("le", BOOL, b.add(start, int(width)), side.size);
    b.if(whole, () => packTurned(w, reading, panel, block), slow);
  });
}

/** Where element `k` of column `j` of a panel goes. */
const placeIn = (w: KernelWriter, { into, width, place }: Panel, k: Value, j: Value): Var =>
  w.b.address(into, w.b.add(w.b.add(place, j), w.b.mul(k, int(width))));

/** Position by position, with zeros beyond the end. */
function packSlowly(
  w: KernelWriter,
  { side, source }: Reading,
  panel: Panel,
  { k0, depth }: Block,
): void {
  const { b } = w;
  b.for(int(0), int(panel.width), int(1), (j) => {
    const position = b.add(panel.start, j);
    const column = (): void => {
      const own = source && b.add(baseOf(w, source, side), offsetAt(w, source.positions, j));
      b.for(int(0), depth, int(1), (k) => {
        const value = source
          ? b.load(elementAt(w, source, own!, offsetAt(w, source.k, k)))
          : emitAt(w, side, { index: side.index(position, b.add(k0, k)), vector: -1, lanes: 1 });
        b.store(placeIn(w, panel, k, j), value);
      });
    };
    const zeros = (): void =>
      b.for(int(0), depth, int(1), (k) =>
        b.store(placeIn(w, panel, k, j), literal(0, side.expr.dtype)),
      );
    b.if(b.op("lt", BOOL, position, side.size), column, zeros);
  });
}

/**
 * Neighbouring positions lie side by side. Term by term through all panels: memory is read in the order in
 * which it lies.
 */
function packAlong(
  w: KernelWriter,
  { side, lanes }: Reading,
  panelAt: (start: Value) => Panel,
  { from, to, k0, depth }: Block,
  width: number,
): void {
  const { b } = w;
  b.for(int(0), depth, int(1), (k) =>
    b.for(from, to, int(width), (start) => {
      const pointer = placeIn(w, panelAt(start), k, int(0));
      for (let j = 0; j < width; j += lanes) {
        const index = side.index(b.add(start, int(j)), b.add(k0, k));
        const value = emitAt(w, side, { index, vector: sideAxis(side), lanes });
        b.store(pointer, b.splat(value, lanes), j);
      }
    }),
  );
}

/**
 * Runs of neighbouring positions: whole vectors of them where they are long enough; where they lie side
 * by side, other vectors are put together of parts of several runs.
 */
function packRuns(
  w: KernelWriter,
  { side, lanes }: Reading,
  source: Source,
  panel: Panel,
  { depth }: Block,
): void {
  const { b } = w;
  const base = baseOf(w, source, side);
  const last = side.axes[side.axes.length - 1];
  const step = source.at.coeffs[last] === 1 ? undefined : w.form(source.at).coeffs[last];
  const vectors = Array.from({ length: panel.width / lanes }, (_, v) => v * lanes);
  const first = vectors.map((j) => b.add(base, offsetAt(w, source.positions, int(j))));
  const eachTerm = (copy: (j: number, v: number, offset: Value, to: Var) => void): void =>
    b.for(int(0), depth, int(1), (k) => {
      const offset = offsetAt(w, source.k, k);
      vectors.forEach((j, v) => copy(j, v, offset, placeIn(w, panel, k, int(j))));
    });
  const whole = vectors.map((j) => isRun(w, source.positions, int(j), lanes));
  const fast = (): void =>
    eachTerm((_, v, offset, to) =>
      b.store(to, b.load(elementAt(w, source, first[v], offset), 0, lanes, step)),
    );
  const oneByOne = (): void =>
    eachTerm((j, _, offset, to) =>
      b.for(int(0), int(lanes), int(1), (i) => {
        const own = b.add(base, offsetAt(w, source.positions, b.add(int(j), i)));
        b.store(b.address(to, i), b.load(elementAt(w, source, own, offset)));
      }),
    );
  const inParts = (): void => {
    const parts = writeParts(w, source.positions, source.parts, vectors, lanes);
    const empty = literal(0, side.expr.dtype, lanes);
    const merge = (p: Value, offset: Value, into: Value): Value =>
      b.merge(
        elementAt(w, source, b.add(base, parts.offset(p)), offset),
        parts.low(p),
        parts.high(p),
        into,
      );
    // Where a vector is made of few parts, where they lie is known before the loop over terms.
    const few = vectors.map((_, v) => parts.few(v));
    b.if(
      b.op("le", BOOL, parts.most, int(FEW)),
      () =>
        eachTerm((_, v, offset, to) =>
          b.store(
            to,
            few[v].reduce(
              (value: Value, part) =>
                b.merge(
                  elementAt(w, source, b.add(base, part.offset), offset),
                  part.low,
                  part.high,
                  value,
                ),
              empty,
            ),
          ),
        ),
      () =>
        eachTerm((_, v, offset, to) => {
          const value = b.mutable(empty);
          b.for(parts.from(v), parts.from(v + 1), int(1), (p) =>
            b.set(value, merge(p, offset, value)),
          );
          b.store(to, value);
        }),
    );
  };
  b.if(
    whole.reduce((all, one) => b.op("and", BOOL, all, one)),
    fast,
    step ? oneByOne : inParts,
  );
}

/** Neighbouring terms lie side by side: blocks of lanes × lanes are turned in registers. */
function packTurned(
  w: KernelWriter,
  { side, source, kLanes: lanes, block }: Reading,
  panel: Panel,
  { k0, depth }: Block,
): void {
  const { b } = w;
  const { expr } = side;
  const base = source && baseOf(w, source, side);
  const own = (j: Value): Value => b.add(base!, offsetAt(w, source!.positions, j));
  /** Terms one by one. */
  const single = (from: Value, to: Value): void =>
    b.for(from, to, int(1), (k) =>
      b.for(int(0), int(panel.width), int(1), (j) => {
        const value = source
          ? b.load(elementAt(w, source, own(j), offsetAt(w, source.k, k)))
          : emitAt(w, side, {
              index: side.index(b.add(panel.start, j), b.add(k0, k)),
              vector: -1,
              lanes: 1,
            });
        b.store(placeIn(w, panel, k, j), value);
      }),
    );
  /** The terms from `k` on, all lanes of them or the first `count`; those after them come later. */
  const turn = (k: Value, j: number, count?: Value): void => {
    const to = placeIn(w, panel, k, int(j));
    if (!block && expr.kind === "load") {
      const index = side.index(b.add(panel.start, int(j)), b.add(k0, k));
      const from = b.address(w.buffer(expr.source), w.position(expr.at, index));
      b.transpose(from, w.form(expr.at).coeffs[sideAxis(side)], to, int(panel.width), lanes);
      return;
    }
    b.for(int(0), int(lanes), int(1), (i) => {
      const read = (): Value => {
        if (!source)
          return emitAt(w, side, {
            index: side.index(b.add(b.add(panel.start, int(j)), i), b.add(k0, k)),
            vector: side.kAxes[0],
            lanes,
          });
        const from = elementAt(w, source, own(b.add(int(j), i)), offsetAt(w, source.k, k));
        return count
          ? b.merge(from, int(0), count, literal(0, expr.dtype, lanes))
          : b.load(from, 0, lanes);
      };
      b.store(b.address(block!, b.mul(i, int(lanes))), b.splat(read(), lanes));
    });
    b.transpose(b.address(block!, int(0)), int(lanes), to, int(panel.width), lanes);
  };
  const turnAll = (k: Value, count?: Value): void => {
    for (let j = 0; j < panel.width; j += lanes) turn(k, j, count);
  };
  if (!source) {
    const [turns] = b.divide(depth, int(lanes));
    const even = b.mul(turns, int(lanes));
    b.for(int(0), even, int(lanes), (k) => turnAll(k));
    single(even, depth);
    return;
  }
  // Along several axes terms come in runs; a block ends where a run does.
  const k = b.mutable(int(0));
  b.while(
    () => b.op("le", BOOL, b.add(k, int(lanes)), depth),
    () => {
      const next = b.mutable(b.add(k, int(lanes)));
      const lastRun = runTo(w, source.k, b.sub(next, int(1)));
      b.if(
        b.op("le", BOOL, int(lanes), lastRun),
        () => turnAll(k),
        () => {
          if (!w.target.partial) return single(k, next);
          const start = b.sub(next, lastRun);
          const count = b.sub(start, k);
          b.if(
            b.op("le", BOOL, count, runTo(w, source.k, b.sub(start, int(1)))),
            () => {
              turnAll(k, count);
              b.set(next, start);
            },
            () => single(k, next),
          );
        },
      );
      b.set(k, next);
    },
  );
  single(k, depth);
}
