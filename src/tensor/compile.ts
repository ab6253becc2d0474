import { type DType } from "../ir/dtype.ts";
import {
  clearInternTable,
  isGradEnabled,
  makeLeaf,
  type Node,
  primitive,
  topological,
} from "../ir/node.ts";
import { input } from "../ir/ops.ts";
import { type Shape } from "../ir/shape.ts";
import { evaluate, flush, isInspected, isTracing, whileTracing } from "../runtime/engine.ts";
import { RecentMap } from "../runtime/recent.ts";
import { loadTrace, type TracedProgram } from "../runtime/traced.ts";
import { type Cell, cellsPending, HostScalar, type HostValue } from "../runtime/values.ts";
import { precision } from "./precision.ts";
import { type Generator, withRandomSource } from "./random.ts";
import { takePendingLosses, Tensor } from "./tensor.ts";
import { type Guard, outsideNodes, takingNotes, type TraceNotes } from "./tracing.ts";
import { isOfTensors, leavesOf, rebuildTree } from "./tree.ts";

/** One way in which a function has been called, and what was made of it. */
interface Entry {
  readonly guards: readonly Guard[];
  /** Undefined where the function must run as it is, because derivatives flow through its results. */
  readonly traced?: TracedProgram;
  /** What the function returned, over the nodes of the trace. */
  readonly result: unknown;
  readonly gradOwners: readonly Tensor[];
  readonly streams: Streams;
}

/** Random streams of a trace: each call takes as many as the trace did, from the same generators. */
class Streams {
  private readonly used = new Map<Generator, { count: number; base: number }>();

  next(generator: Generator): { seedLow: Node; seedHigh: Node; stream: Node } {
    let own = this.used.get(generator);
    if (!own) this.used.set(generator, (own = { count: 0, base: 0 }));
    const state = own;
    const index = state.count++;
    const word = (get: () => number): Node => input([], "u32", new HostScalar(get));
    return {
      seedLow: word(() => generator.seed >>> 0),
      seedHigh: word(() => Math.floor(generator.seed / 2 ** 32)),
      stream: word(() => (state.base + index) >>> 0),
    };
  }

  /** Reserves the streams of a call. */
  take(): void {
    for (const [generator, state] of this.used) state.base = generator.take(state.count);
  }
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

/** What a trace depends on in an argument: shapes and dtypes of tensors, other things by value. */
function describe(x: unknown): string {
  if (x instanceof Tensor) return `${x.dtype}[${x.shape.join()}]`;
  if (typeof x === "number") return Object.is(x, -0) ? "-0" : String(x);
  if (typeof x === "bigint") return `${x}n`;
  if (typeof x === "string") return JSON.stringify(x);
  if ((typeof x !== "object" && typeof x !== "function") || x === null) return String(x);
  if (Array.isArray(x)) return `(${x.map(describe).join()})`;
  if (isOfTensors(x)) return `${x.constructor.name}(${leavesOf(x).map(describe).join()})`;
  const prototype: unknown = Object.getPrototypeOf(x);
  if (typeof x === "object" && (prototype === Object.prototype || prototype === null))
    return `{${Object.entries(x)
      .map(([name, part]) => `${JSON.stringify(name)}:${describe(part)}`)
      .join()}}`;
  let identity = identities.get(x);
  if (identity === undefined) identities.set(x, (identity = nextIdentity++));
  return `#${identity}`;
}

const placeholder = (shape: Shape, dtype: DType): Node =>
  makeLeaf(primitive("placeholder"), { shape, dtype });

/** Whether a tensor stands for an argument of a function that is being transformed. */
const isSymbolic = (node: Node): boolean =>
  node.value === undefined &&
  topological([node], (n) => n.value !== undefined).some(
    (n) => n.value === undefined && n.op.name === "placeholder",
  );

/** Takes over the values that cells were given while tracing. */
function takeUpdates(): { cells: Cell[]; updates: Node[] } {
  const cells = [...cellsPending()];
  const updates = cells.map((cell) => cell.pending!);
  for (const cell of cells) cell.pending = undefined;
  return { cells, updates };
}

function trace(fn: (...args: unknown[]) => unknown, args: readonly unknown[]): Entry {
  const leaves = leavesOf(args);
  const params = leaves.map((leaf) => placeholder(leaf.shape, leaf.dtype));
  const traced = rebuildTree(
    args,
    params.map((node) => new Tensor(node)),
  ) as unknown[];
  const notes: TraceNotes = { guards: [], gradOwners: new Set() };
  const streams = new Streams();
  const start = placeholder([], "f32").id;
  let cells: Cell[];
  let updates: Node[];
  let result: unknown;
  // Losses from before belong to a step outside.
  takePendingLosses();
  try {
    result = whileTracing(() =>
      takingNotes(notes, () =>
        withRandomSource(
          (generator) => streams.next(generator),
          () => fn(...traced),
        ),
      ),
    );
  } finally {
    ({ cells, updates } = takeUpdates());
    for (const owner of notes.gradOwners) owner.grad = undefined;
    takePendingLosses();
    clearInternTable();
  }
  if (result instanceof Promise)
    throw new TypeError(
      "compile: the function returned a promise; it must be synchronous, and return the tensors to be read",
    );
  const results = leavesOf(result).map((leaf) => leaf.node);
  const { guards } = notes;
  const gradOwners = [...notes.gradOwners];
  if (cells.length === 0 && gradOwners.length === 0 && results.some((node) => node.requiresGrad))
    return { guards, result, gradOwners, streams };
  // What the function took from outside has the value that it had when it was traced.
  evaluate(outsideNodes([...updates, ...results], start));
  return {
    guards,
    result,
    gradOwners,
    streams,
    traced: loadTrace({ params, results, cells, updates }),
  };
}

/** Ways of calling a function whose programs are kept: a number among its arguments may change at every call. */
const KEPT = 64;

function forget(entries: RecentMap<string, Entry[]>): void {
  let count = entries.values().reduce((sum, list) => sum + list.length, 0);
  while (count > KEPT) {
    const [key, list] = entries.oldest()!;
    for (; count > KEPT && list.length > 0; count--) list.shift()!.traced?.release();
    if (list.length === 0) entries.delete(key);
  }
}

const holds = (entry: Entry): boolean =>
  entry.guards.every(({ read, value }) => Object.is(read(), value));

/**
 * The same function, recorded the first time and run as one program from then on: what happens in it
 * between tensors costs no JavaScript any more. It is recorded again for arguments of other shapes or
 * dtypes and for other numbers, strings or objects among them, but compiled again only where needed.
 *
 * Arguments and results may be tensors, or arrays and objects that hold tensors. Parameters and other
 * cells are read at their present value and updated by the program, so a whole training step fits in.
 * Random numbers differ from call to call as they would outside. Everything else that the function takes
 * from outside is as it was when it was recorded, and its side effects happen only then. Gradients that
 * `backward()` leaves in it end with it.
 *
 * @throws Error when the function reads a value (`item`, `data`): return the tensor instead.
 *
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = criterion.forward(net.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * const loss = step(images, labels);
 */
export function compile<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  // By how the function was called.
  const entries = new RecentMap<string, Entry[]>();
  return (...args) => {
    const leaves = leavesOf(args);
    // Inside another trace, while somebody looks at all values, and where derivatives flow through the arguments, it is part of the graph.
    if (
      isTracing() ||
      isInspected() ||
      leaves.some((leaf) => leaf.requiresGrad || isSymbolic(leaf.node))
    )
      return fn(...args);
    const pending = leaves.map((leaf) => leaf.node);
    if (cellsPending().length > 0 || pending.some((node) => node.value === undefined))
      flush([], pending);
    const key = `${isGradEnabled()}${precision()?.name}${args.map(describe).join()}`;
    const known = entries.get(key) ?? [];
    if (known.length === 0) entries.set(key, known);
    let entry = known.find(holds);
    if (!entry) {
      entry = trace(fn as (...args: unknown[]) => unknown, args);
      known.push(entry);
      forget(entries);
    }
    if (!entry.traced) return fn(...args);
    entry.streams.take();
    const values = entry.traced.run(leaves.map((leaf) => leaf.node));
    for (const owner of entry.gradOwners) owner.grad = undefined;
    const nodes = leavesOf(entry.result).map((leaf) => leaf.node);
    return rebuildTree(
      entry.result,
      nodes.map((node, i) => fromValue(node, values[i])),
    ) as R;
  };
}

const fromValue = (node: Node, value: HostValue): Tensor =>
  new Tensor(input(node.shape, node.dtype, value));
