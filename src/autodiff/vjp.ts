import { isFloat } from "../ir/dtype.ts";
import { freshMark, type Node, sameSpec } from "../ir/node.ts";
import { add } from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { watch } from "../ir/watch.ts";
import { afterHooks } from "../ir/hooks.ts";

type Cotangent = Node | undefined;

/**
 * Reverse-mode derivatives: the cotangents of `wrt`, given those of `outputs` (`undefined`: zero).
 * Entries of `wrt` that no derivative reaches are `undefined`. The walk passes only through nodes that
 * require a derivative and lie between `wrt` and `outputs`; nodes of `wrt` themselves may be any.
 * Whether the results can be differentiated again depends on grad mode, as for all new nodes.
 */
export function vjp(
  outputs: readonly Node[],
  cotangents: readonly Cotangent[],
  wrt: readonly Node[],
): Cotangent[] {
  const order = between(outputs, wrt);
  const count = order.length;

  // Rules walk graphs themselves, which overwrites marks and positions: all are read beforehand.
  const firstInput = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) firstInput[i + 1] = firstInput[i] + order[i].inputs.length;
  const inputAt = new Int32Array(firstInput[count]);
  const wanted = new Uint8Array(count);
  const position = (node: Node): number => (order[node.order] === node ? node.order : -1);
  const wrtAt = wrt.map(position);
  for (const at of wrtAt) if (at >= 0) wanted[at] = 1;
  const outputAt = outputs.map(position);
  for (let i = 0; i < count; i++) {
    const { inputs } = order[i];
    for (let k = 0; k < inputs.length; k++) {
      const at = position(inputs[k]);
      inputAt[firstInput[i] + k] = at;
      if (at >= 0 && wanted[at]) wanted[i] = 1;
    }
  }

  const totals = new Array<Cotangent>(count).fill(undefined);
  /** Cotangents of the results of tuples, by position of the tuple. */
  const slots: (Cotangent[] | undefined)[] = [];
  const accumulate = (from: Node, at: number, node: Node, cotangent: Node): void => {
    if (node.op.outputs) {
      const results = (slots[at] ??= []);
      const index = from.attrs.index as number;
      const before = results[index];
      results[index] = before ? add(before, cotangent) : cotangent;
      return;
    }
    if (!sameSpec(node, cotangent))
      throw new Error(
        `vjp of ${from.op.name}: expected a cotangent ${node.dtype}${showShape(node.shape)} for ` +
          `its input, got ${cotangent.dtype}${showShape(cotangent.shape)}`,
      );
    const before = totals[at];
    totals[at] = before ? add(before, cotangent) : cotangent;
  };
  outputs.forEach((output, i) => {
    const cotangent = cotangents[i];
    if (cotangent && outputAt[i] >= 0 && isFloat(output.dtype))
      accumulate(output, outputAt[i], output, cotangent);
  });

  for (let i = count - 1; i >= 0; i--) {
    if (!wanted[i]) continue;
    const node = order[i];
    const { inputs, op } = node;
    const results = slots[i];
    let cotangent = totals[i];
    if (cotangent) totals[i] = cotangent = afterHooks(node, cotangent);
    if (inputs.length === 0 || (!cotangent && !results)) continue;
    const first = firstInput[i];
    const needs: boolean[] = [];
    let any = false;
    for (let k = 0; k < inputs.length; k++) {
      const at = inputAt[first + k];
      const need = at >= 0 && wanted[at] === 1;
      any ||= need;
      needs.push(need);
    }
    if (!any) continue;
    const outer = watch.differentiated;
    watch.differentiated = node;
    const given = op.tuple
      ? op.tuple.vjp(node, padTo(results!, op.outputs!(inputs, node.attrs).length), needs, vjp)
      : op.vjp!(node, cotangent!, needs);
    for (let k = 0; k < inputs.length; k++) {
      const one = given[k];
      if (one && needs[k]) accumulate(node, inputAt[first + k], inputs[k], one);
    }
    watch.differentiated = outer;
  }
  return wrtAt.map((at) => (at < 0 ? undefined : totals[at]));
}

/** Nodes through which derivatives flow to `outputs`, inputs before users, and those of `wrt`. */
function between(outputs: readonly Node[], wrt: readonly Node[]): Node[] {
  const isWrt = freshMark();
  const seen = freshMark();
  for (const node of wrt) node.mark = isWrt;
  const order: Node[] = [];
  const stack: Node[] = [];
  const nextInput: number[] = [];
  const enter = (node: Node): void => {
    if (node.mark === seen || !(node.requiresGrad || node.mark === isWrt)) return;
    // Without a derivative of its own, a node is at most an end of the walk.
    const passes = node.requiresGrad && (node.op.vjp ?? node.op.tuple) !== undefined;
    node.mark = seen;
    stack.push(node);
    nextInput.push(passes ? 0 : node.inputs.length);
  };
  for (const output of outputs) {
    enter(output);
    while (stack.length > 0) {
      const top = stack.length - 1;
      const node = stack[top];
      if (nextInput[top] < node.inputs.length) {
        enter(node.inputs[nextInput[top]++]);
      } else {
        stack.pop();
        nextInput.pop();
        node.order = order.length;
        order.push(node);
      }
    }
  }
  return order;
}

/** The list with `undefined` for what is missing up to `length`. */
const padTo = (list: readonly Cotangent[], length: number): Cotangent[] =>
  Array.from({ length }, (_, i) => list[i]);
