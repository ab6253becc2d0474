import { argumentLayout } from "../../codegen/wasm/abi.ts";
import { coerce, viewArray } from "../../ir/dtype.ts";
import { type CommandEncoding, type CommandMemory } from "../commands.ts";
import { CALL, COMMAND_BYTES, LOOP, MOVE_BYTES } from "./control.ts";
import { type WasmMemory } from "./memory.ts";

/** Commands in the memory that the kernels work on. */
export function wasmEncoding(
  memory: WasmMemory,
  rest: Pick<CommandEncoding, "kernel" | "share">,
): CommandEncoding {
  return {
    commandBytes: COMMAND_BYTES,
    moveBytes: MOVE_BYTES,
    layout: argumentLayout,
    allocate: (bytes) => commandsAt(memory, memory.allocate(bytes)),
    ...rest,
  };
}

function commandsAt(memory: WasmMemory, address: number): CommandMemory {
  const words = (at: number, values: readonly number[]): void =>
    memory.views.i32.set(values, at / 4);
  return {
    address,
    call: (at, kernel, args, _, { pieces }, share) =>
      words(at, [CALL, kernel, args, pieces, share]),
    loop: (at, count, moves, moveCount, bodyBytes) =>
      words(at, [LOOP, count, moves, moveCount, bodyBytes]),
    move: (at, slot, by) => words(at, [slot, by]),
    pointer: (slot, value) => words(slot, [value]),
    movePointer(slot, by) {
      memory.views.i32[slot / 4] += by;
    },
    int: (slot, value) => words(slot, [value]),
    scalar(slot, dtype, value) {
      const { f32, f64, i32 } = memory.views;
      if (dtype === "f64") f64[slot / 8] = value;
      else if (dtype === "f32") f32[slot / 4] = value;
      else if (dtype === "i64") viewArray(dtype, f64.buffer, slot, 1)[0] = value;
      else i32[slot / 4] = coerce(dtype, value);
    },
    free: () => memory.free(address),
  };
}
