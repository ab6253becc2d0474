import { type Node } from "../../../ir/node.ts";
import { type ConvAttrs, placeholder } from "../../../ir/ops.ts";
import { int, literal } from "../../loop/builder.ts";
import { type Target, type Type, type Value, type Var } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { type Contraction, contractionOf, roundUp, SHARED } from "../contraction.ts";
import { epilogueOf, storedNodes } from "../epilogue.ts";
import { vectorLanes } from "../lanes.ts";
import { nameOf } from "../map.ts";
import { byHeight, rowsTimesPanel } from "../register-block.ts";
import { KernelWriter, type LoweredKernel } from "../writer.ts";
import { IN, OF_INPUT, OF_PRODUCTS, OUT, squareAt, TAPS, transformed } from "./transforms.ts";
import { lowerWindows } from "./windows.ts";

const BOOL: Type = { dtype: "bool", lanes: 1 };

/** Sizes of a convolution whose windows move one step at a time over a whole image. */
interface Sizes {
  readonly images: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the result. */
  readonly height: number;
  readonly width: number;
  readonly lanes: number;
  /** Columns of a panel: tiles that are multiplied together. */
  readonly columns: number;
}

/**
 * A convolution of 3 × 3 windows over many channels by Winograd's minimal algorithm: tiles of the input and
 * the windows are transformed, their products summed over the channels for each place in the tile, and the
 * sums transformed back. A piece of work is some rows of tiles, which stay in the cache from the first step
 * to what comes after the convolution.
 *
 * @returns undefined where it is another convolution, or the direct sum takes less time
 */
export function lowerWinograd(region: Region, target: Target): LoweredKernel[] | undefined {
  const sizes = sizesFor(region, target);
  if (!sizes) return undefined;
  const { outputs, inputs, lanes } = sizes;
  const { dtype } = region.core!;
  const windows = placeholder([IN * IN * outputs * inputs], dtype);
  return [
    lowerWindows(target, region.operands[1], windows, [outputs, inputs], lanes),
    lowerTiles(region, target, sizes, windows),
  ];
}

function sizesFor({ core, operands }: Region, target: Target): Sizes | undefined {
  if (core?.op.name !== "conv" || core.dtype !== "f32" || operands[0].kind !== "load")
    return undefined;
  const { stride, dilation, groups } = core.attrs as unknown as ConvAttrs;
  const [images, inputs] = core.inputs[0].shape;
  const [, outputs, height, width] = core.shape;
  const taps = core.inputs[1].shape.slice(2);
  const plain = [...stride, ...dilation, groups].every((n) => n === 1);
  if (!plain || taps.length !== 2 || taps.some((n) => n !== TAPS)) return undefined;
  // Elements of a row of the image lie side by side.
  if (operands[0].at.coeffs[3] !== 1) return undefined;
  const lanes = vectorLanes(target, core.dtype);
  const columns = target.tile.vectors * lanes;
  const sizes = { images, inputs, outputs, height, width, lanes, columns };
  return lanes > 1 && pays(sizes) ? sizes : undefined;
}

/** Whether it takes clearly less time than the direct sum: both in multiplications of vectors. */
function pays({ images, inputs, outputs, height, width, lanes, columns }: Sizes): boolean {
  const tiles = images * Math.ceil(height / OUT) * Math.ceil(width / OUT);
  const panels = Math.ceil(tiles / columns);
  const pairs = inputs * outputs;
  const direct = (TAPS * TAPS * images * height * width * pairs) / lanes;
  const products = (IN * IN * panels * columns * pairs) / lanes;
  // Panels are what threads share. The choice must not depend on how many there are, as results do on it.
  const waiting = panels === 1 ? 2 : 1;
  const time = (products + TILE * tiles * (inputs + outputs)) * waiting + WINDOW * pairs;
  return direct > 1.2 * time;
}

/** Multiplications in the time that transforming one tile of a channel takes, and one window. */
const TILE = 80;
const WINDOW = 50;

function lowerTiles(
  region: Region,
  target: Target,
  { images, inputs, outputs, height, width, lanes, columns }: Sizes,
  windows: Node,
): LoweredKernel {
  const contraction: Contraction = contractionOf(region);
  const [input] = region.operands;
  if (input.kind !== "load") throw new Error("winograd: the input is not in memory");
  const { dtype } = region.core!;
  const { vectors } = target.tile;
  const w = new KernelWriter(target, storedNodes(region));
  const { b } = w;

  const across = Math.ceil(width / OUT);
  const down = Math.ceil(height / OUT);
  const rows = images * down;
  // Windows are read once for each part, so parts of few channels are short and those of many long.
  const most = columns * (inputs >= 128 ? 2 : 1);
  const shared = roundUp(Math.ceil((rows * across) / target.threads), columns);
  const perPart = Math.max(1, Math.min(rows, Math.floor(Math.min(most, shared) / across)));
  const room = roundUp(perPart * across, columns);
  const parts = Math.ceil(rows / perPart);

  const C = w.argument(inputs);
  const O = w.argument(outputs);
  const H = w.argument(height);
  const W = w.argument(width);
  const Across = w.argument(across);
  const Down = w.argument(down);
  const Rows = w.argument(rows);
  const PerPart = w.argument(perPart);
  const Room = w.argument(room);
  const form = w.form(input.at);
  const [imageStep, channelStep, rowStep] = form.coeffs;
  const source = w.buffer(input.source);
  const transformedWindows = w.buffer(windows);

  // Where each tile begins in the input and in the part's results, and how much of it there is.
  const table = w.scratch("i32", 4 * room);
  const gathered = w.scratch(dtype, IN * IN * lanes);
  const tiles = w.scratch(dtype, IN * IN * inputs * room);
  const products = w.scratch(dtype, IN * IN * outputs * room);
  const results = w.scratch(dtype, OUT * OUT * lanes);
  const finished = w.scratch(dtype, perPart * OUT * width);
  const finish = epilogueOf(w, region, contraction);

  const entry = (tile: Value, what: number): Var =>
    b.load(b.address(table, b.add(b.mul(tile, int(4)), int(what))));

  const writeTable = (from: Value, to: Value): void =>
    b.for(from, to, int(1), (row) => {
      const [image, ty] = b.divide(row, Down);
      const y = b.mul(ty, int(OUT));
      const part = b.sub(row, from);
      b.for(int(0), Across, int(1), (tx) => {
        const x = b.mul(tx, int(OUT));
        const tile = b.add(b.mul(part, Across), tx);
        const at = b.address(table, b.mul(tile, int(4)));
        const start = b.add(
          b.add(form.offset, b.mul(image, imageStep)),
          b.add(b.mul(y, rowStep), x),
        );
        b.store(at, start, 0);
        b.store(at, b.add(b.mul(b.mul(part, int(OUT)), W), x), 1);
        b.store(at, b.sub(H, y), 2);
        b.store(at, b.sub(W, x), 3);
      });
    });

  /** Whether all results of a tile are wanted. */
  const isWhole = (tile: Value): Value =>
    b.op("le", BOOL, int(OUT), b.min(entry(tile, 2), entry(tile, 3)));

  /** Visits `lanes` tiles at a time; those beyond the end are not there. */
  const eachVector = (count: Value, visit: (first: Value, present: Value) => void): void =>
    b.for(int(0), count, int(lanes), (first) =>
      visit(first, b.min(int(lanes), b.sub(count, first))),
    );

  const transformInput = (count: Value): void =>
    b.for(int(0), C, int(1), (c) =>
      eachVector(count, (first, present) => {
        b.for(int(0), present, int(1), (i) => {
          const tile = b.add(first, i);
          const to = b.address(gathered, i);
          const start = b.add(entry(tile, 0), b.mul(c, channelStep));
          const line = (y: number): Var => b.address(source, b.add(start, b.mul(rowStep, int(y))));
          const whole = (): void => {
            for (let y = 0; y < IN; y++)
              for (let x = 0; x < IN; x++) b.store(to, b.load(line(y), x), (y * IN + x) * lanes);
          };
          const part = (): void => {
            const [tall, wide] = [2, 3].map((what) => b.add(entry(tile, what), int(TAPS - 1)));
            for (let y = 0; y < IN; y++)
              for (let x = 0; x < IN; x++) {
                const there = b.op(
                  "and",
                  BOOL,
                  b.op("lt", BOOL, int(y), tall),
                  b.op("lt", BOOL, int(x), wide),
                );
                const place = (y * IN + x) * lanes;
                b.if(
                  there,
                  () => b.store(to, b.load(line(y), x), place),
                  () => b.store(to, literal(0, dtype), place),
                );
              }
          };
          b.if(isWhole(tile), whole, part);
        });
        const values = transformed(
          b,
          OF_INPUT,
          squareAt(b, b.address(gathered, int(0)), IN, lanes),
        ).flat();
        const [panel, column] = b.divide(first, int(columns));
        const place = b.add(b.mul(b.add(b.mul(panel, C), c), int(columns)), column);
        values.forEach((value, i) =>
          b.store(b.address(tiles, b.add(b.mul(b.mul(int(i), C), Room), place)), value),
        );
      }),
    );

  const multiply = (count: Value): void =>
    b.for(int(0), int(IN * IN), int(1), (place) =>
      b.for(int(0), count, int(columns), (first) => {
        const panel = b.address(tiles, b.mul(C, b.add(b.mul(place, Room), first)));
        b.for(int(0), O, int(target.tile.rows), (o) => {
          const block = (height: number): void => {
            const last = b.sub(O, int(1));
            const own = Array.from({ length: height }, (_, r) => {
              const row = b.add(b.mul(place, O), b.min(b.add(o, int(r)), last));
              return b.address(transformedWindows, b.mul(row, C));
            });
            const sums = rowsTimesPanel(b, { rows: own, panel, depth: C, vectors, lanes });
            sums.forEach((row, r) => {
              const at = b.add(b.mul(place, O), b.min(b.add(o, int(r)), last));
              const to = b.address(products, b.add(b.mul(at, Room), first));
              row.forEach((sum, v) => b.store(to, sum, v * lanes));
            });
          };
          byHeight(b, target.tile.rows, b.sub(O, o), block);
        });
      }),
    );

  /** The results of one channel, as rows of the image. */
  const transformProducts = (o: Value, count: Value): void =>
    eachVector(count, (first, present) => {
      const sums = Array.from({ length: IN }, (_, y) =>
        Array.from({ length: IN }, (_, x) => {
          const row = b.add(b.mul(int(y * IN + x), O), o);
          return b.load(b.address(products, b.add(b.mul(row, Room), first)), 0, lanes);
        }),
      );
      const made = b.address(results, int(0));
      transformed(b, OF_PRODUCTS, sums)
        .flat()
        .forEach((value, i) => b.store(made, value, i * lanes));
      b.for(int(0), present, int(1), (i) => {
        const tile = b.add(first, i);
        const from = b.address(results, i);
        const to = b.address(finished, entry(tile, 1));
        const line = (y: number): Var => b.address(to, b.mul(W, int(y)));
        const copy = (y: number, x: number): void =>
          b.store(line(y), b.load(from, (y * OUT + x) * lanes), x);
        const each = (visit: (y: number, x: number) => void): void => {
          for (let y = 0; y < OUT; y++) for (let x = 0; x < OUT; x++) visit(y, x);
        };
        b.if(
          isWhole(tile),
          () => each(copy),
          () =>
            each((y, x) => {
              const tall = b.op("lt", BOOL, int(y), entry(tile, 2));
              const wide = b.op("lt", BOOL, int(x), entry(tile, 3));
              b.if(b.op("and", BOOL, tall, wide), () => copy(y, x));
            }),
        );
      });
    });

  b.for(b.begin, b.end, int(1), (piece) => {
    const from = b.mul(piece, PerPart);
    const to = b.min(b.add(from, PerPart), Rows);
    const count = b.mul(b.sub(to, from), Across);
    writeTable(from, to);
    transformInput(count);
    multiply(count);
    b.for(int(0), O, int(1), (o) => {
      transformProducts(o, count);
      b.for(from, to, int(1), (row) => {
        const [image, ty] = b.divide(row, Down);
        const y = b.mul(ty, int(OUT));
        const start = b.mul(b.add(b.mul(image, H), y), W);
        const tall = b.min(int(OUT), b.sub(H, y));
        finish(finished, {
          ...{ batch: int(0), mFrom: o, mTo: b.add(o, int(1)) },
          ...{ nFrom: start, nTo: b.add(start, b.mul(tall, W)) },
          rowAt: () => b.mul(b.mul(b.sub(row, from), int(OUT)), W),
        });
      });
    });
  });
  const multiplications = IN * IN * parts * room * inputs * outputs;
  return w.finish(`winograd_${nameOf(region)}`, parts, 2 * Math.max(multiplications, SHARED));
}
