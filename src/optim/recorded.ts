import { type Node, topological } from "../ir/node.ts";
import { type Body, call, placeholder } from "../ir/ops.ts";
import { substitute } from "../ir/substitute.ts";
import { isTracing } from "../runtime/engine.ts";
import { CellValue, cellsPending } from "../runtime/values.ts";
import { Tensor } from "../tensor/index.ts";
import { type CellTensor } from "../tensor/tensor.ts";
import { type Guard, takingNotes, traceNotes } from "../tensor/tracing.ts";

// What an optimiser's step does to parameters and its state is the same graph in every step of a plain loop:
// it is written once, and is one node from then on.

/** A graph that gives cells their next values. */
interface Recording {
  /** What must be the same for the graph to be the right one. */
  readonly circumstances: readonly unknown[];
  readonly guards: readonly Guard[];
  readonly body: Body;
  /** What the body's parameters stand for, after what is given: leaves, those of cells at their present value. */
  readonly leaves: readonly Node[];
  readonly cells: readonly CellTensor[];
}

/** A step of an optimiser. */
export interface Step {
  /** What is another tensor in every step: the gradients of the parameters that have one, first of all. */
  readonly given: readonly Tensor[];
  /** Makes cells that `update` would have to make. */
  readonly prepare: () => void;
  /** All that decides what `update` does, apart from what it guards. */
  readonly circumstances: () => readonly unknown[];
  /** Binds new values to cells, which it returns. */
  readonly update: (given: readonly Tensor[]) => Iterable<CellTensor>;
}

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

const holds = ({ read, value }: Guard): boolean => Object.is(read(), value);

/** Runs steps: the first of a kind is recorded, and those like it are replayed. */
export class Recorder {
  private last: Recording | undefined;

  /** The cells that have got a new value. */
  run(step: Step): Iterable<CellTensor> {
    // A function that is being traced is recorded as a whole.
    if (isTracing() || traceNotes()) return step.update(step.given);
    const { last } = this;
    if (last && sameList(last.circumstances, step.circumstances()) && last.guards.every(holds))
      return replay(last, step.given);
    step.prepare();
    const made = record(step, step.circumstances());
    if (Symbol.iterator in made) return made;
    this.last = made;
    return replay(made, step.given);
  }
}

/** Gives the cells of a recording the values that it has for these gradients and what else is given. */
function replay(
  { body, leaves, cells }: Recording,
  given: readonly Tensor[],
): Iterable<CellTensor> {
  const present = leaves.map((leaf) =>
    leaf.value instanceof CellValue ? leaf.value.cell.node : leaf,
  );
  const next = call(body, [...given.map((x) => x.node), ...present]);
  cells.forEach((cell, i) => cell.rebind(new Tensor(next[i])));
  return cells;
}

/** What `update` makes of tensors that are not known yet. */
function record(step: Step, circumstances: readonly unknown[]): Recording | CellTensor[] {
  const params = step.given.map(({ shape, dtype }) => placeholder(shape, dtype));
  const guards: Guard[] = [];
  const waiting = new Set(cellsPending());
  const notes = { guards, gradOwners: new Set<Tensor>() };
  const cells = [
    ...takingNotes(notes, () => step.update(params.map((node) => new Tensor(node)))),
  ].filter(({ cell }) => cell.pending !== undefined);
  const updates = cells.map(({ cell }) => valueOf(cell.pending!));
  // What hangs on a value that was pending before is the graph of this step alone.
  if (
    cells.some(({ cell }) => waiting.has(cell)) ||
    !sameList(circumstances, step.circumstances())
  ) {
    const found = substitute(
      updates,
      params,
      step.given.map((x) => x.node),
    );
    cells.forEach((cell, i) => cell.rebind(new Tensor(found[i])));
    return cells;
  }
  for (const { cell } of cells) cell.pending = undefined;
  const leaves = topological(updates, (node) => node.value !== undefined).filter(
    (node) => node.value !== undefined,
  );
  const places = leaves.map(({ shape, dtype }) => placeholder(shape, dtype));
  const body = { params: [...params, ...places], outputs: substitute(updates, leaves, places) };
  return { circumstances, guards, body, leaves, cells };
}

/** A cell's next value, behind the leaf that takes its gradient. */
const valueOf = (node: Node): Node => (node.op.name === "marker" ? node.inputs[0] : node);
