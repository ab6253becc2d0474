import { FunctionBody, ModuleWriter, type ValueType } from "../../codegen/wasm/encoder.ts";
import * as w from "./asm.ts";
import { type Code } from "./asm.ts";
import { COMMAND_BYTES, Control, LOOP, MOVE_BYTES } from "./control.ts";

// The part of a device that is itself WebAssembly: it walks lists of commands, calls the kernels, and
// shares the pieces of large steps with the workers.
//
// How work is shared: the main thread writes down the step and then its ticket: a count of steps and
// the number of pieces left. Whoever exchanges the ticket for one with fewer pieces has taken those. The
// count makes an exchange fail for who still has an earlier step in mind. A worker counts itself active
// before it looks at the ticket, so the step is over when no pieces are left and nobody is active;
// workers that have not started, or are late, are not waited for.

/** Looks at a word before a thread goes to sleep: about as long as falling asleep and waking take. */
const SPINS = 20_000;

export interface RunnerOptions {
  /** Address of the control block. */
  readonly control: number;
  /** Whether the memory is shared: without, there is nothing about threads in the module. */
  readonly shared: boolean;
  readonly maximumPages: number;
}

export interface RunnerExports {
  /** Runs the commands from one address to another. */
  run(from: number, to: number): void;
  /** After `run` has failed: takes the rest of the step back and waits until no worker is active. */
  abandon(): void;
  /** A worker's work: 0 when it is to end, 1 when it does not know the step's kernel yet. */
  work(thread: number, known: number): number;
  /** After `work` has failed: the worker is not active any more. */
  leave(): void;
}

type Field = keyof typeof Control;

/** The words of the control block. */
function wordsOf(control: number) {
  const address = (field: Field): Code => w.i32(control + Control[field]);
  return {
    address,
    load: (field: Field) => w.load(address(field)),
    store: (field: Field, value: Code) => w.store(address(field), value),
    atomic: (field: Field) => w.atomicLoad(address(field)),
    storeAtomic: (field: Field, value: Code) => w.atomicStore(address(field), value),
    addAtomic: (field: Field, value: number) => w.atomicAdd(address(field), w.i32(value)),
  };
}

/** The runner's module: imports `memory` and `table` from `env`, exports `RunnerExports`. */
export function makeRunner({ control, shared, maximumPages }: RunnerOptions): Uint8Array {
  const words = wordsOf(control);
  const module = new ModuleWriter();
  module.importMemory("env", "memory", { shared, minimum: 1, maximum: maximumPages });
  module.importTable("env", "table", 0);
  const kernelType = module.type({ params: ["i32", "i32", "i32", "i32"], results: [] });

  /** Declares a function of i32 parameters; its code is written below. */
  const declare = (params: number, results: number, exported?: string) => {
    const i32s = (n: number): ValueType[] => new Array<ValueType>(n).fill("i32");
    const body = new FunctionBody(i32s(params), i32s(results));
    const index = module.function(body);
    if (exported) module.exportFunction(exported, index);
    return { body, index };
  };
  const run = declare(2, 0, "run");
  const shift = declare(3, 0);
  writeShift(shift.body);
  const fork = shared ? declare(4, 0) : undefined;
  writeRun(run.body, run.index, fork?.index);
  if (!fork) return module.finish();
  const claim = declare(2, 1);
  const join = declare(0, 0);
  const abandon = declare(0, 0, "abandon");
  const work = declare(2, 1, "work");
  const leave = declare(0, 0, "leave");
  writeFork(fork.body);
  writeClaim(claim.body);
  writeJoin(join.body);
  writeAbandon(abandon.body);
  writeWork(work.body);
  writeLeave(leave.body);
  return module.finish();

  /** (at, end, times): adds `times` turns to the addresses of the moves from `at` to `end`. */
  function writeShift(f: FunctionBody): void {
    const [at, end, times] = [0, 1, 2].map(w.get);
    const moved = w.add(w.load(w.load(at)), w.mul(w.load(at, 4), times));
    w.loop(
      w.when(
        w.lessU(at, end),
        w.store(w.load(at), moved),
        w.set(0, w.add(at, w.i32(MOVE_BYTES))),
        w.again(1),
      ),
    )(f);
  }

  /** (from, to): runs commands. */
  function writeRun(f: FunctionBody, self: number, share: number | undefined): void {
    const locals = ["turns left", "moves", "end of moves", "body"].map(() => f.local("i32"));
    const [from, to, left, moves, movesEnd, body] = [0, 1, ...locals].map(w.get);
    const [leftAt, movesAt, movesEndAt, bodyAt] = locals;
    const operand = (i: number): Code => w.load(from, 4 * i);
    const repeat = w.seq(
      w.set(movesAt, operand(2)),
      w.set(movesEndAt, w.add(moves, w.mul(operand(3), w.i32(MOVE_BYTES)))),
      w.set(bodyAt, w.add(from, w.i32(COMMAND_BYTES))),
      w.set(leftAt, operand(1)),
      w.loop(
        w.when(
          left,
          w.call(self, body, w.add(body, operand(4))),
          w.call(shift.index, moves, movesEnd, w.i32(1)),
          w.set(leftAt, w.sub(left, w.i32(1))),
          w.again(1),
        ),
      ),
      w.call(shift.index, moves, movesEnd, w.sub(w.i32(0), operand(1))),
      w.set(0, w.add(body, operand(4))),
    );
    const here = w.callIndirect(
      kernelType,
      operand(1),
      operand(2),
      w.i32(0),
      operand(3),
      words.load("scratch"),
    );
    let step = here;
    if (share !== undefined) {
      const together = w.call(share, operand(1), operand(2), operand(3), operand(4));
      step = w.choose(operand(4), w.choose(words.atomic("ready"), together, here), here);
    }
    const once = w.seq(step, w.set(0, w.add(from, w.i32(COMMAND_BYTES))));
    w.loop(
      w.when(w.lessU(from, to), w.choose(w.eq(operand(0), w.i32(LOOP)), repeat, once), w.again(1)),
    )(f);
  }

  /** (kernel, args, pieces, chunk): does a step together with the workers. */
  function writeFork(f: FunctionBody): void {
    const [kernel, args, pieces, chunk] = [0, 1, 2, 3].map(w.get);
    // No pieces are left of the step before, so adding them sets them.
    const next = w.add64(w.i64(1n << 32n), w.wide(pieces));
    w.seq(
      words.store("kernel", kernel),
      words.store("args", args),
      words.store("chunk", chunk),
      w.drop(w.atomicAdd64(words.address("ticket"), next)),
      w.drop(words.addAtomic("wake", 1)),
      w.when(words.atomic("sleepers"), w.notify(words.address("wake"), w.i32(-1))),
      w.drop(w.call(claim.index, w.i32(0), w.i32(-1))),
      w.call(join.index),
    )(f);
  }

  /**
   * (thread, known): takes pieces and does them until none are left: 1; or 0 where the kernel's index
   * is not below `known`.
   */
  function writeClaim(f: FunctionBody): void {
    const [leftAt, takenAt] = [f.local("i32"), f.local("i32")];
    const ticketAt = f.local("i64");
    const [thread, known, left, taken, ticket] = [0, 1, leftAt, takenAt, ticketAt].map(w.get);
    const place = words.address("ticket");
    const scratch = w.add(words.load("scratch"), w.mul(thread, words.load("scratchStride")));
    w.seq(
      w.loop(
        w.set(ticketAt, w.atomicLoad64(place)),
        w.set(leftAt, w.low(ticket)),
        w.when(w.not(left), w.give(w.i32(1))),
        w.when(w.not(w.lessU(words.load("kernel"), known)), w.give(w.i32(0))),
        w.set(takenAt, words.load("chunk")),
        w.set(takenAt, w.select(w.lessU(taken, left), taken, left)),
        // Only who has taken pieces may trust the other words: they stay until those are done.
        w.when(
          w.eq64(w.exchange64(place, ticket, w.sub64(ticket, w.wide(taken))), ticket),
          w.callIndirect(
            kernelType,
            words.load("kernel"),
            words.load("args"),
            w.sub(left, taken),
            left,
            scratch,
          ),
        ),
        w.again(0),
      ),
      w.i32(1),
    )(f);
  }

  /** Waits until no worker is active. */
  function writeJoin(f: FunctionBody): void {
    const [looksAt, activeAt] = [f.local("i32"), f.local("i32")];
    const [looks, active] = [looksAt, activeAt].map(w.get);
    const rest = w.when(
      words.load("maySleep"),
      words.storeAtomic("waiting", w.i32(1)),
      w.sleep(words.address("active"), active),
      words.storeAtomic("waiting", w.i32(0)),
    );
    const look = w.set(looksAt, w.add(looks, w.i32(1)));
    w.loop(
      w.set(activeAt, words.atomic("active")),
      w.when(active, w.choose(w.lessU(looks, w.i32(SPINS)), look, rest), w.again(1)),
    )(f);
  }

  function writeAbandon(f: FunctionBody): void {
    const ticketAt = f.local("i64");
    const ticket = w.get(ticketAt);
    const place = words.address("ticket");
    const none = w.sub64(ticket, w.wide(w.low(ticket)));
    const same = w.eq64(w.exchange64(place, ticket, none), ticket);
    w.seq(
      w.loop(w.set(ticketAt, w.atomicLoad64(place)), w.when(w.not(same), w.again(1))),
      w.call(join.index),
    )(f);
  }

  /** (thread, known) */
  function writeWork(f: FunctionBody): void {
    const [seenAt, looksAt, doneAt] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [thread, known, seen, looks, done] = [0, 1, seenAt, looksAt, doneAt].map(w.get);
    const look = w.seq(w.set(looksAt, w.sub(looks, w.i32(1))), w.again(2));
    const rest = w.seq(
      w.drop(words.addAtomic("sleepers", 1)),
      w.sleep(words.address("wake"), seen),
      w.drop(words.addAtomic("sleepers", -1)),
    );
    w.seq(
      w.loop(
        // Read before looking for work: what comes after that look changes the word.
        w.set(seenAt, words.atomic("wake")),
        w.when(words.atomic("exit"), w.give(w.i32(0))),
        w.drop(words.addAtomic("active", 1)),
        w.set(doneAt, w.call(claim.index, thread, known)),
        w.call(leave.index),
        w.when(w.not(done), w.give(w.i32(1))),
        w.set(looksAt, w.i32(SPINS)),
        w.loop(w.when(w.eq(words.atomic("wake"), seen), w.choose(looks, look, rest))),
        w.again(0),
      ),
      w.i32(0),
    )(f);
  }

  function writeLeave(f: FunctionBody): void {
    const wasLast = w.eq(words.addAtomic("active", -1), w.i32(1));
    const wakeMain = w.notify(words.address("active"), w.i32(1));
    w.when(wasLast, w.when(words.atomic("waiting"), wakeMain))(f);
  }
}
