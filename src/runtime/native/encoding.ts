import { argumentLayout } from "../../codegen/c/abi.ts";
import { type Kernel } from "../../compiler/loop/loop.ts";
import { coerce, viewArray } from "../../ir/dtype.ts";
import { type CommandEncoding, type CommandMemory } from "../commands.ts";
import { type Runner } from "./library.ts";
import { CALL, COMMAND_BYTES, LOOP, MOVE_BYTES } from "./runner.ts";

/** The upper half of a word of 64 bits counts these. */
const HALF = 2 ** 32;

const layouts = new WeakMap<Kernel, ReturnType<typeof argumentLayout>>();

function layoutOf(kernel: Kernel): ReturnType<typeof argumentLayout> {
  let layout = layouts.get(kernel);
  if (!layout) layouts.set(kernel, (layout = argumentLayout(kernel)));
  return layout;
}

/** Commands in memory that the garbage collector owns, by their addresses. */
export const nativeEncoding = (
  runner: Pick<Runner, "addressOf">,
  rest: Pick<CommandEncoding, "kernel" | "share">,
): CommandEncoding => ({
  commandBytes: COMMAND_BYTES,
  moveBytes: MOVE_BYTES,
  layout: layoutOf,
  allocate: (bytes) => commandsIn(new ArrayBuffer(bytes + 8), runner),
  ...rest,
});

function commandsIn(memory: ArrayBuffer, runner: Pick<Runner, "addressOf">): CommandMemory {
  const address = runner.addressOf(memory);
  const i32 = new Int32Array(memory);
  const f32 = new Float32Array(memory);
  const f64 = new Float64Array(memory);
  let calls = 0;
  const word = (at: number): number => (at - address) / 4;
  /** Words of 64 bits; the machines that this runs on put the lower half first. */
  const words = (at: number, values: readonly number[]): void => {
    let i = word(at);
    for (const value of values) {
      i32[i++] = value | 0;
      i32[i++] = Math.floor(value / HALF);
    }
  };
  const pointerAt = (slot: number): number => i32[word(slot) + 1] * HALF + (i32[word(slot)] >>> 0);
  return {
    address,
    call(at, kernel, args, layout, step, share) {
      const { scalarsAt, intsAt } = layout as ReturnType<typeof argumentLayout>;
      words(at, [CALL, kernel, args, args + scalarsAt, args + intsAt, step.pieces, share, calls++]);
    },
    loop: (at, count, moves, moveCount, bodyBytes) =>
      words(at, [LOOP, count, moves, moveCount, bodyBytes]),
    move: (at, slot, by) => words(at, [slot, by]),
    pointer: (slot, value) => words(slot, [value]),
    movePointer: (slot, by) => words(slot, [pointerAt(slot) + by]),
    int(slot, value) {
      i32[word(slot)] = value;
    },
    scalar(slot, dtype, value) {
      if (dtype === "f64") f64[(slot - address) / 8] = value;
      else if (dtype === "f32") f32[word(slot)] = value;
      else if (dtype === "i64") viewArray(dtype, memory, slot - address, 1)[0] = value;
      else i32[word(slot)] = coerce(dtype, value);
    },
    free: () => undefined,
  };
}
