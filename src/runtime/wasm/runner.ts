import { COMMAND_BYTES, Control, LOOP, MOVE_BYTES } from "./control.ts";
import * as w from "./asm.ts";
import { type Code } from "./asm.ts";

// The part of a device that is itself WebAssembly: it walks lists of commands, calls the kernels, and
// shares the pieces of large steps with the workers.
//
// How work is shared: the main thread writes down the step and then its `ticket`: a count of steps and
// the number of pieces left. Whoever exchanges the ticket for one with fewer pieces has taken those. The
// count makes an exchange fail for who still has an earlier step in mind. A worker counts itself
// `active` before it looks at the ticket, so the step is over when no pieces are left and nobody is
// active; workers that have not started, or are late, are not waited for.

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

/** Functions by index: those of every module first. */
const FN = {
  walk: 0,
  shift: 1,
  fork: 2,
  claim: 3,
  join: 4,
  abandon: 5,
  work: 6,
  leave: 7,
} as const;
/** Types by index. */
const TYPE = { two: 0, three: 1, four: 2, none: 3, find: 4 } as const;

/** The words of the control block. */
interface Words {
  address(field: keyof typeof Control): Code;
  load(field: keyof typeof Control): Code;
  store(field: keyof typeof Control, value: Code): Code;
  atomic(field: keyof typeof Control): Code;
  storeAtomic(field: keyof typeof Control, value: Code): Code;
}

function wordsOf(control: number): Words {
  const address = (field: keyof typeof Control): Code => w.i32(control + Control[field]);
  return {
    address,
    load: (field) => w.load(address(field)),
    store: (field, value) => w.store(address(field), value),
    atomic: (field) => w.atomicLoad(address(field)),
    storeAtomic: (field, value) => w.atomicStore(address(field), value),
  };
}

/** (at, end, times): adds `times` turns to the addresses of the moves from `at` to `end`. */
function shift(): Code {
  const [at, end, times] = [0, 1, 2].map(w.get);
  return w.loop(
    w.when(w.ltU(at, end), [
      ...w.store(w.load(at), w.add(w.load(w.load(at)), w.mul(w.load(at, 4), times))),
      ...w.set(0, w.add(at, w.i32(MOVE_BYTES))),
      ...w.br(1),
    ]),
  );
}

/** (from, to): runs commands. Locals: 2 turns left, 3 moves, 4 their end, 5 body. */
function walk(words: Words, shared: boolean): Code {
  const [from, to, left, moves, movesEnd, body] = [0, 1, 2, 3, 4, 5].map(w.get);
  const operand = (i: number): Code => w.load(from, 4 * i);
  const repeat = [
    ...w.set(3, operand(2)),
    ...w.set(4, w.add(moves, w.mul(operand(3), w.i32(MOVE_BYTES)))),
    ...w.set(5, w.add(from, w.i32(COMMAND_BYTES))),
    ...w.set(2, operand(1)),
    ...w.loop(
      w.when(left, [
        ...body,
        ...w.add(body, operand(4)),
        ...w.call(FN.walk),
        ...w.call(FN.shift, moves, movesEnd, w.i32(1)),
        ...w.set(2, w.sub(left, w.i32(1))),
        ...w.br(1),
      ]),
    ),
    ...w.call(FN.shift, moves, movesEnd, w.sub(w.i32(0), operand(1))),
    ...w.set(0, w.add(body, operand(4))),
  ];
  const callHere = w.callIndirect(
    TYPE.four,
    operand(1),
    operand(2),
    w.i32(0),
    operand(3),
    words.load("scratch"),
  );
  const share = w.call(FN.fork, operand(1), operand(2), operand(3), operand(4));
  const run = [
    ...(shared
      ? w.choose(operand(4), w.choose(words.atomic("ready"), share, callHere), callHere)
      : callHere),
    ...w.set(0, w.add(from, w.i32(COMMAND_BYTES))),
  ];
  return w.loop(
    w.when(w.ltU(from, to), [...w.choose(w.eq(operand(0), w.i32(LOOP)), repeat, run), ...w.br(1)]),
  );
}

/** (kernel, args, pieces, chunk): does a step together with the workers. */
function fork(words: Words): Code {
  const [kernel, args, pieces, chunk] = [0, 1, 2, 3].map(w.get);
  const step = w.shl64(w.i64(1), w.i64(32));
  return [
    ...words.store("kernel", kernel),
    ...words.store("args", args),
    ...words.store("chunk", chunk),
    ...w.drop(w.atomicAdd64(words.address("ticket"), w.add64(step, w.wide(pieces)))),
    ...w.drop(w.atomicAdd(words.address("wake"), w.i32(1))),
    ...w.when(words.atomic("sleepers"), w.notify(words.address("wake"), w.i32(-1))),
    ...w.drop(w.call(FN.claim, w.i32(0), w.i32(-1))),
    ...w.call(FN.join),
  ];
}

/**
 * (thread, known): takes pieces and does them until none are left: 1; or 0 where the kernel's index is
 * not below `known`. Locals: 2 pieces left, 3 taken, 4 ticket.
 */
function claim(words: Words): Code {
  const [thread, known, left, taken, ticket] = [0, 1, 2, 3, 4].map(w.get);
  const place = words.address("ticket");
  const scratch = w.add(words.load("scratch"), w.mul(thread, words.load("scratchStride")));
  return [
    ...w.loop([
      ...w.set(4, w.atomicLoad64(place)),
      ...w.set(2, w.low(ticket)),
      ...w.when(w.not(left), w.ret(w.i32(1))),
      ...w.when(w.leU(known, words.load("kernel")), w.ret(w.i32(0))),
      ...w.set(3, words.load("chunk")),
      ...w.set(3, w.select(w.ltU(taken, left), taken, left)),
      // Only who has taken pieces may trust the other words: the step cannot end before they are done.
      ...w.when(
        w.eq64(w.exchange64(place, ticket, w.sub64(ticket, w.wide(taken))), ticket),
        w.callIndirect(
          TYPE.four,
          words.load("kernel"),
          words.load("args"),
          w.sub(left, taken),
          left,
          scratch,
        ),
      ),
      ...w.br(0),
    ]),
    ...w.i32(1),
  ];
}

/** Waits until no worker is active. Locals: 0 looks, 1 active workers. */
function join(words: Words): Code {
  const [looks, active] = [0, 1].map(w.get);
  const rest = [
    ...words.storeAtomic("waiting", w.i32(1)),
    ...w.sleep(words.address("active"), active),
    ...words.storeAtomic("waiting", w.i32(0)),
  ];
  return w.loop([
    ...w.set(1, words.atomic("active")),
    ...w.when(active, [
      ...w.choose(
        w.ltU(looks, w.i32(SPINS)),
        w.set(0, w.add(looks, w.i32(1))),
        w.when(words.load("maySleep"), rest),
      ),
      ...w.br(1),
    ]),
  ]);
}

/** Local: 0 ticket. */
function abandon(words: Words): Code {
  const ticket = w.get(0);
  const place = words.address("ticket");
  const none = w.sub64(ticket, w.wide(w.low(ticket)));
  return [
    ...w.loop([
      ...w.set(0, w.atomicLoad64(place)),
      ...w.brIf(w.not(w.eq64(w.exchange64(place, ticket, none), ticket)), 0),
    ]),
    ...w.call(FN.join),
  ];
}

/** (thread, known). Locals: 2 the word `wake` as it was before looking for work, 3 looks left, 4 result. */
function work(words: Words): Code {
  const [thread, known, seen, looks, done] = [0, 1, 2, 3, 4].map(w.get);
  const rest = [
    ...w.drop(w.atomicAdd(words.address("sleepers"), w.i32(1))),
    ...w.sleep(words.address("wake"), seen),
    ...w.drop(w.atomicAdd(words.address("sleepers"), w.i32(-1))),
  ];
  return [
    ...w.loop([
      ...w.set(2, words.atomic("wake")),
      ...w.when(words.atomic("exit"), w.ret(w.i32(0))),
      ...w.drop(w.atomicAdd(words.address("active"), w.i32(1))),
      ...w.set(4, w.call(FN.claim, thread, known)),
      ...w.call(FN.leave),
      ...w.when(w.not(done), w.ret(w.i32(1))),
      ...w.set(3, w.i32(SPINS)),
      ...w.loop(
        w.when(
          w.eq(words.atomic("wake"), seen),
          w.choose(looks, [...w.set(3, w.sub(looks, w.i32(1))), ...w.br(2)], rest),
        ),
      ),
      ...w.br(0),
    ]),
    ...w.i32(0),
  ];
}

function leave(words: Words): Code {
  const last = w.eq(w.atomicAdd(words.address("active"), w.i32(-1)), w.i32(1));
  return w.when(last, w.when(words.atomic("waiting"), w.notify(words.address("active"), w.i32(1))));
}

/** The runner's module: imports `memory` and `table` from `env`, exports `RunnerExports`. */
export function makeRunner({ control, shared, maximumPages }: RunnerOptions): Uint8Array {
  const words = wordsOf(control);
  const functions: w.FunctionSpec[] = [
    { type: TYPE.two, export: "run", i32Locals: 4, body: walk(words, shared) },
    { type: TYPE.three, body: shift() },
  ];
  if (shared)
    functions.push(
      { type: TYPE.four, body: fork(words) },
      { type: TYPE.find, i32Locals: 2, i64Locals: 1, body: claim(words) },
      { type: TYPE.none, i32Locals: 2, body: join(words) },
      { type: TYPE.none, export: "abandon", i64Locals: 1, body: abandon(words) },
      { type: TYPE.find, export: "work", i32Locals: 3, body: work(words) },
      { type: TYPE.none, export: "leave", body: leave(words) },
    );
  const types = [
    { params: 2, results: 0 },
    { params: 3, results: 0 },
    // A kernel: argument block, first piece, end of the pieces, scratch memory.
    { params: 4, results: 0 },
    { params: 0, results: 0 },
    { params: 2, results: 1 },
  ];
  return w.moduleOf(types, { shared, maximumPages, table: true }, functions);
}
