import { type Node } from "../../../ir/node.ts";
import { type Expr } from "../../expr.ts";
import { int } from "../../loop/builder.ts";
import { type Target, type Value } from "../../loop/loop.ts";
import { emitterAt } from "../emit.ts";
import { KernelWriter, type LoweredKernel } from "../writer.ts";
import { IN, OF_WINDOW, squareAt, TAPS, transformed } from "./transforms.ts";

/** Writes the transformed windows, as [place in the tile][output channel][input channel]. */
export function lowerWindows(
  target: Target,
  windows: Expr,
  into: Node,
  [outputs, inputs]: readonly [outputs: number, inputs: number],
  lanes: number,
): LoweredKernel {
  const w = new KernelWriter(target, [into]);
  const { b } = w;
  const { dtype } = into;
  const O = w.argument(outputs);
  const C = w.argument(inputs);
  const gathered = w.scratch(dtype, TAPS * TAPS * lanes);
  const made = w.scratch(dtype, IN * IN * lanes);
  const out = w.buffer(into);
  b.for(b.begin, b.end, int(1), (o) =>
    b.for(int(0), C, int(lanes), (c) => {
      const count = b.min(int(lanes), b.sub(C, c));
      b.for(int(0), count, int(1), (i) => {
        const to = b.address(gathered, i);
        for (let y = 0; y < TAPS; y++)
          for (let x = 0; x < TAPS; x++) {
            const index: Value[] = [o, b.add(c, i), int(y), int(x)];
            const value = emitterAt(w, { index, vector: -1, lanes: 1 }, () => undefined)(windows);
            b.store(to, value, (y * TAPS + x) * lanes);
          }
      });
      const square = squareAt(b, b.address(gathered, int(0)), TAPS, lanes);
      const values = transformed(b, OF_WINDOW, square).flat();
      const place = (i: number): Value => b.add(b.mul(b.add(b.mul(int(i), O), o), C), c);
      b.if(
        b.op("eq", { dtype: "bool", lanes: 1 }, count, int(lanes)),
        () => values.forEach((value, i) => b.store(b.address(out, place(i)), value)),
        () => {
          const rest = b.address(made, int(0));
          values.forEach((value, i) => b.store(rest, value, i * lanes));
          values.forEach((_, i) =>
            b.for(int(0), count, int(1), (k) =>
              b.store(
                b.address(out, b.add(place(i), k)),
                b.load(b.address(made, b.add(int(i * lanes), k))),
              ),
            ),
          );
        },
      );
    }),
  );
  return w.finish("winograd_windows", outputs, outputs * inputs * IN * IN * 4);
}
