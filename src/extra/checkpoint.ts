import {
  clearInternTable,
  inGradMode,
  isGradEnabled,
  makeLeaf,
  type Node,
  primitive,
  topological,
} from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomTupleRule } from "../ir/primitives/custom.ts";
import { remade, rewrite } from "../ir/substitute.ts";
import { Tensor } from "../tensor/index.ts";
import { leavesOf, rebuildTree } from "../tensor/tree.ts";

/** `outputs` with other nodes for `from`, each node differentiable where the old one was. */
const again = (outputs: readonly Node[], from: readonly Node[], to: readonly Node[]): Node[] =>
  rewrite(
    outputs,
    from,
    to,
    (x) => x,
    (node, inputs) => inGradMode(node.requiresGrad, () => remade(node, inputs)),
  );

/** Computes the values again, from barriers that wait for the cotangents, and goes back through these. */
const recompute: CustomTupleRule = (cotangents, { operands, values }, needs, walk) => {
  const given = cotangents.filter((x) => x !== undefined);
  const held = operands.map((x) => inGradMode(x.requiresGrad, () => ops.barrier(x, given)));
  const wrt = held.filter((_, i) => needs[i]);
  const found = walk(again(values, operands, held), cotangents, wrt);
  let next = 0;
  return needs.map((need) => (need ? found[next++] : undefined));
};

/**
 * What `outputs` were computed from: nodes that were there before the node numbered `start` was made, and
 * values that were given (the streams of random numbers among them).
 */
function operandsOf(outputs: readonly Node[], start: number): Node[] {
  const isOperand = ({ op, id, inputs }: Node): boolean =>
    op.name === "input" || op.name === "placeholder" || (id < start && inputs.length > 0);
  return topological(outputs, isOperand).filter(isOperand);
}

/**
 * `fn(...inputs)`, of which the backward pass keeps nothing but what went in: the values inside are
 * computed again when the gradient comes to them (gradient checkpointing, Chen et al. 2016). Training
 * takes less memory and, for each pass through `fn`, one more computation of it. Gradients are the same to
 * the last bit, and random numbers inside (dropout) are drawn once.
 *
 * Inputs and results may be tensors, or arrays and objects that hold tensors; parameters and other tensors
 * that `fn` takes from outside get their gradients too. `fn` runs once. Second derivatives keep the values
 * inside.
 *
 * @throws TypeError when `fn` returns no tensor.
 *
 * @example
 * const block = new nn.Sequential(new nn.Linear(4, 16), new nn.GELU(), new nn.Linear(16, 4));
 * const h = checkpoint((x: Tensor) => block.forward(x), x);
 * h.square().mean().backward();
 */
export function checkpoint<A extends unknown[], R>(fn: (...args: A) => R, ...inputs: A): R {
  if (typeof fn !== "function")
    throw new TypeError(`checkpoint: expected a function first, got a ${typeof fn}`);
  // So that all that `fn` computes are new nodes, also what is equal to something outside.
  clearInternTable();
  const start = makeLeaf(primitive("placeholder"), { shape: [], dtype: "f32" }).id;
  const output = fn(...inputs);
  const leaves = leavesOf(output);
  if (leaves.length === 0)
    throw new TypeError("checkpoint: the function must return tensors, or a structure of them");
  const values = leaves.map((x) => x.node);
  if (!isGradEnabled() || !values.some((x) => x.requiresGrad)) return output;
  const operands = operandsOf(values, start);
  const kept = ops.customVjps(values, operands, recompute);
  return rebuildTree(
    output,
    kept.map((node) => new Tensor(node)),
  ) as R;
}
