import { argumentLayout } from "../../codegen/wasm/abi.ts";
import { type Kernel } from "../../compiler/loop/loop.ts";
import { type KernelStep, type Plan, type Step } from "../../compiler/plan.ts";
import { coerce, type DType, itemBytes } from "../../ir/dtype.ts";
import { type WasmMemory } from "./memory.ts";
import { CALL, COMMAND_BYTES, LOOP, MOVE_BYTES } from "./control.ts";

/** A kernel call: its argument block, `args` bytes into the plan's block. */
interface Call {
  readonly kind: "call";
  readonly step: KernelStep;
  readonly kernel: number;
  readonly args: number;
}

/** An address in an argument block that moves by `by` bytes at each turn of a loop. */
interface Move {
  readonly slot: number;
  readonly by: number;
}

interface Loop {
  readonly kind: "loop";
  readonly count: number;
  readonly body: readonly (Call | Loop)[];
  readonly moves: readonly Move[];
}

/** Addresses to write when the memory they point into has moved: byte offset of a slot, bytes to add. */
interface Slots {
  readonly slots: { readonly slot: number; readonly offset: number }[];
  base: number;
}

interface Constant {
  readonly slots: { readonly slot: number; readonly dtype: DType }[];
  value: number | undefined;
}

/** Where the memory of one run lies. */
export interface Bases {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly constants: readonly number[];
  readonly arena: number;
}

/** A plan as a list of commands in the memory that its kernels work on. */
export interface BoundPlan {
  /** Runs the plan; `execute` runs the commands from one address to another. */
  run(bases: Bases, execute: (from: number, to: number) => void): void;
  /** Seconds of each kernel step, those in loops over all turns. */
  profile(
    bases: Bases,
    execute: (from: number, to: number) => void,
  ): { kernel: string; seconds: number }[];
  release(): void;
}

/** Where kernels are found and how their work is shared. */
export interface Binder {
  readonly memory: WasmMemory;
  /** The index of a kernel in the table, compiled if it is new. */
  kernelIndex(kernel: Kernel): number;
  /** How many pieces of a step a thread takes at a time; 0 where one thread does all of them. */
  share(step: KernelStep): number;
}

const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const newSlots = (): Slots => ({ slots: [], base: NaN });

/** Writes the commands and the argument blocks of a plan. */
export function bindPlan(plan: Plan, binder: Binder): BoundPlan {
  const { memory } = binder;
  const inputs = plan.inputs.map(newSlots);
  const outputs = plan.outputs.map(newSlots);
  const arena = newSlots();
  const constants = Array.from({ length: plan.constants }, (): Constant => ({
    slots: [],
    value: undefined,
  }));

  // First where everything will lie: commands, then moves, then argument blocks.
  let commandCount = 0;
  let moveCount = 0;
  let argBytes = 0;
  const calls: Call[] = [];
  const place = (step: Step, moves: Move[][]): Call | Loop => {
    commandCount++;
    if (step.kind === "loop") {
      const own: Move[] = [];
      const body = step.body.map((inner) => place(inner, [...moves, own]));
      moveCount += own.length;
      return { kind: "loop", count: step.count, body, moves: own };
    }
    const { kernel } = step;
    const layout = argumentLayout(kernel);
    const args = argBytes;
    argBytes += align8(layout.bytes);
    step.args.forEach((arg, i) => {
      if ("scratch" in arg) return;
      const slot = args + layout.buffers[i];
      const bytes = itemBytes(kernel.buffers[i].dtype);
      arg.advance?.forEach((by, level) => {
        if (by !== 0) moves[level].push({ slot, by: by * bytes });
      });
      const place = plan.buffers[arg.buffer].place;
      const list =
        place.kind === "arena" ? arena : (place.kind === "input" ? inputs : outputs)[place.index];
      const start = place.kind === "arena" ? place.offset : 0;
      list.slots.push({ slot, offset: start + arg.offset * bytes });
    });
    step.scalars.forEach((scalar, i) => {
      if (scalar.kind === "constant")
        constants[scalar.index].slots.push({
          slot: args + layout.scalars[i],
          dtype: kernel.scalars[i].type.dtype,
        });
    });
    const call: Call = { kind: "call", step, kernel: binder.kernelIndex(kernel), args };
    calls.push(call);
    return call;
  };
  const tree = plan.steps.map((step) => place(step, []));
  const movesAt = commandCount * COMMAND_BYTES;
  const argsAt = align8(movesAt + moveCount * MOVE_BYTES);
  const block = memory.allocate(argsAt + argBytes);
  const commands = block;
  const commandsEnd = block + movesAt;
  const base = block + argsAt;

  /** Stores a scalar argument the way its kernel reads it. */
  const writeScalar = (slot: number, dtype: DType, value: number): void => {
    const { f32, f64, i32 } = memory.views;
    const address = base + slot;
    if (dtype === "f64") f64[address / 8] = value;
    else if (dtype === "f32") f32[address / 4] = value;
    else i32[address / 4] = coerce(dtype, value);
  };

  /** Writes what stays from run to run: ints, fixed numbers, places in scratch memory. */
  const writeFixed = ({ step, args }: Call): void => {
    const { i32 } = memory.views;
    const layout = argumentLayout(step.kernel);
    step.ints.forEach((value, i) => {
      i32[(base + args + layout.ints[i]) / 4] = value;
    });
    step.args.forEach((arg, i) => {
      if ("scratch" in arg) i32[(base + args + layout.buffers[i]) / 4] = arg.scratch;
    });
    step.scalars.forEach((scalar, i) => {
      if (scalar.kind === "fixed")
        writeScalar(args + layout.scalars[i], step.kernel.scalars[i].type.dtype, scalar.value);
    });
  };
  for (const call of calls) writeFixed(call);

  const sizeOf = (nodes: readonly (Call | Loop)[]): number =>
    nodes.reduce(
      (bytes, node) => bytes + COMMAND_BYTES + (node.kind === "loop" ? sizeOf(node.body) : 0),
      0,
    );
  let command = commands;
  let move = block + movesAt;
  const write = (node: Call | Loop): void => {
    const { i32 } = memory.views;
    if (node.kind === "call") {
      const { step, kernel, args } = node;
      i32.set([CALL, kernel, base + args, step.pieces, binder.share(step)], command / 4);
      command += COMMAND_BYTES;
      return;
    }
    i32.set([LOOP, node.count, move, node.moves.length, sizeOf(node.body)], command / 4);
    command += COMMAND_BYTES;
    for (const { slot, by } of node.moves) {
      i32.set([base + slot, by], move / 4);
      move += MOVE_BYTES;
    }
    node.body.forEach(write);
  };
  tree.forEach(write);

  const pointAt = (list: Slots, address: number): void => {
    if (list.base === address) return;
    const { i32 } = memory.views;
    list.base = address;
    for (const { slot, offset } of list.slots) i32[(base + slot) / 4] = address + offset;
  };
  const setConstant = (constant: Constant, value: number): void => {
    if (Object.is(constant.value, value)) return;
    constant.value = value;
    for (const { slot, dtype } of constant.slots) writeScalar(slot, dtype, value);
  };
  const bind = (bases: Bases): void => {
    for (let i = 0; i < inputs.length; i++) pointAt(inputs[i], bases.inputs[i]);
    for (let i = 0; i < outputs.length; i++) pointAt(outputs[i], bases.outputs[i]);
    for (let i = 0; i < constants.length; i++) setConstant(constants[i], bases.constants[i]);
    pointAt(arena, bases.arena);
  };
  /** What stops half way leaves addresses in the middle of their loops: all must be written again. */
  const forget = (): void => {
    for (const list of [...inputs, ...outputs, arena]) list.base = NaN;
  };

  return {
    run(bases, execute) {
      bind(bases);
      try {
        execute(commands, commandsEnd);
      } catch (error) {
        forget();
        throw error;
      }
    },
    profile(bases, execute) {
      bind(bases);
      const seconds = new Map<Call, number>(calls.map((call) => [call, 0]));
      const shift = (loop: Loop, turns: number): void => {
        const { i32 } = memory.views;
        for (const { slot, by } of loop.moves) i32[(base + slot) / 4] += by * turns;
      };
      const visit = (nodes: readonly (Call | Loop)[], from: number): void => {
        let at = from;
        for (const node of nodes) {
          const next = at + sizeOf([node]);
          if (node.kind === "loop") {
            for (let turn = 0; turn < node.count; turn++) {
              visit(node.body, at + COMMAND_BYTES);
              shift(node, 1);
            }
            shift(node, -node.count);
          } else {
            const start = performance.now();
            execute(at, next);
            seconds.set(node, seconds.get(node)! + (performance.now() - start) / 1000);
          }
          at = next;
        }
      };
      try {
        visit(tree, commands);
      } catch (error) {
        forget();
        throw error;
      }
      return calls.map((call) => ({
        kernel: call.step.kernel.name,
        seconds: seconds.get(call)!,
      }));
    },
    release: () => memory.free(block),
  };
}
