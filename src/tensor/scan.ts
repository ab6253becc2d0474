import { isFloat } from "../ir/dtype.ts";
import { type Node, sameSpec, inGradMode, topological } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { substitute } from "../ir/substitute.ts";
import { cellsPending } from "../runtime/values.ts";
import { Tensor } from "./tensor.ts";
import { leavesOf, rebuildTree } from "./tree.ts";

/** Options of `scan`. */
export interface ScanOptions {
  /** Number of steps; needed only where there is no sequence to tell. */
  readonly length?: number;
  /** Whether to go from the end to the start; results keep the positions of their inputs. */
  readonly reverse?: boolean;
}

const nodesOf = (tree: unknown): Node[] => leavesOf(tree).map((x) => x.node);
const tensors = (nodes: readonly Node[]): Tensor[] => nodes.map((node) => new Tensor(node));
const names = ({ dtype, shape }: Node): string => `${dtype}${showShape(shape)}`;

function lengthOf(xs: readonly Node[], length: number | undefined): number {
  let steps = length;
  for (const x of xs) {
    if (x.shape.length === 0)
      throw new RangeError("scan: a sequence needs an axis to go along, got a scalar");
    if (steps !== undefined && steps !== x.shape[0])
      throw new Error(`scan: sequences must have one length, got ${steps} and ${x.shape[0]}`);
    steps = x.shape[0];
  }
  if (steps === undefined || !Number.isInteger(steps) || steps < 0)
    throw new RangeError(
      `scan: expected sequences or a length, an integer >= 0, got ${String(length)}`,
    );
  return steps;
}

/** Runs `fn` with derivatives, and makes sure that it gives no cell a value that belongs to a step. */
function traced<R>(fn: () => R): R {
  const pending = new Map(cellsPending().map((cell) => [cell, cell.pending]));
  let changed = false;
  let result: R;
  try {
    result = inGradMode(true, fn);
  } finally {
    for (const cell of cellsPending()) {
      if (pending.get(cell) === cell.pending) continue;
      cell.pending = pending.get(cell);
      changed = true;
    }
  }
  if (changed)
    throw new Error(
      "scan: the step changed a buffer or a parameter; carry the value along and change it afterwards",
    );
  return result;
}

/**
 * What the outputs of a step take from outside: the largest parts that do not depend on `params` and are
 * not made of numbers alone.
 */
function capturedBy(outputs: readonly Node[], params: readonly Node[]): Node[] {
  const own = new Set(params);
  const inside = new Set<Node>(own);
  const plain = new Set<Node>();
  const captured = new Set<Node>();
  const outer = (node: Node): void => {
    if (!inside.has(node) && !plain.has(node)) captured.add(node);
  };
  for (const node of topological(outputs, (n) => n.value !== undefined || own.has(n))) {
    if (own.has(node)) continue;
    if (node.value === undefined && node.inputs.some((x) => inside.has(x))) {
      inside.add(node);
      node.inputs.forEach(outer);
    } else if (
      node.value === undefined &&
      node.op.name !== "placeholder" &&
      node.inputs.every((x) => plain.has(x))
    ) {
      plain.add(node);
    }
  }
  outputs.forEach(outer);
  return [...captured];
}

/**
 * A loop as one operation: `step(carry, x)` gives the next carry and one result, for every entry x along
 * the first axis of `xs`; returns the last carry and all results along a new first axis. Carry, sequences
 * and results are tensors, or arrays and objects of tensors. Derivatives of any kind go through it, and a
 * loop of a thousand steps is compiled as fast as one of three.
 *
 * The step is recorded once. What it takes from outside is the same in all steps, random numbers too.
 *
 * @param xs - Sequences of one length; `[]` with `length` for none.
 * @throws Error when the next carry has another shape or dtype than the carry, and when the step changes
 * a buffer.
 *
 * Source: the loop of JAX, `jax.lax.scan`.
 *
 * @example
 * // Running sums, and the total.
 * const [total, sums] = scan((sum: Tensor, x: Tensor) => {
 *   const next = sum.add(x);
 *   return [next, next];
 * }, tensor(0), tensor([1, 2, 3]));
 */
export function scan<C, X, Y>(
  step: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, results: Y] {
  const carries = nodesOf(init);
  const sequences = nodesOf(xs);
  const length = lengthOf(sequences, options.length);
  const hole = ({ dtype }: Node, shape: readonly number[]): Node =>
    ops.placeholder(shape, dtype, isFloat(dtype));
  const params = [
    ...carries.map((x) => hole(x, x.shape)),
    ...sequences.map((x) => hole(x, x.shape.slice(1))),
  ];
  const [next, result] = traced(() =>
    step(
      rebuildTree(init, tensors(params.slice(0, carries.length))) as C,
      rebuildTree(xs, tensors(params.slice(carries.length))) as X,
    ),
  );
  const nextCarries = nodesOf(next);
  carries.forEach((carry, i) => {
    const given = nextCarries[i] as Node | undefined;
    if (!given || !sameSpec(carry, given))
      throw new Error(
        `scan: the step must return a carry like the one it was given, ${names(carry)}, got ` +
          (given ? names(given) : "none"),
      );
  });
  if (nextCarries.length !== carries.length)
    throw new Error(
      `scan: the step must return ${carries.length} tensors to carry on, got ${nextCarries.length}`,
    );
  const outputs = [...nextCarries, ...nodesOf(result)];
  const constants = capturedBy(outputs, params);
  const stands = constants.map((x) => hole(x, x.shape));
  const body = {
    params: [...params, ...stands],
    outputs: traced(() => substitute(outputs, constants, stands)),
  };
  const loop = ops.scan(body, carries, sequences, constants, length, options.reverse ?? false);
  return [
    rebuildTree(init, tensors(loop.carries)) as C,
    rebuildTree(result, tensors(loop.ys)) as Y,
  ];
}
