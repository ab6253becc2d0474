import { sizeOf } from "../../../ir/shape.ts";
import { int, literal } from "../../loop/builder.ts";
import { philox } from "../../loop/philox.ts";
import { type Target, type Type, type Value } from "../../loop/loop.ts";
import { type Region } from "../../region.ts";
import { emitterAt } from "../emit.ts";
import { pieceLoop, vectorLoop } from "../loops.ts";
import { KernelWriter, type LoweredKernel, PIECE } from "../writer.ts";
import { BOOL } from "./lines.ts";

/** Philox words: all four of each counter, so that no round is computed twice. */
export function lowerRandom(region: Region, target: Target): LoweredKernel[] {
  const node = region.core!;
  const elements = sizeOf(node.shape);
  const quarter = Math.ceil(elements / 4);
  const w = new KernelWriter(target, [node]);
  const { b } = w;
  const scalar = emitterAt(w, { index: [], vector: -1, lanes: 1 }, () => undefined);
  const [low, high, stream] = region.operands.map(scalar);
  const out = w.buffer(node);
  const count = w.argument(elements);
  const q = w.argument(quarter);
  const lanes = target.vectorBytes > 0 ? target.vectorBytes / 4 : 1;
  // Counters below this one have all four of their words within the array.
  const whole = w.argument(Math.max(0, elements - 3 * quarter));
  const words = (counter: Value, n: number): readonly Value[] => {
    const type: Type = { dtype: "u32", lanes: n };
    const base = b.op("cast", { dtype: "u32", lanes: 1 }, counter);
    const first =
      n === 1 ? base : b.op("cast", type, b.op("ramp", { dtype: "i32", lanes: n }, counter));
    const zero = literal(0, "u32", n);
    return philox(b, [first, b.splat(stream, n), zero, zero], [low, high]);
  };
  pieceLoop(b, w.argument(PIECE), q, (from, to) => {
    const middle = b.op("max", int(0).type, from, b.min(whole, to));
    vectorLoop(b, from, middle, lanes, false, (c, n) =>
      words(c, n).forEach((word, k) => b.store(b.address(out, b.add(b.mul(q, int(k)), c)), word)),
    );
    b.for(middle, to, int(1), (c) =>
      words(c, 1).forEach((word, k) => {
        const position = b.add(b.mul(q, int(k)), c);
        b.if(b.op("lt", BOOL, position, count), () => b.store(b.address(out, position), word));
      }),
    );
  });
  return [w.finish("random", Math.ceil(quarter / PIECE), 40 * elements)];
}
