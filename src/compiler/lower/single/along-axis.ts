import { isFloat } from "../../../ir/dtype.ts";
import { placeholder } from "../../../ir/ops.ts";
import { int, literal } from "../../loop/builder.ts";
import { type Target, type Value } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { sizeOf } from "../../../ir/shape.ts";
import { KernelWriter, type LoweredKernel } from "../writer.ts";
import { BOOL, eachLine, elementOf, ownElement, ownOf } from "./lines.ts";

/** Running sums, line by line. */
export function lowerCumsum(region: Region, target: Target): LoweredKernel[] {
  const node = region.core!;
  const axis = node.attrs.axis as number;
  const reverse = node.attrs.reverse as boolean;
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  const own = ownOf(node);
  const size = w.argument(node.shape[axis]);
  const pieces = eachLine(w, node.shape, axis, node.shape[axis], (index) => {
    const sum = b.mutable(literal(0, node.dtype));
    b.for(int(0), size, int(1), (i) => {
      const at = [...index];
      at[axis] = reverse ? b.sub(b.sub(size, int(1)), i) : i;
      b.set(sum, b.op("add", sum.type, sum, b.load(elementOf(w, region.operands[0], at))));
      b.store(ownElement(w, node, own, at), sum);
    });
  });
  return [w.finish("cumsum", pieces, 2 * sizeOf(node.shape))];
}

/** A copy of the base, then the updates in ascending order: lines never touch one another. */
export function lowerScatter(region: Region, target: Target): LoweredKernel[] {
  const node = region.core!;
  const [base, index, updates] = region.operands;
  const axis = node.attrs.axis as number;
  const mode = node.attrs.mode as string;
  const own = ownOf(node);

  const copy = new KernelWriter(target, [node]);
  const copyPieces = eachLine(copy, node.shape, undefined, 1, (at) =>
    copy.b.store(ownElement(copy, node, own, at), copy.b.load(elementOf(copy, base, at))),
  );
  const copied = copy.finish("copy", copyPieces, sizeOf(node.shape));

  const shape = node.inputs[1].shape;
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  w.buffer(node, "readwrite");
  const count = w.argument(shape[axis]);
  const extent = w.argument(node.shape[axis]);
  const pieces = eachLine(w, shape, axis, shape[axis], (line) =>
    b.for(int(0), count, int(1), (i) => {
      const at = line.map((v, a): Value => (a === axis ? i : v));
      const where = b.load(elementOf(w, index, at));
      const inside = b.op(
        "and",
        BOOL,
        b.op("le", BOOL, int(0), where),
        b.op("lt", BOOL, where, extent),
      );
      b.if(inside, () => {
        const update = b.load(elementOf(w, updates, at));
        const place = ownElement(
          w,
          node,
          own,
          line.map((v, a) => (a === axis ? where : v)),
        );
        if (mode === "set") return b.store(place, update);
        const op = node.dtype === "bool" && mode !== "min" ? "or" : mode;
        const combine = node.dtype === "bool" && mode === "min" ? "and" : op;
        b.store(place, b.op(combine, update.type, b.load(place), update));
      });
    }),
  );
  return [copied, w.finish(`scatter_${mode}`, pieces, 4 * sizeOf(shape))];
}

/** Positions that sort each line: merging runs of doubling length, which keeps equals in order. */
export function lowerArgsort(region: Region, target: Target): LoweredKernel[] {
  const node = region.core!;
  const axis = node.attrs.axis as number;
  const descending = node.attrs.descending as boolean;
  const n = node.shape[axis];
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  const own = ownOf(node);
  // Two halves a line, between which the passes alternate.
  const lines = sizeOf(node.shape) / Math.max(1, n);
  const halves = w.temporary(placeholder([lines, 2 * n], "i32"));
  const size = w.argument(n);
  const twice = b.mul(size, int(2));
  const pieces = eachLine(w, node.shape, axis, 8 * n, (line, flat) => {
    const start = b.mul(flat, twice);
    const slot = (half: Value, i: Value) => b.address(halves, b.add(half, i));
    const key = (position: Value): Value => {
      const at = [...line];
      at[axis] = position;
      return b.load(elementOf(w, region.operands[0], at));
    };
    /** Whether the entry of the right run goes first: only if strictly before that of the left. */
    const rightFirst = (left: Value, right: Value): Value => {
      const before = descending ? b.op("lt", BOOL, left, right) : b.op("lt", BOOL, right, left);
      if (!isFloat(left.type.dtype)) return before;
      const [number, nan] = descending ? [left, right] : [right, left];
      const ordered = b.op(
        "and",
        BOOL,
        b.op("ne", BOOL, nan, nan),
        b.op("eq", BOOL, number, number),
      );
      return b.op("or", BOOL, before, ordered);
    };
    const from = b.mutable(start);
    const to = b.mutable(b.add(start, size));
    b.for(int(0), size, int(1), (i) => b.store(slot(from, i), i));
    const width = b.mutable(int(1));
    b.while(
      () => b.op("lt", BOOL, width, size),
      () => {
        const step = b.mul(width, int(2));
        b.for(int(0), size, step, (low) => {
          const middle = b.min(b.add(low, width), size);
          const high = b.min(b.add(low, step), size);
          const i = b.mutable(low);
          const j = b.mutable(middle);
          b.for(low, high, int(1), (k) => {
            const leftLeft = b.op("lt", BOOL, i, middle);
            const rightLeft = b.op("lt", BOOL, j, high);
            const takeRight = b.mutable(rightLeft);
            b.if(b.op("and", BOOL, leftLeft, rightLeft), () =>
              b.set(takeRight, rightFirst(key(b.load(slot(from, i))), key(b.load(slot(from, j))))),
            );
            b.if(
              takeRight,
              () => {
                b.store(slot(to, k), b.load(slot(from, j)));
                b.set(j, b.add(j, int(1)));
              },
              () => {
                b.store(slot(to, k), b.load(slot(from, i)));
                b.set(i, b.add(i, int(1)));
              },
            );
          });
        });
        // Swap the halves: their starts add up to 2 * start + size.
        b.set(from, to);
        b.set(to, b.sub(b.add(b.mul(start, int(2)), size), from));
        b.set(width, step);
      },
    );
    b.for(int(0), size, int(1), (i) => {
      const at = [...line];
      at[axis] = i;
      b.store(ownElement(w, node, own, at), b.load(slot(from, i)));
    });
  });
  return [w.finish("argsort", pieces, 16 * sizeOf(node.shape))];
}
