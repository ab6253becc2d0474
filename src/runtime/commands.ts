import { type Kernel } from "../compiler/loop/loop.ts";
import { type KernelStep, type Plan, type Step } from "../compiler/plan.ts";
import { type DType, itemBytes } from "../ir/dtype.ts";

// A plan as a list of commands that a device's runner walks through in one call: kernel calls, each with
// a block of arguments, and loops, which move the pointers of their calls from turn to turn.

/** Bytes from the start of an argument block at which each argument of a kernel lies. */
export interface ArgumentLayout {
  readonly buffers: readonly number[];
  readonly scalars: readonly number[];
  readonly ints: readonly number[];
  /** Of the whole block. */
  readonly bytes: number;
}

/** How a device's commands look, and the memory that they are written to. Addresses are bytes. */
export interface CommandEncoding {
  readonly commandBytes: number;
  readonly moveBytes: number;
  layout(kernel: Kernel): ArgumentLayout;
  /** Memory for commands and arguments. */
  allocate(bytes: number): CommandMemory;
  /** What stands for a kernel in a command; it is compiled if it is new. */
  kernel(kernel: Kernel): number;
  /** How many pieces of a step a thread takes at a time; 0 where one thread does all of them. */
  share(step: KernelStep): number;
}

/** Memory of a plan's commands; addresses are those that commands hold. */
export interface CommandMemory {
  readonly address: number;
  /** A call of `kernel` with the argument block at `args`. */
  call(
    at: number,
    kernel: number,
    args: number,
    layout: ArgumentLayout,
    step: KernelStep,
    share: number,
  ): void;
  /** The next `bodyBytes` of commands `count` times; after each turn the moves at `moves` are made. */
  loop(at: number, count: number, moves: number, moveCount: number, bodyBytes: number): void;
  /** Adds `by` to the pointer at `slot`. */
  move(at: number, slot: number, by: number): void;
  pointer(slot: number, value: number): void;
  movePointer(slot: number, by: number): void;
  int(slot: number, value: number): void;
  scalar(slot: number, dtype: DType, value: number): void;
  free(): void;
}

interface Call {
  readonly kind: "call";
  /** The kernel's name. */
  readonly name: string;
}

/** What is written for a call: its argument block lies `args` bytes into the plan's block. */
interface CallParts {
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

const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const newSlots = (): Slots => ({ slots: [], base: NaN });

/** A plan in its device's memory, and what changes from run to run there. */
interface Written {
  readonly memory: CommandMemory;
  /** Where the commands begin and end, and the argument blocks begin. */
  readonly commands: number;
  readonly commandsEnd: number;
  readonly base: number;
  readonly tree: readonly (Call | Loop)[];
  readonly inputs: readonly Slots[];
  readonly outputs: readonly Slots[];
  readonly arena: Slots;
  readonly constants: readonly Constant[];
}

const bytesOf = (nodes: readonly (Call | Loop)[], commandBytes: number): number =>
  nodes.reduce(
    (bytes, node) =>
      bytes + commandBytes + (node.kind === "loop" ? bytesOf(node.body, commandBytes) : 0),
    0,
  );

/**
 * Writes the commands and the argument blocks of a plan. What it returns does not hold the plan, which
 * takes more memory than all else: programs stay for long.
 */
function writePlan(plan: Plan, encoding: CommandEncoding): Written {
  const { commandBytes, moveBytes } = encoding;
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
  const parts = new Map<Call, CallParts>();
  const place = (step: Step, moves: Move[][]): Call | Loop => {
    commandCount++;
    if (step.kind === "loop") {
      const own: Move[] = [];
      const body = step.body.map((inner) => place(inner, [...moves, own]));
      moveCount += own.length;
      return { kind: "loop", count: step.count, body, moves: own };
    }
    const { kernel } = step;
    const layout = encoding.layout(kernel);
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
    const call: Call = { kind: "call", name: kernel.name };
    parts.set(call, { step, kernel: encoding.kernel(kernel), args });
    return call;
  };
  const tree = plan.steps.map((step) => place(step, []));
  const movesAt = commandCount * commandBytes;
  const argsAt = align8(movesAt + moveCount * moveBytes);
  const memory = encoding.allocate(argsAt + argBytes);
  const block = memory.address;
  const commands = block;
  const commandsEnd = block + movesAt;
  const base = block + argsAt;

  /** Writes what stays from run to run: ints, fixed numbers, places in scratch memory. */
  for (const { step, args } of parts.values()) {
    const layout = encoding.layout(step.kernel);
    const block = base + args;
    step.ints.forEach((value, i) => memory.int(block + layout.ints[i], value));
    step.args.forEach((arg, i) => {
      if ("scratch" in arg) memory.pointer(block + layout.buffers[i], arg.scratch);
    });
    step.scalars.forEach((scalar, i) => {
      if (scalar.kind === "fixed")
        memory.scalar(block + layout.scalars[i], step.kernel.scalars[i].type.dtype, scalar.value);
    });
  }
  let command = commands;
  let move = block + movesAt;
  const write = (node: Call | Loop): void => {
    if (node.kind === "call") {
      const { step, kernel, args } = parts.get(node)!;
      const layout = encoding.layout(step.kernel);
      memory.call(command, kernel, base + args, layout, step, encoding.share(step));
      command += commandBytes;
      return;
    }
    memory.loop(command, node.count, move, node.moves.length, bytesOf(node.body, commandBytes));
    command += commandBytes;
    for (const { slot, by } of node.moves) {
      memory.move(move, base + slot, by);
      move += moveBytes;
    }
    node.body.forEach(write);
  };
  tree.forEach(write);
  return { memory, commands, commandsEnd, base, tree, inputs, outputs, arena, constants };
}

/** A plan ready to be run. No function here may use `plan`: they would keep it. */
export function bindPlan(plan: Plan, encoding: CommandEncoding): BoundPlan {
  const { commandBytes } = encoding;
  const { memory, commands, commandsEnd, base, tree, inputs, outputs, arena, constants } =
    writePlan(plan, encoding);

  const pointAt = (list: Slots, address: number): void => {
    if (list.base === address) return;
    list.base = address;
    for (const { slot, offset } of list.slots) memory.pointer(base + slot, address + offset);
  };
  const setConstant = (constant: Constant, value: number): void => {
    if (Object.is(constant.value, value)) return;
    constant.value = value;
    for (const { slot, dtype } of constant.slots) memory.scalar(base + slot, dtype, value);
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
      const seconds = new Map<Call, number>();
      const shift = (loop: Loop, turns: number): void => {
        for (const { slot, by } of loop.moves) memory.movePointer(base + slot, by * turns);
      };
      const visit = (nodes: readonly (Call | Loop)[], from: number): void => {
        let at = from;
        for (const node of nodes) {
          const next = at + bytesOf([node], commandBytes);
          if (node.kind === "loop") {
            for (let turn = 0; turn < node.count; turn++) {
              visit(node.body, at + commandBytes);
              shift(node, 1);
            }
            shift(node, -node.count);
          } else {
            const start = performance.now();
            execute(at, next);
            const before = seconds.get(node) ?? 0;
            seconds.set(node, before + (performance.now() - start) / 1000);
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
      return [...seconds].map(([{ name }, spent]) => ({ kernel: name, seconds: spent }));
    },
    release: () => memory.free(),
  };
}
