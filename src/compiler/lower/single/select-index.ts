import { isFloat, limits } from "../../../ir/dtype.ts";
import { type WindowAttrs } from "../../../ir/ops.ts";
import { int, literal } from "../../loop/builder.ts";
import { type Builder } from "../../loop/builder.ts";
import { type Target, type Value } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { KernelWriter, type LoweredKernel } from "../writer.ts";
import { BOOL, eachLine, elementOf, ownElement, ownOf } from "./lines.ts";

/** Whether `x` comes before `best`: greater (or less), and NaN before all. */
function better(b: Builder, x: Value, best: Value, largest: boolean): Value {
  const wins = largest ? b.op("lt", BOOL, best, x) : b.op("lt", BOOL, x, best);
  if (!isFloat(x.type.dtype)) return wins;
  const firstNaN = b.op("and", BOOL, b.op("ne", BOOL, x, x), b.op("eq", BOOL, best, best));
  return b.op("or", BOOL, wins, firstNaN);
}

/** argMax and argMin. */
export function lowerArgMax(region: Region, target: Target): LoweredKernel[] {
  const node = region.core!;
  const input = node.inputs[0];
  const axis = node.attrs.axis as number;
  const largest = node.op.name === "argMax";
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  const own = ownOf(node);
  const size = w.argument(input.shape[axis]);
  const pieces = eachLine(w, input.shape, axis, input.shape[axis], (index) => {
    const best = b.mutable(literal(limits(input.dtype)[largest ? 0 : 1], input.dtype));
    const where = b.mutable(int(0));
    b.for(int(0), size, int(1), (i) => {
      const x = b.load(
        elementOf(
          w,
          region.operands[0],
          index.map((v, a) => (a === axis ? i : v)),
        ),
      );
      b.if(better(b, x, best, largest), () => {
        b.set(best, x);
        b.set(where, i);
      });
    });
    const outer = index.filter((_, a) => a !== axis);
    b.store(ownElement(w, node, own, outer), where);
  });
  return [w.finish(node.op.name, pieces, 2 * sizeProduct(input.shape))];
}

const sizeProduct = (shape: readonly number[]): number => shape.reduce((a, n) => a * n, 1);

/** windowSum and windowArgMax: every window by itself. */
export function lowerWindow(region: Region, target: Target): LoweredKernel[] {
  const node = region.core!;
  const input = node.inputs[0];
  const attrs = node.attrs as unknown as WindowAttrs;
  const rank = attrs.size.length;
  const lead = input.shape.length - rank;
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  const own = ownOf(node);
  const geometry = attrs.size.map((size, i) => ({
    size: w.argument(size),
    stride: w.argument(attrs.stride[i]),
    lo: w.argument(attrs.padLo[i]),
    dilation: w.argument(attrs.dilation[i]),
    extent: w.argument(input.shape[lead + i]),
  }));
  const sums = node.op.name === "windowSum";
  const taps = sizeProduct(attrs.size);
  const pieces = eachLine(w, node.shape, undefined, taps, (index) => {
    const dtype = input.dtype;
    const best = b.mutable(literal(sums ? 0 : limits(dtype)[0], dtype));
    // A window of -Infinity still names an entry of its own: the first that is not padding.
    const where = sums ? undefined : b.mutable(int(-1));
    const at = [...index];
    const descend = (axis: number, flat: Value): void => {
      if (axis === rank) {
        const x = b.load(elementOf(w, region.operands[0], at));
        if (!where) return b.set(best, b.op("add", best.type, best, x));
        const first = b.op("lt", BOOL, where, int(0));
        b.if(b.op("or", BOOL, first, better(b, x, best, true)), () => {
          b.set(best, x);
          b.set(where, flat);
        });
        return;
      }
      const { size, stride, lo, dilation, extent } = geometry[axis];
      const start = b.sub(b.mul(index[lead + axis], stride), lo);
      b.for(int(0), size, int(1), (tap) => {
        const position = b.add(start, b.mul(tap, dilation));
        const inside = b.op(
          "and",
          BOOL,
          b.op("le", BOOL, int(0), position),
          b.op("lt", BOOL, position, extent),
        );
        b.if(inside, () => {
          at[lead + axis] = position;
          descend(axis + 1, b.add(b.mul(flat, extent), position));
        });
      });
    };
    descend(0, int(0));
    // A window of nothing but padding names no entry: -1.
    b.store(ownElement(w, node, own, index), where ?? best);
  });
  return [w.finish(node.op.name, pieces, 3 * taps * sizeProduct(node.shape))];
}
